"""Preferences: the matrix that the ranking head decomposes, and what is read off it."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import RatingScale
from ..numerics.arrays import Float32, Float64, Int32, Int64
from ..numerics.sparse import row_of_entries, sum_over_axis
from ..numerics.truncated_svd import SVD

SHORTEST_ROW = 0.5
LEAST_UNEXPLAINED = 0.03


def preference(ratings: Float32, watched_weight: float, scale: RatingScale) -> Float32:
    """How much each rating speaks for (or against) what is like the title.

    On the scale 1-10: ``(r - 4) / 4`` from 5 upwards, ``(r - 5) / 8`` below, so that a low rating
    lowers the title's neighbours; ``watched_weight`` for `core.data.scale.WATCHED`.
    """
    r = scale.on_ten(ratings)
    given = np.where(r < 5, (r - 5) / 8, (r - 4) / 4)
    return np.where(ratings < 0, watched_weight, given).astype(np.float32)


def weighed(rows: sparse.csr_array, watched_weight: float, scale: RatingScale) -> sparse.csr_array:
    """A user-item matrix with the preference of each rating in its place."""
    weights = preference(rows.data, watched_weight, scale)
    return sparse.csr_array((weights, rows.indices, rows.indptr), shape=rows.shape)


def damped_rows(rows: sparse.csr_array, damping: float) -> sparse.csr_array:
    """Each row divided by its length to a power."""
    lengths = np.maximum(np.sqrt(sum_over_axis(rows.multiply(rows), axis=1)), SHORTEST_ROW)
    factors = np.repeat(lengths**-damping, np.diff(rows.indptr)).astype(np.float32)
    return sparse.csr_array((rows.data * factors, rows.indices, rows.indptr), shape=rows.shape)


def typical_length(rows: sparse.csr_array) -> float:
    """Root mean square over the rows."""
    return float(np.sqrt(np.sum(np.square(rows.data, dtype=np.float64)) / rows.shape[0]))


def franchise_rows(franchises: Int64, length: float) -> sparse.csr_array:
    """A row of this length for each number that at least two titles share, its entries all alike:
    CSR float32 [n_franchises, n_titles].
    """
    _, number, size = np.unique(franchises, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[number] > 1) if length > 0 else np.zeros(0, dtype=np.int64)
    _, row = np.unique(number[shared], return_inverse=True)
    data = (length / np.sqrt(size[number[shared]])).astype(np.float32)
    return sparse.csr_array((data, (row, shared)), shape=(int(row.max(initial=-1)) + 1, len(franchises)))


def earlier_parts(catalogue: Catalogue, columns: Int32) -> tuple[Int32, Int32]:
    """Places among ``columns`` of titles, and of related TV series that began before them."""
    later, earlier = catalogue.related
    year = catalogue.frame["year"].to_numpy(dtype=np.float64)
    ids, television = catalogue.anime_ids, (catalogue.frame["type"] == "TV").to_numpy()
    before = (year[earlier] < year[later]) | ((year[earlier] == year[later]) & (ids[earlier] < ids[later]))
    place = np.full(len(catalogue), -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    kept = before & television[earlier] & (place[later] >= 0) & (place[earlier] >= 0)
    return place[later[kept]], place[earlier[kept]]  # ascending, as `Catalogue.related` and columns are


def continued_parts(
    rows: sparse.csr_array, later: Int32, earlier: Int32
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row and column of each earlier part (see `earlier_parts`) of a title that a row of the weighed
    matrix doesn't speak against.
    """
    liked = rows.data > 0
    row = row_of_entries(rows)[liked]
    begin, end = np.searchsorted(later, [rows.indices[liked], rows.indices[liked] + 1])
    pairs = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True) if b > a] or [begin[:0]])
    return np.repeat(row, end - begin), earlier[pairs].astype(np.intp)


def uniqueness_of(matrix: sparse.csr_array, svd: SVD, power: float) -> Float64:
    """How much of each title is its own, float64 [n_titles]: the share of its column's energy that
    the SVD leaves unexplained (in factor analysis: the uniqueness), to a power; 1 typically.

    A truncated SVD spends its factors where the energy is, on titles that are popular and tell
    little of their own. Dividing by ``u`` gives more to those that go with others.
    """
    energy = np.maximum(sum_over_axis(matrix.multiply(matrix), axis=0), 1e-12)
    explained = np.square(svd.v * svd.singular_values).sum(axis=1) / energy
    uniqueness = np.maximum(1 - explained, LEAST_UNEXPLAINED) ** power
    return np.asarray(uniqueness / np.sqrt(np.sum(energy * uniqueness**2) / energy.sum()))
