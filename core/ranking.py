"""The ranking head: *what next?*, answered from V and Σ of one truncated SVD.

Training decomposes preferences, not ratings: ``A = R^-β w(r) N^(d-1) ≈ UΣVᵀ``. The weight ``w``
says how much a rating speaks for a title; the lengths of the rows (R) tame users with long lists
and those of the columns (N) popular titles, as in EigenRec (Nikolakopoulos et al., 2019).

A visitor's row ``x`` is scored by the item-item ridge regression that EASE solves densely
(Steck, 2019), restricted to the subspace of the SVD, where it needs V and Σ alone::

    score_j = (x V F Vᵀ)_j / (1 - h_j) · N_j^o,     F = Σ² / (Σ² + λ),     h = diag(V F Vᵀ)

Dividing by ``1 - h`` is what a zero diagonal comes to: no title may explain itself. Who told
little gets a large ``λ`` (only broad strokes of taste), no reward for titles that everybody has
seen, and a pull to the average visitor; who told much gets the fine detail.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.errors import InputError
from core.factors import Float32, ItemFactors, Spec, Tensors
from core.linalg import truncated_svd
from core.ratings import Ratings

SHORTEST_ROW = 0.5
LARGEST_LEVERAGE = 0.99
LAMBDA_STEPS = 10  # λ is rounded to e^(1/10): quality does not move, and leverages can be kept


@dataclass(frozen=True)
class RankingConfig:
    """Settings of the ranking head.

    Attributes
    ----------
    factors
        k, the number of singular triples.
    min_count
        Titles that fewer users list are left to the popularity order.
    watched_weight
        ``w`` of a title that was watched and not rated; a 10 has 1.5, an 8 has 1, a 1 has -0.5.
    row_damping, column_scaling
        β and d above: 0 and 1 leave the lengths of rows and columns as they are.
    short_damping, long_damping
        A visitor's own titles count ``N^-damping``: this much for a short history, and for a
        long one. In between ``1 / (1 + (n / turning)^steepness)`` of the way to short.
    turning, steepness
        Of that transition; n is the number of titles in the history.
    shrinkage, shrinkage_turning, shrinkage_steepness
        ``λ = shrinkage · (1 + (shrinkage_turning / n)^shrinkage_steepness)``, in units of the
        mean energy of 20,000 factors.
    output_scaling
        o above: how much more popular titles are lifted.
    prior
        Weight of the average training row that is added to a visitor's.
    """

    factors: int = 512
    min_count: int = 5
    watched_weight: float = 0.3
    row_damping: float = 0.65
    column_scaling: float = 0.6
    short_damping: float = 0.96
    long_damping: float = 0.03
    turning: float = 28.0
    steepness: float = 1.36
    shrinkage: float = 12.8
    shrinkage_turning: float = 51.0
    shrinkage_steepness: float = 1.61
    output_scaling: float = 0.27
    prior: float = 0.068

    def __post_init__(self) -> None:
        for name in ("factors", "min_count"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{name} is {value!r}; expected a whole number of at least 1.")
        for name in ("turning", "shrinkage", "shrinkage_turning"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)!r}; expected a positive number.")

    def fit(self, ratings: Ratings, seed: int, on_progress: Callable[[float], None]) -> "RankingHead":
        """Weigh, scale and decompose the ratings."""
        n_items = ratings.matrix.shape[1]
        counts = np.bincount(ratings.matrix.indices, minlength=n_items)
        columns = np.flatnonzero(counts >= min(self.min_count, int(counts.max()))).astype(np.int32)
        rows = ItemFactors.without_values(columns, n_items).restrict(ratings.matrix)
        rows = _damped_rows(_weighed(rows, self, ratings.scale), self)
        norms = np.maximum(np.sqrt(_sum(rows.multiply(rows), axis=0)), 1e-3)
        norms /= np.sqrt(np.sum(norms**4) / np.sum(norms**2))  # 1: a title as it is typically watched
        mean = _sum(rows, axis=0) / rows.shape[0]
        rows.data *= (norms ** (self.column_scaling - 1))[rows.indices]
        svd = truncated_svd(rows, self.factors, seed=seed, on_progress=on_progress)
        return RankingHead(
            ItemFactors.of(svd, columns, n_items),
            self,
            ratings.scale,
            norms=norms.astype(np.float32),
            mean=mean.astype(np.float32),
            energy=np.array(np.sum(rows.data.astype(np.float64) ** 2) / 20_000, dtype=np.float32),
        )


@dataclass(frozen=True)
class RankingHead:
    """V, Σ, and three facts of the training matrix.

    Attributes
    ----------
    norms
        N, float32 [n_trained]: lengths of the columns before scaling, 1 for a typical title.
    mean
        float32 [n_trained]: the average training row before column scaling.
    energy
        float32 []: the unit of λ.
    """

    factors: ItemFactors
    config: RankingConfig
    scale: tuple[float, float]
    norms: Float32
    mean: Float32
    energy: npt.NDArray[np.float32]
    _kept: dict[int, tuple[Float32, Float32]] = field(default_factory=dict, repr=False, compare=False)

    kind: ClassVar[str] = "ridge-in-svd"
    SPEC: ClassVar[Spec] = {**ItemFactors.SPEC} | {
        "norms": ("float32", ("trained",)),
        "mean": ("float32", ("trained",)),
        "energy": ("float32", ()),
    }

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Rows of U, float32 [n, k]: a training row gives its own row of the decomposition."""
        rows = _damped_rows(_weighed(self.factors.restrict(matrix), self.config, self.scale), self.config)
        rows.data *= (self.norms ** (self.config.column_scaling - 1))[rows.indices]
        return np.asarray(rows @ self.factors.v32 / self.factors.singular_values, dtype=np.float32)

    def scores(self, matrix: sparse.csr_array) -> Float32:
        """The formula above for each history, float32 [n, n_items].

        Titles that training left out come last, all with one and the same score.
        """
        rows, steps = self._visitors(matrix)
        v = self.factors.v32
        projected = np.asarray(rows @ v) + self._average
        scores = np.empty((matrix.shape[0], len(v)), dtype=np.float32)
        for step in np.unique(steps):
            chosen = steps == step
            filtered, lift = self._filter(int(step))
            scores[chosen] = (projected[chosen] * filtered) @ v.T * lift
        full = np.repeat(scores.min(axis=1, keepdims=True), self.factors.n_items, axis=1)
        full[:, self.factors.columns] = scores
        return full

    def contributions(self, row: sparse.csr_array, targets: npt.NDArray[np.int64]) -> Float32:
        """What each title of one history adds to each target's score, float32 [history, targets]."""
        visitor, steps = self._visitors(row)
        filtered, lift = self._filter(int(steps[0]))
        weights, lifts = np.zeros((2, self.factors.n_items), dtype=np.float32)
        weights[self.factors.columns[visitor.indices]] = visitor.data
        lifts[self.factors.columns] = lift
        v = self.factors.rows
        return np.asarray(weights[row.indices, None] * (v(row.indices) * filtered @ v(targets).T) * lifts[targets])

    def _visitors(self, matrix: sparse.csr_array) -> tuple[sparse.csr_array, npt.NDArray[np.int64]]:
        """Histories, weighed and scaled for scoring, and the rounded logarithm of each one's λ."""
        config = self.config
        rows = _weighed(self.factors.restrict(matrix), config, self.scale)
        n = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
        short = 1 / (1 + (n / config.turning) ** config.steepness)
        damping = short * config.short_damping + (1 - short) * config.long_damping
        exponents = np.repeat(config.column_scaling - 1 - damping, np.diff(rows.indptr)).astype(np.float32)
        rows.data *= self.norms[rows.indices] ** exponents
        shrinkage = config.shrinkage * (1 + (config.shrinkage_turning / n) ** config.shrinkage_steepness)
        return rows, np.round(LAMBDA_STEPS * np.log(shrinkage)).astype(np.int64)

    @cached_property
    def _average(self) -> Float32:
        """The average visitor's row, projected, float32 [k]."""
        exponent = self.config.column_scaling - 1 - self.config.short_damping
        return np.asarray(self.config.prior * (self.mean * self.norms**exponent) @ self.factors.v32)

    def _filter(self, step: int) -> tuple[Float32, Float32]:
        """F [k] and ``N^o / (1 - h)`` [n_trained] for ``λ = e^(step / LAMBDA_STEPS)``."""
        if step not in self._kept:
            squares = self.factors.singular_values.astype(np.float32) ** 2
            filtered = (squares / (squares + np.exp(step / LAMBDA_STEPS) * self.energy)).astype(np.float32)
            leverage = np.minimum(np.square(self.factors.v32) @ filtered, LARGEST_LEVERAGE)
            self._kept[step] = filtered, self.norms**self.config.output_scaling / (1 - leverage)
        return self._kept[step]

    def tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """What to store, as in `SPEC`."""
        return self.factors.tensors() | {"norms": self.norms, "mean": self.mean, "energy": self.energy}

    @classmethod
    def restore(
        cls, tensors: Tensors, n_items: int, settings: dict[str, Any], scale: tuple[float, float]
    ) -> "RankingHead":
        """The inverse of `tensors`, with the settings of `RankingConfig`."""
        norms, mean, energy = (np.asarray(tensors[name], dtype=np.float32) for name in ("norms", "mean", "energy"))
        return cls(ItemFactors.from_tensors(tensors, n_items), RankingConfig(**settings), scale, norms, mean, energy)


