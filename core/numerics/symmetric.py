"""Many small symmetric matrices at once, with NumPy alone: stored by their upper triangles, and inverted."""

import numpy as np

from .arrays import Float32


class Packing:
    """Symmetric d × d matrices, each packed into one row with its upper triangle, row by row.

    ``size`` is the length d(d+1)/2 of such a row.
    """

    def __init__(self, d: int) -> None:
        self.size = d * (d + 1) // 2
        rows, columns = np.triu_indices(d)
        self._diagonal_starts = np.flatnonzero(rows == columns)
        self._from_full = rows * d + columns
        self._to_full = np.empty((d, d), dtype=np.intp)
        self._to_full[rows, columns] = self._to_full[columns, rows] = np.arange(self.size)

    def pack(self, full: Float32) -> Float32:
        """Return the upper triangles of matrices [n, d, d], [n, size]."""
        return np.take(full.reshape(len(full), -1), self._from_full, axis=1)

    def unpack(self, packed: Float32) -> Float32:
        """Return the full matrices of rows [n, size], [n, d, d]."""
        return np.take(packed, self._to_full, axis=1)


def inverses(matrices: Float32) -> Float32:
    """Return the inverse of every positive definite matrix of [n, d, d].

    By halves, with the Schur complement ``S - QᵀP⁻¹Q``, all n matrices together::

        (P  Q)⁻¹   (P⁻¹ + W C Wᵀ  -W C)
        (Qᵀ S)   = (   -C Wᵀ         C ),    W = P⁻¹Q,  C = (S - QᵀW)⁻¹

    For d = 49 this takes a seventh of the time of `numpy.linalg.inv`, if the n matrices fit into the cache.
    """
    inverse = np.empty_like(matrices)
    _invert(matrices, inverse)
    return inverse


def _invert(matrices: Float32, inverse: Float32) -> None:
    """Write the inverses of matrices [n, d, d] to ``inverse``."""
    d = matrices.shape[1]
    if d == 1:
        np.reciprocal(matrices, out=inverse)
        return
    first, second = slice(0, d // 2), slice(d // 2, d)
    _invert(matrices[:, first, first], inverse[:, first, first])
    w = inverse[:, first, first] @ matrices[:, first, second]
    w_transposed = w.transpose(0, 2, 1)
    complement = matrices[:, second, second] - np.asarray(w_transposed @ matrices[:, first, second], dtype=np.float32)
    _invert(complement, inverse[:, second, second])
    corner = -w @ inverse[:, second, second]
    inverse[:, first, second] = corner
    inverse[:, second, first] = corner.transpose(0, 2, 1)
    inverse[:, first, first] -= corner @ w_transposed
