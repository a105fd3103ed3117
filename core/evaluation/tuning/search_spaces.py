"""Search spaces: the settings of each recipe that can be tuned, and their ranges."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ...heads.prediction import PredictionConfig
from ...heads.ranking import RankingConfig
from ...heads.textbook import TextbookConfig
from ...model.config import TrainingConfig
from ..measure import Scorer
from ..recipes import RECIPES, Settings


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included; whole numbers if both ends are; ``log``: searched by ratios."""

    low: int | float
    high: int | float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def around(self, value: int | float, share: float) -> "Range":
        """Return the part of the range around a value that is this share of the range wide, 0..1."""
        if share >= 1:
            return self
        # The interval around the value, on a linear or a logarithmic axis.
        to_axis, from_axis = (np.log, np.exp) if self.log else (float, float)
        half = share / 2 * (to_axis(self.high) - to_axis(self.low))
        low, high = from_axis(to_axis(value) - half), from_axis(to_axis(value) + half)
        if self.whole:
            low, high = int(np.floor(low)), int(np.ceil(high))
        # Its part inside the range.
        return Range(max(self.low, min(low, self.high)), min(self.high, max(high, self.low)), self.log)


@dataclass(frozen=True)
class SearchSpace:
    """The settings of one recipe that can be tuned.

    Attributes
    ----------
    fit
        ``fit(ratings, seed, **settings)``.
    default
        All settings that `fit` takes: where the search begins.
    metric
        The metric to improve: ``ndcg`` or ``rmse``.
    by_rating
        Whether single ratings of known users are held out, instead of whole users.
    fitted, refit
        ``refit(scorer, settings)`` returns the scorer with other settings without fitting again, if those named
        in ``fitted`` are the same. None: every trial fits.
    configure
        ``configure(config, settings)`` returns a `TrainingConfig` with these settings; None for peers.
    """

    name: str
    fit: Callable[..., Scorer]
    ranges: Mapping[str, Range]
    default: Settings
    metric: str
    by_rating: bool = False
    fitted: tuple[str, ...] = ()
    refit: Callable[[Any, Settings], Scorer] | None = None
    configure: Callable[[TrainingConfig, Settings], TrainingConfig] | None = None


def _own(
    name: str, config: type[Any], metric: str, ranges: Mapping[str, Range], roles: tuple[str, ...] = ()
) -> SearchSpace:
    """Return the search space of AniSVD's head (or heads: ``roles``) with this class of settings."""
    return SearchSpace(
        name,
        lambda ratings, seed, **settings: config(**settings).fit(ratings, seed, lambda done: None),
        ranges,
        asdict(config()),
        metric,
        configure=lambda training, settings: replace(training, **dict.fromkeys(roles or (name,), config(**settings))),
    )


def _peer(name: str, metric: str, ranges: Mapping[str, Range]) -> SearchSpace:
    """Return the search space of a recipe that AniSVD is compared with."""
    recipe = RECIPES[name]
    return SearchSpace(name, recipe.fit, ranges, recipe.grid[0], metric, by_rating=recipe.known_users_only)


RANKING = replace(
    _own(
        "ranking", RankingConfig, "ndcg",
        {
            "factors": Range(64, 512, log=True), "watched_weight": Range(0.1, 0.6),
            "row_damping": Range(0.3, 1.0), "column_scaling": Range(0.4, 0.8),
            "franchise": Range(0.0, 3.0), "uniqueness": Range(0.0, 0.5),
            "short_damping": Range(0.5, 1.3), "long_damping": Range(0.0, 0.4),
            "turning": Range(8.0, 60.0, log=True), "steepness": Range(1.0, 4.0, log=True),
            "shrinkage": Range(3.0, 40.0, log=True), "shrinkage_turning": Range(15.0, 150.0, log=True),
            "shrinkage_steepness": Range(1.0, 3.0, log=True), "output_scaling": Range(0.1, 0.7),
            "prior": Range(0.005, 0.2, log=True), "earlier_part": Range(1.0, 1.8),
        },
    ),
    fitted=RankingConfig.FITTED,
    refit=lambda head, settings: replace(head, config=RankingConfig(**settings)),
)  # fmt: skip
PREDICTION = _own(
    "prediction", PredictionConfig, "rmse",
    {
        "factors": Range(8, 48, log=True), "iterations": Range(3, 10), "embedding": Range(16, 128, log=True),
        "damping": Range(2.0, 40.0, log=True), "doubt": Range(0.0, 2.0), "franchise": Range(0.0, 0.7),
    },
)  # fmt: skip
TEXTBOOK = _own(
    "textbook", TextbookConfig, "ndcg", {"factors": Range(2, 200, log=True)}, roles=("ranking", "prediction")
)
PEERS = (
    _peer(
        "biases", "rmse", {"item_damping": Range(0.5, 50.0, log=True), "user_damping": Range(0.5, 20.0, log=True)}
    ),
    _peer("puresvd", "ndcg", {"factors": Range(5, 300, log=True)}),
    _peer(
        "ease", "ndcg",
        {
            "shrinkage": Range(3.0, 5000.0, log=True), "watched": Range(0.1, 1.0),
            "scaling": Range(0.3, 1.0), "output": Range(0.0, 0.7),
        },
    ),
    _peer(
        "als", "ndcg",
        {
            "factors": Range(16, 256, log=True), "regularization": Range(0.01, 100.0, log=True),
            "alpha": Range(0.5, 20.0, log=True), "iterations": Range(5, 30),
        },
    ),
    _peer(
        "surprise", "rmse",
        {
            "factors": Range(10, 150, log=True), "epochs": Range(10, 80),
            "learning_rate": Range(0.001, 0.02, log=True), "regularization": Range(0.01, 0.2, log=True),
        },
    ),
)  # fmt: skip

SEARCH_SPACES: Mapping[str, SearchSpace] = {space.name: space for space in (RANKING, PREDICTION, TEXTBOOK, *PEERS)}
