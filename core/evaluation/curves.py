"""Curves: how quality grows with the number of factors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..heads.prediction import PredictionConfig
from ..heads.ranking import RankingHead
from .measure import measure
from .metrics import Estimate
from .splits import Split

RANKING_FACTORS = (8, 16, 32, 64, 128, 256, 512)
PREDICTION_FACTORS = (2, 4, 8, 16, 24, 32, 48)

Curve = Mapping[int, Mapping[str, Estimate]]
"""By number of factors and by holdout."""


def ranking_curve(head: RankingHead, split: Split, factors: Sequence[int] = RANKING_FACTORS) -> Curve:
    """NDCG@10 of a head that was fitted to ``split.train``, cut to its leading factors: truncated
    SVDs are nested, one fit gives them all.
    """
    available = len(head.factors.singular_values)
    cut = {k: replace(head, factors=head.factors.truncated(k)) for k in factors if k <= available}
    return {
        k: {name: measure(ranked, holdout, split.train).estimates["ndcg"] for name, holdout in split.holdouts.items()}
        for k, ranked in cut.items()
    }


def prediction_curve(
    split: Split, config: PredictionConfig, factors: Sequence[int] = PREDICTION_FACTORS, seed: int = 0
) -> Curve:
    """RMSE of the prediction head, fitted with each number of factors."""
    curve = {}
    for k in factors:
        head = replace(config, factors=k).fit(split.train, seed, lambda done: None)
        curve[k] = {
            name: measure(head, holdout, split.train).estimates["rmse"] for name, holdout in split.holdouts.items()
        }
    return curve
