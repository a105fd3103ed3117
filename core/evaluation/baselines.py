"""The peers that AniSVD is measured against, each fitted from `Ratings` by a function with settings.

Popularity, damped biases, PureSVD and EASE are a few lines of algebra; ALS and Funk's SVD come from
the libraries that are best known for them (`implicit` and `scikit-surprise`), when installed.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..data.scale import RatingScale
from ..numerics.arrays import Float32, Int64
from ..numerics.factor_analysis import damped_biases
from ..numerics.sparse import row_of_entries
from ..numerics.truncated_svd import truncated_svd

EASE_MIN_COUNT = 5
"""EASE ranks titles that at least so many users list: a dense matrix of all would be four times as
large and no better.
"""


@dataclass(frozen=True)
class Popularity:
    """How many users liked a title: the same list for everybody. ``liked`` is float32 [n_items]."""

    liked: Float32

    @classmethod
    def fit(cls, ratings: Ratings) -> "Popularity":
        """Count the ratings in the upper part of the scale."""
        liked = ratings.scale.liked(ratings.matrix.data)
        counts = np.bincount(ratings.matrix.indices[liked], minlength=ratings.matrix.shape[1])
        return cls(counts.astype(np.float32))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """The counts, for each history."""
        return np.tile(self.liked, (matrix.shape[0], 1))


@dataclass(frozen=True)
class Biases:
    """``r̂ = μ + b_j + b_u`` with damped means (Koren: Factor in the neighbors, 2010)."""

    items: Float32
    user_damping: float

    @classmethod
    def fit(cls, ratings: Ratings, item_damping: float, user_damping: float) -> "Biases":
        """Alternate between the damped means of titles and users."""
        given = explicit(ratings.matrix)
        mean = given.data.mean()
        centred = sparse.csr_array((given.data - mean, given.indices, given.indptr), shape=given.shape)
        items, _ = damped_biases(centred, item_damping, user_damping)
        return cls((items + mean).astype(np.float32), user_damping)

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """float32 [n, n_items]."""
        given = explicit(matrix)
        row = row_of_entries(given)
        left = np.bincount(row, given.data - self.items[given.indices], given.shape[0])
        users = left / (np.diff(given.indptr) + self.user_damping)
        return np.asarray(self.items + users[:, None], dtype=np.float32)

    rank_scores = predict_ratings


@dataclass(frozen=True)
class PureSVD:
    """Truncated SVD of the ratings with zeros for the missing, scores ``x V Vᵀ`` (Cremonesi, Koren
    and Turrin: Performance of recommender algorithms on top-N recommendation tasks, 2010).
    """

    v: Float32

    @classmethod
    def fit(cls, ratings: Ratings, factors: int, seed: int = 0) -> "PureSVD":
        """Decompose the given ratings as they are."""
        return cls(truncated_svd(explicit(ratings.matrix), factors, seed=seed).v.astype(np.float32))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """float32 [n, n_items]."""
        return np.asarray(explicit(matrix) @ self.v @ self.v.T, dtype=np.float32)


@dataclass(frozen=True)
class EASE:
    """Dense item-item ridge regression with a zero diagonal (Steck: Embarrassingly shallow
    autoencoders for sparse data, 2019), on rating weights and scaled columns.
    """

    columns: Int64
    weights: Float32
    scale: RatingScale
    watched: float

    @classmethod
    def fit(cls, ratings: Ratings, shrinkage: float, watched: float, scaling: float, output: float) -> "EASE":
        """``C = (AᵀA + λI)⁻¹``, ``W_ij = -C_ij / C_jj``, zero diagonal.

        Columns are scaled by ``norm^(scaling - 1)`` before and scores by ``norm^output`` after:
        1 and 0 give EASE as published.
        """
        counts = np.bincount(ratings.matrix.indices, minlength=ratings.matrix.shape[1])
        columns = np.flatnonzero(counts >= min(EASE_MIN_COUNT, counts.max()))
        matrix = sparse.csc_array(confidences(ratings.matrix, ratings.scale, watched))[:, columns]
        norms = np.maximum(np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()), 1e-3)
        scaling_in = (norms ** (scaling - 1)).astype(np.float32)
        gram = (matrix.T @ matrix).toarray().astype(np.float32) * scaling_in[:, None] * scaling_in
        gram[np.diag_indices(len(columns))] += shrinkage
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse) * scaling_in[:, None] * (norms**output).astype(np.float32)
        np.fill_diagonal(weights, 0.0)
        return cls(columns, weights.astype(np.float32), ratings.scale, watched)

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """float32 [n, n_items]; titles that EASE doesn't know come last."""
        known = sparse.csr_array(confidences(matrix, self.scale, self.watched)[:, self.columns]) @ self.weights
        scores = np.full(matrix.shape, known.min(initial=0.0) - 1, dtype=np.float32)
        scores[:, self.columns] = known
        return scores


