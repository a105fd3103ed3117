"""Regression with correlated errors equals the dense formulas of generalised least squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.numerics.grouped_errors import Groups, grouped_ridge

NUMBERS = st.lists(st.integers(-3, 6), min_size=1, max_size=20)


def correlations(numbers: np.ndarray, correlation: float) -> np.ndarray:
    """Return C: ones on the diagonal, the correlation where group numbers are equal, and zeros."""
    same = numbers[:, None] == numbers
    return np.where(same, correlation, 0.0) + (1 - correlation) * np.eye(len(numbers))


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.sampled_from([0.0, 0.4, 0.9]))
def test_posterior_equals_generalised_least_squares(numbers: list[int], correlation: float) -> None:
    random, group = np.random.default_rng(len(numbers)), np.array(numbers)
    x, y = random.standard_normal((len(group), 3)), random.standard_normal(len(group))
    prior = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    groups = Groups.of(group)
    posterior = grouped_ridge(x, y, groups, correlation, 1.5, np.linalg.inv(prior))
    # The joint distribution of y, β and the effects: conditional expectations by one covariance matrix.
    effects = (group[:, None] == groups.numbers).astype(float)
    covariance_of_y = x @ prior @ x.T + 1.5 * correlations(group, correlation)
    gain = np.linalg.solve(covariance_of_y, np.column_stack([x @ prior, 1.5 * correlation * effects]))
    assert np.allclose(posterior.mean, gain[:, :3].T @ y)
    assert np.allclose(posterior.covariance, prior - prior @ x.T @ gain[:, :3])
    assert np.allclose(posterior.effects, gain[:, 3:].T @ y)


def test_combinations_of_rows_have_independent_errors() -> None:
    group = np.array([4, 1, 4, 4, 9, 1])
    combinations = Groups.of(group).independent(np.eye(6), 0.3)
    assert np.allclose(combinations @ correlations(group, 0.3) @ combinations.T, np.eye(6))


def test_posterior_without_observations_is_the_prior() -> None:
    posterior = grouped_ridge(np.zeros((0, 2)), np.zeros(0), Groups.of(np.zeros(0, int)), 0.4, 1.0, np.diag([0.5, 4]))
    assert posterior.mean == pytest.approx(np.zeros(2))
    assert np.allclose(posterior.covariance, np.diag([2, 0.25]))
    assert len(posterior.effects) == 0
