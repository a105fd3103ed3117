"""The recipes that can be compared, by name: AniSVD's own, and its peers with their grids.

Every peer gets its best chance: for each history length it takes the settings of its grid that are best
on users (or ratings) set aside inside the training part. The grids were narrowed around the best settings
on the Anime Recommendations Database. AniSVD has one configuration for everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from typing import Any

from ..data.ratings import Ratings
from ..errors import InputError
from ..model.config import TrainingConfig
from ..model.training import train
from .baselines import ALS, EASE, Biases, FunkSVD, Popularity, PureSVD
from .measure import Scorer

Settings = Mapping[str, Any]
"""Values of a recipe's settings by name."""


@dataclass(frozen=True)
class Recipe:
    """A way to get a scorer from ratings: ``fit(ratings, seed, **settings)``.

    ``name`` is for the command line, ``title`` for tables. ``grid`` has the settings to choose from, all that
    `fit` takes. ``package`` has to be installed beyond the project's own requirements. With ``known_users_only``
    the scorer cannot fold in users that it was not trained on.
    """

    name: str
    title: str
    fit: Callable[..., Scorer]
    grid: tuple[Settings, ...] = ({},)
    package: str = ""
    known_users_only: bool = False

    @property
    def installed(self) -> bool:
        """Whether `package` can be imported."""
        return not self.package or find_spec(self.package) is not None


def anisvd(config: TrainingConfig) -> Recipe:
    """Return the recipe of AniSVD with one configuration."""

    def fit(ratings: Ratings, seed: int) -> Scorer:
        return train(ratings, replace(config, stored_users=0, seed=seed))

    return Recipe("default", "**AniSVD**", fit)


def _textbook(ratings: Ratings, seed: int, factors: int) -> Scorer:
    return anisvd(TrainingConfig.textbook(factors)).fit(ratings, seed)


def _grid(**values: tuple[Any, ...]) -> tuple[Settings, ...]:
    """Return every combination of the values."""
    return tuple(dict(zip(values, combination, strict=True)) for combination in product(*values.values()))


EASE_GRID = _grid(shrinkage=(12.0, 100.0, 300.0, 1000.0, 3000.0), output=(0.35, 0.5), watched=(0.5,), scaling=(0.5,))
EASE_AS_PUBLISHED = {"shrinkage": 300.0, "watched": 1.0, "scaling": 1.0, "output": 0.0}

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        anisvd(TrainingConfig()),
        Recipe("popularity", "Popularity", Popularity.fit),
        Recipe(
            "biases", "Damped biases", Biases.fit,
            _grid(item_damping=(1.0, 2.0, 5.0, 50.0), user_damping=(1.0, 2.0, 4.0)),
        ),
        Recipe("textbook", "Textbook SVD", _textbook, _grid(factors=(10, 20, 50, 100))),
        Recipe("puresvd", "PureSVD", PureSVD.fit, _grid(factors=(20, 50, 100, 200))),
        Recipe(
            "als", "ALS (implicit)", ALS,
            _grid(factors=(64, 128), regularization=(0.1, 10.0), alpha=(1.0, 5.0), iterations=(15,)),
            package="implicit",
        ),
        Recipe(
            "surprise", "SVD (Surprise)", FunkSVD,
            _grid(factors=(50, 100), epochs=(50,), learning_rate=(0.005, 0.01), regularization=(0.08, 0.1)),
            package="surprise", known_users_only=True,
        ),
        Recipe("ease", "EASE (dense)", EASE.fit, (*EASE_GRID, EASE_AS_PUBLISHED)),
    )
}  # fmt: skip


def recipe_named(name: str) -> Recipe:
    """Return a recipe by its name. Raises `InputError`."""
    if name not in RECIPES:
        raise InputError(f"There is no recipe {name!r}; expected {', '.join(RECIPES)}.")
    return RECIPES[name]