def preference(ratings: Float32, watched_weight: float, scale: tuple[float, float]) -> Float32:
    """How much each rating speaks for (or against) what is like the title.

    On the scale 1-10: ``(r - 4) / 4`` from 5 upwards, ``(r - 5) / 8`` below, so that a low rating
    lowers the title's neighbours; ``watched_weight`` for `core.ratings.WATCHED`.
    """
    low, high = scale
    r = 1 + 9 * (ratings - low) / (high - low)
    given = np.where(r < 5, (r - 5) / 8, (r - 4) / 4)
    return np.where(ratings < 0, watched_weight, given).astype(np.float32)


def _weighed(rows: sparse.csr_array, config: RankingConfig, scale: tuple[float, float]) -> sparse.csr_array:
    weights = preference(rows.data, config.watched_weight, scale)
    return sparse.csr_array((weights, rows.indices, rows.indptr), shape=rows.shape)


def _damped_rows(rows: sparse.csr_array, config: RankingConfig) -> sparse.csr_array:
    lengths = np.maximum(np.sqrt(_sum(rows.multiply(rows), axis=1)), SHORTEST_ROW)
    factors = np.repeat(lengths**-config.row_damping, np.diff(rows.indptr)).astype(np.float32)
    return sparse.csr_array((rows.data * factors, rows.indices, rows.indptr), shape=rows.shape)


def _sum(rows: sparse.csr_array, axis: int) -> npt.NDArray[np.float64]:
    return np.asarray(rows.sum(axis=axis), dtype=np.float64).ravel()
