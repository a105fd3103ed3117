"""The ranking head: *what next?*, answered from V and Σ of one truncated SVD.

Training decomposes preferences, not ratings: ``B = R^-β w(r) N^(d-1) / u ≈ UΣVᵀ``. The weight ``w``
says how much a rating speaks for a title. Dividing by the lengths of rows (R) and columns (N) reduces the
influence of users with long histories and of popular titles, as in EigenRec (Nikolakopoulos et al., 2019).
Each franchise is one more row of B, as if a user had watched all of it, so that its titles lie close
together (side information as in HybridSVD: Frolov and Oseledets, 2019). Dividing by the uniqueness ``u``
gives more weight to titles that others explain: `core.heads.preference_matrix.uniqueness_of`.

A visitor's row ``x`` is scored by the item-item ridge regression that EASE solves densely
(Steck, 2019), restricted to the subspace of the SVD, where it needs V and Σ alone::

    score_j = (x V F Vᵀ)_j / (1 - h_j) · u_j N_j^o,     F = Σ² / (Σ² + λ),     h = diag(V F Vᵀ)

in units of the average visitor's scores (their root mean square, for the same λ). Dividing by ``1 - h`` is
equivalent to a zero diagonal: no title may explain itself. A short history gets a large ``λ`` (only broad
features of taste), no weight for titles that everybody has seen, and a shift towards the average visitor.
A long history gets the fine detail.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field
from scipy import sparse

from ..data.franchises import franchise_numbers
from ..data.ratings import Ratings
from ..data.scale import RatingScale
from ..numerics.arrays import AnyArray, Float32, Float64, Int32, Int64
from ..numerics.sparse import row_of_entries, scale_columns, sum_over_axis
from ..numerics.truncated_svd import truncated_svd
from ..settings import settings
from .item_factors import ItemFactors, Spec, Tensors, TensorSpec
from .limits import LARGEST, SMALLEST, FactorCount, Power, Steepness, Turning, Weight, check_ranking
from .preference_matrix import (
    continued_parts,
    damped_rows,
    earlier_parts,
    franchise_rows,
    typical_length,
    uniqueness_of,
    weighted,
)

LARGEST_LEVERAGE = 0.99
TINY = float(np.finfo(np.float32).tiny)
TOLERANCE = 1e-5  # V is stored in half precision: a more accurate SVD would be rounded away
ENERGY_UNIT = 20_000  # the unit of λ is this part of all energy, so that λ fits data of any size
LAMBDA_STEPS = 10  # λ is rounded to powers of e^(1/10): quality does not change, and leverages can be cached
OWN_TENSORS = ("norms", "uniqueness", "mean", "energy", "later", "earlier")


@settings
class RankingConfig:
    """Settings of the ranking head.

    The defaults come from the studies in ``docs/study/``; ``docs/quality.md`` says what each part is worth.

    Attributes
    ----------
    factors
        k, the number of singular triples.
    min_count
        Titles with fewer users are not trained on and come last.
    watched_weight
        ``w`` of a title that was watched and not rated. A rating of 10 has 1.5, 8 has 1, 1 has -0.5.
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
        ``λ = shrinkage · (1 + (shrinkage_turning / n)^shrinkage_steepness)``, in units of the
        mean energy of 20,000 factors.
    output_scaling
        o above: how much popular titles are lifted.
    prior
        Weight of the average training row, which is added to the visitor's row.
    earlier_part
        Factor on the score of a TV series that a title of the history continues, unless that title was
        disliked. Whoever has seen the second season wants the first on the list, to watch it or to rate it.
    """

    factors: FactorCount = 512
    min_count: Annotated[int, Field(ge=1, le=10**6)] = 5
    watched_weight: Weight = 0.3
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
    output_scaling: Power = 0.34
    prior: Weight = 0.035
    earlier_part: Annotated[Weight, Field(ge=0)] = 1.3

    kind: ClassVar[str] = "ridge-in-svd"
    FITTED: ClassVar[tuple[str, ...]] = (
        "factors", "min_count", "watched_weight", "row_damping", "column_scaling", "franchise", "uniqueness",
    )  # fmt: skip
    """The settings that change the decomposition. When others change, `RankingHead` keeps its factors."""

    def fit(self, ratings: Ratings, seed: int, on_progress: Callable[[float], None]) -> "RankingHead":
        """Return the head that is fitted to ratings."""
        # R^-β w(r), CSR float32 [n_users, n_trained], of the titles with enough users.
        n_items = ratings.matrix.shape[1]
        counts = np.bincount(ratings.matrix.indices, minlength=n_items)
        columns = np.flatnonzero(counts >= min(self.min_count, int(counts.max()))).astype(np.int32)
        rows = ItemFactors.without_values(columns, n_items).restrict(ratings.matrix)
        rows = damped_rows(weighted(rows, self.watched_weight, ratings.scale), self.row_damping)
        # N, float64 [n_trained], 1 for a title as it is typically watched; the average row; rows · N^(d-1).
        norms = np.maximum(np.sqrt(sum_over_axis(rows.multiply(rows), axis=0)), 1e-3)
        norms /= np.sqrt(np.sum(norms**4) / np.sum(norms**2))
        mean = sum_over_axis(rows, axis=0) / rows.shape[0]
        rows = scale_columns(rows, norms ** (self.column_scaling - 1))
        # The matrix to decompose, with a row for each franchise below those of the users.
        franchises = franchise_numbers(ratings.catalogue)[columns]
        franchise_part = franchise_rows(franchises, self.franchise * typical_length(rows))
        matrix = sparse.vstack([rows, franchise_part], format="csr")
        later, earlier = earlier_parts(ratings.catalogue, columns)
        # Divide by u, which a first decomposition gives, and decompose.
        halves = (lambda done: on_progress(done / 2), lambda done: on_progress(0.5 + done / 2))
        uniqueness = np.ones(len(columns))
        if self.uniqueness:
            first = truncated_svd(matrix, self.factors, tolerance=TOLERANCE, seed=seed, on_progress=halves[0])
            uniqueness = uniqueness_of(matrix, first, self.uniqueness)
            matrix = scale_columns(matrix, 1 / uniqueness)
        svd = truncated_svd(matrix, self.factors, tolerance=TOLERANCE, seed=seed, on_progress=halves[1])
        return RankingHead(
            ItemFactors.of(svd, columns, n_items),
            self,
            ratings.scale,
            norms=norms.astype(np.float32),
            uniqueness=uniqueness.astype(np.float32),
            mean=mean.astype(np.float32),
            later=later,
            earlier=earlier,
            energy=np.array(
                np.sum(np.square(matrix[: rows.shape[0]].data, dtype=np.float64)) / ENERGY_UNIT, dtype=np.float32
            ),
        )


@dataclass(frozen=True)
class RankingHead:
    """V, Σ, and facts about the training matrix and the catalogue.

    Attributes
    ----------
    norms
        N, the lengths of the columns before scaling, 1 for a typical title, float32 [n_trained].
    uniqueness
        u, float32 [n_trained].
    mean
        The average training row before column scaling, float32 [n_trained].
    energy
        The unit of λ, float32 [].
    later, earlier
        Pairs of a title, ascending, and a TV series that it continues, as rows of ``v``, int32 [n_pairs] each.
    """

    factors: ItemFactors
    config: RankingConfig
    scale: RatingScale
    norms: Float32
    uniqueness: Float32
    mean: Float32
    energy: Float32
    later: Int32
    earlier: Int32
    _cached: dict[int, tuple[Float32, Float32]] = field(default_factory=dict, init=False, repr=False, compare=False)

    kind: ClassVar[str] = RankingConfig.kind
    SPEC: ClassVar[Spec] = {**ItemFactors.SPEC} | {
        "norms": TensorSpec("float32", ("trained",), SMALLEST, LARGEST),
        "uniqueness": TensorSpec("float32", ("trained",), SMALLEST, LARGEST),
        "mean": TensorSpec("float32", ("trained",), -LARGEST, LARGEST),
        "energy": TensorSpec("float32", (), SMALLEST, LARGEST),
        "later": TensorSpec("int32", ("pairs",), 0),
        "earlier": TensorSpec("int32", ("pairs",), 0),
    }

    @property
    def total_energy(self) -> float:
        """Squared Frobenius norm of the decomposed rows of the users."""
        return float(self.energy) * ENERGY_UNIT

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return rows of U, float32 [n, k]. A training row gives its own row of the decomposition."""
        rows = damped_rows(self._weighted(matrix), self.config.row_damping)
        rows = scale_columns(rows, self.norms ** (self.config.column_scaling - 1) / self.uniqueness)
        return np.asarray(rows @ self.factors.v32 / self.factors.singular_values, dtype=np.float32)

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return the score above for each history, float32 [n, n_items].

        Titles that were not trained on come last, all with the same score.
        """
        # x V of each history, with the average visitor's row added, float32 [n, k].
        rows, steps = self.visitors(matrix)
        v = self.factors.v32
        projected = np.asarray(rows @ v) + self.config.prior * self.average
        scores = np.empty((matrix.shape[0], len(v)), dtype=np.float32)
        # (x V F Vᵀ) · lift, float32 [n, n_trained], for the histories of each λ at once.
        for step in np.unique(steps):
            chosen = steps == step
            filtered, lift = self.filter_and_lift(int(step))
            scores[chosen] = (projected[chosen] * filtered) @ v.T * lift
        # Lift earlier parts, and give all other titles the lowest score of the row.
        continued = continued_parts(rows, self.later, self.earlier)
        scores[continued] *= np.where(scores[continued] > 0, self.config.earlier_part, 1)
        full = np.repeat(scores.min(axis=1, keepdims=True), self.factors.n_items, axis=1)
        full[:, self.factors.columns] = scores
        return full

    def contributions(self, row: sparse.csr_array, targets: Int64) -> Float32:
        """Return what each title of a history adds to each target's score, float32 [history, targets].

        The factor of earlier parts is not included. ``row`` may also hold several histories of one title each.
        """
        # The weights of the history and the lifts of all titles, float32 [n_items], zero if not trained on.
        visitor, steps = self.visitors(row)
        filtered, lift = self.filter_and_lift(int(steps[0]))
        weights, lifts = np.zeros((2, self.factors.n_items), dtype=np.float32)
        weights[self.factors.columns[visitor.indices]] = visitor.data
        lifts[self.factors.columns] = lift
        v = self.factors.rows
        return np.asarray(weights[row.indices, None] * (v(row.indices) * filtered @ v(targets).T) * lifts[targets])

    def _weighted(self, matrix: sparse.csr_array) -> sparse.csr_array:
        return weighted(self.factors.restrict(matrix), self.config.watched_weight, self.scale)

    def visitors(self, matrix: sparse.csr_array) -> tuple[sparse.csr_array, Int64]:
        """Return histories as rows ``x``, CSR float32 [n, n_trained], and their `shrinkage_steps`, int64 [n]."""
        rows = self._weighted(matrix)
        n = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
        # Multiply each entry by the powers of N and u for the length of its history.
        norm_power, uniqueness_power = (power.astype(np.float32)[row_of_entries(rows)] for power in self.powers(n))
        rows.data *= self.norms[rows.indices] ** norm_power
        rows.data *= self.uniqueness[rows.indices] ** uniqueness_power
        return rows, self.shrinkage_steps(n)

    def shrinkage_steps(self, n: Float64) -> Int64:
        """Return the rounded logarithm of λ for histories of ``n`` titles, int64 [n]: see `filter_and_lift`."""
        short = (self.config.shrinkage_turning / n) ** self.config.shrinkage_steepness
        return np.round(LAMBDA_STEPS * np.log(self.config.shrinkage * (1 + short))).astype(np.int64)

    def powers(self, n: Float64) -> tuple[Float64, Float64]:
        """Return the powers of N and u that weight the titles of histories of ``n`` titles, float64 [n] each."""
        config = self.config
        short = 1 / (1 + (n / config.turning) ** config.steepness)
        damping = short * config.short_damping + (1 - short) * config.long_damping
        return config.column_scaling - 1 - damping, 2 * short - 1

    @cached_property
    def average(self) -> Float32:
        """``x V`` of the average visitor, float32 [k]."""
        exponent = self.config.column_scaling - 1 - self.config.short_damping
        row = self.mean * self.norms**exponent * self.uniqueness
        return np.asarray(row @ self.factors.v32)

    def filter_and_lift(self, step: int) -> tuple[Float32, Float32]:
        """Return F [k] and ``lift = u N^o / (1 - h)`` [n_trained], float32, for ``λ = e^(step / LAMBDA_STEPS)``."""
        if step not in self._cached:
            squares = self.factors.singular_values.astype(np.float32) ** 2
            filtered = (squares / (squares + np.exp(step / LAMBDA_STEPS) * self.energy)).astype(np.float32)
            leverage = np.minimum(np.square(self.factors.v32) @ filtered, LARGEST_LEVERAGE)
            lift = self.uniqueness * self.norms**self.config.output_scaling / (1 - leverage)
            # The unit: the root mean square score of the average visitor, so that scores of different λ compare.
            typical = (self.average * filtered) @ self.factors.v32.T * lift
            self._cached[step] = filtered, lift / max(float(np.sqrt(np.mean(typical**2))), TINY)
        return self._cached[step]

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        return self.factors.tensors() | {name: getattr(self, name) for name in OWN_TENSORS}

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: RankingConfig, scale: RatingScale) -> "RankingHead":
        """Return the head that `tensors` stored. Raises `ArtifactError` if they contradict each other."""
        own: dict[str, Any] = {name: tensors[name] for name in OWN_TENSORS}
        head = cls(ItemFactors.from_tensors(tensors, n_items), config, scale, **own)
        check_ranking(head)
        return head
