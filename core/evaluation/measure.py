"""Evaluation: any recommender, judged on what it was not shown, with standard errors.

A recommender is whatever has one of the methods below; `core.Model` has the first two. Lists are
cut from the whole catalogue with the shown titles masked; predicted ratings are clipped to the
scale. Which metric means what is said in `core.evaluation.metrics`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.ratings import Ratings
from ..data.scale import RatingScale
from ..heads.base import Predicts, Ranks
from ..numerics.arrays import Bool, Float32, Float64, Int64
from ..numerics.sparse import row_of_entries
from . import metrics
from .metrics import Estimate
from .splits import Holdout

USERS_PER_BLOCK = 256
CALIBRATION_BINS = 18

RANKING_METRICS = ("ndcg", "recall", "map", "hit rate", "disliked", "novelty", "diversity", "coverage", "gini")
RATING_METRICS = ("rmse", "mae", "mse")
LOWER_IS_BETTER = frozenset({"rmse", "mae", "mse", "disliked", "gini"})


@runtime_checkable
class PredictsKnownUsers(Protocol):
    """Predicts ratings of the users it was trained on, and of nobody else."""

    def predict_users(self, rows: Int64) -> Float32:
        """Rows of the training matrix to float32 [n, n_items] on the rating scale."""


Scorer = Ranks | Predicts | PredictsKnownUsers


@dataclass(frozen=True)
class Measured:
    """What one recommender did with one holdout.

    Attributes
    ----------
    estimates
        By name, of `RANKING_METRICS` and `RATING_METRICS`; those that the recommender has no
        method for are absent. RMSE, MAE and MSE are over all held-out ratings together.
    counts
        int64 [n_items]: on how many lists each title was; zeros without a ranking.
    calibration
        float64 [bins, 3]: of the predictions that fall into each equal part of the scale their
        number, their sum, and the sum of the true ratings.
    """

    estimates: Mapping[str, Estimate]
    counts: Int64
    calibration: Float64


def measure(
    recommender: Scorer,
    holdout: Holdout,
    train: Ratings,
    k: int = 10,
    on_progress: Callable[[float], None] = lambda done: None,
) -> Measured:
    """Judge a recommender that was fitted to ``train`` by a holdout.

    Relevant are the held-out titles rated in the upper part of the scale (8 of 10 or more);
    ``disliked`` is the share of titles rated 5 of 10 or less among those of a list whose rating is
    known.
    """
    lists, errors, calibration = [], [], np.zeros((CALIBRATION_BINS, 3))
    for start in range(0, len(holdout.rows), USERS_PER_BLOCK):
        block = slice(start, start + USERS_PER_BLOCK)
        shown, held_out = holdout.shown[block], holdout.held_out[block]
        if isinstance(recommender, Ranks):
            lists.append(top_lists(recommender.rank_scores(shown), shown, k))
        predicted = None
        if holdout.trained_on and isinstance(recommender, PredictsKnownUsers):
            predicted = recommender.predict_users(holdout.rows[block])
        elif isinstance(recommender, Predicts):
            predicted = recommender.predict_ratings(shown)
        if predicted is not None:
            errors.append(_errors(predicted, held_out, train.scale, calibration))
        on_progress(min(1.0, (start + USERS_PER_BLOCK) / len(holdout.rows)))
    estimates: dict[str, Estimate] = {}
    counts = np.zeros(train.matrix.shape[1], dtype=np.int64)
    if lists:
        top = np.concatenate(lists)
        counts = np.bincount(top.ravel(), minlength=len(counts))
        estimates |= _ranking_estimates(top, counts, holdout, train)
    if errors:
        estimates |= _rating_estimates(*np.concatenate(errors, axis=1))
    return Measured(estimates, counts, calibration)


def top_lists(scores: Float32, seen: sparse.csr_array, k: int) -> Int64:
    """The ``k`` highest-scored titles of each row that it hasn't seen, best first, int64 [n, k]."""
    scores, k = scores.copy(), min(k, scores.shape[1])
    scores[row_of_entries(seen), seen.indices] = -np.inf
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _ranking_estimates(top: Int64, counts: Int64, holdout: Holdout, train: Ratings) -> dict[str, Estimate]:
    ratings = holdout.held_out.data
    liked, disliked = train.scale.liked(ratings), train.scale.disliked(ratings)
    hits, dislikes, known = (_marked(top, holdout.held_out, entries) for entries in (liked, disliked, ratings > 0))
    n_relevant = _row_sums(holdout.held_out, liked)
    n_known = known.sum(axis=1)
    popularity = np.bincount(train.matrix.indices, minlength=train.matrix.shape[1])
    by_user = {
        "ndcg": metrics.ndcg(hits, n_relevant),
        "recall": metrics.recall(hits, n_relevant),
        "map": metrics.average_precision(hits, n_relevant),
        "hit rate": metrics.hit_rate(hits, n_relevant),
        "novelty": metrics.novelty(top, popularity, len(train.user_ids)),
        "diversity": metrics.diversity(top, _genres(train.catalogue)),
    }
    estimates = {name: metrics.mean(values) for name, values in by_user.items()}
    share = dislikes.sum(axis=1) / np.where(n_known > 0, n_known, np.nan)
    estimates["disliked"] = metrics.mean(share, n_known.astype(np.float64))
    nobody = np.zeros(len(top))
    estimates["coverage"] = Estimate(metrics.coverage(counts), nobody)
    estimates["gini"] = Estimate(metrics.gini(counts), nobody)
    return estimates


def _rating_estimates(n: Float64, squared: Float64, absolute: Float64) -> dict[str, Estimate]:
    mse = metrics.mean(squared / n, n)
    return {"rmse": metrics.root(mse), "mae": metrics.mean(absolute / n, n), "mse": mse}


def _errors(
    predicted: Float32,
    held_out: sparse.csr_array,
    scale: RatingScale,
    calibration: Float64,
) -> Float64:
    """Of each user the number of held-out ratings, the sum of squared and of absolute errors,
    float64 [3, n]. Adds to ``calibration``.
    """
    row = row_of_entries(held_out)
    guess = np.clip(predicted[row, held_out.indices].astype(np.float64), scale.low, scale.high)
    error = guess - held_out.data
    bin_ = np.minimum(scale.share(guess) * CALIBRATION_BINS, CALIBRATION_BINS - 1).astype(np.int64)
    for column, weights in enumerate((np.ones(len(guess)), guess, held_out.data)):
        calibration[:, column] += np.bincount(bin_, weights, CALIBRATION_BINS)
    n = held_out.shape[0]
    return np.array([np.bincount(row, weights, n) for weights in (np.ones(len(error)), error**2, np.abs(error))])


def _marked(top: Int64, held_out: sparse.csr_array, entries: Bool) -> Bool:
    """Which places of the lists hold one of the marked entries of their row, bool [n, k]."""
    row = row_of_entries(held_out)
    cells = row * held_out.shape[1] + held_out.indices
    listed = np.arange(len(top))[:, None] * held_out.shape[1] + top
    return np.isin(listed, cells[entries])


def _row_sums(held_out: sparse.csr_array, entries: Bool) -> Int64:
    return np.bincount(row_of_entries(held_out)[entries], minlength=held_out.shape[0])


def _genres(catalogue: Catalogue) -> Float32:
    return np.asarray(catalogue.genre_matrix, dtype=np.float32)
