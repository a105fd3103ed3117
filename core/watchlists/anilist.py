"""Lists of AniList: what to ask its public API, and how its answers and its account download are read.

Forms that are read, all JSON:

- an answer to a query for a ``MediaListCollection`` [1]_, also what tools keep of one: its
  ``lists``, one of them, or bare entries;
- an answer that says what went wrong;
- the account download ("GDPR") with a flat ``lists`` of ``series_id``, ``series_type`` (0 anime,
  1 manga), ``status`` (0 to 5) and ``score`` (0 to 100).

Scores become points of 100 as AniList itself converts them [2]_.

References
----------
.. [1] https://docs.anilist.co, MediaListCollection, MediaListStatus, ScoreFormat, rate limiting.
.. [2] Five stars are 10, 30, 50, 70, 90 and three smileys 35, 60, 85: measured on AniList in
   https://github.com/tachiyomiorg/tachiyomi/pull/1631.
"""

from collections.abc import Iterator
from typing import Any

from .entries import (
    Entry,
    Status,
    Watchlist,
    WatchlistError,
    append,
    checked_list,
    clipped,
    entry_of,
    names_of,
    number,
    title_id,
)

ANILIST_URL = "https://graphql.anilist.co"
ANILIST_QUERY = """query ($name: String) {
  MediaListCollection(userName: $name, type: ANIME) {
    user { name }
    lists { entries { status scoreRaw: score(format: POINT_100) media { id idMal title { romaji english native } } } }
  }
}"""
"""To be posted to `ANILIST_URL` as ``{"query": ..., "variables": {"name": ...}}``; the answer is the whole list."""

POINTS: dict[str, float | tuple[int, ...]] = {
    "POINT_100": 1.0,
    "POINT_10": 10.0,
    "POINT_10_DECIMAL": 10.0,
    "POINT_5": (10, 30, 50, 70, 90),
    "POINT_3": (35, 60, 85),
}
"""Each score format of AniList: how many points of 100 one of its is, or how many its first, second, ... is."""

STATUSES: dict[str, Status] = {
    "CURRENT": "watching",
    "PLANNING": "planned",
    "COMPLETED": "completed",
    "DROPPED": "dropped",
    "PAUSED": "on_hold",
    "REPEATING": "completed",
}
NUMBERED: tuple[Status, ...] = ("watching", "planned", "completed", "dropped", "on_hold", "completed")
MANGA_FORMATS = ("MANGA", "NOVEL", "ONE_SHOT")
LIST_KEYS = ("lists", "entries", "mediaList")
DEEPEST = 4  # data, its MediaListCollection, and one more for what tools wrap around it

Json = dict[str, Any]


def read_anilist(parsed: object, score_format: str | None) -> Watchlist:
    """A list of AniList from parsed JSON.

    Parameters
    ----------
    parsed
        See the module for the forms.
    score_format
        A key of `POINTS`, for a list that doesn't name its own; None where the visitor was not asked.

    Raises
    ------
    WatchlistError
        AniList's answer is an error; this is no list, or one of manga; it doesn't say on which
        scale its scores are, and they are too low to tell; too many entries.
    """
    if isinstance(parsed, dict):
        if isinstance(parsed.get("errors"), list) and parsed["errors"]:
            raise _answered(parsed["errors"][0])
        if _is_download(parsed):
            return _read_download(parsed)
    holders = list(_holders(parsed))
    if not holders:
        raise WatchlistError("other_json")
    found = [item for holder in holders for item in _items(holder)]
    scale = _scale([item for item, _, _ in found], holders, score_format)
    entries: list[Entry] = []
    for item, status, is_manga in found:
        append(entries, _entry(item, status, scale, is_manga))
    name = next((name for holder in holders if isinstance(name := _user(holder).get("name"), str)), "")
    return checked_list("AniList", name, entries)


def points(score: object, score_format: str) -> float | None:
    """A score as points, 0 < points <= 100; None for not rated, NaN for none of this format."""
    value = 0.0 if score is None or score == "" else number(score)
    scale = POINTS[score_format]
    if value is None or value < 0:
        return float("nan")
    if value == 0:
        return None
    if isinstance(scale, float):
        return value * scale if value * scale <= 100 else float("nan")
    return float(scale[int(value) - 1]) if value.is_integer() and value <= len(scale) else float("nan")


def _answered(error: object) -> WatchlistError:
    """What an error of AniList's answer means."""
    details: Json = error if isinstance(error, dict) else {}
    message, status = clipped(str(details.get("message", ""))), number(details.get("status"))
    said = message.lower()
    if status == 429 or "too many requests" in said:
        return WatchlistError("rate_limit")
    if "private" in said:
        return WatchlistError("private_user")
    if status == 404 or "not found" in said:
        return WatchlistError("unknown_user")
    return WatchlistError("anilist_error", message=message or str(details.get("status", "?"))[:9])


