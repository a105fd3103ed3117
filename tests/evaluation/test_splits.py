import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import InputError, Ratings
from core.data.ratings import explicit
from core.evaluation.splits import KNOWN, hold_out, rating_folds, split_ratings, split_users, user_folds


def cells(matrix) -> set[tuple[int, int, float]]:
    found = matrix.tocoo()
    return set(zip(*(axis.tolist() for axis in found.coords), found.data.tolist(), strict=True))


@settings(max_examples=30, deadline=None)
@given(history=st.one_of(st.integers(1, 12), st.floats(0.05, 0.95)), seed=st.integers(0, 10**6))
def test_nothing_shown_is_held_out_and_nothing_invented(history: int | float, seed: int, ratings: Ratings) -> None:
    held = hold_out(ratings.matrix, history, seed)
    shown, rest, source = cells(held.shown), cells(held.held_out), ratings.matrix[held.rows]
    assert not {cell[:2] for cell in shown} & {cell[:2] for cell in rest}
    assert shown | rest <= cells(source)
    assert all(value > 0 for _, _, value in rest)
    assert (np.diff(held.held_out.indptr) > 0).all()
    if isinstance(history, int):
        assert (np.diff(held.shown.indptr) == history).all()
        assert shown | rest == cells(explicit(source))
    else:
        assert np.array_equal(np.diff(held.shown.indptr), np.round(history * np.diff(source.indptr)))


def test_a_share_shows_watched_titles_and_a_number_does_not(ratings: Ratings) -> None:
    assert (hold_out(ratings.matrix, 0.8, 0).shown.data < 0).any()
    assert (hold_out(ratings.matrix, 5, 0).shown.data > 0).all()


@pytest.mark.parametrize("history", [0, -1, 0.0, 1.5])
def test_other_histories_are_refused(history: float, ratings: Ratings) -> None:
    with pytest.raises(InputError, match="whole number of ratings"):
        hold_out(ratings.matrix, history, 0)


def test_held_out_users_are_not_trained_on(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=4)
    assert list(split.holdouts) == ["1", "3", "5", "10", "80%"]
    assert len(split.train.user_ids) == len(ratings.user_ids) - 30
    held_out = np.setdiff1d(ratings.user_ids, split.train.user_ids)
    rated = np.diff(explicit(ratings.matrix).indptr)
    assert (rated[np.isin(ratings.user_ids, held_out)] >= 10).all()


def test_a_split_is_drawn_from_the_seed_alone(ratings: Ratings) -> None:
    one, same, other = (split_users(ratings, 30, seed).holdouts["3"] for seed in (1, 1, 2))
    assert cells(one.shown) == cells(same.shown)
    assert cells(one.shown) != cells(other.shown)


def test_folds_of_users_hold_each_eligible_user_out_once(ratings: Ratings) -> None:
    eligible = ratings.user_ids[np.diff(explicit(ratings.matrix).indptr) >= 10]
    out = [np.setdiff1d(ratings.user_ids, split.train.user_ids) for split in user_folds(ratings, 4)]
    assert np.array_equal(np.sort(np.concatenate(out)), eligible)
    assert [len(ratings.user_ids) - len(split.train.user_ids) for split in user_folds(ratings, 4, n_users=7)] == [7] * 4


def test_folds_of_ratings_hold_each_rating_out_once(ratings: Ratings) -> None:
    held_out: set[tuple[int, int, float]] = set()
    for split in rating_folds(ratings, 5):
        holdout = split.holdouts[KNOWN]
        assert holdout.trained_on
        assert cells(holdout.shown) == cells(split.train.matrix[holdout.rows])
        fold = {(int(holdout.rows[row]), column, value) for row, column, value in cells(holdout.held_out)}
        assert not fold & held_out
        assert not fold & cells(split.train.matrix)
        held_out |= fold
    assert held_out == cells(explicit(ratings.matrix))


def test_a_share_of_the_ratings_is_held_out(ratings: Ratings) -> None:
    split = split_ratings(ratings, 0.25, seed=1)
    given_ratings = explicit(ratings.matrix).nnz
    assert split.holdouts[KNOWN].held_out.nnz == pytest.approx(0.25 * given_ratings, abs=1)
    assert (split.train.matrix.data < 0).sum() == (ratings.matrix.data < 0).sum()


def test_impossible_splits_are_refused(ratings: Ratings) -> None:
    few = ratings.take(ratings.user_ids >= 902)
    for attempt in (
        lambda: split_ratings(ratings, 1.5),
        lambda: next(user_folds(ratings, 1)),
        lambda: next(rating_folds(ratings, 0)),
        lambda: split_users(few, 1),
    ):
        with pytest.raises(InputError):
            attempt()
