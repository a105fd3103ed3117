"""Truncated singular value decomposition of large sparse matrices. This module knows matrices, not anime.

The method is block Lanczos on the Gram operator ``AᵀA`` with full reorthogonalisation and a
Rayleigh-Ritz step (Golub, Luk, Overton: A block Lanczos method for computing the singular values
of a matrix, 1981). ARPACK multiplies one vector at a time; a block of vectors makes every product a
matrix-matrix product. The products run over blocks of rows in threads, because scipy's sparse
products release the interpreter lock. The result does not depend on the number of threads.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy import sparse

from ..errors import InputError
from .arrays import Float64

ROWS_PER_BLOCK = 2048
BLOCK_SIZES = 8, 32  # small for few factors: fewer products; large for many factors: fewer blocks
THREADS = 2
EPSILON, TINY = float(np.finfo(np.float64).eps), float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class SVD:
    """The leading part of ``A = U Σ Vᵀ``, float64: U [n_rows, k] and V [n_columns, k] have orthonormal columns, and
    Σ [k] is positive and descends. `fix_signs` makes it unique.
    """

    u: Float64
    singular_values: Float64
    v: Float64


def truncated_svd(
    matrix: sparse.csr_array | Float64,
    k: int,
    *,
    tolerance: float = 1e-11,
    seed: int = 0,
    on_progress: Callable[[float], None] = lambda done: None,
) -> SVD:
    """Return the ``k`` largest singular values and their vectors, or fewer.

    LAPACK solves small problems and those that need a large share of the spectrum; block Lanczos
    solves the others. Singular values that rounding hides are dropped with their vectors: those of
    ``σ ≤ max(shape) · ε · σ₁`` by LAPACK, of ``σ² ≤ max(shape) · ε · σ₁²`` by Lanczos.

    Parameters
    ----------
    matrix
        [n_rows, n_columns], sparse or dense, finite.
    k
        1 or more. At most the smaller side of the matrix is used.
    tolerance
        Lanczos stops when every residual ``‖AᵀA v - σ² v‖ ≤ tolerance · σ₁²``. The singular
        values are then accurate to about its square, the vectors to its ratio to their gaps.
    seed
        Seed of the random first block.
    on_progress
        Called at times with an estimate of the share done, 0..1.

    Raises
    ------
    InputError
        ``k`` is below 1, the matrix is empty, or some values are not finite.
    """
    n_rows, n_columns = matrix.shape
    if k < 1 or not min(matrix.shape):
        raise InputError(
            f"A truncated SVD of a {n_rows} x {n_columns} matrix with k={k}: expected k >= 1 and a matrix."
        )
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if not np.isfinite(values).all():
        raise InputError("The matrix has values that are not finite; a singular value decomposition needs numbers.")
    largest = float(np.abs(values).max(initial=0.0))
    if largest > 0 and not 1e-100 < largest < 1e100:  # squares would overflow, or vanish
        svd = truncated_svd(matrix / largest, k, tolerance=tolerance, seed=seed, on_progress=on_progress)
        return SVD(svd.u, svd.singular_values * largest, svd.v)
    # A wide matrix is transposed, so that AᵀA is the smaller of the two Gram matrices.
    if n_rows < n_columns:
        flipped = sparse.csr_array(matrix.T) if sparse.issparse(matrix) else np.asarray(matrix).T
        svd = truncated_svd(flipped, k, tolerance=tolerance, seed=seed, on_progress=on_progress)
        return fix_signs(SVD(svd.v, svd.singular_values, svd.u))
    if 4 * k + 4 * BLOCK_SIZES[1] > n_columns:  # Lanczos needs room for a basis and a restart
        svd = _dense_svd(matrix, k)
    else:
        svd = _lanczos_svd(sparse.csr_array(matrix).astype(np.float64), k, tolerance, seed, on_progress)
    on_progress(1.0)
    return fix_signs(svd)


def _dense_svd(matrix: sparse.csr_array | Float64, k: int) -> SVD:
    """Return the ``k`` leading triples by LAPACK, without those that cannot be told from zero."""
    dense = np.asarray(sparse.csr_array(matrix).toarray(), dtype=np.float64)
    u, singular_values, vt = np.linalg.svd(dense, full_matrices=False)
    nonzero = np.flatnonzero(singular_values[:k] > len(dense) * EPSILON * singular_values[0])
    return SVD(u[:, nonzero], singular_values[nonzero], vt[nonzero].T)


def _lanczos_svd(
    matrix: sparse.csr_array, k: int, tolerance: float, seed: int, on_progress: Callable[[float], None]
) -> SVD:
    """Return the ``k`` leading triples by block Lanczos, without those that cannot be told from zero."""
    # Eigenpairs (σ², v) of AᵀA; then u = A v / σ.
    rows = _RowBlocks(matrix)
    squares, v = _leading_eigenpairs(rows.gram, matrix.shape[1], k, tolerance, seed, on_progress)
    singular_values = np.sqrt(np.maximum(squares, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        u = rows.times(v) / singular_values
    nonzero = squares > matrix.shape[0] * EPSILON * squares[0]
    return SVD(u[:, nonzero], singular_values[nonzero], v[:, nonzero])


def fix_signs(svd: SVD) -> SVD:
    """Return the decomposition with signs by convention: the entry of largest magnitude in every column
    of V is positive. Otherwise equal data could give different artefacts.
    """
    largest = np.argmax(np.abs(svd.v), axis=0)
    signs = np.where(svd.v[largest, np.arange(svd.v.shape[1])] < 0, -1.0, 1.0)
    return SVD(np.ascontiguousarray(svd.u * signs), svd.singular_values, np.ascontiguousarray(svd.v * signs))


def without_hidden(svd: SVD, precision: type[np.floating]) -> SVD:
    """Return the decomposition without the singular values of ``σ ≤ ε σ₁`` and their vectors: ε is the rounding of
    V in this precision, which hides them.
    """
    kept = svd.singular_values > np.finfo(precision).eps * svd.singular_values.max(initial=0.0)
    return svd if kept.all() else SVD(svd.u[:, kept], svd.singular_values[kept], svd.v[:, kept])


class _RowBlocks:
    """A CSR matrix cut into blocks of rows. Products run in threads and are summed in a fixed order."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        starts = range(0, matrix.shape[0], ROWS_PER_BLOCK)
        self._blocks = [matrix[start : start + ROWS_PER_BLOCK] for start in starts]
        self._transposed = [block.T.tocsr() for block in self._blocks]

    def gram(self, vectors: Float64) -> Float64:
        """Return ``AᵀA`` times ``vectors`` [n_columns, b], [n_columns, b]."""
        with ThreadPoolExecutor(THREADS) as pool:
            parts = pool.map(lambda block, transposed: transposed @ (block @ vectors), self._blocks, self._transposed)
            return np.asarray(reduce(np.add, parts))

    def times(self, vectors: Float64) -> Float64:
        """Return ``A`` times ``vectors`` [n_columns, b], [n_rows, b]."""
        with ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(lambda block: block @ vectors, self._blocks)))