class ALS:
    """Weighted alternating least squares (Hu, Koren and Volinsky: Collaborative filtering for
    implicit feedback datasets, 2008) by the package ``implicit``.
    """

    def __init__(
        self, ratings: Ratings, factors: int, regularization: float, alpha: float, iterations: int, seed: int = 0
    ) -> None:
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        self._scale = ratings.scale
        with threadpool_limits(1, "blas"):  # it has threads of its own
            self._model = AlternatingLeastSquares(
                factors, regularization, alpha, iterations=iterations, random_state=seed, num_threads=0
            )
            self._model.fit(self._weighted(ratings.matrix), show_progress=False)

    def _weighted(self, matrix: sparse.csr_array) -> sparse.csr_matrix:
        return sparse.csr_matrix(confidences(matrix, self._scale, watched=0.5))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """float32 [n, n_items]: each history's factors solved anew, times those of the titles."""
        users = self._model.recalculate_user(np.arange(matrix.shape[0]), self._weighted(matrix))
        return np.asarray(users @ self._model.item_factors.T, dtype=np.float32)


class FunkSVD:
    """Biases and factors by stochastic gradient descent (Funk, 2006) by ``scikit-surprise``: knows
    only the users it was trained on.
    """

    def __init__(
        self, ratings: Ratings, factors: int, epochs: int, learning_rate: float, regularization: float, seed: int = 0
    ) -> None:
        import pandas as pd
        from surprise import SVD, Dataset, Reader

        given = sparse.coo_array(explicit(ratings.matrix))
        frame = pd.DataFrame({"user": given.row, "title": given.col, "rating": given.data})
        trainset = Dataset.load_from_df(
            frame, Reader(rating_scale=(ratings.scale.low, ratings.scale.high))
        ).build_full_trainset()
        fitted = SVD(factors, epochs, lr_all=learning_rate, reg_all=regularization, random_state=seed).fit(trainset)
        (n_users, n_items), mean = given.shape, trainset.global_mean
        users = np.array([trainset.to_raw_uid(inner) for inner in range(trainset.n_users)])
        titles = np.array([trainset.to_raw_iid(inner) for inner in range(trainset.n_items)])
        self._users = np.zeros((n_users, factors + 1), dtype=np.float32)
        self._titles = np.zeros((n_items, factors + 1), dtype=np.float32)
        self._users[users] = np.c_[fitted.bu + mean, fitted.pu]
        self._titles[titles] = np.c_[fitted.bi, fitted.qi]

    def predict_users(self, rows: Int64) -> Float32:
        """float32 [n, n_items] for rows of the training matrix."""
        users, titles = self._users[rows], self._titles
        return np.asarray(users[:, :1] + titles[:, 0] + users[:, 1:] @ titles[:, 1:].T)


def confidences(matrix: sparse.csr_array, scale: RatingScale, watched: float) -> sparse.csr_array:
    """What EASE and ALS take for a rating: on the scale 1-10 ``(r - 4) / 4`` within 0.02..2, and
    ``watched`` for a title that was watched and not rated.
    """
    r = scale.on_ten(matrix.data)
    values = np.where(matrix.data < 0, watched, np.clip((r - 4) / 4, 0.02, 2)).astype(np.float32)
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
