"""Measuring any scorer on held-out ratings, with standard errors.

A scorer has one of the methods below; `core.Model` has the first two. Lists are cut from the whole
catalogue without the shown titles. Predicted ratings are clipped to the scale. The metrics are
defined in `core.evaluation.metrics`.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from scipy import sparse

from ..data.ratings import Ratings
from ..data.scale import RatingScale
from ..heads.base import Predicts, Ranks
from ..numerics.arrays import Bool, Float32, Float64, Int64
from ..numerics.sparse import keep_entries, row_of_entries
from . import metrics
from .metrics import Estimate, Estimates
from .splits import Holdout, Split

LIST_LENGTH = 10
USERS_PER_BLOCK = 256
CALIBRATION_BINS = 18

RANKING_METRICS = ("ndcg", "recall", "map", "hit rate", "disliked", "novelty", "diversity", "coverage", "gini")
RATING_METRICS = ("rmse", "mae", "mse")
LOWER_IS_BETTER = frozenset({"rmse", "mae", "mse", "disliked", "gini"})


@runtime_checkable
class PredictsKnownUsers(Protocol):
    """Predicts ratings of the users it was trained on, and of no others."""

    def predict_users(self, rows: Int64) -> Float32:
        """Return expected ratings for rows of the training matrix, float32 [n, n_items]."""


Scorer = Ranks | Predicts | PredictsKnownUsers


@dataclass(frozen=True)
class Measured:
    """The figures of one scorer on one holdout.

    Attributes
    ----------
    estimates
        By metric, of `RANKING_METRICS` and `RATING_METRICS`; without those that the scorer has no
        method for. RMSE, MAE and MSE are over all held-out ratings together.
    counts
        int64 [n_items]: the number of lists that each title is on; zeros without a ranking.
    calibration
        float64 [bins, 3]: the number of predictions in each equal part of the scale, their sum, and
        the sum of the true ratings; zeros without predictions.
    """

    estimates: Estimates
    counts: Int64
    calibration: Float64


def measure(scorer: Scorer, holdout: Holdout, train: Ratings, k: int = LIST_LENGTH) -> Measured:
    """Return the figures of a scorer that was fitted to ``train``.

    Relevant titles are the held-out titles rated in the upper part of the scale (8 of 10 or more).
    ``disliked`` is the share of listed titles with a held-out rating whose rating is 5 of 10 or less.
    """
    lists, guesses = [], []
    for start in range(0, len(holdout.rows), USERS_PER_BLOCK):
        block = slice(start, start + USERS_PER_BLOCK)
        shown, held_out = holdout.shown[block], holdout.held_out[block]
        # The best titles of these users, int64 [n, k].
        if isinstance(scorer, Ranks):
            lists.append(top_lists(scorer.rank_scores(shown), shown, k))
        # The predictions of their held-out ratings, float32 [nnz].
        predicted = None
        if holdout.trained_on and isinstance(scorer, PredictsKnownUsers):
            predicted = scorer.predict_users(holdout.rows[block])
        elif isinstance(scorer, Predicts):
            predicted = scorer.predict_ratings(shown)
        if predicted is not None:
            guesses.append(predicted[row_of_entries(held_out), held_out.indices])

    estimates: dict[str, Estimate] = {}
    counts = np.zeros(train.matrix.shape[1], dtype=np.int64)
    calibration = np.zeros((CALIBRATION_BINS, 3))
    if lists:
        top = np.concatenate(lists)
        counts = np.bincount(top.ravel(), minlength=len(counts))
        estimates |= _ranking_estimates(top, counts, holdout, train)
    if guesses:
        guess = np.clip(np.concatenate(guesses).astype(np.float64), train.scale.low, train.scale.high)
        estimates |= _rating_estimates(guess, holdout.held_out)
        calibration = _calibration(guess, holdout.held_out.data, train.scale)
    return Measured(estimates, counts, calibration)


def measure_split(scorer: Scorer, split: Split) -> dict[str, Measured]:
    """Return the figures of a scorer that was fitted to ``split.train``, by holdout."""
    return {name: measure(scorer, holdout, split.train) for name, holdout in split.holdouts.items()}


def top_lists(scores: Float32, seen: sparse.csr_array, k: int) -> Int64:
    """Return the ``k`` highest-scored unseen titles of every row, best first, int64 [n, k]."""
    scores, k = scores.copy(), min(k, scores.shape[1])
    scores[row_of_entries(seen), seen.indices] = -np.inf
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _ranking_estimates(top: Int64, counts: Int64, holdout: Holdout, train: Ratings) -> dict[str, Estimate]:
    """Return the figures of lists ``top``, int64 [n, k]; ``counts`` as in `Measured`."""
    # Which listed titles are relevant, disliked, and rated at all, bool [n, k] each.
    ratings = holdout.held_out.data
    relevant = keep_entries(holdout.held_out, train.scale.liked(ratings))
    hits, rated = _listed(top, relevant), _listed(top, holdout.held_out)
    disliked = _listed(top, keep_entries(holdout.held_out, train.scale.disliked(ratings)))
    n_relevant, n_rated = np.diff(relevant.indptr).astype(np.int64), rated.sum(axis=1)
    # The metrics by user, float64 [n] each.
    popularity = np.bincount(train.matrix.indices, minlength=len(counts))
    genres = np.asarray(train.catalogue.genre_matrix, dtype=np.float32)
    by_user = {
        "ndcg": metrics.ndcg(hits, n_relevant),
        "recall": metrics.recall(hits, n_relevant),
        "map": metrics.average_precision(hits, n_relevant),
        "hit rate": metrics.hit_rate(hits, n_relevant),
        "novelty": metrics.novelty(top, popularity, len(train.user_ids)),
        "diversity": metrics.diversity(top, genres),
    }
    disliked_share = disliked.sum(axis=1) / metrics.nan_where_zero(n_rated)
    no_influence = np.zeros(len(top))  # coverage and Gini are figures of all lists together
    return {name: metrics.mean(values) for name, values in by_user.items()} | {
        "disliked": metrics.mean(disliked_share, n_rated.astype(np.float64)),
        "coverage": Estimate(metrics.coverage(counts), no_influence),
        "gini": Estimate(metrics.gini(counts), no_influence),
    }


def _listed(top: Int64, matrix: sparse.csr_array) -> Bool:
    """Return which titles of the lists, int64 [n, k], are stored entries of their row, bool [n, k]."""
    n, n_items = matrix.shape
    return np.isin(np.arange(n)[:, None] * n_items + top, row_of_entries(matrix) * n_items + matrix.indices)


def _rating_estimates(guess: Float64, held_out: sparse.csr_array) -> dict[str, Estimate]:
    """Return the errors of the predictions ``guess`` [nnz] of all held-out ratings."""
    row, error = row_of_entries(held_out), guess - held_out.data
    # The number of ratings by user, and the sums of squared and of absolute errors, float64 [n] each.
    n = np.bincount(row).astype(np.float64)
    squared, absolute = np.bincount(row, error**2), np.bincount(row, np.abs(error))
    mse = metrics.mean(squared / n, n)
    return {"rmse": metrics.root(mse), "mae": metrics.mean(absolute / n, n), "mse": mse}


def _calibration(guess: Float64, truth: Float64, scale: RatingScale) -> Float64:
    """Return the table of `Measured.calibration` from predictions and true ratings, [nnz] each."""
    part = np.minimum(scale.share(guess) * CALIBRATION_BINS, CALIBRATION_BINS - 1).astype(np.int64)
    sums = [np.bincount(part, weights, CALIBRATION_BINS) for weights in (np.ones(len(guess)), guess, truth)]
    return np.stack(sums, axis=1)
