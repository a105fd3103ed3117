"""Why a catalogue lacks an entry of a watchlist: it is newer, no anime, or its name is misspelt."""

from typing import Literal

from ..data.catalogue import Catalogue, Title
from .entries import Entry

WhyUnknown = Literal[
    "newer",  # it begins after the newest year of the catalogue, or its id is above all ids there
    "not_anime",  # a music video, a commercial or a trailer
    "only_anilist_id",  # the catalogue doesn't know its id on AniList, and it has no other
    "unknown",
]
MAX_SUGGESTIONS = 30
"""Names for which a suggestion is looked up: each takes some 10 ms."""


def reason_unknown(entry: Entry, catalogue: Catalogue) -> WhyUnknown:
    """Return why the catalogue lacks the title of an entry."""
    if not entry.is_anime:
        return "not_anime"
    newest_year, _ = catalogue.ends
    if entry.year is not None and 0 < newest_year < entry.year:
        return "newer"
    if entry.anime_id is not None:
        return "newer" if entry.anime_id > catalogue.anime_ids.max(initial=0) else "unknown"
    if entry.anilist_id is not None:
        newest = max(catalogue.ids_by_anilist_id, default=0)
        return "newer" if 0 < newest < entry.anilist_id else "only_anilist_id"
    return "unknown"


def suggested_title(entry: Entry, catalogue: Catalogue) -> Title | None:
    """Return the title that a misspelt name means; None if no title has a name like it."""
    found = catalogue.matches(entry.name, 1)
    return next((title for title, is_sure in found if is_sure), None)
