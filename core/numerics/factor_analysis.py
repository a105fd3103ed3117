"""Factor analysis of a sparse ratings matrix by variational EM. This module knows matrices, not anime.

The model of the rating of item j by user u::

    r_uj = μ + b_j + b_u + w_j·z_u + ε        ε ~ N(0, σ² / a_u),  a_u ~ Gamma(2, 2)
    (b_u, z_u) ~ N(0, diag(υ, 1, …, 1))
    (b_j, w_j) ~ N(Γᵀ g_j, diag(τ))           g_j: features of the item

Alternating least squares takes its estimates as exact. Variational EM keeps their uncertainty and learns
every variance from the data, so there are no regularisation constants (Lim and Teh: Variational Bayesian
approach to movie rating prediction, 2007). The regression of item vectors on features follows Agarwal and
Chen (RLFM, 2009). The precisions a_u make erratic users count less.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .arrays import Float32
from .sparse import row_of_entries, with_data
from .truncated_svd import THREADS, truncated_svd

USERS_PER_BLOCK = 4096
BIAS_SWEEPS, ITEM_DAMPING, USER_DAMPING = 4, 4.0, 3.0
START_ENERGY = 0.07  # share of the residual's variance that the first factors explain
NOISE_SHAPE = 2.0  # of the Gamma distribution of users' precisions
FEATURE_RIDGE = 1e-4
LEAST_NOISE = 1e-4  # share of the residual's variance
LEAST_VARIANCE = 1e-6
FEATURE_COUNT_CAP = 1000  # an item with more ratings weighs no more in the regression


@dataclass(frozen=True)
class FactorAnalysis:
    """Posterior means and learnt variances.

    ``mean`` is μ; ``items`` are ``(b_j, w_j)``, float32 [n_items, 1 + k], predicted from the features for items
    without ratings; ``users`` are ``(b_u, z_u)``, float32 [n_users, 1 + k]. ``noise`` is the mean expected squared
    error of a rating, and ``bias_variance`` is υ, that of users' biases.
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
    """Fit the model to ``ratings``, CSR [n_users, n_items] without other entries, and return it. ``features`` are
    the rows ``g_j``, float32 [n_items, n_features], with a column of ones.
    """
    mean = float(ratings.data.mean())
    fit = _Fit(with_data(ratings, (ratings.data - mean).astype(np.float32)), features, k, seed)
    for iteration in range(iterations):
        fit.update(first=iteration == 0, last=iteration == iterations - 1)
        on_progress((iteration + 1) / iterations)
    return FactorAnalysis(mean, fit.items, fit.users, fit.plain_noise, fit.bias_variance)


class _Symmetric:
    """Symmetric d × d matrices, each packed into one row with its upper triangle."""

    def __init__(self, d: int) -> None:
        self.rows, self.columns = np.triu_indices(d)
        self._d = d

    def outer(self, vectors: Float32) -> Float32:
        """Return ``v vᵀ`` for every row v of [n, d], packed [n, d(d+1)/2]."""
        return vectors[:, self.rows] * vectors[:, self.columns]

    def unpack(self, packed: Float32) -> Float32:
        """Return the full matrices, [n, d, d]."""
        full = np.empty((len(packed), self._d, self._d), dtype=np.float32)
        full[:, self.rows, self.columns] = packed
        full[:, self.columns, self.rows] = packed
        return full


