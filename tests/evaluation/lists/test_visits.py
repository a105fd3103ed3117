"""Visits, checked by their definitions on drawn histories."""

import numpy as np
import pytest
from scipy import sparse

from core import Catalogue, InputError, Ratings
from core.evaluation.lists.visits import MIN_PLANNED, MIN_SEEN, SEEN_BY, Visits, discovery, plain, planned
from core.evaluation.splits import hold_out

N_USERS = 80


@pytest.fixture(scope="module")
def histories() -> sparse.csr_array:
    """Histories of 5 to 58 of 60 titles, with ratings from 1 to 10 and titles without a rating."""
    random = np.random.default_rng(3)
    lengths = random.integers(5, 59, N_USERS)
    is_seen = random.random((N_USERS, 60)).argsort(axis=1) < lengths[:, None]
    values = np.where(random.random((N_USERS, 60)) < 0.2, -1, random.integers(1, 11, (N_USERS, 60)))
    return sparse.csr_array((is_seen * values).astype(np.float32))


@pytest.fixture(scope="module")
def plans(histories: sparse.csr_array) -> sparse.csr_array:
    """Plans of up to 20 titles, a few of them seen by now."""
    random = np.random.default_rng(4)
    chosen = random.random(histories.shape).argsort(axis=1) < random.integers(0, 21, N_USERS)[:, None]
    return sparse.csr_array(chosen.astype(np.float32))


def stored(matrix: sparse.csr_array) -> np.ndarray:
    """Return which entries are stored, bool."""
    dense = np.zeros(matrix.shape, dtype=bool)
    dense[matrix.tocoo().coords] = True
    return dense


def told_by(visits: Visits) -> list[tuple[int, ...]]:
    """Return the titles that each visitor tells."""
    return [tuple(np.flatnonzero(row)) for row in stored(visits.shown)]


@pytest.mark.parametrize(("n", "alpha"), [(1, 0.0), (5, 0.5), (100, 1.0)])
def test_history_is_cut_into_what_was_seen_and_what_lies_ahead(
    histories: sparse.csr_array, catalogue: Catalogue, n: int, alpha: float
) -> None:
    visits = discovery(histories, catalogue, n, alpha, seed=1)
    whole = histories.toarray()
    assert visits.rows.tolist() == np.flatnonzero((whole != 0).sum(axis=1) >= MIN_SEEN).tolist()
    whole = whole[visits.rows]
    shown, hits, wasted = map(stored, (visits.shown, visits.hits, visits.wasted))
    assert not (shown & hits | shown & wasted | hits & wasted).any()
    assert (visits.shown.toarray()[shown] == whole[shown]).all()
    assert (whole[shown] > 0).all()
    seen, lengths = shown | wasted, (whole != 0).sum(axis=1)
    assert (seen.sum(axis=1) == (lengths + 1) // 2).all()
    assert (shown.sum(axis=1) == np.minimum(n, (seen & (whole > 0)).sum(axis=1))).all()
    assert (hits == ((whole >= 8) & ~seen)).all()
    assert visits.rankable.all()


def test_famous_titles_are_seen_first_as_much_as_alpha_says(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two titles one is seen first with the odds of their weights."""
    monkeypatch.setattr("core.evaluation.lists.visits.MIN_SEEN", 2)
    two = sparse.csr_array(np.tile(np.eye(1, 60) + np.eye(1, 60, 59), (4000, 1)).astype(np.float32) * 9)
    members = catalogue.members[[0, 59]] + 1.0
    for alpha in (0.0, 0.5, 1.0):
        weights = members**alpha
        first = stored(discovery(two, catalogue, 1, alpha, seed=1).shown)[:, 0]
        assert first.mean() == pytest.approx(weights[0] / weights.sum(), abs=0.03)


def test_longer_visits_of_a_seed_tell_more_of_the_same(histories: sparse.csr_array, catalogue: Catalogue) -> None:
    few, many = (told_by(discovery(histories, catalogue, n, 0.25, seed=1)) for n in (2, 5))
    assert all({*first} < {*second} for first, second in zip(few, many, strict=True))
    assert told_by(discovery(histories, catalogue, 2, 0.25, seed=2)) != few


@pytest.mark.parametrize("n", [3, 40])
def test_planned_titles_that_others_have_seen_are_hits(
    histories: sparse.csr_array, plans: sparse.csr_array, n: int
) -> None:
    rare = histories.copy()
    rare.data[np.isin(rare.indices, range(10)) & (rare.data < 9)] = 0
    rare.eliminate_zeros()
    visits = planned(rare, plans, n, seed=1)
    is_seen, is_planned = rare.toarray() != 0, plans.toarray() > 0
    assert visits.rows.tolist() == np.flatnonzero(is_planned.sum(axis=1) >= MIN_PLANNED).tolist()
    shown, hits, wasted = map(stored, (visits.shown, visits.hits, visits.wasted))
    for visit, user in enumerate(visits.rows):
        others = np.delete(is_seen, user, axis=0).sum(axis=0) >= SEEN_BY
        assert (visits.rankable[visit] == others).all()
        assert (hits[visit] == (is_planned[user] & others & ~is_seen[user])).all()
        assert ((shown[visit] | wasted[visit]) == is_seen[user]).all()
    assert not (shown & wasted).any()
    assert 0 < visits.rankable.mean() < 1
    assert (shown.sum(axis=1) == np.minimum(n, (rare.toarray()[visits.rows] > 0).sum(axis=1))).all()


def test_plain_visits_have_the_relevant_titles_of_the_holdout_as_hits(ratings: Ratings) -> None:
    holdout = hold_out(ratings.matrix, 3, seed=1)
    visits = plain(holdout)
    assert visits.rows is holdout.rows
    assert visits.shown is holdout.shown
    assert (stored(visits.hits) == (holdout.held_out.toarray() >= 8)).all()
    assert visits.wasted.nnz == 0
    assert visits.rankable.all()


def test_visitor_tells_something(histories: sparse.csr_array, plans: sparse.csr_array, catalogue: Catalogue) -> None:
    for make in (lambda: discovery(histories, catalogue, 0, 0.0, 1), lambda: planned(histories, plans, 0, 1)):
        with pytest.raises(InputError, match="tells 0 ratings"):
            make()
