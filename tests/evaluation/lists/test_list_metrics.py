"""Figures of lists, recomputed by hand on small cases, and their standard errors by drawing visitors again."""

import numpy as np
import pytest
from scipy import sparse
from small_data import catalogue_of

from core import Catalogue
from core.evaluation.lists.list_metrics import (
    LIST_METRICS,
    MOST_KNOWN,
    TitleFeatures,
    make_lists,
    measure_lists,
    sameness,
)
from core.evaluation.lists.visits import Visits
from core.evaluation.metrics import ndcg

N_TITLES = 80


def rows_of(titles: list[list[int]]) -> sparse.csr_array:
    dense = np.zeros((len(titles), N_TITLES), dtype=np.float32)
    for row, chosen in zip(dense, titles, strict=True):
        row[chosen] = 9
    return sparse.csr_array(dense)


def visits_of(hits: list[list[int]], wasted: list[list[int]]) -> Visits:
    n = len(hits)
    shown = rows_of([[79]] * n)
    return Visits(np.arange(n), shown, rows_of(hits), rows_of(wasted), np.ones((n, N_TITLES), dtype=bool))


@pytest.fixture(scope="module")
def catalogue_of_lists() -> Catalogue:
    """Title j has 1000 + j members. Titles 0, 1 and 2 are one franchise; 3 and 4 share a studio and a genre."""
    rows: list[dict[str, object]] = [{"members": 1000 + j} for j in range(N_TITLES)]
    rows[2] |= {"related_ids": "1|2"}
    rows[3] |= {"studios": "Bones|Arms", "genres": "Action"}
    rows[4] |= {"studios": "Bones", "genres": "Action|Drama"}
    return catalogue_of(rows)


@pytest.fixture(scope="module")
def titles(catalogue_of_lists: Catalogue) -> TitleFeatures:
    return TitleFeatures.of(catalogue_of_lists)


def test_figures_of_two_lists(titles: TitleFeatures) -> None:
    top = np.array([[0, 1, 2, 3], [3, 4, 70, -1]])
    visits = visits_of(hits=[[1, 50], []], wasted=[[0, 3], [4, 20]])
    figures = {name: estimate.value for name, estimate in measure_lists(top, visits, titles).items()}
    assert list(figures) == list(LIST_METRICS)
    assert figures["ndcg"] == pytest.approx(ndcg(np.array([[False, True, False, False]]), np.array([2]))[0])
    assert figures["wasted"] == pytest.approx((2 / 4 + 1 / 3) / 2)
    assert figures["same"] == 1.0
    assert figures["top 50"] == pytest.approx((0 + 1 / 3) / 2)
    assert figures["franchises"] == (2 + 3) / 2
    assert figures["studios"] == (2 + 2) / 2
    assert figures["genres"] == (1 + 2) / 2
    assert figures["members"] == (1001.5 + 1004) / 2


def test_last_title_does_not_fill_the_end_of_a_short_list(titles: TitleFeatures) -> None:
    """-1 is no title, though it is a valid index of the last."""
    top = np.array([[5, -1], [6, -1]])
    visits = visits_of(hits=[[79], [79]], wasted=[[79], [79]])
    figures = {name: estimate.value for name, estimate in measure_lists(top, visits, titles).items()}
    assert [figures[name] for name in ("ndcg", "wasted", "same", "top 50", "franchises")] == [0, 0, 0, 0, 1]


def test_empty_list_counts_in_ndcg_and_wastes_nothing(titles: TitleFeatures) -> None:
    top = np.array([[5, 6], [-1, -1]])
    figures = measure_lists(top, visits_of(hits=[[5], [5]], wasted=[[6], [6]]), titles)
    assert figures["ndcg"].value == pytest.approx(ndcg(np.array([[True, False]]), np.array([1]))[0] / 2)
    assert figures["wasted"].value == 0.5
    assert figures["members"].value == 1005.5


def test_catalogue_without_studios_has_no_figure_of_them() -> None:
    titles = TitleFeatures.of(catalogue_of([{"members": j} for j in range(N_TITLES)]))
    figures = measure_lists(np.array([[1, 2]]), visits_of([[1]], [[]]), titles)
    assert "studios" not in figures
    assert figures["franchises"].value == 2


def test_most_known_titles_have_most_members(titles: TitleFeatures) -> None:
    assert np.flatnonzero(titles.is_most_known).tolist() == list(range(N_TITLES - MOST_KNOWN, N_TITLES))


def test_sameness_is_the_mean_over_pairs_and_its_error_that_of_a_jackknife() -> None:
    random = np.random.default_rng(1)
    lists = random.random((60, 25)).argsort(axis=1) < np.repeat([3, 8], 30)[:, None]
    shared = lists.astype(int) @ lists.T

    def mean_of_pairs(chosen: np.ndarray) -> float:
        return float(shared[np.ix_(chosen, chosen)][~np.eye(len(chosen), dtype=bool)].mean())

    everybody = np.arange(60)
    estimate = sameness(sparse.csr_array(lists.astype(np.int64)))
    assert estimate.value == pytest.approx(mean_of_pairs(everybody))
    without = np.array([mean_of_pairs(np.delete(everybody, user)) for user in everybody])
    jackknife = np.sqrt(59 / 60 * np.square(without - without.mean()).sum())
    assert estimate.standard_error == pytest.approx(jackknife, rel=0.05)
    assert np.isnan(sameness(sparse.csr_array(lists[:1].astype(np.int64))).value)


def test_lists_of_many_visits_are_made_in_blocks_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.evaluation.lists.list_metrics.USERS_AT_ONCE", 2)
    visits = visits_of([[user] for user in range(5)], [[]] * 5)
    shown = rows_of([[user] for user in range(5)])
    visits = Visits(visits.rows, shown, visits.hits, visits.wasted, visits.rankable)
    top = make_lists(lambda shown, rankable: shown.indices[:, None].astype(np.int64), visits)
    assert top.ravel().tolist() == list(range(5))
