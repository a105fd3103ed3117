import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import InputError, Ratings
from core.data.ratings import explicit
from core.evaluation.splits import KNOWN, hold_out, rating_folds, split_ratings, split_users, user_folds


def cells(matrix) -> set[tuple[int, int, float]]:
    entries = matrix.tocoo()
    return set(zip(*(axis.tolist() for axis in entries.coords), entries.data.tolist(), strict=True))


@settings(max_examples=30, deadline=None)
@given(history=st.one_of(st.integers(1, 12), st.floats(0.05, 0.95)), seed=st.integers(0, 10**6))
def test_shown_and_held_out_ratings_are_disjoint_parts_of_the_history(
    history: int | float, seed: int, ratings: Ratings
) -> None:
    holdout = hold_out(ratings.matrix, history, seed)
    shown, held_out, source = cells(holdout.shown), cells(holdout.held_out), ratings.matrix[holdout.rows]
    assert not {cell[:2] for cell in shown} & {cell[:2] for cell in held_out}
    assert shown | held_out <= cells(source)
    assert all(value > 0 for _, _, value in held_out)
    assert (np.diff(holdout.held_out.indptr) > 0).all()
    if isinstance(history, int):
        assert (np.diff(holdout.shown.indptr) == history).all()
        assert shown | held_out == cells(explicit(source))
    else:
        assert np.array_equal(np.diff(holdout.shown.indptr), np.round(history * np.diff(source.indptr)))


def test_share_of_a_history_has_watched_titles_and_a_number_of_ratings_has_not(ratings: Ratings) -> None:
    assert (hold_out(ratings.matrix, 0.8, 0).shown.data < 0).any()
    assert (hold_out(ratings.matrix, 5, 0).shown.data > 0).all()


@pytest.mark.parametrize("history", [0, -1, 0.0, 1.5])
def test_impossible_histories_are_refused(history: float, ratings: Ratings) -> None:
    with pytest.raises(InputError, match="whole number of ratings"):
        hold_out(ratings.matrix, history, 0)


def test_held_out_users_are_not_trained_on(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=4)
    assert list(split.holdouts) == ["1", "3", "5", "10", "15", "20", "80%"]  # nobody has 40 ratings
    assert len(split.train.user_ids) == len(ratings.user_ids) - 30
    held_out = np.setdiff1d(ratings.user_ids, split.train.user_ids)
    rated = np.diff(explicit(ratings.matrix).indptr)
    assert (rated[np.isin(ratings.user_ids, held_out)] >= 10).all()


def test_split_is_drawn_from_the_seed_alone(ratings: Ratings) -> None:
    first, same, other = (split_users(ratings, 30, seed).holdouts["3"] for seed in (1, 1, 2))
    assert cells(first.shown) == cells(same.shown)
    assert cells(first.shown) != cells(other.shown)


def test_folds_of_users_hold_each_eligible_user_out_once(ratings: Ratings) -> None:
    eligible = ratings.user_ids[np.diff(explicit(ratings.matrix).indptr) >= 10]
    held_out = [np.setdiff1d(ratings.user_ids, split.train.user_ids) for split in user_folds(ratings, 4)]
    assert np.array_equal(np.sort(np.concatenate(held_out)), eligible)
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


def test_share_of_all_ratings_is_held_out(ratings: Ratings) -> None:
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
