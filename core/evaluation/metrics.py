"""Metrics: how good lists of titles and predicted ratings are, with standard errors.

Everything is computed user by user and over the whole catalogue; sampled negatives would order
recommenders differently (Krichene and Rendle: On sampled metrics for item recommendation, 2020).

``hits`` below is bool [n_users, k]: whether the title at each place of a user's list is relevant,
the best place first; ``n_relevant`` is int [n_users], how many relevant titles were held out. A
user without any says nothing about a ranking: the metric is NaN there, and left out of means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..numerics.arrays import Bool, Float32, Float64, Int64


def ndcg(hits: Bool, n_relevant: Int64) -> Float64:
    """Normalised discounted cumulative gain, float64 [n_users], 0..1, with binary relevance::

        NDCG@k = Σ_{i≤k} hit_i / log₂(i + 1)  /  Σ_{i ≤ min(k, n_relevant)} 1 / log₂(i + 1)

    Järvelin and Kekäläinen: Cumulated gain-based evaluation of IR techniques, 2002.
    """
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])
    return np.asarray(hits @ discounts / ideal[np.minimum(n_relevant, hits.shape[1])])


def recall(hits: Bool, n_relevant: Int64) -> Float64:
    """Share of a user's relevant titles that the list shows, float64 [n_users], 0..1."""
    return np.asarray(hits.sum(axis=1) / _or_nan(n_relevant))


def average_precision(hits: Bool, n_relevant: Int64) -> Float64:
    """AP@k, float64 [n_users], 0..1; its mean over users is MAP@k::

        AP@k = Σ_{i≤k} hit_i · (hits among the first i) / i  /  min(k, n_relevant)

    Manning, Raghavan and Schütze: Introduction to Information Retrieval, 2008, chapter 8.4; cut
    at k, so that a list that could not be better scores 1.
    """
    places = np.arange(hits.shape[1]) + 1
    precision = np.cumsum(hits, axis=1) / places
    return np.asarray((hits * precision).sum(axis=1) / _or_nan(np.minimum(n_relevant, hits.shape[1])))


def hit_rate(hits: Bool, n_relevant: Int64) -> Float64:
    """1 where the list shows a relevant title at all, else 0, float64 [n_users]."""
    return np.where(n_relevant > 0, hits.any(axis=1), np.nan)


def novelty(top: Int64, popularity: Int64, n_users: int) -> Float64:
    """Mean self-information of each list's titles in bits, float64 [n_users]: ``-log₂ p_j``, p_j
    the share of users who list title j (at least one, so that it is finite).

    Vargas and Castells: Rank and relevance in novelty and diversity metrics, 2011.
    """
    return np.asarray(-np.log2(np.maximum(popularity, 1) / n_users)[top].mean(axis=1))


def diversity(top: Int64, features: Float32) -> Float64:
    """Intra-list diversity, float64 [n_users], 0..1: one minus the mean cosine of the feature rows
    (such as genres) of all pairs of a list's titles. Rows of zeros are like nothing.

    Ziegler et al.: Improving recommendation lists through topic diversification, 2005.
    """
    k = top.shape[1]
    if k < 2:
        return np.full(len(top), np.nan)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(lengths > 0, lengths, 1)
    listed = unit[top]
    cosines = np.square(listed.sum(axis=1)).sum(axis=1) - np.square(listed).sum(axis=(1, 2))
    return np.asarray(1 - cosines / (k * (k - 1)), dtype=np.float64)


def coverage(counts: Int64) -> float:
    """Share of the catalogue that is on at least one list, 0..1; ``counts`` int [n_items] says on
    how many lists each title is.
    """
    return float(np.mean(counts > 0))


def gini(counts: Int64) -> float:
    """Inequality of how often titles are listed: 0 all alike, towards 1 the same few for everyone::

        G = Σ_j (2j - n - 1) c_j / (n Σ c),   c ascending, j = 1..n

    Fleder and Hosanagar: Blockbuster culture's next rise or fall, 2009.
    """
    n = len(counts)
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(counts) / (n * counts.sum()))


def _or_nan(counts: Int64) -> Float64:
    return np.where(counts > 0, counts, np.nan)


@dataclass(frozen=True)
class Estimate:
    """A figure, and how much each user moves it.

    Attributes
    ----------
    value
        The figure over all users.
    influence
        float64 [n_users], zero in the mean: the first-order change of the figure per user (the
        infinitesimal jackknife). Its spread gives the standard error, and the spread of the
        difference of two such rows that of a paired comparison.
    """

    value: float
    influence: Float64

    @property
    def standard_error(self) -> float:
        """Over users, float."""
        counted = max(len(self.influence), 2)
        return float(np.sqrt(np.sum(self.influence**2) / (counted * (counted - 1))))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of two figures on the same users: paired."""
        return Estimate(self.value - other.value, self.influence - other.influence)


def mean(values: Float64, weights: Float64 | None = None) -> Estimate:
    """``Σ weight · value / Σ weight`` over users, with ones as the weights if none are given; users
    whose value is NaN count nothing.
    """
    weights = np.where(np.isnan(values), 0.0, 1.0 if weights is None else weights)
    values = np.nan_to_num(values)
    total = weights.sum()
    if not total > 0:
        return Estimate(np.nan, np.zeros(len(values)))
    value = float(weights @ values / total)
    return Estimate(value, weights * (values - value) * len(values) / total)


def root(squared: Estimate) -> Estimate:
    """The square root of a figure, such as RMSE of MSE (delta method)."""
    value = float(np.sqrt(squared.value))
    return Estimate(value, squared.influence / (2 * value) if value > 0 else squared.influence)


def pooled(folds: Sequence[Estimate]) -> Estimate:
    """The mean of a figure over folds with different users (one fold: the figure itself)."""
    total = sum(len(fold.influence) for fold in folds)
    parts = [fold.influence * (total / (len(folds) * len(fold.influence))) for fold in folds]
    return Estimate(float(np.mean([fold.value for fold in folds])), np.concatenate(parts))
