import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from core.numerics.mixed_model import linear_prediction


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features [40, 5], groups [40], targets [40, 3] and noise [40], infinite for a quarter of the rows."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(40, 5)) * (random.random((40, 5)) < 0.6)
    groups, noise = random.integers(0, 12, size=40), random.uniform(0.5, 3, size=40)
    noise[random.random(40) < 0.25] = np.inf
    return features, groups, random.normal(size=(40, 3)) + 7, noise


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 2.0]))
def test_prediction_is_the_posterior_mean_of_the_model(seed: int, group_variance: float) -> None:
    features, groups, targets, noise = problem(seed)
    predicted = linear_prediction(sparse.csr_array(features), groups, targets, noise, group_variance)
    # The same by the covariances of all rows: K (K + noise)⁻¹ of the known targets.
    covariance = features @ features.T + group_variance * (groups[:, None] == groups)
    known = np.isfinite(noise)
    mean = np.average(targets[known], axis=0, weights=1 / noise[known])
    system = covariance[np.ix_(known, known)] + np.diag(noise[known])
    expected = mean + covariance[:, known] @ np.linalg.solve(system, targets[known] - mean)
    assert np.allclose(predicted, expected, atol=1e-8)


def test_unknown_targets_do_not_count() -> None:
    features, groups, targets, noise = problem(1)
    changed = np.where(np.isinf(noise)[:, None], 1e6, targets)
    both = [linear_prediction(sparse.csr_array(features), groups, y, noise, 1.0) for y in (targets, changed)]
    assert np.array_equal(*both)


def test_without_known_targets_everything_is_zero() -> None:
    features, groups, targets, noise = problem(2)
    predicted = linear_prediction(sparse.csr_array(features), groups, targets, np.full_like(noise, np.inf), 1.0)
    assert not predicted.any()
