"""The titles that a visitor keeps, on four shelves, each in an order of choice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ....data.catalogue import Title
from ....data.scale import WATCHED
from ..state import PageState
from ..visitor import Visitor

SHELVES = ("planned", "rated", "seen", "dropped")
ORDERS = ("latest", "rating", "expected", "name", "year", "members")
FEW, MANY = 60, 1_000
"""How many entries are shown at first, and when all are asked for."""
LONGEST_QUERY = 200


class Kept(NamedTuple):
    """A title that a visitor keeps, with their rating (`WATCHED` for none, None if it is planned), the one that the
    model expects, and its number on the shelf, 0 for the oldest.
    """

    title: Title
    rating: float | None
    expected: float
    number: int


@dataclass(frozen=True)
class ShelfView:
    """What a visitor looks at: a shelf, its order, and what they search for. ``is_all`` is whether they want all of it
    rather than `FEW` entries.
    """

    shelf: str
    order: str = "latest"
    query: str = ""
    is_all: bool = False

    @classmethod
    def of(cls, sent: Any, shelves: dict[str, dict[int, float | None]]) -> "ShelfView":
        """Return the view that a browser sent as ``{"shelf", "order", "query", "all"}``. Of anything unknown the
        default counts: the first shelf that is not empty.
        """
        sent = sent if isinstance(sent, dict) else {}
        default = next((name for name in SHELVES if shelves[name]), SHELVES[0])
        shelf, order = sent.get("shelf"), sent.get("order")
        return cls(
            shelf if shelf in SHELVES else default,
            order if order in ORDERS else ORDERS[0],
            str(sent.get("query") or "")[:LONGEST_QUERY].strip().lower(),
            sent.get("all") is True,
        )

    @property
    def most(self) -> int:
        """How many entries are shown at most."""
        return MANY if self.is_all else FEW


def shelves_of(state: PageState) -> dict[str, dict[int, float | None]]:
    """Return the rating by the id of each title on each shelf, oldest first; None for what is planned."""
    dropped = set(state.dropped)
    shelves: dict[str, dict[int, float | None]] = {name: {} for name in SHELVES}
    shelves["planned"] = dict.fromkeys(state.planned)
    for anime_id, rating in state.ratings:
        shelf = "dropped" if anime_id in dropped else "seen" if rating == WATCHED else "rated"
        shelves[shelf][anime_id] = rating
    return shelves


def kept_titles(visitor: Visitor, view: ShelfView) -> list[tuple[Kept, bool]]:
    """Return the entries to show, in order, each with whether the visitor's search hides it. Of a shelf with more
    entries than are shown only those are returned that the search finds.
    """
    catalogue = visitor.model.catalogue
    ratings = shelves_of(visitor.state)[view.shelf]
    positions = np.array([catalogue.position(anime_id) for anime_id in ratings], dtype=np.int64)
    expected = visitor.taste.predicted[positions]
    is_found = [not view.query] * len(positions)
    if view.query:
        is_found = [view.query in names(catalogue.title(position), visitor).lower() for position in positions.tolist()]

    def entry(number: int) -> Kept:
        position = int(positions[number])
        title = catalogue.title(position)
        return Kept(title, ratings[title.anime_id], float(expected[number]), number)

    key = _keys(visitor, ratings, positions)[view.order]
    in_order = sorted(range(len(positions) - 1, -1, -1), key=key)  # equal ones: the latest first
    shown = in_order if len(in_order) <= view.most else [number for number in in_order if is_found[number]]
    return [(entry(number), not is_found[number]) for number in shown[: view.most]]


def names(title: Title, visitor: Visitor) -> str:
    """Return the names of a title by which a visitor can find it."""
    return " ".join(dict.fromkeys((visitor.texts.label(title), title.label, title.name)))


def _keys(visitor: Visitor, ratings: dict[int, float | None], positions: Any) -> dict[str, Callable[[int], Any]]:
    """Return for each order the key by which the entries of a shelf are sorted, given the number of an entry."""
    catalogue, given = visitor.model.catalogue, list(ratings.values())
    expected, members = visitor.taste.predicted[positions], catalogue.members[positions]
    years = catalogue.frame["year"].to_numpy()[positions]
    return {
        "latest": lambda number: -number,
        "rating": lambda number: -(given[number] or 0),
        "expected": lambda number: -expected[number],
        "name": lambda number: visitor.texts.label(catalogue.title(int(positions[number]))).lower(),
        "year": lambda number: -np.nan_to_num(years[number]),
        "members": lambda number: -members[number],
    }
