"""Releases of the anime-offline-database: they bring a catalogue up to date, or are refused by a `DataError`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from offline_database_files import KYOJIN, MAL, anime, whole_release
from small_data import catalogue_of

from core import DataError
from core.data.enrich.new_titles import current_catalogue

CATALOGUE = catalogue_of([{"synonyms": "One|Eins", "season": ""}, {"synonyms": "", "episodes": 12.0, "season": "fall"}])
SUFFIXES = (".jsonl", ".json", ".jsonl.zst", ".jsonl.gz", ".json.zip")
FOLDER = Path(tempfile.mkdtemp(prefix="anisvd-releases-"))


def corpus() -> Iterator[bytes]:
    """Yield releases with old and new titles; the harness packs some of them."""
    new = anime(f"{MAL}70001", "https://anilist.co/anime/9", animeSeason={"season": "FALL", "year": 2026})
    content = whole_release(CATALOGUE, KYOJIN, new | {"synonyms": ["新しい"], "tags": ["isekai", "girls' love"]})
    yield bytes([0]) + content
    yield bytes([2]) + content
    whole = b'{"lastUpdate": "2026-11-21", "data": [' + b",".join(content.splitlines()[1:]) + b"]}"
    yield bytes([1]) + whole
    yield bytes([0]) + whole_release(CATALOGUE, new | {"episodes": 0, "relations": [f"{MAL}1"], "animeSeason": {}})


def one_input(data: bytes) -> str:
    """Bring a catalogue up to date, twice. The first byte chooses the kind of file."""
    path = FOLDER / f"release{SUFFIXES[data[0] % len(SUFFIXES) if data else 0]}"
    content = data[1:]
    path.write_bytes(pa.Codec("zstd").compress(content, asbytes=True) if path.suffix == ".zst" else content)
    try:
        current, changes = current_catalogue(CATALOGUE, path)
    except DataError:
        return "refused"
    assert len(current) == len(CATALOGUE) + len(changes.new_ids)
    changes.message(current)
    assert not current_catalogue(current, path)[1], "the second time changed something"
    return "read"
