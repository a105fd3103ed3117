"""t-SNE on a plane, fast enough to be a part of training. No anime in here.

t-SNE (van der Maaten and Hinton: Visualizing data using t-SNE, 2008) lets neighbours attract each
other and all points repel each other. The repulsion is taken from a grid, on which it is a
convolution, done by FFT (Linderman et al.: Fast interpolation-based t-SNE for improved
visualization of single-cell RNA-seq data, 2019): an iteration takes time in proportion to the
points and to the area. The few nearest neighbours attract, which looks like the usual kernel for
thrice as many without a search for its bandwidths (Böhm, Berens and Kobak: Attraction-repulsion
spectrum in neighbor embeddings, 2022), but here in proportion to their cosines. The map starts from
the principal coordinates, so that its large parts are where they belong (Kobak and Berens: The art
of using t-SNE for single-cell transcriptomics, 2019).
"""

import numpy as np
import numpy.typing as npt
from scipy import fft, sparse

from .arrays import Float32

Complex64 = npt.NDArray[np.complex64]

PHASES = (100, 4.0), (200, 1.0)
"""Iterations, and how much stronger than in the end neighbours attract: first they find each other.
The usual 12 keeps the large distances worse (rank correlation with cosines 0.32 instead of 0.36), and
with 400 iterations more 0.5 % more neighbours are kept (measured, as all here, on the bundled model)."""
MOMENTUM = 0.8
LONGEST_STEP = 5.0
"""Of a point in one iteration, where the kernel is 1 wide. Else few points can be thrown far."""
START = 1e-4
"""Standard deviation of the first coordinate at the start: small, so that all repel all at first."""
EQUAL = 1e-6
"""Rows that differ by less differ by rounding."""

LEAST_COSINE = 0.01
"""Neighbours less alike attract as if they were so much: few points may have no better ones. In proportion
to cosines a series (0.9) attracts more than titles liked together (0.4), of which the most popular
would make heaps: with equal weights a quarter of the hundred most listed titles have another of them
within 0.4 % of the map's width, with these within 0.8 %, and as many neighbours are kept."""

SPACING = 0.35
"""Of the grid, where the kernel is 1 wide. The repulsion is then right to 2 %; 0.5 is as good to look at."""
WIDEST_GRID = 500
"""Nodes on a side. A larger map than any catalogue of today makes gets a coarser grid, not a larger one."""
NODES = 3
"""Of the grid, that a point lies between, on each axis: quadratic interpolation."""

ENTRIES_PER_BLOCK = 1 << 22


def tsne(rows: Float32, neighbours: int, random: np.random.Generator) -> Float32:
    """Places on a plane for rows of unit length, float32 [n, 2], around zero: rows of large cosine
    lie close together. About as wide as ``√n``, and no two alike but by chance.

    Gradient descent on ``KL(P‖Q)``, where ``P`` is the cosine of neighbours and 0 for others, ``Q``
    is ``1 / (1 + |yᵢ - yⱼ|²)``, and each sums to 1; with momentum, gains by coordinate (Jacobs:
    Increased rates of convergence through learning rate adaptation, 1988), and a learning rate of n
    over the exaggeration (Belkina et al.: Automated optimized parameters for t-SNE, 2019).

    Parameters
    ----------
    rows
        float32 [n, k].
    neighbours
        Of each row, 1 or more: the others of largest cosine. More than ``n - 1`` is ignored.
    random
        Sets rows apart that are alike.
    """
    n = len(rows)
    places = _principal_coordinates(rows)
    places += random.normal(scale=0.01 * START, size=places.shape).astype(np.float32)
    if n < 2:
        return np.zeros((n, 2), dtype=np.float32)
    affinities = neighbour_graph(rows, neighbours)
    repulsion = Repulsion()
    step, gains = np.zeros_like(places), np.ones_like(places)
    for iterations, exaggeration in PHASES:
        for _ in range(iterations):
            gradient = exaggeration * attraction(affinities, places) - repulsion(places)
            gains = np.where(gradient * step < 0, gains + 0.2, gains * 0.8).clip(min=0.01)
            step = MOMENTUM * step - n / exaggeration * gains * gradient
            step *= LONGEST_STEP / np.hypot(*step.T).clip(min=LONGEST_STEP)[:, None]
            places += step
            places -= places.mean(axis=0)
    return places


