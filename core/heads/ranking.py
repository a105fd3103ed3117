"""Training of the ranking head: see `core.heads.ranking_head`."""

from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from scipy import sparse

from ..data.ratings import Ratings
from ..numerics.sparse import row_of_entries, scale_columns, sum_over_axis, with_data
from ..numerics.truncated_svd import truncated_svd
from ..settings import settings
from .facts import TitleFacts
from .item_factors import ItemFactors
from .limits import FactorCount, Power, Steepness, Turning, Weight
from .preference_matrix import (
    damped_rows,
    franchise_rows,
    recency_weights,
    typical_length,
    uniqueness_of,
    weighted,
)
from .ranking_head import ENERGY_UNIT, RankingHead
from .title_values import availability, title_values

TOLERANCE = 1e-5  # V is stored in low precision: a more accurate SVD would be rounded away


@settings
class RankingConfig:
    """Settings of the ranking head.

    The defaults come from the studies in ``docs/study/``; ``docs/quality.md`` says what each part is worth.

    Attributes
    ----------
    factors
        k, the number of singular triples.
    min_count
        Titles with fewer users are not trained on, but placed by their facts.
    watched_weight
        ``w`` of a title that was watched and not rated. A rating of 10 has 1.5, 8 has 1, 1 has -0.5.
    past_weight
        Of users of the past: see `core.heads.preference_matrix.recency_weights`. 1 weighs all alike. On the modern data
        set 0.6 gains .007 / .011 / .014 of NDCG@10 for users of 2023 and later with 3 / 10 / 80 % shown, and costs
        those of 2016 .002 / 0 / .006; 0.5 costs them .004 / 0 / .007 and gains no more.
    facts
        The facts of a title count as much as so many users who listed it, if they tell all (on the modern data set they
        tell three quarters): see `core.heads.facts`. A quarter of it loses up to .08 of NDCG@10 among 300 newer titles
        that few ratings were left for; three times as much gains nothing there, and loses .007 among all titles.
    row_damping, column_scaling
        β and d above: 0 and 1 leave the lengths of rows and columns as they are.
    franchise
        Length of the row of a franchise, in units of the users' typical row; 0 omits these rows.
    uniqueness
        ``u`` is the share of a title's energy that the factors leave unexplained, to this power;
        0 saves the first of two decompositions.
    short_damping, long_damping, turning, steepness
        A title of the history is weighted by ``N^-damping``. The damping moves from short to long with the
        number n of titles in the history: the share of short is ``1 / (1 + (n / turning)^steepness)``.
    shrinkage, shrinkage_turning, shrinkage_steepness
        ``λ = shrinkage · (1 + (shrinkage_turning / n)^shrinkage_steepness)`` for whole lists, in units of the
        mean energy of 20,000 factors.
    sample_shrinkage, sample_length, sample_turning
        For samples of a taste, ``λ = shrinkage + sample_shrinkage / n · exp(-(n / sample_length)²)``, and
        ``sample_turning`` takes the place of ``turning``. On 1,500 users of 2016 that gains .003 / .000 / .007 / .016 /
        .017 / .004 of NDCG@10 for 3 / 5 / 10 / 15 / 20 / 40 ratings, and would cost whole lists .007.
    begun_share
        A history looks complete if at least this share of its later seasons stands beside what they continue: see
        `RankingHead.looks_complete`.
    output_scaling
        o above: how much popular titles are lifted.
    prior
        Weight of the average training row, which is added to the visitor's row.
    earlier_part
        Factor on the score of a TV series that a title of the history continues, unless that title was
        disliked. Whoever has seen the second season wants the first on the list, to watch it or to rate it.
    """

    factors: FactorCount = 512
    min_count: Annotated[int, Field(ge=1, le=10**6)] = 3
    watched_weight: Weight = 0.3
    past_weight: Annotated[float, Field(gt=0, le=1)] = 0.6
    facts: Annotated[float, Field(ge=0, le=1e6)] = 27.0
    row_damping: Power = 0.65
    column_scaling: Power = 0.6
    franchise: Annotated[Weight, Field(ge=0)] = 1.5
    uniqueness: Power = 0.25
    short_damping: Power = 0.9
    long_damping: Power = 0.15
    turning: Turning = 24.0
    steepness: Steepness = 1.75
    shrinkage: Annotated[float, Field(ge=1e-6, le=1e6)] = 10.7
    shrinkage_turning: Turning = 54.0
    shrinkage_steepness: Steepness = 1.95
    sample_shrinkage: Annotated[float, Field(ge=0, le=1e6)] = 5700.0
    sample_length: Turning = 60.0
    sample_turning: Turning = 32.0
    begun_share: Annotated[float, Field(ge=0, le=1)] = 0.4
    output_scaling: Power = 0.34
    prior: Weight = 0.035
    earlier_part: Annotated[Weight, Field(ge=0)] = 1.3

    kind: ClassVar[str] = RankingHead.kind
    FITTED: ClassVar[tuple[str, ...]] = (
        "factors", "min_count", "watched_weight", "past_weight", "facts", "row_damping", "column_scaling", "franchise",
        "uniqueness",
    )  # fmt: skip
    """The settings that change the decomposition. When others change, `RankingHead` keeps its factors."""

    def fit(self, ratings: Ratings, seed: int, on_progress: Callable[[float], None]) -> "RankingHead":
        """Return the head that is fitted to ratings."""
        # R^-β w(r), CSR float32 [n_users, n_trained], of the titles with enough users, weighted by user.
        n_items = ratings.matrix.shape[1]
        counts = np.bincount(ratings.matrix.indices, minlength=n_items)
        columns = np.flatnonzero(counts >= min(self.min_count, int(counts.max()))).astype(np.int32)
        rows = ItemFactors.without_values(columns, n_items).restrict(ratings.matrix)
        rows = damped_rows(weighted(rows, self.watched_weight, ratings.scale), self.row_damping)
        users = recency_weights(ratings.matrix, ratings.catalogue, self.past_weight)
        rows = with_data(rows, rows.data * users[row_of_entries(rows)])
        # N, float64 [n_trained], 1 for a title as it is typically watched; the average row; rows · N^(d-1).
        norms = np.maximum(np.sqrt(sum_over_axis(rows.multiply(rows), axis=0)), 1e-3)
        norms /= np.sqrt(np.sum(norms**4) / np.sum(norms**2))
        mean = sum_over_axis(rows, axis=0) / rows.shape[0]
        rows = scale_columns(rows, norms ** (self.column_scaling - 1))
        # The matrix to decompose, with a row for each franchise below those of the users.
        facts = TitleFacts.of(ratings.catalogue)
        franchise_part = franchise_rows(facts.franchises[columns], self.franchise * typical_length(rows))
        matrix = sparse.vstack([rows, franchise_part], format="csr")
        # Divide by u, which a first decomposition gives, and decompose.
        halves = (lambda done: on_progress(done / 2), lambda done: on_progress(0.5 + done / 2))
        uniqueness = np.ones(len(columns))
        if self.uniqueness:
            first = truncated_svd(matrix, self.factors, tolerance=TOLERANCE, seed=seed, on_progress=halves[0])
            uniqueness = uniqueness_of(matrix, first, self.uniqueness)
            matrix = scale_columns(matrix, 1 / uniqueness)
        svd = truncated_svd(matrix, self.factors, tolerance=TOLERANCE, seed=seed, on_progress=halves[1])
        # Complete the columns by the facts of all titles, and decompose them again.
        values = np.zeros((n_items, len(svd.singular_values) + 2))
        values[columns] = title_values(svd.v, svd.singular_values, norms, uniqueness, self.column_scaling)
        trained = np.zeros(n_items, dtype=np.int64)
        trained[columns] = counts[columns]
        values = facts.completed(values, trained, self.facts)
        values[:, :-2] *= availability(np.exp(values[:, -2]), trained, rows.shape[0])[:, None]
        energy = float(np.sum(np.square(matrix[: rows.shape[0]].data, dtype=np.float64))) / ENERGY_UNIT
        averages = np.zeros(n_items)
        averages[columns] = mean
        return RankingHead.of(values, trained, averages, energy, ratings.catalogue, self, ratings.scale)
