"""Search spaces: which settings of which recipe can be tuned, and within what ranges."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ...heads.prediction import PredictionConfig
from ...heads.ranking import RankingConfig
from ...heads.textbook import TextbookConfig
from ...model.config import TrainingConfig
from ..measure import Scorer
from ..recipes import Settings, recipe


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included; whole numbers if both are; ``log``: by ratios."""

    low: int | float
    high: int | float
    log: bool = False

    def around(self, value: int | float, share: float) -> "Range":
        """The part of the range around a value that is this share of it wide, 0..1."""
        if share >= 1:
            return self
        scale, back = (np.log, np.exp) if self.log else (float, float)
        half = share / 2 * (scale(self.high) - scale(self.low))
        low, high = (back(scale(value) + side * half) for side in (-1, 1))
        if isinstance(self.low, int) and isinstance(self.high, int):
            low, high = int(np.floor(low)), int(np.ceil(high))
        return Range(max(self.low, min(low, self.high)), min(self.high, max(high, self.low)), self.log)


@dataclass(frozen=True)
class SearchSpace:
    """What can be tuned of one recipe.

    Attributes
    ----------
    name
        For the command line.
    fit
        ``fit(ratings, seed, **settings)``.
    ranges
        The settings to search.
    default
        All settings, where the search begins.
    judged_by
        The metric: ``ndcg`` or ``rmse``.
    by_rating
        Judge known users by single ratings held out, instead of users held out.
    refit
        ``refit(recommender, settings)``: the same with other settings of those not in ``fitted``,
        without fitting again; None where there is no such thing.
    configure
        ``configure(config, settings)``: a `TrainingConfig` with these settings in it; None for peers.
    """

    name: str
    fit: Callable[..., Scorer]
    ranges: Mapping[str, Range]
    default: Settings
    judged_by: str
    by_rating: bool = False
    fitted: tuple[str, ...] = ()
    refit: Callable[[Any, Settings], Scorer] | None = None
    configure: Callable[[TrainingConfig, Settings], TrainingConfig] | None = None


def _silent(done: float) -> None:
    """Progress of a single fit is not shown."""


def _fit(config: type[Any]) -> Callable[..., Scorer]:
    """Return a function that fits a head with the settings of this configuration."""
    return lambda ratings, seed, **settings: config(**settings).fit(ratings, seed, _silent)


def _peer(name: str, ranges: Mapping[str, Range], judged_by: str = "ndcg", by_rating: bool = False) -> SearchSpace:
    peer = recipe(name)
    return SearchSpace(name, peer.fit, ranges, peer.grid[0], judged_by, by_rating)


def _textbook(config: TrainingConfig, settings: Settings) -> TrainingConfig:
    return replace(config, ranking=TextbookConfig(**settings), prediction=TextbookConfig(**settings))


SEARCH_SPACES: Mapping[str, SearchSpace] = {
    space.name: space
    for space in (
        SearchSpace(
            "ranking",
            _fit(RankingConfig),
            {
                "factors": Range(64, 512, log=True),
                "watched_weight": Range(0.1, 0.6),
                "row_damping": Range(0.3, 1.0),
                "column_scaling": Range(0.4, 0.8),
                "franchise": Range(0.0, 3.0),
                "uniqueness": Range(0.0, 0.5),
                "short_damping": Range(0.5, 1.3),
                "long_damping": Range(0.0, 0.4),
                "turning": Range(8.0, 60.0, log=True),
                "steepness": Range(1.0, 4.0, log=True),
                "shrinkage": Range(3.0, 40.0, log=True),
                "shrinkage_turning": Range(15.0, 150.0, log=True),
                "shrinkage_steepness": Range(1.0, 3.0, log=True),
                "output_scaling": Range(0.1, 0.7),
                "prior": Range(0.005, 0.2, log=True),
                "earlier_part": Range(1.0, 1.8),
            },
            asdict(RankingConfig()),
            "ndcg",
            fitted=RankingConfig.FITTED,
            refit=lambda head, settings: replace(head, config=RankingConfig(**settings)),
            configure=lambda config, settings: replace(config, ranking=RankingConfig(**settings)),
        ),
        SearchSpace(
            "prediction",
            _fit(PredictionConfig),
            {
                "factors": Range(8, 48, log=True),
                "iterations": Range(3, 10),
                "embedding": Range(16, 128, log=True),
                "damping": Range(2.0, 40.0, log=True),
                "doubt": Range(0.0, 2.0),
            },
            asdict(PredictionConfig()),
            "rmse",
            configure=lambda config, settings: replace(config, prediction=PredictionConfig(**settings)),
        ),
        SearchSpace(
            "textbook", _fit(TextbookConfig), {"factors": Range(2, 200, log=True)}, asdict(TextbookConfig()), "ndcg",
            configure=_textbook,
        ),
        _peer(
            "biases", {"item_damping": Range(0.5, 50.0, log=True), "user_damping": Range(0.5, 20.0, log=True)}, "rmse"
        ),
        _peer("puresvd", {"factors": Range(5, 300, log=True)}),
        _peer(
            "ease",
            {
                "shrinkage": Range(3.0, 5000.0, log=True), "watched": Range(0.1, 1.0),
                "scaling": Range(0.3, 1.0), "output": Range(0.0, 0.7),
            },
        ),
        _peer(
            "als",
            {
                "factors": Range(16, 256, log=True), "regularization": Range(0.01, 100.0, log=True),
                "alpha": Range(0.5, 20.0, log=True), "iterations": Range(5, 30),
            },
        ),
        _peer(
            "surprise",
            {
                "factors": Range(10, 150, log=True), "epochs": Range(10, 80),
                "learning_rate": Range(0.001, 0.02, log=True), "regularization": Range(0.01, 0.2, log=True),
            },
            "rmse", by_rating=True,
        ),
    )
}  # fmt: skip
