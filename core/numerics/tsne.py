"""t-SNE on a plane, fast enough to be a part of training. This module knows vectors, not anime.

In t-SNE (van der Maaten and Hinton: Visualizing data using t-SNE, 2008) neighbours attract each other
and all points repel each other.

- Repulsion is computed on a grid, where it is a convolution, by FFT (Linderman et al.: Fast
  interpolation-based t-SNE for improved visualization of single-cell RNA-seq data, 2019). The time of an
  iteration grows with the number of points and the area of the map.
- Attraction is between a few nearest neighbours, in proportion to their cosines. This looks like the usual
  kernel over three times as many, without a search for bandwidths (Böhm, Berens and Kobak:
  Attraction-repulsion spectrum in neighbor embeddings, 2022).
- The map starts from the principal coordinates, which puts its large parts where they belong (Kobak and
  Berens: The art of using t-SNE for single-cell transcriptomics, 2019).
"""

import numpy as np
import numpy.typing as npt
from scipy import fft, sparse

from .arrays import Float32

Complex64 = npt.NDArray[np.complex64]

PHASES = (100, 4.0), (200, 1.0)
"""(Iterations, exaggeration): attraction is first multiplied by 4, so that neighbours find each other.
On the bundled model, as all figures here, the usual 12 keeps large distances worse (rank correlation with
cosines 0.32 instead of 0.36), and 400 more iterations keep 0.5 % more neighbours."""
MOMENTUM = 0.8
LONGEST_STEP = 5.0
"""Longest step of a point in one iteration; the kernel is 1 wide. Without it points can fly far away."""
START = 1e-4
"""Standard deviation of the first coordinate at the start. It is small, so that all points repel each other."""
EQUAL = 1e-6
"""Rows that differ by less differ by rounding."""

LEAST_COSINE = 0.01
"""Neighbours of a smaller cosine attract as with this one: a few points may have no better neighbours.
Cosines (0.9 in a series, 0.4 for titles liked together) keep popular titles apart: a quarter of the hundred most
listed have another one within 0.8 % of the map's width, with equal weights within 0.4 %."""

SPACING = 0.35
"""Spacing of the grid; the kernel is 1 wide. Repulsion is then right to 2 %; 0.5 looks as good."""
WIDEST_GRID = 500
"""Largest number of nodes on a side. A map that is wider (none is today) gets a coarser grid."""
NODES = 3
"""Nodes on each axis that a point is spread over: quadratic interpolation."""

ENTRIES_PER_BLOCK = 1 << 22


def tsne(rows: Float32, neighbours: int, random: np.random.Generator) -> Float32:
    """Return coordinates on a plane for rows of unit length, float32 [n, 2], centred on zero: rows of large
    cosine get coordinates close together. The map is about ``√n`` wide. Two points are equal only by chance.

    Gradient descent on ``KL(P‖Q)``. ``P`` is the cosine for neighbours and 0 otherwise, ``Q`` is
    ``1 / (1 + |yᵢ - yⱼ|²)``, and each sums to 1. The descent has momentum, a gain for every coordinate
    (Jacobs: Increased rates of convergence through learning rate adaptation, 1988), and a learning rate
    of n / exaggeration (Belkina et al.: Automated optimized parameters for t-SNE, 2019).

    ``rows`` are float32 [n, k]. ``neighbours`` is the number of rows of largest cosine that attract a row, 1 or
    more; at most ``n - 1`` are used. ``random`` separates equal rows.
    """
    # Start from principal coordinates [n, 2], with a little noise for rows that are equal.
    n = len(rows)
    coordinates = _principal_coordinates(rows)
    coordinates += random.normal(scale=0.01 * START, size=coordinates.shape).astype(np.float32)
    if n < 2:
        return np.zeros((n, 2), dtype=np.float32)
    affinities = neighbour_graph(rows, neighbours)
    repulsion = Repulsion()
    step, gains = np.zeros_like(coordinates), np.ones_like(coordinates)
    for iterations, exaggeration in PHASES:
        for _ in range(iterations):
            gradient = exaggeration * attraction(affinities, coordinates) - repulsion(coordinates)
            # Gains [n, 2] grow where the descent keeps its direction and shrink where it turns round.
            gains = np.where(gradient * step < 0, gains + 0.2, gains * 0.8).clip(min=0.01)
            # Steps [n, 2] with momentum, none longer than LONGEST_STEP.
            step = MOMENTUM * step - n / exaggeration * gains * gradient
            step *= LONGEST_STEP / np.hypot(*step.T).clip(min=LONGEST_STEP)[:, None]
            coordinates += step
            coordinates -= coordinates.mean(axis=0)
    return coordinates


