"""Metrics of recommendation lists and of predicted ratings, with standard errors.

Every metric is computed user by user over the whole catalogue. Sampled negatives would order
recommenders differently (Krichene and Rendle: On sampled metrics for item recommendation, 2020).

``hits`` is bool [n_users, k]: whether the title at each rank of a user's list is relevant, best rank
first. ``n_relevant`` is int [n_users]: the number of relevant titles that were held out. Where it is 0
a ranking metric is NaN, and means leave the user out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..numerics.arrays import Bool, Float32, Float64, Int64


def ndcg(hits: Bool, n_relevant: Int64) -> Float64:
    """Return the normalised discounted cumulative gain, float64 [n_users], 0..1, with binary relevance::

        NDCG@k = Σ_{i≤k} hit_i / log₂(i + 1)  /  Σ_{i ≤ min(k, n_relevant)} 1 / log₂(i + 1)

    Järvelin and Kekäläinen: Cumulated gain-based evaluation of IR techniques, 2002.
    """
    discounts = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])
    return np.asarray(hits @ discounts / ideal[np.minimum(n_relevant, hits.shape[1])])


def recall(hits: Bool, n_relevant: Int64) -> Float64:
    """Return the share of a user's relevant titles that is on the list, float64 [n_users], 0..1."""
    return np.asarray(hits.sum(axis=1) / nan_where_zero(n_relevant))


def average_precision(hits: Bool, n_relevant: Int64) -> Float64:
    """Return AP@k, float64 [n_users], 0..1; its mean over users is MAP@k::

        AP@k = Σ_{i≤k} hit_i · (hits among the first i) / i  /  min(k, n_relevant)

    Manning, Raghavan and Schütze: Introduction to Information Retrieval, 2008, chapter 8.4. The
    denominator is cut at k, so that a perfect list scores 1.
    """
    precision = np.cumsum(hits, axis=1) / (np.arange(hits.shape[1]) + 1)
    return np.asarray((hits * precision).sum(axis=1) / nan_where_zero(np.minimum(n_relevant, hits.shape[1])))


def hit_rate(hits: Bool, n_relevant: Int64) -> Float64:
    """Return 1 where the list has a relevant title, else 0, float64 [n_users]."""
    return np.where(n_relevant > 0, hits.any(axis=1), np.nan)


def novelty(top: Int64, popularity: Int64, n_users: int) -> Float64:
    """Return the mean self-information ``-log₂ p_j`` of a list's titles in bits, float64 [n_users].

    ``p_j`` is the share of users who list title j, and at least one user, so that it is finite.
    Vargas and Castells: Rank and relevance in novelty and diversity metrics, 2011.
    """
    return np.asarray(-np.log2(np.maximum(popularity, 1) / n_users)[top].mean(axis=1))


def diversity(top: Int64, features: Float32) -> Float64:
    """Return the intra-list diversity, float64 [n_users], 0..1: one minus the mean cosine of all pairs of titles.

    ``features`` [n_items, d] are rows such as genres; the cosine with a row of zeros is 0. Lists of one
    title give NaN. Ziegler et al.: Improving recommendation lists through topic diversification, 2005.
    """
    k = top.shape[1]
    if k < 2:
        return np.full(len(top), np.nan)
    # The unit feature vectors of the listed titles, [n_users, k, d].
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    listed = (features / np.where(lengths > 0, lengths, 1))[top]
    # The sum of cosines over ordered pairs of different titles: |Σ_i u_i|² - Σ_i |u_i|², [n_users].
    cosines = np.square(listed.sum(axis=1)).sum(axis=1) - np.square(listed).sum(axis=(1, 2))
    return np.asarray(1 - cosines / (k * (k - 1)), dtype=np.float64)


def coverage(counts: Int64) -> float:
    """Return the share of titles on at least one list, 0..1; ``counts`` is the number of lists by title, [n_items]."""
    return float(np.mean(counts > 0))


def gini(counts: Int64) -> float:
    """Return how unequally titles are listed, from 0 (all equally often) to almost 1 (the same few for everyone)::

        G = Σ_j (2j - n - 1) c_j / (n Σ c),   c ascending, j = 1..n

    Fleder and Hosanagar: Blockbuster culture's next rise or fall, 2009.
    """
    n = len(counts)
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(counts) / (n * counts.sum()))


def nan_where_zero(counts: Int64) -> Float64:
    """Return the counts as denominators: NaN in place of 0."""
    return np.where(counts > 0, counts, np.nan)


@dataclass(frozen=True)
class Estimate:
    """A figure, and how much each user moves it.

    Attributes
    ----------
    value
        The figure over all users.
    influence
        float64 [n_users], mean zero: the first-order change of the figure by each user (the
        infinitesimal jackknife). Its spread gives the standard error. The spread of the difference
        of two such rows gives the standard error of a paired comparison.
    """

    value: float
    influence: Float64

    @property
    def standard_error(self) -> float:
        """The standard error over users."""
        n = max(len(self.influence), 2)
        return float(np.sqrt(np.sum(self.influence**2) / (n * (n - 1))))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the paired difference of two figures on the same users."""
        return Estimate(self.value - other.value, self.influence - other.influence)


Estimates = Mapping[str, Estimate]
"""Figures by the name of the metric."""


def mean(values: Float64, weights: Float64 | None = None) -> Estimate:
    """Return ``Σ weight · value / Σ weight`` over the users whose value is not NaN; equal weights by default."""
    weights = np.where(np.isnan(values), 0.0, 1.0 if weights is None else weights)
    values = np.nan_to_num(values)
    total = weights.sum()
    if not total > 0:
        return Estimate(np.nan, np.zeros(len(values)))
    value = float(weights @ values / total)
    return Estimate(value, weights * (values - value) * len(values) / total)


def root(squared: Estimate) -> Estimate:
    """Return the square root of a figure, such as RMSE from MSE (delta method)."""
    value = float(np.sqrt(squared.value))
    return Estimate(value, squared.influence / (2 * value) if value > 0 else squared.influence)


def average(figures: Sequence[Estimate]) -> Estimate:
    """Return the mean of several figures of the same users."""
    influences = np.stack([figure.influence for figure in figures])
    return Estimate(float(np.mean([figure.value for figure in figures])), influences.mean(axis=0))


def pooled(folds: Sequence[Estimate]) -> Estimate:
    """Return the mean of a figure over folds with different users."""
    total = sum(len(fold.influence) for fold in folds)
    parts = [fold.influence * (total / (len(folds) * len(fold.influence))) for fold in folds]
    return Estimate(float(np.mean([fold.value for fold in folds])), np.concatenate(parts))
