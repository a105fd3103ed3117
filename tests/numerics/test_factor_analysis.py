"""Variational EM recovers the model that ratings were drawn from, and does what dense formulas say."""

import numpy as np
import pytest
from scipy import sparse

from core.numerics.factor_analysis import FactorAnalysis, analyse


def drawn(correlation: float, seed: int = 3) -> sparse.csr_array:
    """Return ratings of 1,500 users, half of them missing, by a factor that is correlated with the users' biases."""
    random = np.random.default_rng(seed)
    users = random.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 1500)
    loadings = 0.5 + random.random(60)
    matrix = 7 + random.standard_normal((1, 60)) + users[:, :1] + users[:, 1:] * loadings * (-1) ** np.arange(60)
    matrix += 0.5 * random.standard_normal(matrix.shape)
    matrix[random.random(matrix.shape) < 0.5] = 0
    return sparse.csr_array(matrix)


def fitted(ratings: sparse.csr_array, k: int, iterations: int = 12) -> FactorAnalysis:
    return analyse(ratings, np.ones((ratings.shape[1], 1), np.float32), k, iterations, seed=0)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.6])
def test_correlation_of_biases_and_factors_is_recovered(correlation: float) -> None:
    covariance = fitted(drawn(correlation), 1).covariance
    assert covariance[1, 1] == pytest.approx(1)
    # The sign of a factor is arbitrary.
    assert abs(covariance[0, 1]) / np.sqrt(covariance[0, 0]) == pytest.approx(abs(correlation), abs=0.1)


def test_factors_are_scaled_such_that_users_have_unit_covariance() -> None:
    result = fitted(drawn(0.4), 2)
    assert np.allclose(result.covariance[1:, 1:], np.eye(2))
    assert np.linalg.eigvalsh(result.covariance).min() > 0
    # Of the bias and of the factor that there is: half of the ratings are missing, but tell nearly all.
    assert np.square(result.users).mean(axis=0)[:2] == pytest.approx(np.diag(result.covariance)[:2], rel=0.15)


def test_items_without_ratings_are_predicted_by_their_features() -> None:
    ratings = drawn(0.0).tolil()
    ratings[:, 7] = 0
    ratings = sparse.csr_array(ratings.tocsr())
    ratings.eliminate_zeros()
    others = np.arange(60) != 7
    features = np.ones((60, 2), dtype=np.float32)
    features[:, 1] = (-1.0) ** np.arange(60)
    result = analyse(ratings, features, 1, 8, seed=0)
    same = others & (features[:, 1] == features[7, 1])
    # A feature separates loadings of either sign, so the title's own is that of titles with the same sign.
    assert result.items[7, 1] == pytest.approx(result.items[same, 1].mean(), rel=0.1)
    assert np.sign(result.items[7, 1]) != np.sign(result.items[others & ~same, 1].mean())


def test_noise_and_mean_are_recovered() -> None:
    random = np.random.default_rng(1)
    users, items = random.standard_normal((400, 2)), random.standard_normal((80, 2))
    # Ratings by two factors, a bias of each title and noise of variance 0.25; half of them are missing, [400, 80].
    matrix = 7 + random.standard_normal((1, 80)) + users @ items.T + 0.5 * random.standard_normal((400, 80))
    matrix[random.random(matrix.shape) < 0.5] = 0
    fitted = analyse(sparse.csr_array(matrix), np.ones((80, 1), np.float32), 2, 12, seed=0)
    assert fitted.noise == pytest.approx(0.25, rel=0.15)
    assert fitted.mean == pytest.approx(matrix[matrix != 0].mean())
