import numpy as np
import pytest
from scipy import sparse
from small_data import catalogue_of

from core.heads.preference_matrix import recency_weights, share_begun

YEARS = (2000.0, 2012.0, 2024.0, np.nan)
TITLES = catalogue_of([{"year": year} for year in YEARS])


def users(*newest: int) -> sparse.csr_array:
    """Return users whose newest titles are these columns; each has also seen the first and the last title."""
    matrix = np.zeros((len(newest), len(YEARS)), dtype=np.float32)
    matrix[:, [0, 3]] = 7
    matrix[np.arange(len(newest)), newest] = 8
    return sparse.csr_array(matrix)


def test_users_of_the_past_weigh_less_the_fewer_users_of_today_there_are() -> None:
    for n_today, n_past in ((1, 9), (5, 5)):
        weights = recency_weights(users(*[2] * n_today, *[1] * n_past), TITLES, 0.6)
        share = n_today / 10
        assert weights[-1] / weights[0] == pytest.approx(0.6 + 0.4 * share)
        assert weights.mean() == pytest.approx(1)


def test_users_of_one_time_and_users_without_years_weigh_the_same() -> None:
    assert recency_weights(users(1, 1, 1), TITLES, 0.6) == pytest.approx(np.ones(3))
    unknown = sparse.csr_array(np.array([[0, 0, 9, 0], [0, 0, 0, 9], [0, 0, 0, 0]], dtype=np.float32))
    assert recency_weights(unknown, TITLES, 0.6) == pytest.approx(np.ones(3))
    assert recency_weights(sparse.csr_array((2, 4), dtype=np.float32), TITLES, 0.6) == pytest.approx(np.ones(2))


LATER, EARLIER = np.array([1, 2, 2, 5], np.int32), np.array([0, 0, 1, 4], np.int32)
"""Two seasons after title 0, the third after the second, and title 5 after 4."""


def begun(*histories: set[int]) -> list[float]:
    """Return the shares of begun later parts of histories of seven titles."""
    matrix = np.array([[float(title in history) for title in range(7)] for history in histories], dtype=np.float32)
    return share_begun(sparse.csr_array(matrix), LATER, EARLIER).tolist()


def test_share_of_later_parts_beside_an_earlier_one() -> None:
    histories: list[set[int]] = [set(), {3}, {0, 4}, {1}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}, {0, 1, 2, 4, 5, 6}]
    expected = [0, 0, 0, 0, 1 / 3, 1 / 3, 1 / 4, 2 / 4, 3 / 5]
    assert begun(*histories) == pytest.approx(expected)
    # Each history is by itself, in any order.
    assert begun(*histories[::-1]) == pytest.approx(expected[::-1])
    assert begun({0}, {1}) == [0, 0]


def test_share_is_zero_without_pairs() -> None:
    none = np.zeros(0, dtype=np.int32)
    assert share_begun(sparse.csr_array(np.ones((2, 4), np.float32)), none, none).tolist() == [0, 0]
