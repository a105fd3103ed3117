"""Match the entries of a watchlist with the titles of a catalogue, and turn them into ratings."""

from dataclasses import dataclass, replace
from typing import Literal

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED, RatingScale
from .entries import Entry, Watchlist
from .unknown import MAX_SUGGESTIONS, reason_unknown, suggested_title

Kind = Literal[
    "rated",  # seen, with a score
    "seen",  # completed, watching or on hold, without a score
    "dropped",  # counts against
    "planned",
    "bad_score",  # seen; the score is not on its scale and is ignored
    "repeated",  # another entry of the same title counts
    "newer", "not_anime", "only_anilist_id", "unknown",  # the catalogue lacks the title: `core.watchlists.unknown`
    "misspelt",  # the same, and it has a title whose name is almost that of the entry
    "manga",
    "bad_status",
    "no_id",  # neither an id nor a name
    "damaged",  # the part of the file can't be read
]  # fmt: skip
MatchedBy = Literal["", "id", "same_id", "name"]

SAME_IDS = 20_441
"""Up to here the id of an anime on AniList is its id on MyAnimeList, from which AniList started.

Source: PlexAniBridge's mapping of both (https://github.com/eliasbenb/PlexAniBridge-Mappings), where
the next id, 20442, is MyAnimeList's 20543. A few lower ids, of titles that AniList has split or
added since, are ids that MyAnimeList doesn't have.
"""

DROPPED = 4
"""The rating of a dropped title, of 10, unless its score is lower: the highest rating that is disliked
(`core.data.scale.DISLIKED`) and counts against similar titles (`core.heads.preference_matrix.preference`)."""


@dataclass(frozen=True, slots=True)
class MatchedEntry:
    """An entry and the id of its title in the catalogue, None for no match.

    ``kind`` says how the entry counts, or why it doesn't. ``matched_by`` is ``id`` for the MyAnimeList
    id of the entry or an AniList id that the catalogue knows, ``same_id`` for an AniList id that it does
    not know and that is also the MyAnimeList id (see `SAME_IDS`), ``name`` for a name that no other
    title has, and empty for no match. ``suggested_id`` is the id of the title that a misspelt name means.
    """

    kind: Kind
    entry: Entry
    anime_id: int | None = None
    matched_by: MatchedBy = ""
    suggested_id: int | None = None


@dataclass(frozen=True)
class MatchedWatchlist:
    """Ratings and plans from a watchlist, and all its entries, matched or not; everything in its order.

    ``ratings`` is ``{anime_id: rating on the model's scale, or WATCHED}``, of dropped titles as they count
    (`rating_of_dropped`). ``planned`` has the ids of the titles that the visitor plans to watch; none of them
    is in ``ratings``. ``dropped`` has the dropped titles as they were rated, or WATCHED.
    """

    ratings: dict[int, float]
    planned: tuple[int, ...]
    dropped: dict[int, float]
    entries: tuple[MatchedEntry, ...]


def match_entries(watchlist: Watchlist, catalogue: Catalogue, scale: RatingScale) -> MatchedWatchlist:
    """Find the titles of a watchlist in a catalogue, and rate them on a scale.

    A score of s points of 100 becomes low + (s/10 - 1) / 9 · (high - low), at least low. A title that
    is completed, watching or on hold without a score is `WATCHED`. A dropped title is rated 4 of 10
    or its score, whichever is lower. A planned title has no rating, even with a score. If several
    entries match one title, the most informative counts: rated before seen before planned, the first
    of equals. The others are ``repeated``.
    """
    matches = _with_suggestions([_match(entry, catalogue) for entry in watchlist.entries], catalogue)
    counting: dict[int, MatchedEntry] = {}
    for matched in matches:
        if matched.anime_id is not None:
            rival = counting.setdefault(matched.anime_id, matched)
            if _informativeness(matched.entry) > _informativeness(rival.entry):
                counting[matched.anime_id] = matched
    ratings: dict[int, float] = {}
    planned: list[int] = []
    dropped: dict[int, float] = {}
    for index, matched in enumerate(matches):
        if matched.anime_id is None:
            continue
        if matched is not counting[matched.anime_id]:
            matches[index] = replace(matched, kind="repeated")
        elif matched.kind == "planned":
            planned.append(matched.anime_id)
        else:
            ratings[matched.anime_id] = rating = own_rating(matched.entry, scale)
            if matched.kind == "dropped":
                dropped[matched.anime_id] = rating
                ratings[matched.anime_id] = rating_of_dropped(rating, scale)
    return MatchedWatchlist(ratings, tuple(planned), dropped, tuple(matches))


def rating_of_dropped(rating: float, scale: RatingScale) -> float:
    """Return how a dropped title counts that has this rating, or `WATCHED`: as 4 of 10 at most."""
    highest = scale.at((DROPPED - 1) / 9)
    return highest if rating == WATCHED else min(rating, highest)


def _match(entry: Entry, catalogue: Catalogue) -> MatchedEntry:
    """Return the match of one entry, regardless of the other entries."""
    if entry.problem is not None and entry.problem != "bad_score":
        return MatchedEntry(entry.problem, entry)
    anime_id, matched_by = _find(entry, catalogue)
    kind: Kind = "seen"
    if anime_id is None:
        kind = reason_unknown(entry, catalogue)
    elif entry.status == "planned" or entry.status == "dropped":
        kind = entry.status
    elif entry.problem == "bad_score":
        kind = "bad_score"
    elif entry.score is not None:
        kind = "rated"
    return MatchedEntry(kind, entry, anime_id, matched_by)


def _with_suggestions(matches: list[MatchedEntry], catalogue: Catalogue) -> list[MatchedEntry]:
    """Return the matches; of those without one, the first `MAX_SUGGESTIONS` with the title that they may mean."""
    tried = 0
    for index, matched in enumerate(matches):
        entry = matched.entry
        if matched.kind == "unknown" and entry.anime_id is None and tried < MAX_SUGGESTIONS:
            tried += 1
            if title := suggested_title(entry, catalogue):
                matches[index] = replace(matched, kind="misspelt", suggested_id=title.anime_id)
    return matches


def _find(entry: Entry, catalogue: Catalogue) -> tuple[int | None, MatchedBy]:
    """Return the id of the entry's title in the catalogue, and the property that identifies it.

    Names count only without an id: a remake or another season may have the name of a title in the
    catalogue, or one that differs by a mark.
    """
    if entry.anime_id is not None:
        return (entry.anime_id, "id") if entry.anime_id in catalogue else (None, "")
    if entry.anilist_id is not None:
        if (known := catalogue.ids_by_anilist_id.get(entry.anilist_id)) is not None:
            return known, "id"
        is_same = (
            entry.anilist_id <= SAME_IDS
            and entry.anilist_id in catalogue
            and catalogue[entry.anilist_id].anilist_id is None  # else the title has another id on AniList
        )
        return (entry.anilist_id, "same_id") if is_same else (None, "")
    for name in entry.names:
        if (anime_id := catalogue.id_of_name(name)) is not None:
            return anime_id, "name"
    return None, ""


def _informativeness(entry: Entry) -> int:
    """Return 0 for planned, 1 for seen, 2 for rated or dropped."""
    if entry.status == "planned":
        return 0
    return 2 if entry.score is not None or entry.status == "dropped" else 1


def own_rating(entry: Entry, scale: RatingScale) -> float:
    """Return the rating of an entry that is not planned, or `WATCHED`."""
    if entry.score is None:
        return WATCHED
    return min(scale.at((max(entry.score / 10, 1.0) - 1) / 9), scale.high)
