"""The peers that AniSVD is compared with. Each is fitted by a call with ``(ratings, seed, **settings)``.

Popularity, damped biases, PureSVD and EASE are a few lines of algebra. ALS and Funk's SVD come from
their best-known libraries, `implicit` and `scikit-surprise`, when these are installed.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..data.scale import RatingScale
from ..numerics.arrays import Float32, Int64
from ..numerics.factor_analysis import damped_biases
from ..numerics.sparse import row_of_entries, with_data
from ..numerics.truncated_svd import truncated_svd

EASE_MIN_COUNT = 5
"""EASE ranks titles that at least this many users list: a matrix of all would be four times as large and no better."""


@dataclass(frozen=True)
class Popularity:
    """The same scores for everybody: how many users liked each title, float32 [n_items]."""

    liked: Float32

    @classmethod
    def fit(cls, ratings: Ratings, seed: int = 0) -> "Popularity":
        """Count the ratings in the upper part of the scale."""
        liked = ratings.scale.liked(ratings.matrix.data)
        counts = np.bincount(ratings.matrix.indices[liked], minlength=ratings.matrix.shape[1])
        return cls(counts.astype(np.float32))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return the counts for every history, float32 [n, n_items]."""
        return np.tile(self.liked, (matrix.shape[0], 1))


@dataclass(frozen=True)
class Biases:
    """``r̂ = μ + b_j + b_u`` with damped means (Koren: Factor in the neighbors, 2010); ``items`` is μ + b_j."""

    items: Float32
    user_damping: float

    @classmethod
    def fit(cls, ratings: Ratings, seed: int = 0, *, item_damping: float, user_damping: float) -> "Biases":
        """Alternate between the damped means of titles and users."""
        rated = explicit(ratings.matrix)
        mean = rated.data.mean()
        items, _ = damped_biases(with_data(rated, rated.data - mean), item_damping, user_damping)
        return cls((items + mean).astype(np.float32), user_damping)

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return ``μ + b_j + b_u``, float32 [n, n_items]."""
        rated = explicit(matrix)
        residuals = np.bincount(row_of_entries(rated), rated.data - self.items[rated.indices], rated.shape[0])
        users = residuals / (np.diff(rated.indptr) + self.user_damping)
        return np.asarray(self.items + users[:, None], dtype=np.float32)

    rank_scores = predict_ratings


@dataclass(frozen=True)
class PureSVD:
    """Truncated SVD of the ratings, zeros for the missing, with scores ``x V Vᵀ``.

    Cremonesi, Koren and Turrin: Performance of recommender algorithms on top-N recommendation tasks, 2010.
    """

    v: Float32

    @classmethod
    def fit(cls, ratings: Ratings, seed: int = 0, *, factors: int) -> "PureSVD":
        """Decompose the explicit ratings."""
        return cls(truncated_svd(explicit(ratings.matrix), factors, seed=seed).v.astype(np.float32))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return ``x V Vᵀ``, float32 [n, n_items]."""
        return np.asarray(explicit(matrix) @ self.v @ self.v.T, dtype=np.float32)


