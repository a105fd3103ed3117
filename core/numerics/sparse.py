"""Helpers for user-item matrices in CSR form."""

from collections.abc import Iterable
from copy import copy

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .arrays import AnyArray, Bool, Float64, Int64


def row_of_entries(matrix: sparse.csr_array) -> Int64:
    """Return the row of every stored entry, int64 [nnz], in the order of ``matrix.data``."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def with_data(matrix: sparse.csr_array, data: AnyArray) -> sparse.csr_array:
    """Return a matrix with the same stored entries and other values ``data``, [nnz]."""
    changed = copy(matrix)  # scipy would check the indices again, which takes longer than most histories
    changed.data = data
    return changed


def keep_entries(matrix: sparse.csr_array, mask: Bool) -> sparse.csr_array:
    """Return the matrix with only the stored entries where ``mask``, bool [nnz], is true."""
    counts = np.concatenate([[0], np.cumsum(mask)])
    return sparse.csr_array(
        (matrix.data[mask], matrix.indices[mask], counts[matrix.indptr].astype(matrix.indptr.dtype)), shape=matrix.shape
    )


def rank_in_row(matrix: sparse.csr_array, keys: Float64) -> Int64:
    """Return the ranks 0, 1, 2, … of the entries of every row by ascending keys, float64 [nnz]; int64 [nnz]."""
    row = row_of_entries(matrix)
    ranks = np.empty(matrix.nnz, dtype=np.int64)
    ranks[np.lexsort((keys, row))] = np.arange(matrix.nnz) - matrix.indptr[row]
    return ranks


def rank_in_shuffled_row(matrix: sparse.csr_array, random: np.random.Generator) -> Int64:
    """Shuffle the entries of every row and return their ranks 0, 1, 2, … in it, int64 [nnz]."""
    return rank_in_row(matrix, random.random(matrix.nnz))


def sum_over_axis(matrix: sparse.csr_array, axis: int) -> Float64:
    """Return the sums over one axis, float64 [n_columns] for axis 0, [n_rows] for axis 1."""
    return np.asarray(matrix.sum(axis=axis), dtype=np.float64).ravel()


def scale_columns(matrix: sparse.csr_array, factors: npt.NDArray[np.floating]) -> sparse.csr_array:
    """Return the matrix with column j multiplied by ``factors[j]``."""
    return with_data(matrix, matrix.data * factors[matrix.indices].astype(np.float32))


def history_matrix(
    positions: Iterable[npt.ArrayLike], values: Iterable[npt.ArrayLike], n_items: int
) -> sparse.csr_array:
    """Return a CSR matrix, float32 [n, n_items], of histories: ascending catalogue positions and their values."""
    indices = [np.asarray(row, dtype=np.int32) for row in positions]
    data = [np.asarray(row, dtype=np.float32) for row in values]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in indices])]).astype(np.int32)
    return sparse.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=(len(indices), n_items))