class _Fit:
    """The state of variational EM.

    A centred rating is ``q·t + ε`` with ``q = (b_j, 1, w_j)`` and ``t = (1, b_u, z_u)``, both of length
    d = k + 2. The unknowns of a user are t from component 1 on, those of an item all of q but component 1.
    """

    def __init__(self, ratings: sparse.csr_array, features: Float32, k: int, seed: int) -> None:
        n_users, n_items = ratings.shape
        self.ratings, self.features, self.k = ratings, features, k
        # Facts of the data: ratings per user and item, and Σ r² of every user.
        self.user_counts = np.diff(ratings.indptr)
        self.item_counts = np.bincount(ratings.indices, minlength=n_items)
        row = row_of_entries(ratings)
        self.squares = np.bincount(row, ratings.data.astype(np.float64) ** 2, n_users)
        self.packing = _Symmetric(k + 2)
        self.block_packing = _Symmetric(k + 1)
        self.item_components = np.r_[0, 2 : k + 2]
        # Start with damped biases, and with w_j from the SVD of the residual, scaled to `START_ENERGY`.
        item_biases, user_biases = damped_biases(ratings, ITEM_DAMPING, USER_DAMPING)
        residual = with_data(ratings, ratings.data - item_biases[ratings.indices] - user_biases[row])
        svd = truncated_svd(residual, k, tolerance=1e-4, seed=seed)
        variance = float(residual.data.var()) + 1e-6
        factors = np.zeros((n_items, k))
        factors[:, : svd.v.shape[1]] = svd.v * svd.singular_values
        factors *= np.sqrt(START_ENERGY * variance / max(float((factors**2).sum(axis=1).mean()), 1e-12))
        self.items = np.c_[item_biases, factors].astype(np.float32)
        self.users = np.zeros((n_users, k + 1), dtype=np.float32)
        self.item_covariance = np.zeros((n_items, k + 1, k + 1), dtype=np.float32)
        # Start with the variances τ, σ² and υ that these estimates show, and with a prior mean of zero.
        self.prior = np.zeros_like(self.items)  # Γᵀ g_j
        has_ratings = self.item_counts > 0
        self.item_variances = np.r_[item_biases[has_ratings].var(), (factors**2).mean(axis=0)].astype(np.float32) + 1e-6
        self.noise = self.plain_noise = 0.9 * variance  # σ², and the same as if all a_u were 1
        self.least_noise = LEAST_NOISE * variance
        self.bias_variance = float(user_biases.var()) + 1e-6
        self.precision = np.ones(n_users, dtype=np.float32)  # a_u

    def update(self, first: bool, last: bool) -> None:
        """Update the posterior of all users, then of all items, with the variances that depend on them."""
        # E[q qᵀ] of every item, packed [n_items, d(d+1)/2]: the means' outer product, plus the covariance.
        ones = np.ones((len(self.items), 1), dtype=np.float32)
        q = np.hstack([self.items[:, :1], ones, self.items[:, 1:]])
        moments = self.packing.outer(q)
        unknown = (self.packing.rows != 1) & (self.packing.columns != 1)
        moments[:, unknown] += self.item_covariance[:, self.block_packing.rows, self.block_packing.columns]
        # Posteriors of blocks of users in threads; what they add to the items' equations is summed up.
        starts = range(0, len(self.users), USERS_PER_BLOCK)
        with ThreadPoolExecutor(THREADS) as pool:
            parts = list(pool.map(lambda start: self._update_users(start, q, moments, learn_noise=not first), starts))
        errors, bias_moments = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        pair_sums = self.packing.unpack(np.sum([part[2] for part in parts], axis=0))
        rating_sums = np.sum([part[3] for part in parts], axis=0)
        # σ² and υ: means over ratings and over users who rated. The first errors, without covariances, are too small.
        # Ratings without any noise, say all equal ones, would make them zero.
        self.plain_noise = max(float(errors.sum() / self.user_counts.sum()), self.least_noise)
        if not first:
            self.noise = max(float((self.precision * errors).sum() / self.user_counts.sum()), self.least_noise)
            self.bias_variance = max(float(bias_moments[self.user_counts > 0].mean()), LEAST_VARIANCE)
        self._update_items(pair_sums, rating_sums)
        # Γ by ridge regression of (b_j, w_j) on the features, then τ as E[((b_j, w_j) - Γᵀ g_j)²].
        if not last:
            weights = np.sqrt(np.minimum(self.item_counts, FEATURE_COUNT_CAP)).astype(np.float32)
            self.prior = self.features @ weighted_ridge(self.features, self.items, weights, FEATURE_RIDGE)
        if not first:
            has_ratings = self.item_counts > 0
            variances = np.diagonal(self.item_covariance[has_ratings], axis1=1, axis2=2)
            squares = (self.items[has_ratings] - self.prior[has_ratings]) ** 2
            self.item_variances = np.maximum((squares + variances).mean(axis=0), np.float32(LEAST_VARIANCE))

    def _update_users(
        self, start: int, q: Float32, moments: Float32, learn_noise: bool
    ) -> tuple[Float32, Float32, Float32, Float32]:
        """Update the posterior of a block of n users, and return their squared errors ``E Σ (r - q·t)²`` [n],
        their second moments ``E[b_u²]`` [n], and their part of the sums over users for the items' equations:
        ``Σ a E[t tᵀ]``, packed [n_items, d(d+1)/2], and ``Σ a r t``, [n_items, 1 + k].
        """
        block = slice(start, start + USERS_PER_BLOCK)
        ratings, a = self.ratings[block], self.precision[block, None]
        # Posterior covariance of (b_u, z_u), [n, k + 1, k + 1]: inverse of a/σ² Σ E[q qᵀ] plus 1 / prior variance.
        is_rated = with_data(ratings, np.ones_like(ratings.data))
        moment_sums = self.packing.unpack(is_rated @ moments)
        system = moment_sums[:, 1:, 1:] * (a[:, :, None] / np.float32(self.noise))
        diagonal = np.arange(self.k + 1)
        system[:, diagonal, diagonal] += np.r_[1 / self.bias_variance, np.ones(self.k)].astype(np.float32)
        covariance = np.linalg.inv(system)
        # Posterior means [n, k + 1]. Component 0 of t is the known 1: it moves to the right-hand side.
        right_side = (ratings @ q[:, 1:] - moment_sums[:, 0, 1:]) * (a / np.float32(self.noise))
        means = _times(covariance, right_side)
        self.users[block] = means
        # E Σ (r - q·t)² = Σ r² - 2 Σ r q·t + tᵀ (Σ E[q qᵀ]) t + trace(covariance · Σ E[q qᵀ]), [n].
        t = np.hstack([np.ones((len(means), 1), dtype=np.float32), means])
        errors = (
            self.squares[block]
            - 2 * ((ratings @ q) * t).sum(axis=1)
            + (_times(moment_sums, t) * t).sum(axis=1)
            + (covariance * moment_sums[:, 1:, 1:]).sum(axis=(1, 2))
        ).clip(min=0)
        # Posterior mean of a_u, a Gamma distribution.
        if learn_noise:
            shape = NOISE_SHAPE + self.user_counts[block] / 2
            self.precision[block] = shape / (NOISE_SHAPE + errors / 2 / self.noise)
            a = self.precision[block, None]
        # E[t tᵀ] of every user, packed, and the sums over the users who rated an item.
        pairs = self.packing.outer(t)
        pairs[:, self.packing.rows > 0] += covariance[:, self.block_packing.rows, self.block_packing.columns]
        return (
            errors,
            means[:, 0] ** 2 + covariance[:, 0, 0],
            is_rated.T.tocsr() @ (pairs * a),
            ratings.T.tocsr() @ (t[:, self.item_components] * a),
        )

    def _update_items(self, pair_sums: Float32, rating_sums: Float32) -> None:
        """Update the posterior of all items from ``Σ a E[t tᵀ]`` [n_items, d, d] and ``Σ a r t`` [n_items, 1 + k]."""
        components, noise = self.item_components, np.float32(self.noise)
        # Posterior covariance of (b_j, w_j), [n_items, k + 1, k + 1]: inverse of Σ a E[t tᵀ] / σ² plus 1 / τ.
        system = pair_sums[:, components][:, :, components] / noise
        diagonal = np.arange(self.k + 1)
        system[:, diagonal, diagonal] += 1 / self.item_variances
        halves = np.array_split(system, THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            self.item_covariance = np.concatenate(list(pool.map(np.linalg.inv, halves)))
        # Posterior means. Component 1 of q is the known 1: it moves to the right-hand side.
        right_side = (rating_sums - pair_sums[:, 1][:, components]) / noise + self.prior / self.item_variances
        self.items = _times(self.item_covariance, right_side)


def weighted_ridge(x: Float32, y: Float32, weights: Float32, ridge: float) -> Float32:
    """Return ``argmin_B Σ w ‖y - xB‖² + ridge Σw ‖B‖²``, float32 [n_x, n_y]."""
    weighted = x * weights[:, None]
    system = weighted.T @ x + ridge * weights.sum() * np.eye(x.shape[1], dtype=np.float32)
    return np.linalg.solve(system.astype(np.float64), (weighted.T @ y).astype(np.float64)).astype(np.float32)


def damped_biases(ratings: sparse.csr_array, item_damping: float, user_damping: float) -> tuple[Float32, Float32]:
    """Return the biases of items, float32 [n_items], and of users, float32 [n_users], of centred ratings in CSR
    [n_users, n_items]: in turn damped means of the ratings minus the other side's biases (Koren: Factor in the
    neighbors, 2010).
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
    """Return the product of every matrix of [n, a, b] with its row of [n, b], [n, a]."""
    return np.asarray(np.matmul(matrices, vectors[:, :, None])[:, :, 0])