@dataclass(frozen=True)
class EASE:
    """Dense item-item ridge regression with a zero diagonal, on rating weights and scaled columns.

    Steck: Embarrassingly shallow autoencoders for sparse data, 2019.
    """

    columns: Int64
    weights: Float32
    scale: RatingScale
    watched: float

    @classmethod
    def fit(
        cls, ratings: Ratings, seed: int = 0, *, shrinkage: float, watched: float, scaling: float, output: float
    ) -> "EASE":
        """Solve ``C = (AᵀA + λI)⁻¹``, ``W_ij = -C_ij / C_jj``, with a zero diagonal.

        Columns are scaled by ``norm^(scaling - 1)`` before and scores by ``norm^output`` after:
        1 and 0 give EASE as published.
        """
        # The columns of titles that enough users list, and their norms, float64 [n_columns].
        counts = np.bincount(ratings.matrix.indices, minlength=ratings.matrix.shape[1])
        columns = np.flatnonzero(counts >= min(EASE_MIN_COUNT, counts.max()))
        matrix = sparse.csc_array(confidences(ratings.matrix, ratings.scale, watched))[:, columns]
        norms = np.maximum(np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()), 1e-3)
        # AᵀA + λI of the scaled columns, float32 [n_columns, n_columns], and its inverse C.
        column_scales = (norms ** (scaling - 1)).astype(np.float32)
        gram = (matrix.T @ matrix).toarray().astype(np.float32) * column_scales[:, None] * column_scales
        gram[np.diag_indices(len(columns))] += shrinkage
        inverse = np.linalg.inv(gram)
        # W, with the scaling of columns and of scores in it.
        weights = -inverse / np.diag(inverse) * column_scales[:, None] * (norms**output).astype(np.float32)
        np.fill_diagonal(weights, 0.0)
        return cls(columns, weights.astype(np.float32), ratings.scale, watched)

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return scores, float32 [n, n_items]; titles without a column come last."""
        known = sparse.csr_array(confidences(matrix, self.scale, self.watched)[:, self.columns]) @ self.weights
        scores = np.full(matrix.shape, known.min(initial=0.0) - 1, dtype=np.float32)
        scores[:, self.columns] = known
        return scores


class ALS:
    """Weighted alternating least squares by the package ``implicit``.

    Hu, Koren and Volinsky: Collaborative filtering for implicit feedback datasets, 2008.
    """

    def __init__(
        self, ratings: Ratings, seed: int = 0, *, factors: int, regularization: float, alpha: float, iterations: int
    ) -> None:
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        self._scale = ratings.scale
        with threadpool_limits(1, "blas"):  # it has threads of its own
            self._model = AlternatingLeastSquares(
                factors, regularization, alpha, iterations=iterations, random_state=seed, num_threads=0
            )
            self._model.fit(self._confidences(ratings.matrix), show_progress=False)

    def _confidences(self, matrix: sparse.csr_array) -> sparse.csr_matrix:
        return sparse.csr_matrix(confidences(matrix, self._scale, watched=0.5))

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return the products of each history's factors, solved anew, and the titles' factors, float32 [n, n_items]."""
        users = self._model.recalculate_user(np.arange(matrix.shape[0]), self._confidences(matrix))
        return np.asarray(users @ self._model.item_factors.T, dtype=np.float32)


class FunkSVD:
    """Biases and factors by stochastic gradient descent (Funk, 2006), by ``scikit-surprise``, for known users only."""

    def __init__(
        self, ratings: Ratings, seed: int = 0, *, factors: int, epochs: int, learning_rate: float, regularization: float
    ) -> None:
        import pandas as pd
        from surprise import SVD, Dataset, Reader

        rated, scale = sparse.coo_array(explicit(ratings.matrix)), ratings.scale
        frame = pd.DataFrame({"user": rated.row, "title": rated.col, "rating": rated.data})
        reader = Reader(rating_scale=(scale.low, scale.high))
        trainset = Dataset.load_from_df(frame, reader).build_full_trainset()
        svd = SVD(factors, epochs, lr_all=learning_rate, reg_all=regularization, random_state=seed).fit(trainset)
        # Bias and factors [1 + factors] of every user and title, in our order; zeros for those without ratings.
        users = [trainset.to_raw_uid(inner) for inner in range(trainset.n_users)]
        titles = [trainset.to_raw_iid(inner) for inner in range(trainset.n_items)]
        self._users = np.zeros((rated.shape[0], factors + 1), dtype=np.float32)
        self._titles = np.zeros((rated.shape[1], factors + 1), dtype=np.float32)
        self._users[users] = np.c_[svd.bu + trainset.global_mean, svd.pu]
        self._titles[titles] = np.c_[svd.bi, svd.qi]

    def predict_users(self, rows: Int64) -> Float32:
        """Return ``μ + b_u + b_j + p_u · q_j`` for rows of the training matrix, float32 [n, n_items]."""
        users, titles = self._users[rows], self._titles
        return np.asarray(users[:, :1] + titles[:, 0] + users[:, 1:] @ titles[:, 1:].T)


def confidences(matrix: sparse.csr_array, scale: RatingScale, watched: float) -> sparse.csr_array:
    """Return the input of EASE and ALS: ``(r - 4) / 4`` within 0.02..2 for a rating r on the scale 1-10.

    A title that was watched without a rating gets ``watched``.
    """
    weights = np.clip((scale.on_ten(matrix.data) - 4) / 4, 0.02, 2)
    return with_data(matrix, np.where(matrix.data < 0, watched, weights).astype(np.float32))
