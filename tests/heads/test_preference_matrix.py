import numpy as np
import pytest
from scipy import sparse
from small_data import catalogue_of

from core.heads.preference_matrix import recency_weights

TITLES = catalogue_of([{"year": year} for year in (2000.0, 2012.0, 2024.0, np.nan)])


def test_weight_halves_with_the_years_since_the_newest_title() -> None:
    matrix = sparse.csr_array(np.array([[7, 0, 9, 0], [7, 8, 0, 5], [6, 0, 0, 0]], dtype=np.float32))
    weights = recency_weights(matrix, TITLES, 12.0)
    assert weights == pytest.approx(np.array([1, 1 / 2, 1 / 4]) * 12 / 7)
    assert weights.mean() == pytest.approx(1)


def test_users_without_known_years_and_without_titles_weigh_as_much_as_the_average() -> None:
    matrix = sparse.csr_array(np.array([[0, 0, 0, 9], [0, 0, 0, 0], [0, 5, 0, 0]], dtype=np.float32))
    assert recency_weights(matrix, TITLES, 12.0) == pytest.approx(np.ones(3))
    empty = sparse.csr_array((2, 4), dtype=np.float32)
    assert recency_weights(empty, TITLES, 12.0) == pytest.approx(np.ones(2))
