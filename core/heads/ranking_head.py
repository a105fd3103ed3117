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
A long history gets the fine detail. A sample of a taste says less of what was not rated than a whole list of the
same length, and gets a larger ``λ``.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import RatingScale
from ..numerics.arrays import AnyArray, Bool, Float32, Float64, Int32, Int64, smallest_integers
from ..numerics.sparse import row_of_entries, scale_columns
from .facts import TitleFacts
from .item_factors import ItemFactors
from .limits import LARGEST, SMALLEST, check_ranking
from .preference_matrix import continued_parts, damped_rows, earlier_parts, share_begun, weighted
from .stored_rows import Spec, Tensors, TensorSpec
from .title_values import decomposed, title_values

if TYPE_CHECKING:
    from .ranking import RankingConfig

LARGEST_LEVERAGE = 0.99
TINY = float(np.finfo(np.float32).tiny)
ENERGY_UNIT = 20_000  # the unit of λ is this part of all energy, so that λ fits data of any size
LAMBDA_STEPS = 10  # λ is rounded to powers of e^(1/10): quality does not change, and leverages can be cached
OWN_TENSORS = ("norms", "uniqueness", "mean", "energy", "later", "earlier", "counts")


@dataclass(frozen=True)
class RankingHead:
    """V and Σ of all titles, and facts about the training matrix and the catalogue.

    Attributes
    ----------
    norms
        N, the lengths of the columns before scaling, 1 for a typical title, float32 [n_items].
    uniqueness
        u, float32 [n_items].
    mean
        The average training row before column scaling, float32 [n_items].
    energy
        The unit of λ, float32 [].
    later, earlier
        Pairs of a title, ascending, and a TV series that it continues, as rows of ``v``, int32 [n_pairs] each.
    counts
        How many users' rows the row of ``v`` comes from, int32 [n_items]; 0: from facts alone (`core.heads.facts`).
    """

    factors: ItemFactors
    config: "RankingConfig"
    scale: RatingScale
    norms: Float32
    uniqueness: Float32
    mean: Float32
    energy: Float32
    later: Int32
    earlier: Int32
    counts: Int32
    _cached: dict[int, tuple[Float32, Float32]] = field(default_factory=dict, init=False, repr=False, compare=False)

    kind: ClassVar[str] = "ridge-in-svd"
    SPEC: ClassVar[Spec] = {**ItemFactors.SPEC} | {
        "norms": TensorSpec("float32", ("trained",), SMALLEST, LARGEST),
        "uniqueness": TensorSpec("float32", ("trained",), SMALLEST, LARGEST),
        "mean": TensorSpec("float32", ("trained",), -LARGEST, LARGEST),
        "energy": TensorSpec("float32", (), SMALLEST, LARGEST),
        "later": TensorSpec("int32", ("pairs",), 0),
        "earlier": TensorSpec("int32", ("pairs",), 0),
        "counts": TensorSpec("int32|int16", ("trained",), 0),
    }

    @classmethod
    def of(
        cls,
        values: Float64,
        counts: Int64,
        mean: Float64,
        energy: float,
        catalogue: Catalogue,
        config: "RankingConfig",
        scale: RatingScale,
    ) -> "RankingHead":
        """Return the head of all titles of a catalogue, from `core.heads.title_values`, float64 [n_items, k + 2]."""
        svd, norms, uniqueness = decomposed(values, config.column_scaling)
        columns = np.arange(len(catalogue), dtype=np.int32)
        later, earlier = earlier_parts(catalogue)
        return cls(
            ItemFactors.of(svd, columns, len(catalogue)),
            config,
            scale,
            norms=norms.astype(np.float32),
            uniqueness=uniqueness.astype(np.float32),
            mean=mean.astype(np.float32),
            energy=np.array(energy, dtype=np.float32),
            later=later,
            earlier=earlier,
            counts=counts.astype(np.int32),
        )

    def with_titles(self, catalogue: Catalogue, facts: TitleFacts, positions: Int64, kept: Bool) -> "RankingHead":
        """Return the head of a catalogue with more titles, placed by their ``facts``: see `core.heads.facts`.

        ``positions``, int64 [n_items], is where this head's titles are in the catalogue; of those, the ``kept``,
        bool [n_items], stay as they are, and the others are placed by their facts, too.
        """
        known = title_values(
            self.factors.v32.astype(np.float64), self.factors.singular_values.astype(np.float64),
            self.norms.astype(np.float64), self.uniqueness.astype(np.float64), self.config.column_scaling,
        )  # fmt: skip
        values, counts = facts.extended(known, self.counts, positions, kept)
        mean = np.zeros(len(catalogue))
        mean[positions] = self.mean
        return RankingHead.of(values, counts, mean, float(self.energy), catalogue, self.config, self.scale)

    @cached_property
    def rated(self) -> Bool:
        """Which titles are known from ratings, bool [n_items]; the others are placed by their facts."""
        return self.counts > 0

    @property
    def total_energy(self) -> float:
        """Squared Frobenius norm of the decomposed rows of the users."""
        return float(self.energy) * ENERGY_UNIT

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return rows of U, float32 [n, k]. A training row gives its own row of the decomposition."""
        rows = damped_rows(self._weighted(matrix), self.config.row_damping)
        rows = scale_columns(rows, self.norms ** (self.config.column_scaling - 1) / self.uniqueness)
        return np.asarray(rows @ self.factors.v32 / self.factors.singular_values, dtype=np.float32)

    def rank_scores(self, matrix: sparse.csr_array, complete: bool | None = None) -> Float32:
        """Return the score above for each history, float32 [n, n_items].

        ``complete`` says whether histories are whole lists or samples; None: see `looks_complete`.
        """
        # x V of each history, with the average visitor's row added, float32 [n, k].
        rows, steps = self.visitors(matrix, complete)
        v = self.factors.v32
        projected = np.asarray(rows @ v) + self.config.prior * self.average
        scores = np.empty((matrix.shape[0], len(v)), dtype=np.float32)
        # (x V F Vᵀ) · lift, float32 [n, n_items], for the histories of each λ at once.
        for step in np.unique(steps):
            chosen = steps == step
            filtered, lift = self.filter_and_lift(int(step))
            scores[chosen] = (projected[chosen] * filtered) @ v.T * lift
        # Lift earlier parts.
        continued = continued_parts(rows, self.later, self.earlier)
        scores[continued] *= np.where(scores[continued] > 0, self.config.earlier_part, 1)
        return scores

    def contributions(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return what each title of a history adds to each target's score, float32 [history, targets].

        The factor of earlier parts is not included. ``row`` may also hold several histories of one title each.
        """
        visitor, steps = self.visitors(row, complete)
        filtered, lift = self.filter_and_lift(int(steps[0]))
        v = self.factors.v32
        return np.asarray(visitor.data[:, None] * (v[visitor.indices] * filtered @ v[targets].T) * lift[targets])

    def pull(self, titles: sparse.csr_array) -> Float32:
        """Return what liking single titles adds to all scores, on average over the titles, float32 [n_items].

        ``titles`` are histories of one title each.
        """
        rows, steps = self.visitors(titles, complete=False)
        filtered, lift = self.filter_and_lift(int(steps[0]))
        v = self.factors.v32
        return np.asarray(np.asarray(rows @ v).mean(axis=0) * filtered @ v.T * lift)

    def average_part(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return what the average visitor adds to each target's score, float32 [targets], without earlier parts."""
        filtered, lift = self.filter_and_lift(int(self.shrinkage_steps(*self._lengths(row, complete))[0]))
        return np.asarray(self.factors.v32[targets] @ (self.config.prior * self.average * filtered) * lift[targets])

    def _weighted(self, matrix: sparse.csr_array) -> sparse.csr_array:
        return weighted(self.factors.restrict(matrix), self.config.watched_weight, self.scale)

    def visitors(self, matrix: sparse.csr_array, complete: bool | None = None) -> tuple[sparse.csr_array, Int64]:
        """Return histories as rows ``x``, CSR float32 [n, n_items], and their `shrinkage_steps`, int64 [n]."""
        rows = self._weighted(matrix)
        n, whole = self._lengths(matrix, complete)
        # Multiply each entry by the powers of N and u for the length of its history.
        powers = self.powers(n, whole)
        norm_power, uniqueness_power = (power.astype(np.float32)[row_of_entries(rows)] for power in powers)
        rows.data *= self.norms[rows.indices] ** norm_power
        rows.data *= self.uniqueness[rows.indices] ** uniqueness_power
        return rows, self.shrinkage_steps(n, whole)

    def _lengths(self, matrix: sparse.csr_array, complete: bool | None) -> tuple[Float64, Bool]:
        """Return the number of titles of histories, 1 at least, float64 [n], and which are whole lists, bool [n]."""
        n = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
        return n, self.looks_complete(matrix) if complete is None else np.full(len(n), complete)

    def looks_complete(self, matrix: sparse.csr_array) -> Bool:
        """Return which histories look like whole lists, not like samples, bool [n].

        A whole list has titles without a rating, or later seasons together with what they continue: among users'
        lists 62 % of the later seasons (the median), among 20 ratings drawn from a list 21 %.
        """
        unrated = np.bincount(row_of_entries(matrix), matrix.data < 0, minlength=matrix.shape[0]) > 0
        return np.asarray(unrated | (share_begun(matrix, self.later, self.earlier) >= self.config.begun_share))

    def shrinkage_steps(self, n: Float64, whole: Bool) -> Int64:
        """Return the rounded logarithm of λ for histories of ``n`` titles, int64 [n]: see `filter_and_lift`."""
        config = self.config
        short = (config.shrinkage_turning / n) ** config.shrinkage_steepness
        sample = config.sample_shrinkage / n * np.exp(-((n / config.sample_length) ** 2))
        shrinkage = np.where(whole, config.shrinkage * (1 + short), config.shrinkage + sample)
        return np.round(LAMBDA_STEPS * np.log(shrinkage)).astype(np.int64)

    def powers(self, n: Float64, whole: Bool) -> tuple[Float64, Float64]:
        """Return the powers of N and u that weight the titles of histories of ``n`` titles, float64 [n] each."""
        config = self.config
        short = 1 / (1 + (n / np.where(whole, config.turning, config.sample_turning)) ** config.steepness)
        damping = short * config.short_damping + (1 - short) * config.long_damping
        return config.column_scaling - 1 - damping, 2 * short - 1

    @cached_property
    def average(self) -> Float32:
        """``x V`` of the average visitor, float32 [k]."""
        exponent = self.config.column_scaling - 1 - self.config.short_damping
        row = self.mean * self.norms**exponent * self.uniqueness
        return np.asarray(row @ self.factors.v32)

    def filter_and_lift(self, step: int) -> tuple[Float32, Float32]:
        """Return F [k] and ``lift = u N^o / (1 - h)`` [n_items], float32, for ``λ = e^(step / LAMBDA_STEPS)``."""
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
        own = {name: getattr(self, name) for name in OWN_TENSORS}
        return self.factors.tensors() | own | {"counts": smallest_integers(self.counts)}

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: "RankingConfig", scale: RatingScale) -> "RankingHead":
        """Return the head that `tensors` stored. Raises `ArtifactError` if they contradict each other."""
        own: dict[str, Any] = {name: tensors[name] for name in OWN_TENSORS}
        own["counts"] = own["counts"].astype(np.int32)
        head = cls(ItemFactors.of_all_titles(tensors, n_items), config, scale, **own)
        check_ranking(head)
        return head
