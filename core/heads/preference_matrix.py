"""The preference matrix that the ranking head decomposes."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import RatingScale
from ..numerics.arrays import Float32, Float64, Int32, Int64
from ..numerics.sparse import row_of_entries, sum_over_axis, with_data
from ..numerics.truncated_svd import SVD

SHORTEST_ROW = 0.5
LEAST_UNEXPLAINED = 0.03
PAST = 8.0


def preference(ratings: Float32, watched_weight: float, scale: RatingScale) -> Float32:
    """Return how much each rating speaks for or against similar titles, float32 of the same shape.

    On the scale 1-10 it is ``(r - 4) / 4`` from 5 upwards and ``(r - 5) / 8`` below, so a low rating lowers the
    neighbours of the title. It is ``watched_weight`` for `core.data.scale.WATCHED`.
    """
    r = scale.on_ten(ratings)
    rated = np.where(r < 5, (r - 5) / 8, (r - 4) / 4)
    return np.where(ratings < 0, watched_weight, rated).astype(np.float32)


def weighted(rows: sparse.csr_array, watched_weight: float, scale: RatingScale) -> sparse.csr_array:
    """Return a user-item matrix with each rating replaced by its preference."""
    return with_data(rows, preference(rows.data, watched_weight, scale))


def damped_rows(rows: sparse.csr_array, damping: float) -> sparse.csr_array:
    """Return the rows divided by a power of their length, which is taken as 0.5 at least."""
    lengths = np.maximum(np.sqrt(sum_over_axis(rows.multiply(rows), axis=1)), SHORTEST_ROW)
    factors = np.repeat(lengths**-damping, np.diff(rows.indptr)).astype(np.float32)
    return with_data(rows, rows.data * factors)


def recency_weights(matrix: sparse.csr_array, catalogue: Catalogue, past_weight: float) -> Float32:
    """Return a weight for each user of a matrix [n_users, n_items], float32 [n_users], 1 in the mean.

    Visitors are people of today. A user of the past is one whose newest title is `PAST` years older, or more, than
    that of the newest users (the 99th percentile). The fewer users of today there are, the more they count: with
    their share p of all users, a user of the past has the weight ``past_weight + (1 - past_weight) p`` of theirs.
    """
    years = catalogue.frame["year"].to_numpy(dtype=np.float64)[matrix.indices]
    newest = np.fmax.reduceat(np.append(years, np.nan), matrix.indptr[:-1])
    newest[np.diff(matrix.indptr) == 0] = np.nan  # `reduceat` gives them the year of the next entry
    if np.isnan(newest).all():
        return np.ones(matrix.shape[0], dtype=np.float32)
    past = newest <= np.nanpercentile(newest, 99) - PAST
    weights = np.where(past, past_weight + (1 - past_weight) * np.mean(~past), 1.0)
    return np.asarray(weights / weights.mean(), dtype=np.float32)


def typical_length(rows: sparse.csr_array) -> float:
    """Return the root mean square length of the rows."""
    return float(np.sqrt(np.sum(np.square(rows.data, dtype=np.float64)) / rows.shape[0]))


def franchise_rows(franchises: Int64, length: float) -> sparse.csr_array:
    """Return one row of this length for each franchise of two titles or more, CSR float32 [n_franchises, n_titles].

    ``franchises`` holds the franchise of each title, int64 [n_titles]. All entries of a row are equal.
    """
    # The titles that share a franchise, and the row of each.
    _, number, size = np.unique(franchises, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[number] > 1) if length > 0 else np.zeros(0, dtype=np.int64)
    _, row = np.unique(number[shared], return_inverse=True)
    data = (length / np.sqrt(size[number[shared]])).astype(np.float32)
    return sparse.csr_array((data, (row, shared)), shape=(int(row.max(initial=-1)) + 1, len(franchises)))


def earlier_parts(catalogue: Catalogue) -> tuple[Int32, Int32]:
    """Return positions of titles, ascending, and of related TV series that began before them, int32 [n_pairs] each."""
    # Which relations lead from a title to one of an earlier year, or of the same year and a lower id.
    later, earlier = catalogue.related
    year = catalogue.frame["year"].to_numpy(dtype=np.float64)
    ids, television = catalogue.anime_ids, (catalogue.frame["type"] == "TV").to_numpy()
    before = (year[earlier] < year[later]) | ((year[earlier] == year[later]) & (ids[earlier] < ids[later]))
    parts = before & television[earlier]
    return later[parts].astype(np.int32), earlier[parts].astype(np.int32)


def continued_parts(
    rows: sparse.csr_array, later: Int32, earlier: Int32
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return row and column of the earlier parts of each title with a positive entry, intp [n] each.

    ``rows`` is the matrix of preferences, ``later`` and ``earlier`` come from `earlier_parts`.
    """
    entry, pair = _pairs_of_entries(rows, later)
    liked = rows.data[entry] > 0
    return row_of_entries(rows)[entry[liked]].astype(np.intp), earlier[pair[liked]].astype(np.intp)


def share_begun(matrix: sparse.csr_array, later: Int32, earlier: Int32) -> Float64:
    """Return the share of each history's later parts that stand beside a part that they continue, float64 [n].

    Two more later parts without one are counted, so that few pairs don't say much.
    """
    # Each entry's pairs, and whether the earlier part is in the same row.
    row, (n, n_items) = row_of_entries(matrix), matrix.shape
    entry, pair = _pairs_of_entries(matrix, later)
    keys = np.append(np.sort(row * n_items + matrix.indices), n * n_items)
    wanted = row[entry] * n_items + earlier[pair]
    beside = keys[np.searchsorted(keys, wanted)] == wanted
    # The later parts, and those of them with an earlier one.
    is_begun, is_continuing = np.zeros((2, matrix.nnz))
    is_begun[entry[beside]] = is_continuing[entry] = 1
    begun, continuing = (np.bincount(row, which, minlength=n) for which in (is_begun, is_continuing))
    return np.asarray(begun / (continuing + 2))


def _pairs_of_entries(matrix: sparse.csr_array, later: Int32) -> tuple[Int64, Int64]:
    """Return the pairs whose later part is an entry of a matrix: the index of the entry, ascending, and of the pair in
    ``later``, int64 [n] each.
    """
    begin, end = np.searchsorted(later, [matrix.indices, matrix.indices + 1])
    entry = np.repeat(np.arange(matrix.nnz), end - begin)
    return entry, np.arange(len(entry)) - np.repeat(np.cumsum(end - begin) - end, end - begin)


def uniqueness_of(matrix: sparse.csr_array, svd: SVD, power: float) -> Float64:
    """Return the uniqueness ``u`` of each title to a power, float64 [n_titles], typically 1.

    It is the share of the energy of a title's column that the SVD leaves unexplained, as in factor analysis. A
    truncated SVD spends its factors on popular titles with much energy of their own. Dividing the columns by
    ``u`` gives more weight to titles that others explain.
    """
    # Energy of each column, and the share that the SVD explains, float64 [n_titles].
    energy = np.maximum(sum_over_axis(matrix.multiply(matrix), axis=0), 1e-12)
    explained = np.square(svd.v * svd.singular_values).sum(axis=1) / energy
    uniqueness = np.maximum(1 - explained, LEAST_UNEXPLAINED) ** power
    # Divide by the root mean square, weighted by energy.
    return np.asarray(uniqueness / np.sqrt(np.sum(energy * uniqueness**2) / energy.sum()))
