"""Every recipe that can be compared, by name: AniSVD's own, and its peers with their grids.

A peer is given its best chance: of its grid, each history length takes the setting that is best on
users (or ratings) set aside inside the training part. The grids were narrowed on the Anime
Recommendations Database around the best settings found there; AniSVD competes with one setting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Recipe:
    """How to get a recommender from ratings.

    Attributes
    ----------
    name, title
        For the command line and for tables.
    fit
        ``fit(ratings, seed, **settings)``.
    grid
        The settings to choose from, each with all of `fit`'s.
    package
        What has to be installed beyond the project's own requirements.
    known_users_only
        It cannot fold in users that it was not trained on.
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


def anisvd(config: TrainingConfig, name: str = "default", title: str = "**AniSVD**") -> Recipe:
    """AniSVD by one configuration."""
    return Recipe(name, title, lambda ratings, seed: train(ratings, _without_users(config, seed)))


def _without_users(config: TrainingConfig, seed: int) -> TrainingConfig:
    return TrainingConfig(config.ranking, config.prediction, stored_users=0, seed=seed)


def _grid(**values: tuple[Any, ...]) -> tuple[Settings, ...]:
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in product(*values.values()))


def _textbook(ratings: Ratings, seed: int, factors: int) -> Scorer:
    return train(ratings, _without_users(TrainingConfig.textbook(factors), seed))


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        anisvd(TrainingConfig()),
        Recipe("popularity", "Popularity", lambda ratings, seed: Popularity.fit(ratings)),
        Recipe(
            "biases", "Damped biases",
            lambda ratings, seed, **settings: Biases.fit(ratings, **settings),
            _grid(item_damping=(1.0, 2.0, 5.0, 50.0), user_damping=(1.0, 2.0, 4.0)),
        ),
        Recipe("textbook", "Textbook SVD", _textbook, _grid(factors=(10, 20, 50, 100))),
        Recipe(
            "puresvd", "PureSVD",
            lambda ratings, seed, factors: PureSVD.fit(ratings, factors, seed),
            _grid(factors=(20, 50, 100, 200)),
        ),
        Recipe(
            "als", "ALS (implicit)",
            lambda ratings, seed, **settings: ALS(ratings, seed=seed, **settings),
            _grid(factors=(64, 128), regularization=(0.1, 10.0), alpha=(1.0, 5.0), iterations=(15,)),
            "implicit",
        ),
        Recipe(
            "surprise", "SVD (Surprise)",
            lambda ratings, seed, **settings: FunkSVD(ratings, seed=seed, **settings),
            _grid(factors=(50, 100), epochs=(50,), learning_rate=(0.005, 0.01), regularization=(0.08, 0.1)),
            "surprise", known_users_only=True,
        ),
        Recipe(
            "ease", "EASE (dense)",
            lambda ratings, seed, **settings: EASE.fit(ratings, **settings),
            (
                *_grid(
                    shrinkage=(12.0, 100.0, 300.0, 1000.0, 3000.0), output=(0.35, 0.5), watched=(0.5,), scaling=(0.5,)
                ),
                {"shrinkage": 300.0, "watched": 1.0, "scaling": 1.0, "output": 0.0},
            ),
        ),
    )
}  # fmt: skip


def recipe(name: str) -> Recipe:
    """A recipe by its name. Raises `InputError`."""
    if name not in RECIPES:
        raise InputError(f"There is no recipe {name!r}; expected {', '.join(RECIPES)}.")
    return RECIPES[name]
