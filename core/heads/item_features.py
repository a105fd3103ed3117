"""Features of titles besides their ratings: who watched them, and facts of the catalogue; and what the titles that
somebody watched tell of their taste.
"""

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.ratings import explicit
from ..numerics.arrays import AnyArray, Bool, Float32
from ..numerics.factor_analysis import weighted_ridge
from ..numerics.sparse import keep_entries, rank_in_shuffled_row, with_data
from ..numerics.truncated_svd import truncated_svd

POPULARITY_POWER = 0.4
POPULARITY_OFFSET = 10.0
USER_RIDGE = 1e-3
SHORT_HISTORIES = (3, 10, 30)
LONG_SHARE = 0.8


def watched_embedding(matrix: sparse.csr_array, dimensions: int, seed: int) -> Float32:
    """Return an embedding of titles by who watched them, float32 [n_items, 1 + dimensions], the first column ones.

    The embedding is V of the 0/1 matrix with rows of length one and columns divided by ``(popularity + 10)^0.4``.
    V is divided by the same, and scaled to a mean square of one over all entries of the matrix in each dimension.
    """
    # The scaled 0/1 matrix, CSR [n_users, n_items].
    popularity = np.bincount(matrix.indices, minlength=matrix.shape[1])
    scaling = (popularity + POPULARITY_OFFSET) ** -POPULARITY_POWER
    counts = np.diff(matrix.indptr)
    watched = with_data(matrix, np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts) * scaling[matrix.indices])
    # V, scaled, [n_items, dimensions].
    svd = truncated_svd(watched, max(1, min(dimensions, min(matrix.shape) // 4)), tolerance=1e-4, seed=seed)
    embedding = svd.v * scaling[:, None]
    embedding /= np.sqrt(np.maximum(popularity @ embedding**2 / popularity.sum(), 1e-30))
    return np.hstack([np.ones((len(embedding), 1)), embedding]).astype(np.float32)


def item_features(catalogue: Catalogue, matrix: sparse.csr_array, embedding: Float32) -> Float32:
    """Return all features of titles, float32 [n_items, n_features]: the embedding, popularity, community mean,
    members, episodes, type and genres.
    """
    # Numbers, roughly centred, [n_items] each; an unknown mean becomes the average one.
    frame = catalogue.frame
    popularity = np.log(np.bincount(matrix.indices, minlength=matrix.shape[1]) + 3.0) - 4
    means = frame["mean_rating"].to_numpy(dtype=np.float64)
    unknown = np.isnan(means)
    mean = np.where(unknown, np.mean(means[~unknown]) if not unknown.all() else 7.0, means) - 7
    members = np.log(catalogue.members + 10.0) - 9
    episodes = np.log(np.nan_to_num(frame["episodes"].to_numpy(dtype=np.float64), nan=1.0) + 1) - 1
    # With squares and one product, because the regression on features is linear.
    numbers: list[AnyArray] = [popularity, popularity**2, mean, mean**2, unknown]
    numbers += [members, members**2, mean * members, episodes]
    types = [(frame["type"] == kind).to_numpy() for kind in catalogue.types]
    return np.column_stack([embedding, *numbers, *types, catalogue.genre_matrix]).astype(np.float32)


def watched_regression(
    matrix: sparse.csr_array, embedding: Float32, users: Float32, damping: float, seed: int
) -> Float32:
    """Return Y, the regression of the users' θ on their watched sets, float32 [n_items, 1 + k].

    It is learnt on shortened histories (3, 10 and 30 of the rated titles, 80 % of all), because visitors'
    histories are short, too.
    """
    # Shortened histories, each with a mask of the users who have enough ratings for it.
    random = np.random.default_rng(seed)
    given = explicit(matrix)
    rated = np.diff(given.indptr)
    shortened = [(_seen(given, rank_in_shuffled_row(given, random) < n), rated >= max(n, 10)) for n in SHORT_HISTORIES]
    shortened.append((_seen(matrix, random.random(matrix.nnz) < LONG_SHARE), rated >= 5))
    if not any(enough.any() for _, enough in shortened):
        return np.zeros((matrix.shape[1], users.shape[1]), dtype=np.float32)
    # The embedded watched set, θ and weight of each of these users, for all lengths.
    sets, thetas, weights = [], [], []
    for history, enough in shortened:
        described = history @ embedding / np.maximum(np.diff(history.indptr) + damping, 1)[:, None]
        sets.append(described[enough].astype(np.float32))
        thetas.append(users[enough])
        weights.append(rated[enough].astype(np.float32))
    regression = weighted_ridge(np.concatenate(sets), np.concatenate(thetas), np.concatenate(weights), USER_RIDGE)
    return embedding @ regression


def _seen(matrix: sparse.csr_array, chosen: Bool) -> sparse.csr_array:
    """Return the chosen entries as ones."""
    seen = keep_entries(matrix, chosen)
    seen.data = np.ones_like(seen.data)
    return seen
