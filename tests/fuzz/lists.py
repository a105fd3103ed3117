"""Watchlists: they are read and matched, or refused by a `WatchlistError`."""

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

from small_data import anime_rows, write_csv
from watchlist_files import (
    MANGA,
    anilist_answer,
    anilist_download,
    anilist_entry,
    anilist_error,
    as_json,
    mal_entry,
    mal_export,
)

from core import Catalogue
from core.data.scale import WATCHED, RatingScale
from core.watchlists.anilist import POINTS
from core.watchlists.entries import WatchlistError
from core.watchlists.matching import match_entries
from core.watchlists.reader import read_watchlist

with tempfile.TemporaryDirectory() as folder:
    header = "anime_id,name,genre,type,episodes,rating,members"
    CATALOGUE = Catalogue.read(write_csv(Path(folder) / "anime.csv", header, anime_rows()))
SCALE = RatingScale()
FORMATS = (*POINTS, None)


def corpus() -> Iterator[bytes]:
    """Yield lists of both sites: as they are, as pasted, and packed by the harness."""
    entries = [anilist_entry(110, 110, score=8), anilist_entry(99_999, None, "PAUSED", title="Twin")]
    contents = [
        mal_export(mal_entry(110, "Watching", 7) + mal_entry(111, "Plan to Watch", title="A & B")).encode(),
        mal_export(MANGA).encode(),
        as_json(anilist_answer(entries)),
        as_json(entries),
        as_json(anilist_download({"series_id": 110, "series_type": 0, "status": 2, "score": 75})),
        as_json(anilist_error("User not found", 404)),
    ]
    for content in contents:
        yield from (bytes([number]) + content for number in (5, 11, 17))
    yield bytes([5]) + gzip.compress(contents[0])
    yield bytes([5]) + contents[0].decode().encode("utf-16")


def one_input(data: bytes) -> str:
    """Read a list, and match it with a catalogue. The first byte chooses its scale, and how it comes."""
    way, score_format = divmod(data[0] if data else 0, len(FORMATS))
    content: bytes | str = data[1:]
    if isinstance(content, bytes) and way % 3 == 1:
        content = content.decode("utf-8", errors="replace")
    elif isinstance(content, bytes) and way % 3 == 2:
        content = gzip.compress(content, 1)
    try:
        watchlist = read_watchlist(content, FORMATS[score_format])
    except WatchlistError:
        return "refused"
    matched = match_entries(watchlist, CATALOGUE, SCALE)
    assert len(matched.entries) == len(watchlist.entries)
    assert all(anime_id in CATALOGUE for anime_id in (*matched.ratings, *matched.planned))
    assert all(rating == WATCHED or 1 <= rating <= 10 for rating in matched.ratings.values())
    return "read"