def neighbour_graph(rows: Float32, neighbours: int) -> sparse.coo_array:
    """Who is a neighbour of whom: their cosines, float32 [n, n], symmetric, row after row, scaled to
    1 in all; twice where each is one of the other. ``rows`` and ``neighbours`` as for `tsne`.
    """
    n = len(rows)
    k = min(neighbours, n - 1)
    nearest, weights = np.empty((n, k), dtype=np.int32), np.empty((n, k), dtype=np.float64)
    block = max(1, ENTRIES_PER_BLOCK // n)
    for start in range(0, n, block):
        some = slice(start, start + block)
        cosines = rows[some] @ rows.T
        np.fill_diagonal(cosines[:, start:], -np.inf)
        nearest[some] = np.argpartition(cosines, n - k, axis=1)[:, n - k :]
        weights[some] = np.take_along_axis(cosines, nearest[some], axis=1).clip(min=LEAST_COSINE)
    one_way = sparse.csr_array((weights.ravel(), nearest.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    graph = sparse.csr_array(one_way + one_way.T) / (2 * weights.sum())
    graph.sort_indices()
    return graph.astype(np.float32).tocoo()


def attraction(affinities: sparse.coo_array, places: Float32) -> Float32:
    """``Σⱼ pᵢⱼ (yᵢ - yⱼ) / (1 + |yᵢ - yⱼ|²)``, float32 [n, 2]: against it a point is drawn."""
    gap_x, gap_y = (along[affinities.row] - along[affinities.col] for along in np.ascontiguousarray(places.T))
    weights = affinities.data / (1 + gap_x * gap_x + gap_y * gap_y)
    sums = [np.bincount(affinities.row, weights * gap, minlength=len(places)) for gap in (gap_x, gap_y)]
    return np.stack(sums, axis=1).astype(np.float32)


class Repulsion:
    """``Σⱼ (yᵢ - yⱼ) / (1 + |yᵢ - yⱼ|²)² / Z`` with ``Z = Σᵢ≠ⱼ 1 / (1 + |yᵢ - yⱼ|²)``, float32 [n, 2].

    Each point is spread on the nodes around it, the kernels are summed from node to node, and the
    sums are interpolated back. Keeps the transformed kernels while the grid stays the same.
    """

    def __init__(self) -> None:
        self._grid = (0, 0.0)
        self._kernels: list[Complex64] = []

    def __call__(self, places: Float32) -> Float32:
        """``places`` float32 [n, 2], n two or more."""
        low = places.min(axis=0)
        spacing = max(SPACING, float((places.max(axis=0) - low).max()) / WIDEST_GRID)
        spread, width = _interpolation((places - low) / spacing)
        size = fft.next_fast_len(2 * width, real=True)  # so wide that a sum does not reach around the edge
        if self._grid != (size, spacing):
            self._grid, self._kernels = (size, spacing), _transformed_kernels(size, spacing)
        charges = np.bincount(spread.indices, spread.data, minlength=width * width).astype(np.float32)
        spectrum = fft.rfft2(charges.reshape(width, width), s=(size, size))
        fields = [fft.irfft2(spectrum * kernel, s=(size, size))[:width, :width].ravel() for kernel in self._kernels]
        likeness, force_x, force_y = (spread @ field for field in fields)
        total = likeness.sum(dtype=np.float64) - len(places)  # without those of points with themselves
        return np.asarray(np.stack([force_x, force_y], axis=1) / np.float32(total))


def _interpolation(places: Float32) -> tuple[sparse.csr_array, int]:
    """How much of each point [n, 2], in units of the grid and 0 or more, falls to each node, float32
    [n, width²], and the width of the grid: Lagrange's polynomials on the three nodes around it.
    """
    middle = np.rint(places)
    t = (places - middle).T
    along_x, along_y = np.moveaxis(np.stack([t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2]), 0, 2)
    x, y = middle.astype(np.int32).T[:, :, None] + np.arange(NODES, dtype=np.int32)  # a node before the first
    width = int(max(x.max(), y.max())) + 1
    nodes = x[:, :, None] * width + y[:, None, :]
    shares = along_x[:, :, None] * along_y[:, None, :]
    starts = np.arange(0, NODES**2 * len(places) + 1, NODES**2)
    return sparse.csr_array((shares.ravel(), nodes.ravel(), starts), shape=(len(places), width * width)), width


def _transformed_kernels(size: int, spacing: float) -> list[Complex64]:
    """The transforms of ``K = 1 / (1 + x² + y²)``, ``K² x`` and ``K² y`` on a grid that is a torus."""
    along = (fft.fftfreq(size, 1 / size) * spacing).astype(np.float32)
    x, y = along[:, None], along[None, :]
    kernel = 1 / (1 + x * x + y * y)
    return [fft.rfft2(values) for values in (kernel, kernel * kernel * x, kernel * kernel * y)]


def _principal_coordinates(rows: Float32) -> Float32:
    """The two leading ones, float32 [n, 2], scaled to `START`, zero for an axis that rows don't have.
    Signs by convention, as in `core.numerics.truncated_svd.fix_signs`.
    """
    start = np.zeros((len(rows), 2), dtype=np.float32)
    if len(rows) and rows.shape[1]:
        centred = rows - rows.mean(axis=0)
        _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        leading = vectors[:, :-3:-1]
        leading = leading * np.where(leading.max(axis=0) < -leading.min(axis=0), -1, 1)
        start[:, : leading.shape[1]] = centred @ leading
        start *= START / max(float(np.std(start[:, 0])), EQUAL)
    return start