def neighbour_graph(rows: Float32, neighbours: int) -> sparse.coo_array:
    """Return the cosines of neighbours as a symmetric matrix, float32 [n, n], in row order, with the sum 1.
    Mutual neighbours count double. ``rows`` and ``neighbours`` as in `tsne`.
    """
    # The k rows of largest cosine to every row, and their cosines, [n, k] each, in blocks of rows.
    n = len(rows)
    k = min(neighbours, n - 1)
    nearest, weights = np.empty((n, k), dtype=np.int32), np.empty((n, k), dtype=np.float64)
    block_size = max(1, ENTRIES_PER_BLOCK // n)
    for start in range(0, n, block_size):
        block = slice(start, start + block_size)
        cosines = rows[block] @ rows.T
        np.fill_diagonal(cosines[:, start:], -np.inf)
        nearest[block] = np.argpartition(cosines, n - k, axis=1)[:, n - k :]
        weights[block] = np.take_along_axis(cosines, nearest[block], axis=1).clip(min=LEAST_COSINE)
    # The sum of both directions, [n, n].
    one_way = sparse.csr_array((weights.ravel(), nearest.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    graph = sparse.csr_array(one_way + one_way.T) / (2 * weights.sum())
    graph.sort_indices()
    return graph.astype(np.float32).tocoo()


def attraction(affinities: sparse.coo_array, coordinates: Float32) -> Float32:
    """Return the attractive part of the gradient, ``Σⱼ pᵢⱼ (yᵢ - yⱼ) / (1 + |yᵢ - yⱼ|²)``, float32 [n, 2]."""
    gap_x, gap_y = (axis[affinities.row] - axis[affinities.col] for axis in np.ascontiguousarray(coordinates.T))
    weights = affinities.data / (1 + gap_x * gap_x + gap_y * gap_y)
    sums = [np.bincount(affinities.row, weights * gap, minlength=len(coordinates)) for gap in (gap_x, gap_y)]
    return np.stack(sums, axis=1).astype(np.float32)


class Repulsion:
    """The repulsive part of the gradient, ``Σⱼ (yᵢ - yⱼ) / (1 + |yᵢ - yⱼ|²)² / Z``, float32 [n, 2], with
    ``Z = Σᵢ≠ⱼ 1 / (1 + |yᵢ - yⱼ|²)``.

    Every point is spread over the nodes around it, the kernels are summed between nodes, and the sums are
    interpolated back. The transformed kernels are reused while the grid stays the same.
    """

    def __init__(self) -> None:
        self._grid = (0, 0.0)
        self._kernels: list[Complex64] = []

    def __call__(self, coordinates: Float32) -> Float32:
        """Return the repulsion of points ``coordinates``, float32 [n, 2], n at least 2."""
        # The share of every point on every node, [n, width²].
        low = coordinates.min(axis=0)
        spacing = max(SPACING, float((coordinates.max(axis=0) - low).max()) / WIDEST_GRID)
        spread, width = _interpolation((coordinates - low) / spacing)
        # The kernels for this grid, on a torus so wide that no sum reaches around its edge.
        size = fft.next_fast_len(2 * width, real=True)
        if self._grid != (size, spacing):
            self._grid, self._kernels = (size, spacing), _transformed_kernels(size, spacing)
        # Three convolutions of the charges on the nodes [width, width] with the kernels, by FFT.
        charges = np.bincount(spread.indices, spread.data, minlength=width * width).astype(np.float32)
        spectrum = fft.rfft2(charges.reshape(width, width), s=(size, size))
        fields = [fft.irfft2(spectrum * kernel, s=(size, size))[:width, :width].ravel() for kernel in self._kernels]
        # Back from nodes to points, [n] each; Z excludes the pairs of a point with itself.
        kernel_sums, force_x, force_y = (spread @ field for field in fields)
        z = kernel_sums.sum(dtype=np.float64) - len(coordinates)
        return np.asarray(np.stack([force_x, force_y], axis=1) / np.float32(z))


def _interpolation(coordinates: Float32) -> tuple[sparse.csr_array, int]:
    """Return the share of every point on every node, float32 [n, width²], and the width of the grid.

    ``coordinates`` [n, 2] are 0 or more, in units of the grid. Shares are Lagrange's polynomials on the three
    nodes around a point on each axis.
    """
    # Lagrange's polynomials at the distance t from the nearest node, [n, 3] for each axis.
    middle = np.rint(coordinates)
    t = (coordinates - middle).T
    shares_x, shares_y = np.moveaxis(np.stack([t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2]), 0, 2)
    # Numbers of these nodes on each axis, [n, 3]; the grid has a margin of one node in front.
    x, y = middle.astype(np.int32).T[:, :, None] + np.arange(NODES, dtype=np.int32)
    width = int(max(x.max(), y.max())) + 1
    # All pairs of the two axes, [n, 3, 3], as rows of a sparse matrix.
    nodes = x[:, :, None] * width + y[:, None, :]
    shares = shares_x[:, :, None] * shares_y[:, None, :]
    starts = np.arange(0, NODES**2 * len(coordinates) + 1, NODES**2)
    return sparse.csr_array((shares.ravel(), nodes.ravel(), starts), shape=(len(coordinates), width * width)), width


def _transformed_kernels(size: int, spacing: float) -> list[Complex64]:
    """Return the Fourier transforms of ``K = 1 / (1 + x² + y²)``, ``K² x`` and ``K² y`` on a torus."""
    axis = (fft.fftfreq(size, 1 / size) * spacing).astype(np.float32)
    x, y = axis[:, None], axis[None, :]
    kernel = 1 / (1 + x * x + y * y)
    return [fft.rfft2(values) for values in (kernel, kernel * kernel * x, kernel * kernel * y)]


def _principal_coordinates(rows: Float32) -> Float32:
    """Return the two leading principal coordinates, float32 [n, 2], scaled to `START`; zero on an axis that rows
    don't have. Signs follow the convention of `core.numerics.truncated_svd.fix_signs`.
    """
    start = np.zeros((len(rows), 2), dtype=np.float32)
    if len(rows) and rows.shape[1]:
        # Eigenvectors of the covariance [k, k]: the last two belong to the largest eigenvalues.
        centred = rows - rows.mean(axis=0)
        _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        leading = vectors[:, :-3:-1]
        leading = leading * np.where(leading.max(axis=0) < -leading.min(axis=0), -1, 1)
        start[:, : leading.shape[1]] = centred @ leading
        start *= START / max(float(np.std(start[:, 0])), EQUAL)
    return start
