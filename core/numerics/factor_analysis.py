"""Factor analysis of a sparse ratings matrix by variational EM. Matrices only: no anime in here.

The model of every rating that user u gave to item j::

    r_uj = μ + b_j + b_u + w_j·z_u + ε        ε ~ N(0, σ² / a_u),  a_u ~ Gamma(2, 2)
    (b_u, z_u) ~ N(0, diag(υ, 1, …, 1))
    (b_j, w_j) ~ N(Γᵀ g_j, diag(τ))           g_j: what else is known of the item

Where alternating least squares takes its own estimates for the truth, variational EM carries
their uncertainty along, and learns each variance from the data in place of regularisation
constants (Lim and Teh: Variational Bayesian approach to movie rating prediction, 2007). The
regression of item vectors on features is that of Agarwal and Chen (RLFM, 2009). User noise lets
erratic users count less.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .arrays import Float32
from .sparse import row_of_entries
from .truncated_svd import THREADS, truncated_svd

USERS_PER_BLOCK = 4096
BIAS_SWEEPS, ITEM_DAMPING, USER_DAMPING = 4, 4.0, 3.0
START_ENERGY = 0.07  # share of the residual's variance that the first factors explain
NOISE_SHAPE = 2.0  # of the Gamma distribution of users' precisions
FEATURE_RIDGE = 1e-4
FEATURE_COUNT_CAP = 1000  # an item with more ratings weighs no more in the regression


@dataclass(frozen=True)
class FactorAnalysis:
    """Posterior means, and the variances learnt.

    Attributes
    ----------
    mean
        μ, the mean of all ratings.
    items
        ``(b_j, w_j)``, float32 [n_items, 1 + k]; items without ratings have what their features say.
    users
        ``(b_u, z_u)``, float32 [n_users, 1 + k].
    noise
        Expected squared error of a rating, all users alike.
    bias_variance
        υ, the variance of users' biases.
    """

    mean: float
    items: Float32
    users: Float32
    noise: float
    bias_variance: float


def analyse(
    ratings: sparse.csr_array,
    features: Float32,
    k: int,
    iterations: int,
    seed: int,
    on_progress: Callable[[float], None] = lambda done: None,
) -> FactorAnalysis:
    """Fit the model above.

    Parameters
    ----------
    ratings
        CSR [n_users, n_items]; every stored value is a rating.
    features
        ``g_j``, float32 [n_items, n_features], with a column of ones.
    """
    mean = float(ratings.data.mean())
    centred = sparse.csr_array(
        ((ratings.data - mean).astype(np.float32), ratings.indices, ratings.indptr), shape=ratings.shape
    )
    fit = _Fit(centred, features, k, seed)
    for iteration in range(iterations):
        fit.update(first=iteration == 0, last=iteration == iterations - 1)
        on_progress((iteration + 1) / iterations)
    return FactorAnalysis(mean, fit.items, fit.users, fit.plain_noise, fit.bias_variance)


class _Symmetric:
    """Symmetric d × d matrices, stored as rows of their upper triangles."""

    def __init__(self, d: int) -> None:
        self.rows, self.columns = np.triu_indices(d)
        self._d = d

    def outer(self, vectors: Float32) -> Float32:
        """``v vᵀ`` of each row of [n, d], packed."""
        return vectors[:, self.rows] * vectors[:, self.columns]

    def unpack(self, packed: Float32) -> Float32:
        """[n, d, d]."""
        full = np.empty((len(packed), self._d, self._d), dtype=np.float32)
        full[:, self.rows, self.columns] = packed
        full[:, self.columns, self.rows] = packed
        return full


class _Fit:
    """The state of variational EM.

    A rating is ``q·t`` with ``q = (b_j, 1, w_j)`` and ``t = (1, b_u, z_u)``, d = k + 2 long: users
    are unknown from position 1 on, items everywhere but at position 1.
    """

    def __init__(self, ratings: sparse.csr_array, features: Float32, k: int, seed: int) -> None:
        n_users, n_items = ratings.shape
        self.ratings, self.features, self.k = ratings, features, k
        self.user_counts = np.diff(ratings.indptr)
        self.item_counts = np.bincount(ratings.indices, minlength=n_items)
        self.row = row_of_entries(ratings)
        self.squares = np.bincount(self.row, ratings.data.astype(np.float64) ** 2, n_users)
        self.packing = _Symmetric(k + 2)
        self.block_packing = _Symmetric(k + 1)
        self.of_item = np.r_[0, 2 : k + 2]
        item_biases, user_biases = damped_biases(ratings, ITEM_DAMPING, USER_DAMPING)
        left = sparse.csr_array(
            (ratings.data - item_biases[ratings.indices] - user_biases[self.row], ratings.indices, ratings.indptr),
            shape=ratings.shape,
        )
        svd = truncated_svd(left, k, tolerance=1e-4, seed=seed)
        variance = float(left.data.var()) + 1e-6
        factors = np.zeros((n_items, k))
        factors[:, : svd.v.shape[1]] = svd.v * svd.singular_values
        factors *= np.sqrt(START_ENERGY * variance / max(float((factors**2).sum(axis=1).mean()), 1e-12))
        self.items = np.c_[item_biases, factors].astype(np.float32)
        self.users = np.zeros((n_users, k + 1), dtype=np.float32)
        self.item_covariance = np.zeros((n_items, k + 1, k + 1), dtype=np.float32)
        self.prior = np.zeros_like(self.items)
        seen = self.item_counts > 0
        self.item_variances = np.r_[item_biases[seen].var(), (factors**2).mean(axis=0)].astype(np.float32) + 1e-6
        self.noise = self.plain_noise = 0.9 * variance
        self.bias_variance = float(user_biases.var()) + 1e-6
        self.precision = np.ones(n_users, dtype=np.float32)  # a_u

    def update(self, first: bool, last: bool) -> None:
        """One step for all users, then one for all items, then for the variances."""
        ones = np.ones((len(self.items), 1), dtype=np.float32)
        q = np.hstack([self.items[:, :1], ones, self.items[:, 1:]])
        moments = self.packing.outer(q)
        inside = (self.packing.rows != 1) & (self.packing.columns != 1)
        moments[:, inside] += self.item_covariance[:, self.block_packing.rows, self.block_packing.columns]
        starts = range(0, len(self.users), USERS_PER_BLOCK)
        with ThreadPoolExecutor(THREADS) as pool:
            parts = list(pool.map(lambda start: self._update_users(start, q, moments, learn_noise=not first), starts))
        errors, bias_moments = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
        pairs = self.packing.unpack(np.sum([part[2] for part in parts], axis=0))
        right = np.sum([part[3] for part in parts], axis=0)
        active = self.user_counts > 0
        self.plain_noise = float(errors.sum() / self.user_counts.sum())
        if not first:
            self.noise = float((self.precision * errors).sum() / self.user_counts.sum())
            self.bias_variance = float(bias_moments[active].mean())
        self._update_items(pairs, right)
        if not last:
            weights = np.sqrt(np.minimum(self.item_counts, FEATURE_COUNT_CAP)).astype(np.float32)
            self.prior = self.features @ weighted_ridge(self.features, self.items, weights, FEATURE_RIDGE)
        if not first:
            seen = self.item_counts > 0
            variances = np.diagonal(self.item_covariance[seen], axis1=1, axis2=2)
            self.item_variances = ((self.items[seen] - self.prior[seen]) ** 2 + variances).mean(axis=0)

    def _update_users(
        self, start: int, q: Float32, moments: Float32, learn_noise: bool
    ) -> tuple[Float32, Float32, Float32, Float32]:
        """The posterior of a block of users. Returns their squared errors and second moments of
        the bias, both [n], and what they add to the items' equations: ``Σ a t tᵀ`` packed
        [n_items, d(d+1)/2] and ``Σ a r t`` [n_items, 1 + k].
        """
        block = slice(start, start + USERS_PER_BLOCK)
        ratings, a = self.ratings[block], self.precision[block, None]
        given = sparse.csr_array((np.ones_like(ratings.data), ratings.indices, ratings.indptr), shape=ratings.shape)
        products = self.packing.unpack(given @ moments)
        system = products[:, 1:, 1:] * (a[:, :, None] / np.float32(self.noise))
        diagonal = np.arange(self.k + 1)
        system[:, diagonal, diagonal] += np.r_[1 / self.bias_variance, np.ones(self.k)].astype(np.float32)
        covariance = np.linalg.inv(system)
        right = (ratings @ q[:, 1:] - products[:, 0, 1:]) * (a / np.float32(self.noise))
        means = _times(covariance, right)
        t = np.hstack([np.ones((len(means), 1), dtype=np.float32), means])
        errors = (
            self.squares[block]
            - 2 * ((ratings @ q) * t).sum(axis=1)
            + (_times(products, t) * t).sum(axis=1)
            + (covariance * products[:, 1:, 1:]).sum(axis=(1, 2))
        )
        if learn_noise:
            counts = self.user_counts[block]
            learnt = (NOISE_SHAPE + counts / 2) / (NOISE_SHAPE + errors / 2 / self.noise)
            self.precision[block] = learnt
            a = self.precision[block, None]
        self.users[block] = means
        pairs = self.packing.outer(t)
        pairs[:, self.packing.rows > 0] += covariance[:, self.block_packing.rows, self.block_packing.columns]
        columns = given.T.tocsr()
        return (
            errors,
            means[:, 0] ** 2 + covariance[:, 0, 0],
            columns @ (pairs * a),
            ratings.T.tocsr() @ (t[:, self.of_item] * a),
        )

    def _update_items(self, pairs: Float32, right: Float32) -> None:
        """The posterior of all items, given ``Σ a t tᵀ`` [n_items, d, d] and ``Σ a r t``."""
        at, noise = self.of_item, np.float32(self.noise)
        system = pairs[:, at][:, :, at] / noise
        diagonal = np.arange(self.k + 1)
        system[:, diagonal, diagonal] += 1 / self.item_variances
        halves = np.array_split(system, THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            self.item_covariance = np.concatenate(list(pool.map(np.linalg.inv, halves)))
        # Position 1 of q is the known 1: it moves to the right-hand side.
        known = (right - pairs[:, 1][:, at]) / noise + self.prior / self.item_variances
        self.items = _times(self.item_covariance, known)


def weighted_ridge(x: Float32, y: Float32, weights: Float32, ridge: float) -> Float32:
    """``argmin_B Σ w ‖y - xB‖² + ridge Σw ‖B‖²``, float32 [n_x, n_y]."""
    weighted = x * weights[:, None]
    system = weighted.T @ x + ridge * weights.sum() * np.eye(x.shape[1], dtype=np.float32)
    return np.linalg.solve(system.astype(np.float64), (weighted.T @ y).astype(np.float64)).astype(np.float32)


def damped_biases(ratings: sparse.csr_array, item_damping: float, user_damping: float) -> tuple[Float32, Float32]:
    """Alternating damped means of what the other side leaves (Koren: Factor in the neighbors, 2010).

    ``ratings`` is CSR [n_users, n_items], centred. Returns float32 [n_items] and float32 [n_users].
    """
    n_users, n_items = ratings.shape
    user_counts, item_counts = np.diff(ratings.indptr), np.bincount(ratings.indices, minlength=n_items)
    row = row_of_entries(ratings)
    items, users = np.zeros(n_items), np.zeros(n_users)
    for _ in range(BIAS_SWEEPS):
        items = np.bincount(ratings.indices, ratings.data - users[row], n_items) / (item_counts + item_damping)
        users = np.bincount(row, ratings.data - items[ratings.indices], n_users) / (user_counts + user_damping)
    return items.astype(np.float32), users.astype(np.float32)


def _times(matrices: Float32, vectors: Float32) -> Float32:
    """Row by row: [n, a, b] times [n, b] -> [n, a]."""
    return np.asarray(np.matmul(matrices, vectors[:, :, None])[:, :, 0])
