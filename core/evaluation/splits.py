"""Splits of ratings into a part to train on and a part to measure with.

There are two kinds. *By user* (strong generalisation: Marlin, 2004; Liang et al., 2018): whole users
are kept out of training. Later a part of their history is folded in, and the rest is held out. They
stand for visitors of the page. *By rating*: single ratings of users in the training part are held
out, as in the literature on rating prediction. Every split is drawn from a seed.
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
"""Only users with at least this many ratings are held out, so that enough ratings are left to measure with."""
History = int | float
"""How much of a user's history is shown: a number of ratings, or a share between 0 and 1."""
HISTORIES: tuple[History, ...] = (1, 3, 5, 10, 15, 20, 40, 0.8)
"""Numbers are samples of a taste, the share is a whole list; a visitor of the page rates up to some 40 titles."""
KNOWN = "known users"


@dataclass(frozen=True)
class Holdout:
    """Shown and held-out ratings of the users in ``rows``, int64 [n], of the matrix that was split.

    ``shown``, CSR [n, n_items], is the history to fold in: ratings or `core.data.scale.WATCHED`. ``held_out``,
    CSR [n, n_items], are the ratings to measure with: at least one in each row, none of them shown. With
    ``trained_on``, ``rows`` are also rows of the training matrix, with the shown history.
    """

    rows: Int64
    shown: sparse.csr_array
    held_out: sparse.csr_array
    trained_on: bool = False


@dataclass(frozen=True)
class Split:
    """Ratings to train on, and holdouts by name: ``"3"`` (ratings shown), ``"80%"`` (of the history) or `KNOWN`."""

    train: Ratings
    holdouts: Mapping[str, Holdout]


def hold_out(matrix: sparse.csr_array, history: History, seed: int) -> Holdout:
    """Show a random part of every history, CSR [n_users, n_items], and hold out the other ratings.

    If ``history`` is a whole number n, n explicit ratings are shown, the others are held out, and titles
    without a rating are left out. If it is a share between 0 and 1, that share of the whole history is shown,
    with titles without a rating, and the ratings among the rest are held out. Users without a held-out rating
    are dropped. Raises `InputError` for any other ``history``.
    """
    random = np.random.default_rng(seed)
    if isinstance(history, int) and history >= 1:
        rated = explicit(matrix)
        first = rank_in_shuffled_row(rated, random) < history
        shown, held_out = keep_entries(rated, first), keep_entries(rated, ~first)
    elif 0 < history < 1:
        lengths = np.diff(matrix.indptr)
        first = rank_in_shuffled_row(matrix, random) < np.repeat(np.round(history * lengths), lengths)
        shown, held_out = keep_entries(matrix, first), explicit(keep_entries(matrix, ~first))
    else:
        raise InputError(f"A history of {history!r}; expected a whole number of ratings, or a share between 0 and 1.")
    rows = np.flatnonzero(np.diff(held_out.indptr))
    return Holdout(rows, shown[rows], held_out[rows])


def split_users(ratings: Ratings, n_users: int, seed: int = 0, histories: Sequence[History] = HISTORIES) -> Split:
    """Return a split by user: ``n_users`` random users with at least ten ratings are held out, but at most half."""
    order = _eligible_users(ratings, seed)
    return _by_user(ratings, order[-min(n_users, len(order) // 2) :], seed, histories)


def user_folds(
    ratings: Ratings, folds: int, seed: int = 0, histories: Sequence[History] = HISTORIES, n_users: int | None = None
) -> Iterator[Split]:
    """Yield k splits by user: every user with at least ten ratings is held out once, or ``n_users`` in each fold."""
    for rows in np.array_split(_eligible_users(ratings, seed), _checked(folds)):
        yield _by_user(ratings, rows[:n_users], seed, histories)


def split_ratings(ratings: Ratings, share: float = 0.1, seed: int = 0) -> Split:
    """Return a split by rating: this share of all explicit ratings, drawn at random, is held out."""
    if not 0 < share < 1:
        raise InputError(f"A share of {share!r} of the ratings is to be held out; expected one between 0 and 1.")
    return _by_rating(ratings, _random_ranks(ratings, seed) < share * np.count_nonzero(ratings.matrix.data > 0))


def rating_folds(ratings: Ratings, folds: int, seed: int = 0) -> Iterator[Split]:
    """Yield k splits by rating: every explicit rating is held out once."""
    fold = _random_ranks(ratings, seed) % _checked(folds)
    for number in range(folds):
        yield _by_rating(ratings, fold == number)


def _eligible_users(ratings: Ratings, seed: int) -> Int64:
    """Return the rows of users that may be held out, in random order."""
    rows = np.flatnonzero(np.diff(explicit(ratings.matrix).indptr) >= MIN_HISTORY)
    if len(rows) < 2:
        raise InputError(
            f"{len(rows)} users have {MIN_HISTORY} ratings or more; at least 2 are needed to hold users out."
        )
    return np.random.default_rng(seed).permutation(rows)


def history_name(history: History) -> str:
    """Return the name of a history, such as ``3`` or ``80%``."""
    return str(history) if isinstance(history, int) else f"{history:.0%}"


def _by_user(ratings: Ratings, rows: Int64, seed: int, histories: Sequence[History]) -> Split:
    """Return the split that holds out the users in these rows; without histories that are too long for all of them."""
    trained = np.ones(len(ratings.user_ids), dtype=bool)
    trained[rows] = False
    matrix = ratings.matrix[np.sort(rows)]
    holdouts = {history_name(history): hold_out(matrix, history, seed + i) for i, history in enumerate(histories)}
    return Split(ratings.take(trained), {name: holdout for name, holdout in holdouts.items() if len(holdout.rows)})


def _random_ranks(ratings: Ratings, seed: int) -> Int64:
    """Return the rank of every explicit rating in a random order of all, int64 [nnz]; 0 for other entries."""
    ranks = np.zeros(ratings.matrix.nnz, dtype=np.int64)
    rated = np.flatnonzero(ratings.matrix.data > 0)
    ranks[rated] = np.random.default_rng(seed).permutation(len(rated))
    return ranks


def _by_rating(ratings: Ratings, chosen: Bool) -> Split:
    """Return the split that holds out the chosen entries, bool [nnz]. Entries without a rating stay in training."""
    chosen = chosen & (ratings.matrix.data > 0)
    train = ratings.with_matrix(keep_entries(ratings.matrix, ~chosen))
    held_out = keep_entries(ratings.matrix, chosen)
    rows = np.flatnonzero(np.diff(held_out.indptr))
    if not len(rows):
        raise InputError("No rating was held out; expected more ratings, or a larger share.")
    return Split(train, {KNOWN: Holdout(rows, train.matrix[rows], held_out[rows], trained_on=True)})


def _checked(folds: int) -> int:
    if folds < 2:
        raise InputError(f"{folds} folds; expected at least 2.")
    return folds
