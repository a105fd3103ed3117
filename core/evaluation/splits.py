"""Splits: which ratings a recommender may see, and which are held back to judge it by.

Two questions want two kinds. *By user* (strong generalisation: Marlin, 2004; Liang et al., 2018):
whole users are kept out of training; a part of each one's history is folded in later, the rest is
held out. That is what a visitor of the page gets. *By rating*: single ratings of users who are
otherwise trained on are held out, as the literature on rating prediction does. All are seeded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..errors import InputError
from ..numerics.arrays import Bool, Int64
from ..numerics.sparse import keep_entries, rank_in_shuffled_row

MIN_HISTORY = 10
"""Only users with at least so many ratings are held out: there has to be something to judge by."""
HISTORIES: tuple[int | float, ...] = (1, 3, 5, 10, 0.8)
KNOWN = "known users"


@dataclass(frozen=True)
class Holdout:
    """What is shown of some users, and what is held back.

    Attributes
    ----------
    rows
        int64 [n]: the row of each user in the matrix that was split.
    shown
        CSR [n, n_items]: the history to fold in, ratings or `core.data.scale.WATCHED`.
    held_out
        CSR [n, n_items]: ratings to judge by, at least one in each row, none of them shown.
    trained_on
        Whether these users are rows of the training matrix, too, with what is shown.
    """

    rows: Int64
    shown: sparse.csr_array
    held_out: sparse.csr_array
    trained_on: bool = False


@dataclass(frozen=True)
class Split:
    """What to train on, and the holdouts to judge by, each under a name such as ``"3"`` (ratings
    shown), ``"80%"`` (of the history shown) or ``"known users"``.
    """

    train: Ratings
    holdouts: Mapping[str, Holdout]


def hold_out(matrix: sparse.csr_array, history: int | float, seed: int) -> Holdout:
    """Show a part of each user's history, drawn at random, and hold out the other ratings.

    Parameters
    ----------
    matrix
        CSR [n_users, n_items] of users who are not trained on.
    history
        A whole number n: n of the user's explicit ratings are shown, all others are held out, and
        watched-only titles are left aside. A share between 0 and 1: that share of the whole
        history is shown, watched-only titles included; the ratings among the rest are held out.

    Raises
    ------
    InputError
        ``history`` is neither.
    """
    random = np.random.default_rng(seed)
    if isinstance(history, int) and history >= 1:
        given = explicit(matrix)
        first = rank_in_shuffled_row(given, random) < history
        shown, rest = keep_entries(given, first), keep_entries(given, ~first)
    elif 0 < history < 1:
        lengths = np.diff(matrix.indptr)
        first = rank_in_shuffled_row(matrix, random) < np.repeat(np.round(history * lengths), lengths)
        shown, rest = keep_entries(matrix, first), explicit(keep_entries(matrix, ~first))
    else:
        raise InputError(f"A history of {history!r}; expected a whole number of ratings, or a share between 0 and 1.")
    rows = np.flatnonzero(np.diff(rest.indptr))
    return Holdout(rows, shown[rows], rest[rows])


def split_users(ratings: Ratings, n_users: int, seed: int = 0, histories: Sequence[int | float] = HISTORIES) -> Split:
    """By user: ``n_users`` of those with at least ten ratings, drawn at random, are held out, but
    never more than half of them.
    """
    order = _eligible_users(ratings, seed)
    return _by_user(ratings, order[-min(n_users, len(order) // 2) :], seed, histories)


def user_folds(
    ratings: Ratings,
    folds: int,
    seed: int = 0,
    histories: Sequence[int | float] = HISTORIES,
    n_users: int | None = None,
) -> Iterator[Split]:
    """By user, k-fold: every user with at least ten ratings is held out in one fold; with
    ``n_users``, only so many in each.
    """
    for held_out in np.array_split(_eligible_users(ratings, seed), _checked(folds)):
        yield _by_user(ratings, held_out[:n_users], seed, histories)


def split_ratings(ratings: Ratings, share: float = 0.1, seed: int = 0) -> Split:
    """By rating: this share of all explicit ratings, drawn at random, is held out."""
    if not 0 < share < 1:
        raise InputError(f"A share of {share!r} of the ratings is to be held out; expected one between 0 and 1.")
    order = _random_order(ratings, seed)
    return _by_rating(ratings, order < share * np.count_nonzero(ratings.matrix.data > 0))


def rating_folds(ratings: Ratings, folds: int, seed: int = 0) -> Iterator[Split]:
    """By rating, k-fold: every explicit rating is held out in one fold."""
    fold = _random_order(ratings, seed) % _checked(folds)
    for number in range(folds):
        yield _by_rating(ratings, fold == number)


def _eligible_users(ratings: Ratings, seed: int) -> Int64:
    """Rows of the users that may be held out, in random order."""
    rows = np.flatnonzero(np.diff(explicit(ratings.matrix).indptr) >= MIN_HISTORY)
    if len(rows) < 2:
        raise InputError(
            f"{len(rows)} users have {MIN_HISTORY} ratings or more; at least 2 are needed to hold users out."
        )
    return np.random.default_rng(seed).permutation(rows)


def _by_user(ratings: Ratings, held_out: Int64, seed: int, histories: Sequence[int | float]) -> Split:
    trained = np.ones(len(ratings.user_ids), dtype=bool)
    trained[held_out] = False
    matrix = ratings.matrix[np.sort(held_out)]
    names = [str(history) if isinstance(history, int) else f"{history:.0%}" for history in histories]
    drawn = [hold_out(matrix, history, seed + index) for index, history in enumerate(histories)]
    return Split(ratings.take(trained), dict(zip(names, drawn, strict=True)))


def _random_order(ratings: Ratings, seed: int) -> Int64:
    """The place of each explicit rating in a random order of them all, int64 [nnz]."""
    places = np.zeros(ratings.matrix.nnz, dtype=np.int64)
    given = np.flatnonzero(ratings.matrix.data > 0)
    places[given] = np.random.default_rng(seed).permutation(len(given))
    return places


def _by_rating(ratings: Ratings, held_out: Bool) -> Split:
    """``held_out`` marks entries of the matrix; those without a rating stay in training."""
    held_out = held_out & (ratings.matrix.data > 0)
    train = ratings.with_matrix(keep_entries(ratings.matrix, ~held_out))
    rest = keep_entries(ratings.matrix, held_out)
    rows = np.flatnonzero(np.diff(rest.indptr))
    if not len(rows):
        raise InputError("No rating was held out; expected more ratings, or a larger share.")
    return Split(train, {KNOWN: Holdout(rows, train.matrix[rows], rest[rows], trained_on=True)})


def _checked(folds: int) -> int:
    if folds < 2:
        raise InputError(f"{folds} folds; expected at least 2.")
    return folds