def _leading_eigenpairs(
    operator: Callable[[Float64], Float64],
    size: int,
    k: int,
    tolerance: float,
    seed: int,
    on_progress: Callable[[float], None],
) -> tuple[Float64, Float64]:
    """Return the ``k`` largest eigenvalues [k], descending, and eigenvectors [size, k] of a symmetric
    positive semi-definite operator, by block Lanczos. Requires ``4 k + 128 <= size``.

    With an orthonormal basis ``Q`` and its next block ``Q₊``, ``A Q = Q T + Q₊ R Eᵀ`` (E picks the
    last block). So a Ritz pair ``T y = θ y`` gives the eigenpair ``(θ, Qy)`` with the residual
    ``‖R Eᵀy‖``. A full basis is replaced by its best Ritz vectors, for which the same equation
    holds (thick restart: Wu and Simon, 2000).
    """
    random = np.random.default_rng(seed)
    # Room for `capacity` basis vectors; a restart keeps the `keep` best. The first block is random, in A's range.
    block_size = int(np.clip(k // 8, *BLOCK_SIZES))
    capacity = min(size // block_size - 1, (4 * k + 512) // block_size) * block_size
    keep = k + block_size
    basis = np.empty((size, capacity), order="F")
    projected = np.zeros((capacity, capacity))  # T, its upper triangle
    block, _ = _orthonormal(operator(random.standard_normal((size, block_size))), basis[:, :0], random)
    filled, next_check, steps = 0, k + k // 2, 0
    checked: tuple[int, float] | None = None
    while True:
        # Append the block to Q [size, filled], and the columns Qᵀ A · block to T [filled, filled].
        last, filled, steps = filled, filled + block_size, steps + 1
        basis[:, last:filled] = block
        known = basis[:, :filled]
        image = operator(block)
        projected[:filled, last:filled] = known.T @ image
        # The part of A · block outside the basis is Q₊ R: the next block and its coupling R [block_size, block_size].
        image -= known @ projected[:filled, last:filled]
        block, coupling = _orthonormal(image, known, random)
        on_progress(0.9 * min(1.0, steps * block_size / capacity))
        full = filled + block_size > capacity
        if filled < next_check and not full:
            continue
        # Ritz pairs (θ, y) of T, descending, and the largest residual ‖R Eᵀy‖ relative to θ₁.
        values, vectors = np.linalg.eigh(projected[:filled, :filled], UPLO="U")
        values, vectors = values[::-1], vectors[:, ::-1]
        residual = float(np.linalg.norm(coupling @ vectors[last:, :k], axis=0).max() / max(values[0], TINY))
        if residual <= tolerance:
            return values[:k], known @ vectors[:, :k]
        next_check = filled + _steps_to(tolerance, (filled, residual), checked, k // 4)
        checked = (filled, residual)
        # Thick restart: Q becomes the best Ritz vectors Qy, T the diagonal matrix of their values θ.
        if full:
            basis[:, :keep] = known @ vectors[:, :keep]
            projected[:] = 0.0
            np.fill_diagonal(projected[:keep, :keep], values[:keep])
            filled, next_check, checked = keep, capacity, None


def _steps_to(tolerance: float, now: tuple[int, float], before: tuple[int, float] | None, usual: int) -> int:
    """Return by how many vectors the basis should grow before the next check of convergence. Residuals fall faster
    than geometrically, and a check costs the cube of the basis. ``now`` and ``before`` are (basis size, residual).
    """
    if before is None or not 0 < now[1] < before[1]:
        return usual
    rate = np.log(before[1] / now[1]) / (now[0] - before[0])
    return int(min(0.5 * np.log(now[1] / tolerance) / rate, 2 * usual))


def _orthonormal(block: Float64, against: Float64, random: np.random.Generator) -> tuple[Float64, Float64]:
    """Return Q and R of ``block = Q R``, Q orthonormal and orthogonal to the orthonormal columns ``against``.

    Where the block has no new direction (the Krylov space is exhausted, as for a matrix of low rank),
    random directions fill Q, and their rows of R are zero.
    """
    size = max(float(np.abs(block).max()), TINY)
    block = block - against @ (against.T @ block)
    q, r = np.linalg.qr(block)
    # Columns without a new direction get a random one, made orthogonal twice because once leaves rounding errors.
    spent = np.abs(np.diag(r)) <= 1e-13 * size * np.sqrt(len(block))
    if spent.any():
        q[:, spent] = random.standard_normal((len(block), int(spent.sum())))
        r[spent] = 0.0
        for _ in range(2):
            q -= against @ (against.T @ q)
            q, signs = np.linalg.qr(q)
            r = np.sign(np.diag(signs))[:, None] * r
    return q, r
