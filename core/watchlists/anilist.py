"""Watchlists from AniList: the query for its public API, and the parser of its JSON.

Accepted forms:

- an answer to a query for a ``MediaListCollection`` [1]_, and the parts of it that tools save: its
  ``lists``, one of them, or bare entries;
- an answer that reports an error;
- what `core.watchlists.mending.mend_json` makes of damaged JSON;
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
    check_count,
    clean_names,
    damaged_entry,
    make_entry,
    make_watchlist,
    parse_id,
    parse_number,
    parse_status,
    shorten,
)

ANILIST_URL = "https://graphql.anilist.co"
ANILIST_QUERY = """query ($name: String) {
  MediaListCollection(userName: $name, type: ANIME) {
    user { name }
    lists { entries { status scoreRaw: score(format: POINT_100) media {
      id idMal format startDate { year } title { romaji english native }
    } } }
  }
}"""
"""Post it to `ANILIST_URL` as ``{"query": ..., "variables": {"name": ...}}``; the answer is the whole watchlist."""

POINTS: dict[str, float | tuple[int, ...]] = {
    "POINT_100": 1.0,
    "POINT_10": 10.0,
    "POINT_10_DECIMAL": 10.0,
    "POINT_5": (10, 30, 50, 70, 90),
    "POINT_3": (35, 60, 85),
}
"""For each score format of AniList: the points of 100 for a score of 1, or for each of the scores 1, 2, ..."""

DOWNLOAD_STATUSES: dict[float | None, Status] = dict(
    enumerate(("watching", "planned", "completed", "dropped", "on_hold", "completed"))
)
"""The account download numbers the statuses in this order, from 0; the last is rewatching."""

MANGA_FORMATS = ("MANGA", "NOVEL", "ONE_SHOT")
TITLE_KEYS = ("english", "romaji", "userPreferred", "native")
LIST_KEYS = ("lists", "entries", "mediaList")
MAX_DEPTH = 4  # data, its MediaListCollection, and one more for what tools wrap around it

Json = dict[str, Any]


def read_anilist(parsed: object, score_format: str | None) -> Watchlist:
    """Return the watchlist in parsed JSON of one of the forms in the module's docstring.

    ``score_format`` is a key of `POINTS`, for a watchlist that doesn't state its own; None for unknown.

    Raises `WatchlistError` if the answer is an error, the JSON is no watchlist or one of manga, its
    score format is unknown and the scores are too low to infer it, or it has too many entries.
    """
    if isinstance(parsed, dict):
        if isinstance(parsed.get("errors"), list) and parsed["errors"]:
            raise _error_of_answer(_as_dict(parsed["errors"][0]))
        if _is_download(parsed):
            return _read_download(parsed)
    collections = list(_collections(parsed))
    if not collections:
        raise WatchlistError("other_json")
    items = [item for collection in collections for item in _items(collection)]
    score_format = _score_format([item for item, _, _ in items], collections, score_format)
    check_count(len(items))
    entries = [_entry(_as_dict(item), status, score_format, is_manga) for item, status, is_manga in items]
    names = (_user(collection).get("name") for collection in collections)
    return make_watchlist("AniList", next((name for name in names if isinstance(name, str)), ""), entries)


def points(score: object, score_format: str) -> float | None:
    """Return a score as points, 0 < points <= 100; None for not rated, NaN if the format has no such score."""
    value = 0.0 if score is None or score == "" else parse_number(score)
    if value == 0:
        return None
    scale = POINTS[score_format]
    if value is None or value < 0:
        return float("nan")
    if isinstance(scale, float):
        return value * scale if value * scale <= 100 else float("nan")
    return float(scale[int(value) - 1]) if value.is_integer() and value <= len(scale) else float("nan")


def _error_of_answer(error: Json) -> WatchlistError:
    """Return the `WatchlistError` for an error that AniList reports."""
    message, status = shorten(str(error.get("message", ""))), parse_number(error.get("status"))
    lowered = message.lower()
    if status == 429 or "too many requests" in lowered:
        return WatchlistError("rate_limit")
    if "private" in lowered:
        return WatchlistError("private_user")
    if status == 404 or "not found" in lowered:
        return WatchlistError("unknown_user")
    return WatchlistError("anilist_error", message=message or str(error.get("status", "?"))[:9])


def _is_download(parsed: Json) -> bool:
    lists = parsed.get("lists")
    if not isinstance(lists, list):
        return False
    return any("series_id" in _as_dict(item) for item in lists[:10]) or (not lists and "activity" in parsed)


def _read_download(parsed: Json) -> Watchlist:
    """Return the watchlist in an account download."""
    check_count(len(parsed["lists"]))
    entries = [
        damaged_entry(item["damaged"])
        if "damaged" in item
        else make_entry(
            anime_id=None,
            anilist_id=parse_id(item.get("series_id")),
            names=(),
            status=DOWNLOAD_STATUSES.get(parse_number(item.get("status"))),
            score=points(item.get("score"), "POINT_100"),
            raw_status=item.get("status"),
            raw_score=item.get("score"),
            progress=item.get("progress"),
            is_manga=item.get("series_type") == 1,
        )
        for item in map(_as_dict, parsed["lists"])
    ]
    names = map(_user(parsed).get, ("display_name", "user_name", "name"))
    return make_watchlist("AniList account data", next((name for name in names if isinstance(name, str)), ""), entries)


def _collections(parsed: object, above: Json | None = None, depth: int = 0) -> Iterator[Json]:
    """Yield the objects that hold lists or entries: the collection of an answer, both of two collections.

    Each has the ``type`` and the ``user`` that are nearest: its own, or those beside or above it.
    """
    above = above or {}
    if isinstance(parsed, list):
        if not parsed or any(_is_group(item) or _is_entry(item) for item in parsed):
            yield above | {"entries": parsed}
    elif isinstance(parsed, dict):
        users = [parsed.get(key) for key in ("viewer", "Viewer", "User", "user")]
        user = {key: value for stated in (_user(above), *map(_as_dict, users)) for key, value in stated.items()}
        above = {"type": parsed.get("type") or above.get("type"), "user": user}
        if any(isinstance(parsed.get(key), list) for key in LIST_KEYS):
            yield parsed | above
        elif depth < MAX_DEPTH:
            for key, value in parsed.items():
                if isinstance(value, dict):
                    manga = {"type": "MANGA"} if "manga" in key.lower() else {}
                    yield from _collections(value, above | manga, depth + 1)


def _items(collection: Json) -> list[tuple[object, object, bool]]:
    """Return each entry of a collection with the status of its list, and whether it is of manga."""
    items: list[tuple[object, object]] = []
    for item in next(collection[key] for key in LIST_KEYS if isinstance(collection.get(key), list)):
        if (entries := _entries_of(item)) is not None:
            items += ((entry, _as_dict(item).get("status")) for entry in entries)
        else:
            items.append((item, collection.get("status")))
    # A collection is of one kind: where its entries don't say which, one of them with volumes tells it of all.
    kinds = [_kind(_as_dict(entry)) for entry, _ in items]
    is_manga = _upper(collection.get("type")) == "MANGA" or any(
        kind == "" and _has_volumes(_as_dict(entry)) for kind, (entry, _) in zip(kinds, items, strict=True)
    )
    return [
        (entry, status, kind == "MANGA" or (kind == "" and is_manga))
        for kind, (entry, status) in zip(kinds, items, strict=True)
    ]


def _kind(item: Json) -> str:
    """Return ``MANGA`` or ``ANIME`` if an entry says which it is, else an empty text."""
    media = _as_dict(item.get("media"))
    kinds, formats = ([_upper(owner.get(key)) for owner in (media, item)] for key in ("type", "format"))
    if "MANGA" in kinds or not set(MANGA_FORMATS).isdisjoint(formats):
        return "MANGA"
    return "ANIME" if "ANIME" in kinds or any(formats) else ""


def _has_volumes(item: Json) -> bool:
    """Return whether an entry counts volumes or chapters, which only manga have."""
    media = _as_dict(item.get("media"))
    counts = (item.get("progressVolumes"), media.get("volumes"), media.get("chapters"))
    return any((parse_number(count) or 0) > 0 for count in counts)


def _upper(value: object) -> str:
    return value.upper() if isinstance(value, str) else ""


def _is_group(item: object) -> bool:
    return _entries_of(item) is not None


def _entries_of(item: object) -> list[object] | None:
    """Return the entries in a list of one status, also if their key is damaged; None for anything else."""
    lists = [value for value in _as_dict(item).values() if isinstance(value, list)]
    if isinstance(named := _as_dict(item).get("entries"), list):
        return named
    return next((value for value in lists if any(map(_is_entry, value[:1]))), None)


def _is_entry(item: object) -> bool:
    return not _as_dict(item).keys().isdisjoint(("media", "mediaId", "idMal"))


def _user(collection: Json) -> Json:
    return _as_dict(collection.get("user"))


def _as_dict(value: object) -> Json:
    """Return a JSON object as it is, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _score_format(items: list[object], collections: list[Json], chosen: str | None) -> str:
    """Return the stated score format, else the chosen one, else the only one that allows the highest score."""
    scores = [parse_number(item.get("score")) for item in items if isinstance(item, dict) and "scoreRaw" not in item]
    positive = [score for score in scores if score is not None and score > 0]
    highest = max(positive, default=0.0)
    if highest > 10:  # a query can ask for points of 100 whatever format its owner uses
        return "POINT_100"
    options = [_as_dict(_user(collection).get("mediaListOptions")) for collection in collections]
    stated = next(filter(None, (option.get("scoreFormat") for option in options)), chosen)
    if isinstance(stated, str) and stated in POINTS:
        return stated
    if highest > 5 or not all(score.is_integer() for score in positive):
        return "POINT_10_DECIMAL"
    if positive:
        raise WatchlistError("score_format", highest=int(highest))
    return "POINT_100"


def _entry(item: Json, list_status: object, score_format: str, is_manga: bool) -> Entry:
    """Return one entry; ``list_status`` is for an item without its own, ``score_format`` for its ``score``."""
    if "damaged" in item:
        return damaged_entry(item["damaged"])
    media = _as_dict(item.get("media"))
    title = media.get("title") or item.get("title")
    titles = [title.get(key) for key in TITLE_KEYS] if isinstance(title, dict) else [title]
    status = item.get("status") or list_status
    has_points = "scoreRaw" in item
    score = item.get("scoreRaw" if has_points else "score")
    return make_entry(
        anime_id=parse_id(media.get("idMal") or item.get("idMal")),
        anilist_id=parse_id(media.get("id") or item.get("mediaId")),
        names=clean_names(titles),
        status=parse_status(status),
        score=points(score, "POINT_100" if has_points else score_format),
        raw_status=status,
        raw_score=score,
        progress=item.get("progress"),
        is_manga=is_manga,
        year=_as_dict(media.get("startDate")).get("year"),
        raw_type=media.get("format"),
    )
