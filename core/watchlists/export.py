"""A visitor's list for other programs: MyAnimeList's XML, JSON for AniList, and rows of a table.

The XML is what MyAnimeList's import takes (https://myanimelist.net/import.php; AniList's import takes it, too): a
root ``myanimelist``, ``myinfo``, and an ``anime`` for each title. Its scores are whole numbers from 1 to 10.

The JSON is an object ``{"user": {"mediaListOptions": {"scoreFormat": "POINT_100"}}, "lists": [{"name": "AniSVD",
"entries": [entry, …]}]}`` in the words of AniList's API. An entry has ``mediaId`` (AniList's id, null if the catalogue
does not know it), ``idMal``, ``title``, ``status`` (COMPLETED, PLANNING or DROPPED) and ``score`` (10 to 100, 0 for
none).

`core.watchlists.reader` reads both. Titles stand in the visitor's order: what they saw, then what they plan.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, Literal
from xml.sax.saxutils import escape  # nosec B406  # writes, never reads

from ..data.catalogue import Catalogue, Title
from ..data.scale import WATCHED, RatingScale

ExportStatus = Literal["completed", "planned", "dropped"]
ON_MYANIMELIST = {"completed": "Completed", "planned": "Plan to Watch", "dropped": "Dropped"}
ON_ANILIST = {"completed": "COMPLETED", "planned": "PLANNING", "dropped": "DROPPED"}
COLUMNS = ("status", "rating", "name", "english", "type", "year", "episodes", "anime_id", "anilist_id")
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """A title of a visitor's list. ``rating`` is on the visitor's scale, ``points`` are the same of 100; both are None
    without a rating.
    """

    title: Title
    status: ExportStatus
    rating: float | None
    points: float | None


def export_entries(
    ratings: Mapping[int, float],
    planned: Sequence[int],
    dropped: Collection[int],
    catalogue: Catalogue,
    scale: RatingScale,
) -> list[ExportEntry]:
    """Return the entries of a list: ``{anime_id: rating on the scale, or WATCHED}``, the ids of planned titles, and
    those of the rated ones that were dropped. The catalogue has all titles.
    """
    are_dropped = set(dropped)

    def seen(anime_id: int, rating: float) -> ExportEntry:
        status: ExportStatus = "dropped" if anime_id in are_dropped else "completed"
        if rating == WATCHED:
            return ExportEntry(catalogue[anime_id], status, None, None)
        return ExportEntry(catalogue[anime_id], status, rating, round(10 * scale.on_ten(rating), 4))

    entries = [seen(anime_id, rating) for anime_id, rating in ratings.items()]
    return entries + [ExportEntry(catalogue[anime_id], "planned", None, None) for anime_id in planned]


def to_myanimelist(entries: Sequence[ExportEntry]) -> str:
    """Return XML for MyAnimeList's import. Scores are rounded to whole numbers."""
    n_of = Counter(entry.status for entry in entries)
    info = {
        "user_export_type": 1,
        "user_total_anime": len(entries),
        "user_total_completed": n_of["completed"],
        "user_total_dropped": n_of["dropped"],
        "user_total_plantowatch": n_of["planned"],
    }
    lines = ['<?xml version="1.0" encoding="UTF-8" ?>', "<myanimelist>", *_element("myinfo", info)]
    for entry in entries:
        lines += _element("anime", _myanimelist_fields(entry))
    return "\n".join([*lines, "</myanimelist>", ""])


def _myanimelist_fields(entry: ExportEntry) -> dict[str, object]:
    title = entry.title
    return {
        "series_animedb_id": title.anime_id,
        "series_title": title.name,
        "series_type": title.type,
        "series_episodes": title.episodes or 0,
        "my_watched_episodes": (title.episodes or 0) if entry.status == "completed" else 0,
        "my_score": 0 if entry.points is None else floor(entry.points / 10 + 0.5),
        "my_status": ON_MYANIMELIST[entry.status],
        "update_on_import": 1,
    }


def _element(name: str, fields: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of an element whose children are ``fields``."""
    yield f"  <{name}>"
    for field, value in fields.items():
        yield f"    <{field}>{escape(NOT_IN_XML.sub('', str(value)))}</{field}>"
    yield f"  </{name}>"


def to_anilist(entries: Sequence[ExportEntry]) -> str:
    """Return JSON in the words of AniList's API: see the module's docstring."""
    listed = [
        {
            "mediaId": entry.title.anilist_id,
            "idMal": entry.title.anime_id,
            "title": entry.title.name,
            "status": ON_ANILIST[entry.status],
            "score": entry.points or 0,
        }
        for entry in entries
    ]
    user = {"mediaListOptions": {"scoreFormat": "POINT_100"}}
    return json.dumps({"user": user, "lists": [{"name": "AniSVD", "entries": listed}]}, ensure_ascii=False)


def to_rows(entries: Sequence[ExportEntry]) -> list[list[Any]]:
    """Return a row with the values of `COLUMNS` for each entry; None for unknown."""
    return [
        [getattr(entry if column in ("status", "rating") else entry.title, column) for column in COLUMNS]
        for entry in entries
    ]
