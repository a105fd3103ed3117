"""Factor analysis of a sparse ratings matrix by variational EM. This module knows matrices, not anime.

The model of the rating of item j by user u::

    r_uj = μ + b_j + b_u + w_j·z_u + ε        ε ~ N(0, σ² / a_u),  a_u ~ Gamma(2, 2)
    (b_u, z_u) ~ N(0, P)
    (b_j, w_j) ~ N(Γᵀ g_j, diag(τ))           g_j: features of the item

Alternating least squares takes its estimates as exact. Variational EM keeps their uncertainty and learns
every variance from the data, so there are no regularisation constants (Lim and Teh: Variational Bayesian
approach to movie rating prediction, 2007). The regression of item vectors on features follows Agarwal and
Chen (RLFM, 2009). The precisions a_u make erratic users count less.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .arrays import Float32, Float64
from .sparse import row_of_entries, with_data
from .symmetric import Packing, inverses
from .truncated_svd import THREADS, truncated_svd

USERS_PER_CHUNK = 4096  # the moments of so many users are in memory together
ROWS_PER_BLOCK = 128  # so many matrices fit into the cache
BIAS_SWEEPS, ITEM_DAMPING, USER_DAMPING = 4, 4.0, 3.0
START_ENERGY = 0.07  # share of the residual's variance that the first factors explain
START_TOLERANCE = 1e-2
RELAXATION = 1.7
"""Items go so many times as far as EM would move them: successive over-relaxation (Young, 1954), which diverges from 2
on. On anime ratings 5 iterations reach the RMSE of 7 without it, and 7 that of 12."""
NOISE_SHAPE = 2.0  # of the Gamma distribution of users' precisions
FEATURE_RIDGE = 1e-4
LEAST_NOISE = 1e-2  # share of the residual's variance
LEAST_VARIANCE = 1e-6
FEATURE_COUNT_CAP = 1000  # an item with more ratings weighs no more in the regression


@dataclass(frozen=True)
class FactorAnalysis:
    """Posterior means and learnt variances.

    ``mean`` is μ; ``items`` are ``(b_j, w_j)``, float32 [n_items, 1 + k], predicted from the features for items without
    ratings; ``users`` are ``(b_u, z_u)``, float32 [n_users, 1 + k]. ``noise`` is the mean expected squared error of a
    rating, and ``covariance`` is P, float64 [1 + k, 1 + k], with factors scaled such that its block of z_u is I.
    """

    mean: float
    items: Float32
    users: Float32
    noise: float
    covariance: Float64


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
    rated = np.unique(ratings.indices)
    centred = with_data(ratings, (ratings.data - mean).astype(np.float32))
    fit = _Fit(centred[:, rated], features[rated], k, seed)
    for iteration in range(iterations):
        fit.update(first=iteration == 0, last=iteration == iterations - 1)
        on_progress((iteration + 1) / iterations)
    items = features @ fit.regression
    items[rated] = fit.items
    # If z_u has the covariance L Lᵀ, the factors Lᵀw_j and L⁻¹z_u, with the covariance I, make the same model.
    scale = np.eye(k + 1)
    scale[1:, 1:] = np.linalg.cholesky(fit.covariance[1:, 1:])
    inverse = np.linalg.inv(scale)
    items, users = (items @ scale).astype(np.float32), (fit.users @ inverse.T).astype(np.float32)
    return FactorAnalysis(mean, items, users, fit.plain_noise, inverse @ fit.covariance @ inverse.T)


class _Chunk(NamedTuple):
    """The ratings of some users, whose rows are ``users``, by user and by item."""

    users: slice
    by_user: sparse.csr_array
    by_item: sparse.csr_array


class _Sums(NamedTuple):
    """What the users tell: their squared errors ``E Σ (r - q·t)²`` [n_users], the second moments of (b_u, z_u) summed
    over users who rated, [k + 1, k + 1], and sums over users for the items' equations: ``Σ a E[t tᵀ]``, packed
    [n_items, d(d+1)/2], and ``Σ a r t``, [n_items, 1 + k].
    """

    errors: Float64
    second_moments: Float64
    pairs: Float32
    ratings: Float32


class _Fit:
    """The state of variational EM.

    A centred rating is ``q·t + ε`` with ``q = (b_j, 1, w_j)`` and ``t = (1, b_u, z_u)``, both of length
    d = k + 2. The unknowns of a user are t from component 1 on, those of an item all of q but component 1.
    ``E[q qᵀ]`` and ``E[t tᵀ]`` are packed: see `core.numerics.symmetric`. Every item has ratings.
    """

    def __init__(self, ratings: sparse.csr_array, features: Float32, k: int, seed: int) -> None:
        n_users, n_items = ratings.shape
        self.features, self.packing = features, Packing(k + 2)
        self.item_components = np.r_[0, 2 : k + 2]
        # Facts of the data: ratings per user and item, and Σ r² of every user.
        self.user_counts = np.diff(ratings.indptr)
        self.item_counts = np.bincount(ratings.indices, minlength=n_items)
        row = row_of_entries(ratings)
        self.squares = np.bincount(row, ratings.data.astype(np.float64) ** 2, n_users)
        parts = [(chunk, ratings[chunk]) for chunk in _slices(n_users, USERS_PER_CHUNK)]
        self.chunks = [_Chunk(users, part, part.T.tocsr()) for users, part in parts]
        # Start with damped biases, and with w_j from the SVD of the residual, scaled to `START_ENERGY`.
        item_biases, user_biases = damped_biases(ratings, ITEM_DAMPING, USER_DAMPING)
        residual = with_data(ratings, ratings.data - item_biases[ratings.indices] - user_biases[row])
        svd = truncated_svd(residual, k, tolerance=START_TOLERANCE, seed=seed)
        variance = float(residual.data.var()) + 1e-6
        factors = np.zeros((n_items, k))
        factors[:, : svd.v.shape[1]] = svd.v * svd.singular_values
        factors *= np.sqrt(START_ENERGY * variance / max(float((factors**2).sum(axis=1).mean()), 1e-12))
        self.items = np.c_[item_biases, factors].astype(np.float32)
        self.users = np.zeros((n_users, k + 1), dtype=np.float32)
        # E[q qᵀ] of every item, packed [n_items, d(d+1)/2]: at first without covariances.
        self.item_moments = np.empty((n_items, self.packing.size), dtype=np.float32)
        for block in _slices(n_items, ROWS_PER_BLOCK):
            self.item_moments[block] = self.packing.pack(_outer(self._q(block)))
        # Start with the variances τ, σ² and P that these estimates show, and with a prior mean of zero.
        self.regression = np.zeros((features.shape[1], k + 1), dtype=np.float32)  # Γ
        self.item_variances = np.r_[item_biases.var(), (factors**2).mean(axis=0)].astype(np.float32) + 1e-6
        self.noise = self.plain_noise = 0.9 * variance  # σ², and the same as if all a_u were 1
        self.least_noise = LEAST_NOISE * variance
        self.covariance = np.diag(np.r_[float(user_biases.var()) + 1e-6, np.ones(k)])
        self.precision = np.ones(n_users, dtype=np.float32)  # a_u

    def update(self, first: bool, last: bool) -> None:
        """Update the posterior of all users, then of all items, with the variances that depend on them."""
        sums = _Sums(
            errors=np.zeros(len(self.users)),
            second_moments=np.zeros_like(self.covariance),
            pairs=np.zeros_like(self.item_moments),
            ratings=np.zeros_like(self.items),
        )
        with ThreadPoolExecutor(THREADS) as pool:
            q, prior_precision = self._q(slice(None)), np.linalg.inv(self.covariance).astype(np.float32)
            for chunk in self.chunks:
                self._update_chunk(chunk, sums, q, prior_precision, pool, learn_noise=not first)
            # σ² and P: means over ratings and over users who rated. The first errors, without covariances, are too
            # small. Ratings without any noise, say all equal ones, would make the variances zero.
            self.plain_noise = max(float(sums.errors.sum() / self.user_counts.sum()), self.least_noise)
            if not first:
                errors = float((self.precision * sums.errors).sum())
                self.noise = max(errors / float(self.user_counts.sum()), self.least_noise)
                self.covariance = sums.second_moments / np.count_nonzero(self.user_counts)
                self.covariance[0, 0] += LEAST_VARIANCE
            prior, step = self.features @ self.regression, 1.0 if first or last else RELAXATION
            blocks = _slices(len(self.items), ROWS_PER_BLOCK)
            variances = pool.map(lambda items: self._update_items(items, sums, prior[items], step), blocks)
            item_variances = np.concatenate(list(variances))
        # Γ by ridge regression of (b_j, w_j) on the features, then τ as E[((b_j, w_j) - Γᵀ g_j)²].
        if not last:
            weights = np.sqrt(np.minimum(self.item_counts, FEATURE_COUNT_CAP)).astype(np.float32)
            self.regression = weighted_ridge(self.features, self.items, weights, FEATURE_RIDGE)
        if not first:
            squares = (self.items - self.features @ self.regression) ** 2
            self.item_variances = np.maximum((squares + item_variances).mean(axis=0), np.float32(LEAST_VARIANCE))

    def _q(self, items: slice) -> Float32:
        """Return q of some items, [n, d]."""
        b, w = self.items[items, :1], self.items[items, 1:]
        return np.hstack([b, np.ones_like(b), w])

    def _update_chunk(
        self,
        chunk: _Chunk,
        sums: _Sums,
        q: Float32,
        prior_precision: Float32,
        pool: ThreadPoolExecutor,
        learn_noise: bool,
    ) -> None:
        """Update the posterior of a chunk of users, and add what they tell to the sums."""
        # Posteriors of blocks of users, and their a E[t tᵀ], packed [n, d(d+1)/2].
        moments = np.empty((chunk.by_user.shape[0], self.packing.size), dtype=np.float32)

        def update_users(block: slice) -> Float64:
            users = slice(chunk.users.start + block.start, chunk.users.start + block.stop)
            moments[block], sums.errors[users], second_moments = self._update_users(
                chunk.by_user[block], users, q, prior_precision, learn_noise
            )
            return second_moments

        sums.second_moments[:] += sum(pool.map(update_users, _slices(len(moments), ROWS_PER_BLOCK)))
        # The sums over the users who rated an item, for blocks of items.
        b_and_z, a = self.users[chunk.users], self.precision[chunk.users, None]
        t = np.hstack([np.ones_like(a), b_and_z[:, 1:]]) * a

        def add_to_items(items: slice) -> None:
            ratings = chunk.by_item[items]
            sums.pairs[items] += with_data(ratings, np.ones_like(ratings.data)) @ moments
            sums.ratings[items] += ratings @ t

        list(pool.map(add_to_items, _slices(len(self.items), ROWS_PER_BLOCK)))

    def _update_users(
        self, ratings: sparse.csr_array, users: slice, q: Float32, prior_precision: Float32, learn_noise: bool
    ) -> tuple[Float32, Float64, Float64]:
        """Update the posterior of a block of n users with these ratings, and return ``a E[t tᵀ]`` of each, packed
        [n, d(d+1)/2], with the first two of `_Sums`.
        """
        # Posterior covariance of (b_u, z_u), [n, k + 1, k + 1]: inverse of a/σ² Σ E[q qᵀ] plus P⁻¹.
        signal = (self.precision[users] / np.float32(self.noise))[:, None]
        sums = self.packing.unpack(with_data(ratings, np.ones_like(ratings.data)) @ self.item_moments)
        covariance = inverses(np.asarray(sums[:, 1:, 1:] * signal[:, :, None] + prior_precision, dtype=np.float32))
        # Posterior means [n, k + 1]. Component 0 of t is the known 1: it moves to the right-hand side.
        products = ratings @ q
        right_side = products[:, 1:] - sums[:, 0, 1:]
        means = self.users[users] = _times(covariance, right_side * signal)
        # E Σ (r - q·t)² = Σ (r - b_j)² - 2 right·mean + trace(A E[θ θᵀ]), [n], for θ = (b_u, z_u) and A = Σ E[q qᵀ].
        # As (a/σ² A + P⁻¹) mean = a/σ² right, the trace is right·mean + (k + 1 - trace(P⁻¹ E[θ θᵀ])) σ²/a.
        second_moments = covariance + _outer(means)
        known = second_moments.reshape(len(means), -1) @ prior_precision.ravel()
        errors = self.squares[users] - 2 * products[:, 0] + sums[:, 0, 0] - (right_side * means).sum(axis=1)
        errors = (errors + (means.shape[1] - known) / signal[:, 0]).clip(min=0)
        # Posterior mean of a_u, a Gamma distribution.
        if learn_noise:
            shape = NOISE_SHAPE + self.user_counts[users] / 2
            self.precision[users] = shape / (NOISE_SHAPE + errors / 2 / self.noise)
        # a E[t tᵀ], in place of Σ E[q qᵀ].
        sums[:, 0, 0], sums[:, 0, 1:], sums[:, 1:, 1:] = 1, means, second_moments
        moments = self.packing.pack(sums) * self.precision[users, None]
        return moments, errors, second_moments[self.user_counts[users] > 0].sum(axis=0, dtype=np.float64)

    def _update_items(self, items: slice, sums: _Sums, prior: Float32, step: float) -> Float32:
        """Update the posterior of a block of n items with the prior means Γᵀ g_j, [n, k + 1], and return the variances
        of (b_j, w_j), [n, k + 1].
        """
        # Posterior covariance of (b_j, w_j), [n, k + 1, k + 1]: inverse of Σ a E[t tᵀ] / σ² plus 1 / τ.
        unknown, noise = self.item_components, np.float32(self.noise)
        pairs = self.packing.unpack(sums.pairs[items])
        system = pairs[:, unknown[:, None], unknown] / noise + np.diag(1 / self.item_variances)
        covariance = inverses(np.asarray(system, dtype=np.float32))
        # Posterior means. Component 1 of q is the known 1: it moves to the right-hand side.
        right_side = (sums.ratings[items] - pairs[:, 1, unknown]) / noise + prior / self.item_variances
        self.items[items] += np.float32(step) * (_times(covariance, right_side) - self.items[items])
        # E[q qᵀ]: the outer product of the means, plus the covariance.
        moments = _outer(self._q(items))
        moments[:, unknown[:, None], unknown] += covariance
        self.item_moments[items] = self.packing.pack(moments)
        return np.diagonal(covariance, axis1=1, axis2=2)


def _slices(n: int, length: int) -> list[slice]:
    """Return n rows in blocks of some length."""
    return [slice(start, min(start + length, n)) for start in range(0, n, length)]


def _outer(vectors: Float32) -> Float32:
    """Return ``v vᵀ`` for every row v of [n, d], [n, d, d]."""
    return vectors[:, :, None] * vectors[:, None, :]


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
