"""Curves: quality by the number of factors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..heads.prediction import PredictionConfig
from ..heads.ranking_head import RankingHead
from .measure import Scorer, measure_split
from .metrics import Estimates
from .splits import Split

RANKING_FACTORS = (8, 16, 32, 64, 128, 256, 512)
PREDICTION_FACTORS = (2, 4, 8, 16, 24, 32, 48)

MetricCurve = Mapping[int, Estimates]
"""Figures of one metric, by number of factors and by holdout."""


def ranking_curve(head: RankingHead, split: Split, factors: Sequence[int] = RANKING_FACTORS) -> MetricCurve:
    """Return NDCG@10 of a head that was fitted to ``split.train``, cut to its leading factors.

    Truncated SVDs are nested, so one fit gives them all.
    """
    available = len(head.factors.singular_values)
    heads = {k: replace(head, factors=head.factors.truncated(k)) for k in factors if k <= available}
    return {k: _by_holdout(cut, split, "ndcg") for k, cut in heads.items()}


def prediction_curve(
    split: Split, config: PredictionConfig, factors: Sequence[int] = PREDICTION_FACTORS, seed: int = 0
) -> MetricCurve:
    """Return RMSE of the prediction head, fitted with each number of factors."""
    heads = {k: replace(config, factors=k).fit(split.train, seed, lambda done: None) for k in factors}
    return {k: _by_holdout(head, split, "rmse") for k, head in heads.items()}


def _by_holdout(scorer: Scorer, split: Split, metric: str) -> Estimates:
    return {name: measured.estimates[metric] for name, measured in measure_split(scorer, split).items()}
