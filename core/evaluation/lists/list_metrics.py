"""Measuring lists of titles on visits, with standard errors.

A list is a row of catalogue positions, best first, int64 [n_users, k]; -1 fills the end of a short one.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ...data.catalogue import Catalogue
from ...data.franchises import Franchises
from ...data.labels import split
from ...numerics.arrays import Bool, Float64, Int64
from ...numerics.sparse import row_of_entries
from .. import metrics
from ..metrics import Estimate
from .visits import Visits

USERS_AT_ONCE = 256
MOST_KNOWN = 50

LIST_METRICS = {
    "ndcg": "NDCG@10",
    "wasted": "wasted",
    "same": "same titles",
    "top 50": "top 50",
    "franchises": "franchises",
    "studios": "studios",
    "genres": "genres",
    "members": "median members",
}
"""The figures of lists, with their titles in tables: see `measure_lists`."""

Lister = Callable[[sparse.csr_array, Bool], Int64]
"""Returns lists, int64 [n, k], from what visitors tell, CSR [n, n_titles], and the titles that may be listed, bool
[n, n_titles]. The titles told are never listed."""


@dataclass(frozen=True)
class TitleFeatures:
    """What the figures of lists need to know of the titles of a catalogue.

    Attributes
    ----------
    members
        The number of people who list each title, int64 [n_titles].
    is_most_known
        Which titles are among the `MOST_KNOWN` with most members, bool [n_titles].
    labels
        CSR int64 [n_titles, n_labels] for ``franchises``, ``studios`` and ``genres``: which titles have which.
    """

    members: Int64
    is_most_known: Bool
    labels: dict[str, sparse.csr_array]

    @classmethod
    def of(cls, catalogue: Catalogue, franchises: Franchises | None = None) -> "TitleFeatures":
        """Return the features of a catalogue; franchises by default from its relations alone."""
        is_most_known = np.zeros(len(catalogue), dtype=bool)
        is_most_known[np.lexsort((catalogue.anime_ids, -catalogue.members))[:MOST_KNOWN]] = True
        numbers = (franchises or Franchises.of(catalogue)).numbers
        cells = {column: [split(cell, "|") for cell in catalogue.frame[column]] for column in ("studios", "genres")}
        labels = {"franchises": [[number] for number in numbers.tolist()], **cells}
        return cls(catalogue.members, is_most_known, {name: _label_matrix(rows) for name, rows in labels.items()})


def make_lists(lister: Lister, visits: Visits) -> Int64:
    """Return the lists of a lister for all visits, int64 [n_visits, k]."""
    return make_several({"": lister}, visits)[""]


def make_several(listers: Mapping[str, Lister], visits: Visits) -> dict[str, Int64]:
    """Return the lists of several listers for all visits, int64 [n_visits, k] each.

    All listers get the same objects, one after the other, so that they can share what they compute of them.
    """
    blocks: dict[str, list[Int64]] = {name: [] for name in listers}
    for start in range(0, len(visits), USERS_AT_ONCE):
        block = slice(start, start + USERS_AT_ONCE)
        shown, rankable = visits.shown[block], visits.rankable[block]
        for name, lister in listers.items():
            blocks[name].append(lister(shown, rankable))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def measure_lists(top: Int64, visits: Visits, titles: TitleFeatures) -> dict[str, Estimate]:
    """Return the figures of lists, int64 [n_visits, k], by the names of `LIST_METRICS`: those that can be had.

    - ``ndcg``: NDCG of the hits, over the visitors with a hit to make.
    - ``wasted``: the share of places with a title that the visitor has seen and did not tell; not for plain visits.
    - ``same``: how many titles the lists of two visitors share, the mean over all pairs.
    - ``top 50``: the share of places with one of the 50 titles with most members.
    - ``franchises``, ``studios``, ``genres``: how many different ones are on a list, if the catalogue knows any.
    - ``members``: the median of the members on a list, the mean over visitors.

    Shares are of the places that are filled; a list without titles counts only in ``ndcg``, ``same`` and the
    numbers of labels.
    """
    is_filled = top >= 0
    n_filled = metrics.nan_where_zero(is_filled.sum(axis=1))
    n_hits = np.diff(visits.hits.indptr).astype(np.int64)
    wasted = _on_lists(top, visits.wasted).sum(axis=1) if visits.wasted.nnz else np.nan
    lists = _list_matrix(top, len(titles.members))
    by_user = {
        "ndcg": metrics.ndcg(_on_lists(top, visits.hits), n_hits),
        "wasted": wasted / n_filled,
        "top 50": (titles.is_most_known[top] & is_filled).sum(axis=1) / n_filled,
        **{name: _distinct(lists, labels) for name, labels in titles.labels.items()},
        "members": _medians(top, titles.members),
    }
    estimates = {name: metrics.mean(values) for name, values in by_user.items()} | {"same": sameness(lists)}
    return {name: estimates[name] for name in LIST_METRICS if not np.isnan(estimates[name].value)}


def sameness(lists: sparse.csr_array) -> Estimate:
    """Return how many titles two visitors' lists share, the mean over all pairs: NaN for a single visitor.

    ``lists``, CSR int64 [n, n_titles], holds 1 for each listed title. With ``c_j`` lists that hold title j::

        Σ_j c_j (c_j - 1) / (n (n - 1))

    As a mean over pairs it is a U-statistic: a visitor moves it by twice what the visitor's own pairs differ from it
    (Hoeffding: A class of statistics with asymptotically normal distribution, 1948).
    """
    n = lists.shape[0]
    if n < 2:
        return Estimate(np.nan, np.zeros(n))
    shared = lists @ lists.sum(axis=0) - lists.sum(axis=1)  # by a visitor with all others together
    by_visitor = shared / (n - 1)
    value = float(by_visitor.mean())
    return Estimate(value, 2 * (by_visitor - value))


def _list_matrix(top: Int64, n_titles: int) -> sparse.csr_array:
    """Return lists as CSR int64 [n, n_titles] that holds 1 for each listed title."""
    filled = top >= 0
    indptr = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    return sparse.csr_array((np.ones(filled.sum(), dtype=np.int64), top[filled], indptr), shape=(len(top), n_titles))


def _label_matrix(labels: Sequence[Sequence[Hashable]]) -> sparse.csr_array:
    """Return which titles have which labels, CSR int64 [n_titles, n_labels], from the labels of each title."""
    columns = {label: index for index, label in enumerate(dict.fromkeys(label for row in labels for label in row))}
    indices = np.array([columns[label] for row in labels for label in row], dtype=np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in labels])])
    return sparse.csr_array((np.ones(len(indices), dtype=np.int64), indices, indptr), (len(labels), len(columns)))


def _medians(top: Int64, values: Int64) -> Float64:
    """Return the median of the listed titles' values, float64 [n]: NaN for an empty list."""
    medians = [np.median(values[row[row >= 0]]) if (row >= 0).any() else np.nan for row in top]
    return np.array(medians, dtype=np.float64)


def _distinct(lists: sparse.csr_array, labels: sparse.csr_array) -> Float64:
    """Return how many different labels are on each list, float64 [n]: NaN where the catalogue has no such labels."""
    counts = np.diff((lists @ labels).indptr)
    return counts.astype(np.float64) if labels.shape[1] else np.full(len(counts), np.nan)


def _on_lists(top: Int64, titles: sparse.csr_array) -> Bool:
    """Return which places of the lists, int64 [n, k], hold a stored entry of their row, bool [n, k]."""
    n, n_titles = titles.shape
    stored = row_of_entries(titles) * n_titles + titles.indices
    return (top >= 0) & np.isin(np.arange(n)[:, None] * n_titles + top, stored)
