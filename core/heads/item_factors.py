"""Item factors as a model keeps them: the rows of V that are not zero, usually in half precision."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..errors import ArtifactError
from ..numerics.arrays import AnyArray, Float32, Int32
from ..numerics.truncated_svd import SVD

Tensors = Mapping[str, AnyArray]
Spec = Mapping[str, tuple[str, tuple[str, ...]]]
"""Of each tensor to store: its dtype (alternatives joined by ``|``) and the names of its dimensions."""


@dataclass(frozen=True)
class ItemFactors:
    """V and Σ of a truncated SVD over the titles that training has seen.

    A title without a training row has a zero row in V and is left out of it, which changes no
    product. Training rounds V before anything is computed from it, so that a stored model
    answers exactly like the one in memory.

    Attributes
    ----------
    n_items
        Titles of the catalogue.
    columns
        int32 [n_trained], ascending: the catalogue position of each row of ``v``.
    v
        float16 or float32 [n_trained, k], orthonormal columns up to rounding.
    singular_values
        Σ, float32 [k], descending.
    """

    n_items: int
    columns: Int32
    v: npt.NDArray[np.float16] | Float32
    singular_values: Float32

    SPEC: ClassVar[Spec] = {
        "columns": ("int32", ("trained",)),
        "item_factors": ("float16", ("trained", "factors")),
        "singular_values": ("float32", ("factors",)),
    }
    """Names, dtypes and shapes of the tensors that store it; see `core.model.files`."""

    @classmethod
    def of(cls, svd: SVD, columns: Int32, n_items: int, dtype: type[np.floating] = np.float16) -> "ItemFactors":
        """From a decomposition of the matrix that has only these columns of the catalogue."""
        v = np.ascontiguousarray(svd.v, dtype=dtype)
        return cls(n_items, columns, v, svd.singular_values.astype(np.float32))

    @classmethod
    def without_values(cls, columns: Int32, n_items: int) -> "ItemFactors":
        """Only the choice of titles, for `restrict` before there is a decomposition."""
        return cls(n_items, columns, np.zeros((len(columns), 0), np.float16), np.zeros(0, np.float32))

    def truncated(self, k: int) -> "ItemFactors":
        """The ``k`` leading factors: truncated SVDs are nested."""
        return ItemFactors(self.n_items, self.columns, self.v[:, :k], self.singular_values[:k])

    @property
    def full(self) -> Float32:
        """V over the whole catalogue, float32 [n_items, k], with its zero rows."""
        full = np.zeros((self.n_items, self.v.shape[1]), dtype=np.float32)
        full[self.columns] = self.v
        return full

    @cached_property
    def v32(self) -> Float32:
        """``v`` as float32 [n_trained, k], for computing."""
        return self.v.astype(np.float32)

    def rows(self, positions: npt.NDArray[np.integer]) -> Float32:
        """Rows of V for catalogue positions [n], float32 [n, k], zero for titles not trained on."""
        at = self._row_of[positions]
        return np.asarray(self.v32[at] * (at >= 0)[:, None])

    @property
    def directions(self) -> Float32:
        """Rows of VΣ of length 1, float32 [n_items, k], zero for titles not trained on. As large as
        the whole model: for a moment, not to keep.
        """
        return self.expand((self.v32 * self.singular_values / self._lengths[:, None]).T).T

    def cosines(self, position: int) -> Float32:
        """Of each title's row of VΣ with that of one, float32 [n_items], zero where either has none."""
        at = int(self._row_of[position])
        if at < 0:
            return np.zeros(self.n_items, dtype=np.float32)
        weights = self.singular_values**2 * self.v32[at] / self._lengths[at]
        return np.asarray(self.expand((self.v32 @ weights / self._lengths)[None])[0])

    def likeness(self, u: Float32) -> Float32:
        """Of each title's row of VΣ with a person's row of UΣ, given their row of U, float32 [k]: the cosine,
        float32 [n_items], zero where either has none.
        """
        point = u * self.singular_values
        weights = self.singular_values * point / max(float(np.linalg.norm(point)), 1e-12)
        return np.asarray(self.expand((self.v32 @ weights.astype(np.float32) / self._lengths)[None])[0])

    @cached_property
    def _lengths(self) -> Float32:
        """Of the rows of VΣ, float32 [n_trained]; never zero."""
        lengths = np.sqrt(np.square(self.v32) @ (self.singular_values**2))
        return np.asarray(np.where(lengths > 0, lengths, 1), dtype=np.float32)

    @cached_property
    def _row_of(self) -> Int32:
        row_of = np.full(self.n_items, -1, dtype=np.int32)
        row_of[self.columns] = np.arange(len(self.columns), dtype=np.int32)
        return row_of

    def restrict(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """A user-item matrix [n, n_items] on the trained titles alone: CSR float32 [n, n_trained]."""
        at = self._row_of[matrix.indices]
        data, indptr = matrix.data.astype(np.float32), matrix.indptr
        if at.size and at.min() < 0:
            kept = at >= 0
            indptr = np.concatenate([[0], np.cumsum(kept)])[indptr]
            at, data = at[kept], data[kept]
        return sparse.csr_array((data, at, indptr), shape=(matrix.shape[0], len(self.columns)))

    def expand(self, values: Float32) -> Float32:
        """Values [n, n_trained] over the whole catalogue, float32 [n, n_items], others zero."""
        full = np.zeros((len(values), self.n_items), dtype=np.float32)
        full[:, self.columns] = values
        return full

    def tensors(self) -> dict[str, AnyArray]:
        """What to store, as in `SPEC`."""
        return {"columns": self.columns, "item_factors": self.v, "singular_values": self.singular_values}

    @classmethod
    def from_tensors(cls, tensors: Tensors, n_items: int) -> "ItemFactors":
        """The inverse of `tensors`. Raises `ArtifactError` where ``columns`` are no positions."""
        columns = tensors["columns"]
        if np.any(np.diff(columns) <= 0) or (columns.size and not 0 <= columns[0] <= columns[-1] < n_items):
            raise ArtifactError(
                f"The columns are not ascending positions among the {n_items} titles; the file is damaged."
            )
        return cls(n_items, *(tensors[name] for name in cls.SPEC))  # type: ignore[arg-type]
