"""How a list that a visitor brings becomes a taste: which of its titles are known, and what each says."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED, RatingScale
from .entries import Entry, Watchlist

Kind = Literal[
    "rated",  # seen, with a score
    "seen",  # completed, watching or on hold, without one
    "dropped",  # counts against
    "planned",
    "bad_score",  # seen; its score is not on its scale and doesn't count
    "repeated",  # another entry of the same title counts
    "unknown",  # the catalogue lacks the title
    "only_anilist_id",  # and no name by which it would be known
    "manga",
    "bad_status",
    "no_id",  # neither an id nor a name
]
MatchedBy = Literal["", "id", "same_id", "name"]

SAME_IDS = 20_441
"""Up to here the id of an anime on AniList is its id on MyAnimeList, from where AniList began.

So it is in PlexAniBridge's mapping of both (https://github.com/eliasbenb/PlexAniBridge-Mappings):
the next id, 20442, is MyAnimeList's 20543. A few below, that AniList has split or
added since, lead to ids that MyAnimeList doesn't have.
"""

DROPPED = 4
"""What a dropped title is rated at most, of 10, and without a score: the highest rating that is disliked
(`core.data.scale.DISLIKED`) and speaks against what is like it (`core.heads.preferences.preference`)."""


@dataclass(frozen=True, slots=True)
class MatchedEntry:
    """What became of an entry.

    Attributes
    ----------
    kind
        See `Kind`.
    entry
        The entry.
    anime_id
        Its title in the catalogue, None for none.
    matched_by
        How the title was found: ``id``, the list gives its MyAnimeList id; ``same_id``, AniList's id
        is the same (see `SAME_IDS`); ``name``, it alone bears that name. Empty for none.
    """

    kind: Kind
    entry: Entry
    anime_id: int | None
    matched_by: MatchedBy


@dataclass(frozen=True)
class MatchedWatchlist:
    """What a list says to a model.

    Attributes
    ----------
    ratings
        ``{anime_id: rating on the model's scale, or WATCHED}``, in the order of the list.
    planned
        Titles that the visitor plans to watch, in the order of the list; none of ``ratings``.
    entries
        What became of each entry, in the order of the list.
    """

    ratings: dict[int, float]
    planned: tuple[int, ...]
    entries: tuple[MatchedEntry, ...]

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """How many entries there are of each kind that occurs; together all of the list."""
        return dict(Counter(outcome.kind for outcome in self.entries))


def match_entries(brought: Watchlist, catalogue: Catalogue, scale: RatingScale) -> MatchedWatchlist:
    """Find the titles of a list in a catalogue, and rate them on a scale.

    A score of s points of 100 becomes low + (s/10 - 1) / 9 · (high - low), at least low. What was
    completed, is watched or on hold without a score is `WATCHED`. What was dropped gets 4 of 10 at
    most, and without a score, so that it counts against. What is planned has no rating, whatever
    its score. Of the entries of one title the most telling counts, rated before seen before
    planned, the first of equals; the others are ``repeated``.
    """
    found = [_found(entry, catalogue) for entry in brought.entries]
    best: dict[int, int] = {}
    for at, outcome in enumerate(found):
        anime_id = outcome.anime_id
        if anime_id is not None and (
            anime_id not in best or _weight(outcome.entry) > _weight(found[best[anime_id]].entry)
        ):
            best[anime_id] = at
    ratings: dict[int, float] = {}
    planned: list[int] = []
    for at, outcome in enumerate(found):
        if outcome.anime_id is None:
            continue
        if best[outcome.anime_id] != at:
            found[at] = MatchedEntry("repeated", outcome.entry, outcome.anime_id, outcome.matched_by)
        elif outcome.kind == "planned":
            planned.append(outcome.anime_id)
        else:
            ratings[outcome.anime_id] = _rating(outcome.entry, scale)
    return MatchedWatchlist(ratings, tuple(planned), tuple(found))


def _found(entry: Entry, catalogue: Catalogue) -> MatchedEntry:
    """The outcome of an entry, were it the only one."""
    if entry.problem is not None and entry.problem != "bad_score":
        return MatchedEntry(entry.problem, entry, None, "")
    anime_id, by = _title(entry, catalogue)
    if anime_id is None:
        nowhere = entry.anime_id is None and entry.anilist_id is not None
        return MatchedEntry("only_anilist_id" if nowhere else "unknown", entry, None, "")
    kind: Kind = "seen"
    if entry.status == "planned" or entry.status == "dropped":
        kind = entry.status
    elif entry.problem == "bad_score":
        kind = "bad_score"
    elif entry.score is not None:
        kind = "rated"
    return MatchedEntry(kind, entry, anime_id, by)


def _title(entry: Entry, catalogue: Catalogue) -> tuple[int | None, MatchedBy]:
    """The id of the entry's title in the catalogue, and by what it was found."""
    if entry.anime_id is not None:
        return (entry.anime_id, "id") if entry.anime_id in catalogue else (None, "")
    if entry.anilist_id is not None and entry.anilist_id <= SAME_IDS and entry.anilist_id in catalogue:
        return entry.anilist_id, "same_id"
    named = next((found for name in entry.names if (found := catalogue.id_of_name(name)) is not None), None)
    return (named, "name") if named is not None else (None, "")


def _weight(entry: Entry) -> int:
    """How much an entry tells: planned nothing, seen more, liked or not most."""
    if entry.status == "planned":
        return 0
    return 2 if entry.score is not None or entry.status == "dropped" else 1


def _rating(entry: Entry, scale: RatingScale) -> float:
    """What an entry that is not planned is rated on a scale, or `WATCHED`."""
    ten = None if entry.score is None else max(entry.score / 10, 1.0)
    if entry.status == "dropped":
        ten = DROPPED if ten is None else min(ten, DROPPED)
    if ten is None:
        return WATCHED
    return min(scale.at((ten - 1) / 9), scale.high)