def _is_download(parsed: Json) -> bool:
    lists = parsed.get("lists")
    if not isinstance(lists, list):
        return False
    return any(isinstance(item, dict) and "series_id" in item for item in lists[:10]) or (
        not lists and "activity" in parsed
    )


def _read_download(parsed: Json) -> Watchlist:
    entries: list[Entry] = []
    for item in parsed["lists"]:
        item = item if isinstance(item, dict) else {}
        status = number(item.get("status"))
        known = status is not None and status in range(len(NUMBERED))
        score = item.get("score")
        entry = entry_of(
            anime_id=None,
            anilist_id=title_id(item.get("series_id")),
            names=(),
            status=NUMBERED[int(status)] if known and status is not None else None,
            score=points(score, "POINT_100"),
            found_status=item.get("status"),
            found_score=score,
        )
        append(entries, entry if item.get("series_type") != 1 else _manga(entry))
    user = _user(parsed)
    name = next((user[key] for key in ("display_name", "user_name", "name") if isinstance(user.get(key), str)), "")
    return checked_list("AniList account data", name, entries)


def _holders(parsed: object, depth: int = 0) -> Iterator[Json]:
    """What has lists or entries in it: of an answer its collection, of two collections both."""
    if isinstance(parsed, list):
        if not parsed or any(_is_group(item) or _is_entry(item) for item in parsed):
            yield {"entries": parsed}
    elif isinstance(parsed, dict):
        if any(isinstance(parsed.get(key), list) for key in LIST_KEYS):
            yield parsed
        elif depth < DEEPEST:
            for key, value in parsed.items():
                if isinstance(value, dict):
                    manga = {"type": "MANGA"} if "manga" in key.lower() else {}
                    yield from (holder | manga for holder in _holders(value, depth + 1))


def _items(holder: Json) -> Iterator[tuple[object, object, bool]]:
    """Each entry of a collection, the status of the list that it stands in, and whether all are manga."""
    is_manga = holder.get("type") == "MANGA"
    for item in next(holder[key] for key in LIST_KEYS if isinstance(holder.get(key), list)):
        if _is_group(item):
            yield from ((entry, item.get("status"), is_manga) for entry in item["entries"])
        else:
            yield item, holder.get("status"), is_manga


def _is_group(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("entries"), list)


def _is_entry(item: object) -> bool:
    return isinstance(item, dict) and any(key in item for key in ("media", "mediaId", "idMal"))


def _user(holder: Json) -> Json:
    user = holder.get("user")
    return user if isinstance(user, dict) else {}


def _scale(items: list[object], holders: list[Json], asked: str | None) -> str:
    """The format of the scores: as stated, else as the visitor says, else as must be by the highest."""
    scores = [number(item.get("score")) for item in items if isinstance(item, dict) and "scoreRaw" not in item]
    given = [score for score in scores if score is not None and score > 0]
    highest = max(given, default=0.0)
    options = [_user(holder).get("mediaListOptions") for holder in holders]
    stated = next((name for name in (o.get("scoreFormat") for o in options if isinstance(o, dict)) if name), asked)
    if isinstance(stated, str) and stated in POINTS and highest <= 10:
        return stated
    if highest > 10:  # also where the format is another: a query can ask for points of 100 all the same
        return "POINT_100"
    if highest > 5 or not all(score.is_integer() for score in given):
        return "POINT_10_DECIMAL"
    if given:
        raise WatchlistError("score_format", highest=int(highest))
    return "POINT_100"


def _entry(item: object, list_status: object, scale: str, is_manga: bool) -> Entry:
    """One entry; ``list_status`` is for one without its own, ``scale`` the format of its ``score``."""
    item = item if isinstance(item, dict) else {}
    media = item["media"] if isinstance(item.get("media"), dict) else {}
    title = media.get("title") or item.get("title")
    titles = [title.get(key) for key in ("english", "romaji", "native")] if isinstance(title, dict) else [title]
    status = item.get("status") or list_status
    raw = "scoreRaw" in item
    score = item.get("scoreRaw" if raw else "score")
    entry = entry_of(
        anime_id=title_id(media.get("idMal") or item.get("idMal")),
        anilist_id=title_id(media.get("id") or item.get("mediaId")),
        names=names_of(titles),
        status=STATUSES.get(status.upper()) if isinstance(status, str) else None,
        score=points(score, "POINT_100" if raw else scale),
        found_status=status,
        found_score=score,
    )
    is_manga = is_manga or media.get("type") == "MANGA" or media.get("format") in MANGA_FORMATS
    return _manga(entry) if is_manga else entry


def _manga(entry: Entry) -> Entry:
    # Its ids are those of manga: they would be mistaken for ids of anime.
    return Entry(None, None, entry.names, entry.status, entry.score, "manga")
