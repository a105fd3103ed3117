"""Helpers for user-item matrices in CSR form."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .arrays import Bool, Float64, Int64


def entry_rows(matrix: sparse.csr_array) -> Int64:
    """The row of each stored entry of a CSR matrix, int64 [nnz], in the order of its data."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def keep(matrix: sparse.csr_array, kept: Bool) -> sparse.csr_array:
    """The same matrix with only these of its stored entries, bool [nnz] in their order."""
    counts = np.concatenate([[0], np.cumsum(kept)])
    return sparse.csr_array(
        (matrix.data[kept], matrix.indices[kept], counts[matrix.indptr].astype(matrix.indptr.dtype)), shape=matrix.shape
    )


def shuffled_places(matrix: sparse.csr_array, random: np.random.Generator) -> Int64:
    """The place 0, 1, 2, … of each stored entry in a random order of its row, int64 [nnz]."""
    row = entry_rows(matrix)
    places = np.empty(matrix.nnz, dtype=np.int64)
    places[np.lexsort((random.random(matrix.nnz), row))] = np.arange(matrix.nnz) - matrix.indptr[row]
    return places


def axis_sum(rows: sparse.csr_array, axis: int) -> Float64:
    """Sums over one axis, float64."""
    return np.asarray(rows.sum(axis=axis), dtype=np.float64).ravel()


def scaled_columns(rows: sparse.csr_array, factors: npt.NDArray[np.floating]) -> sparse.csr_array:
    """Each column times its factor."""
    data = rows.data * factors[rows.indices].astype(np.float32)
    return sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def history_matrix(
    positions: Iterable[npt.ArrayLike], values: Iterable[npt.ArrayLike], n_items: int
) -> sparse.csr_array:
    """Histories, each as ascending catalogue positions and values, as CSR float32 [n, n_items]."""
    indices = [np.asarray(row, dtype=np.int32) for row in positions]
    data = [np.asarray(row, dtype=np.float32) for row in values]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in indices])]).astype(np.int32)
    return sparse.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=(len(indices), n_items))
