"""The textbook recipe, kept so that every claim can be compared with it.

Subtract each user's mean from their ratings, take zero for missing ratings, decompose by a truncated SVD,
and reconstruct ``R̂ = UΣVᵀ + mean`` (Aggarwal: Recommender Systems, 2016, section 3.6.5). One head answers
both questions: the title with the highest predicted rating is recommended first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.ratings import Ratings, explicit
from ..data.scale import HIGHEST, RatingScale
from ..numerics.arrays import AnyArray, Bool, Float32, Int64
from ..numerics.sparse import with_data
from ..numerics.truncated_svd import truncated_svd
from ..settings import settings
from .item_factors import ItemFactors
from .limits import FactorCount
from .stored_rows import Spec, StoredRows, Tensors, TensorSpec


@settings
class TextbookConfig:
    """The number of factors of the truncated SVD."""

    factors: FactorCount = 20

    kind: ClassVar[str] = "textbook"

    def fit(self, ratings: Ratings, seed: int, on_progress: Callable[[float], None]) -> "TextbookHead":
        """Return the head that is fitted to mean-centred ratings."""
        given = explicit(ratings.matrix)
        mean = float(given.data.mean()) if given.nnz else ratings.scale.at(0.5)
        columns = np.unique(given.indices).astype(np.int32)
        centred, _ = _centre(ItemFactors.without_values(columns, given.shape[1]).restrict(given), mean)
        svd = truncated_svd(centred, self.factors, seed=seed, on_progress=on_progress)
        return TextbookHead(ItemFactors.of(svd, columns, given.shape[1], np.float32), np.array(mean, dtype=np.float32))


@dataclass(frozen=True)
class TextbookHead:
    """V, Σ and the mean of all ratings, which is the mean of a visitor without ratings."""

    factors: ItemFactors
    mean: Float32

    kind: ClassVar[str] = TextbookConfig.kind
    SPEC: ClassVar[Spec] = {**ItemFactors.SPEC} | {
        "item_factors": TensorSpec("float16|float32", ("trained", "factors")),
        "mean": TensorSpec("float32", (), 0, 2 * HIGHEST),
    }

    @property
    def rated(self) -> Bool:
        """Which titles were rated in training, bool [n_items]."""
        rated = np.zeros(self.factors.n_items, dtype=bool)
        rated[self.factors.columns] = True
        return rated

    def with_titles(self, catalogue: Catalogue, positions: Int64) -> "TextbookHead":
        """Return the head of a catalogue with more titles, which are not known from ratings.

        ``positions``, int64 [n_items], is where this head's titles are in the catalogue.
        """
        columns = positions[self.factors.columns]
        order = np.argsort(columns)
        factors = replace(
            self.factors, n_items=len(catalogue), columns=columns[order].astype(np.int32), v=self.factors.v.take(order)
        )
        return replace(self, factors=factors)

    @property
    def halved(self) -> "TextbookHead":
        """The head in half precision, as it is stored beside others for comparison."""
        halves = StoredRows.plain(self.factors.v32.astype(np.float16))
        return replace(self, factors=replace(self.factors, v=halves))

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return rows of U, ``(r - mean) V Σ⁻¹``, float32 [n, k], zero without ratings."""
        centred, _ = self._centred(matrix)
        return np.asarray(centred @ self.factors.v32 / self.factors.singular_values)

    def rank_scores(self, matrix: sparse.csr_array, complete: bool | None = None) -> Float32:
        """Return `predict_ratings`, whether histories are ``complete`` or not."""
        return self.predict_ratings(matrix)

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return ``(r - mean) V Vᵀ + mean``, float32 [n, n_items]; the mean for titles not trained on."""
        centred, means = self._centred(matrix)
        return self.factors.expand(centred @ self.factors.v32 @ self.factors.v32.T) + means[:, None]

    def contributions(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return what each title of a history [1, n_items] adds to each target's score, float32 [history, targets].

        Rows are in the order of ``row.indices``.
        """
        centred, _ = _centre(explicit(row), float(self.mean))
        deviation = np.zeros(len(row.data), dtype=np.float32)
        deviation[row.data > 0] = centred.data
        rows = self.factors.rows
        return np.asarray(deviation[:, None] * (rows(row.indices) @ rows(targets).T))

    def average_part(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return the mean of the history's ratings for each target, float32 [targets]."""
        return np.full(len(targets), self._centred(row)[1][0], dtype=np.float32)

    def _centred(self, matrix: sparse.csr_array) -> tuple[sparse.csr_array, Float32]:
        centred, means = _centre(explicit(matrix), float(self.mean))
        return self.factors.restrict(centred), means

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        return self.factors.tensors() | {"mean": self.mean}

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: TextbookConfig, scale: RatingScale) -> "TextbookHead":
        """Return the head that `tensors` stored. The configuration adds nothing to them."""
        return cls(ItemFactors.from_tensors(tensors, n_items), tensors["mean"].astype(np.float32))


def _centre(given: sparse.csr_array, mean: float) -> tuple[sparse.csr_array, Float32]:
    """Return ratings minus the mean of their row, and the means [n]; ``mean`` for rows without ratings."""
    counts = np.diff(given.indptr)
    means = np.where(counts > 0, given.sum(axis=1) / np.maximum(counts, 1), mean).astype(np.float32)
    data = given.data - np.repeat(means, counts)
    return with_data(given, data), means
