"""Visits: what visitors tell, which titles would please them, and which places of a list would be wasted.

Visitors have seen more than they tell. On their lists, a title that they have seen and did not tell is a
wasted place, and a title that they will like, or want to see, is a hit. Three protocols make visits:

- `discovery` cuts the history of a user into what was seen before the visit and what lies ahead.
- `planned` takes the titles that people really plan to see as hits.
- `plain` is the usual protocol: held-out ratings judge, and no place is wasted.

Everything is drawn from a seed. The users must not have been trained on.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ...data.catalogue import Catalogue
from ...data.scale import RatingScale
from ...errors import InputError
from ...numerics.arrays import Bool, Float64, Int64
from ...numerics.sparse import keep_entries, rank_in_row, row_of_entries
from ..splits import Holdout

MIN_SEEN = 30
"""Users of `discovery` have seen at least this many titles."""
MIN_PLANNED = 10
"""Users of `planned` plan at least this many titles."""
SEEN_BY = 10
"""At least this many others must have seen a title for `planned`: what has not aired is on everybody's plan."""
TEN = RatingScale()


@dataclass(frozen=True)
class Visits:
    """Visits of n users to a catalogue of n_items titles.

    Attributes
    ----------
    rows
        The users: rows of the matrix of histories that was given, int64 [n].
    shown
        CSR [n, n_items]: the ratings that a visitor tells, to fold in.
    hits, wasted
        CSR [n, n_items]: their stored entries are the titles that please a visitor, and the titles that a
        visitor has seen and did not tell. No title is in two of ``shown``, ``hits`` and ``wasted``.
    rankable
        Bool [n, n_items]: which titles may be listed; those told never are.
    """

    rows: Int64
    shown: sparse.csr_array
    hits: sparse.csr_array
    wasted: sparse.csr_array
    rankable: Bool

    def __len__(self) -> int:
        return len(self.rows)


def discovery(
    histories: sparse.csr_array, catalogue: Catalogue, n: int, alpha: float, seed: int, scale: RatingScale = TEN
) -> Visits:
    """Return visits of users who have seen the first half of their history, and tell n ratings of it.

    The titles of a history are drawn without replacement with weights ``(members + 1)^alpha``: the order is by
    descending ``alpha · log(members + 1) + Gumbel noise`` (Kool, van Hoof and Welling: Stochastic beams and where to
    find them, 2019). ``alpha`` says how much fame decides what is seen first: by lists with plans, 0 to 0.3. The
    first half was seen before the visit. Of its ratings n are told at random, or all if there are fewer; the rest is
    wasted. Titles of the second half that are rated in the upper part of the scale (8 of 10) are hits.

    ``histories`` is CSR [n_users, n_titles]. Users with fewer than `MIN_SEEN` titles are left out. With the same
    seed, every ``alpha`` and ``n`` has the same users and the same noise. Raises `InputError` unless n is at least 1
    and a user is left.
    """
    _check_told(n)
    lengths = np.diff(histories.indptr)
    rows = _checked(np.flatnonzero(lengths >= MIN_SEEN), f"seen {MIN_SEEN}")
    matrix, lengths = histories[rows], lengths[rows]
    random = np.random.default_rng(seed)
    # Which entries were seen before the visit, bool [nnz].
    keys = alpha * np.log(catalogue.members[matrix.indices] + 1.0) + random.gumbel(size=matrix.nnz)
    seen = rank_in_row(matrix, -keys) < np.repeat((lengths + 1) // 2, lengths)
    told = _told(matrix, seen, n, random.random(matrix.nnz))
    liked = scale.liked(matrix.data)
    shown, hits, wasted = (keep_entries(matrix, mask) for mask in (told, ~seen & liked, seen & ~told))
    return Visits(rows, shown, hits, wasted, _all_titles(matrix.shape))


def planned(histories: sparse.csr_array, plans: sparse.csr_array, n: int, seed: int) -> Visits:
    """Return visits of users whose plans to see titles are known, and who tell n of their ratings.

    Planned titles are hits; all else on a user's list that is not told is wasted. Only titles that `SEEN_BY` other
    users of these histories have seen may be listed, and count.

    ``histories`` and ``plans`` are CSR [n_users, n_titles] of the same users; the stored entries of ``plans`` are
    their planned titles. Users with fewer than `MIN_PLANNED` of them are left out, but count as others. Users with
    fewer than n ratings tell all. Raises `InputError` unless n is at least 1 and a user is left.
    """
    _check_told(n)
    rows = _checked(np.flatnonzero(np.diff(plans.indptr) >= MIN_PLANNED), f"planned {MIN_PLANNED}")
    matrix, plans = histories[rows], plans[rows]
    # How many others have seen each title, int64 [n, n_titles].
    is_seen = np.zeros(matrix.shape, dtype=bool)
    is_seen[row_of_entries(matrix), matrix.indices] = True
    rankable = np.bincount(histories.indices, minlength=histories.shape[1]) - is_seen >= SEEN_BY
    told = _told(matrix, np.ones(matrix.nnz, dtype=bool), n, np.random.default_rng(seed).random(matrix.nnz))
    counted = (rankable & ~is_seen)[row_of_entries(plans), plans.indices]
    return Visits(rows, keep_entries(matrix, told), keep_entries(plans, counted), keep_entries(matrix, ~told), rankable)


def plain(holdout: Holdout, scale: RatingScale = TEN) -> Visits:
    """Return the visits of a holdout: hits are the held-out titles rated in the upper part of the scale (8 of 10).

    No place is wasted, because nothing is known to have been seen before.
    """
    held_out = holdout.held_out
    hits = keep_entries(held_out, scale.liked(held_out.data))
    nothing = sparse.csr_array(held_out.shape, dtype=held_out.dtype)
    return Visits(holdout.rows, holdout.shown, hits, nothing, _all_titles(held_out.shape))


def _told(matrix: sparse.csr_array, seen: Bool, n: int, keys: Float64) -> Bool:
    """Return the n ratings with the lowest keys in each row, among the entries that were seen; bool [nnz] each."""
    candidates = seen & (matrix.data > 0)
    return np.asarray(candidates & (rank_in_row(matrix, np.where(candidates, keys, np.inf)) < n))


def _all_titles(shape: tuple[int, int]) -> Bool:
    """Return true for every title of every user, without taking memory."""
    return np.broadcast_to(np.array(True), shape)


def _check_told(n: int) -> None:
    if n < 1:
        raise InputError(f"A visitor tells {n} ratings; expected at least 1.")


def _checked(rows: Int64, have: str) -> Int64:
    if not len(rows):
        raise InputError(f"None of the users has {have} titles or more; expected one to judge lists by, or more.")
    return rows
