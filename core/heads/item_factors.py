"""Item factors as a model stores them: the nonzero rows of V."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..errors import ArtifactError
from ..numerics.arrays import AnyArray, Float32, Int32
from ..numerics.sparse import with_data
from ..numerics.truncated_svd import SVD, without_hidden
from .limits import LARGEST, SMALLEST
from .stored_rows import Spec, StoredRows, Tensors, TensorSpec


@dataclass(frozen=True)
class ItemFactors:
    """V and Σ of a truncated SVD over the trained titles.

    Other titles have zero rows in V, which change no product, and are not stored. Training rounds V before
    anything is computed from it, so that a stored model answers exactly like the one in memory.

    Attributes
    ----------
    n_items
        The number of titles in the catalogue.
    columns
        The catalogue position of each row of ``v``, ascending, int32 [n_trained].
    v
        V, [n_trained, k]. Its columns are orthonormal up to rounding.
    singular_values
        Σ, float32 [k], descending.
    """

    n_items: int
    columns: Int32
    v: StoredRows
    singular_values: Float32

    SPEC: ClassVar[Spec] = {
        "columns": TensorSpec("int32", ("trained",), optional=True),
        **StoredRows.spec("item_factors", ("trained", "factors")),
        "singular_values": TensorSpec("float32", ("factors",), SMALLEST, LARGEST),
    }
    """Names, dtypes and shapes of the tensors that store it; see `core.model.files`."""

    @classmethod
    def of(cls, svd: SVD, columns: Int32, n_items: int, dtype: type[np.floating] = np.float16) -> "ItemFactors":
        """Return the factors of an SVD of the matrix with these columns of the catalogue, without those that the
        rounding to ``dtype`` hides.
        """
        svd = without_hidden(svd, dtype)
        return cls(n_items, columns, StoredRows.of(svd.v, dtype), svd.singular_values.astype(np.float32))

    @classmethod
    def without_values(cls, columns: Int32, n_items: int) -> "ItemFactors":
        """Return a choice of titles without factors, for `restrict` before there is a decomposition."""
        nothing = StoredRows.plain(np.zeros((len(columns), 0), np.float16))
        return cls(n_items, columns, nothing, np.zeros(0, np.float32))

    def truncated(self, k: int) -> "ItemFactors":
        """Return the ``k`` leading factors. Truncated SVDs are nested."""
        return replace(self, v=self.v.first_columns(k), singular_values=self.singular_values[:k])

    @property
    def full(self) -> Float32:
        """V with its zero rows, float32 [n_items, k]."""
        full = np.zeros((self.n_items, self.v32.shape[1]), dtype=np.float32)
        full[self.columns] = self.v32
        return full

    @property
    def v32(self) -> Float32:
        """``v`` in single precision, float32 [n_trained, k]."""
        return self.v.numbers

    def rows(self, positions: npt.NDArray[np.integer]) -> Float32:
        """Return rows of V for catalogue positions [n], float32 [n, k], zero for titles not trained on."""
        rows = self._row_of[positions]
        return np.asarray(self.v32[rows] * (rows >= 0)[:, None])

    @property
    def directions(self) -> Float32:
        """Rows of VΣ divided by their length, float32 [n_items, k], zero for titles not trained on.

        Not cached: the result is as large as the model.
        """
        return self.expand((self.v32 * self.singular_values / self._lengths[:, None]).T).T

    def cosines(self, position: int) -> Float32:
        """Return the cosine of each title's row of VΣ with that of one title, float32 [n_items].

        It is zero where one of the two was not trained on.
        """
        row = int(self._row_of[position])
        if row < 0:
            return np.zeros(self.n_items, dtype=np.float32)
        weights = self.singular_values**2 * self.v32[row] / self._lengths[row]
        return np.asarray(self.expand((self.v32 @ weights / self._lengths)[None])[0])

    def likeness(self, u: Float32) -> Float32:
        """Return the cosine of a person (row of UΣ) with every title (row of VΣ), float32 [n_items].

        ``u`` is their row of U, float32 [k]. The cosine is zero for titles not trained on.
        """
        point = u * self.singular_values
        weights = self.singular_values * point / max(float(np.linalg.norm(point)), 1e-12)
        return np.asarray(self.expand((self.v32 @ weights.astype(np.float32) / self._lengths)[None])[0])

    @cached_property
    def _lengths(self) -> Float32:
        """Lengths of the rows of VΣ, float32 [n_trained], 1 in place of 0."""
        lengths = np.sqrt(np.square(self.v32) @ (self.singular_values**2))
        return np.asarray(np.where(lengths > 0, lengths, 1), dtype=np.float32)

    @cached_property
    def _row_of(self) -> Int32:
        row_of = np.full(self.n_items, -1, dtype=np.int32)
        row_of[self.columns] = np.arange(len(self.columns), dtype=np.int32)
        return row_of

    def restrict(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """Return the columns of the trained titles of a matrix [n, n_items], CSR float32 [n, n_trained]."""
        if len(self.columns) == self.n_items:
            return with_data(matrix, matrix.data.astype(np.float32))
        rows = self._row_of[matrix.indices]
        data, indptr = matrix.data.astype(np.float32), matrix.indptr
        if rows.size and rows.min() < 0:
            trained = rows >= 0
            indptr = np.concatenate([[0], np.cumsum(trained)])[indptr]
            rows, data = rows[trained], data[trained]
        return sparse.csr_array((data, rows, indptr), shape=(matrix.shape[0], len(self.columns)))

    def expand(self, values: Float32) -> Float32:
        """Return values [n, n_trained] over the whole catalogue, float32 [n, n_items], zero elsewhere."""
        full = np.zeros((len(values), self.n_items), dtype=np.float32)
        full[:, self.columns] = values
        return full

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        columns: dict[str, AnyArray] = {} if len(self.columns) == self.n_items else {"columns": self.columns}
        return columns | self.v.tensors("item_factors") | {"singular_values": self.singular_values}

    @classmethod
    def from_tensors(cls, tensors: Tensors, n_items: int) -> "ItemFactors":
        """Return the factors that `tensors` stored. Raises `ArtifactError` if ``columns`` are not positions."""
        v = StoredRows.from_tensors(tensors, "item_factors")
        columns = tensors.get("columns", np.arange(n_items, dtype=np.int32)).astype(np.int32)
        if (
            len(columns) != len(v.values)
            or np.any(np.diff(columns) <= 0)
            or (columns.size and not 0 <= columns[0] <= columns[-1] < n_items)
        ):
            raise ArtifactError(
                f"The columns are not ascending positions among the {n_items} titles; the file is damaged."
            )
        return cls(n_items, columns, v, tensors["singular_values"].astype(np.float32))

    @classmethod
    def of_all_titles(cls, tensors: Tensors, n_items: int) -> "ItemFactors":
        """Return the factors that `tensors` stored. Raises `ArtifactError` if a title has none."""
        factors = cls.from_tensors(tensors, n_items)
        if len(factors.columns) != n_items:
            raise ArtifactError(f"{len(factors.columns)} of {n_items} titles have factors; expected all of them.")
        return factors
