"""Files in the format of the anime-offline-database."""

import json
from pathlib import Path
from typing import Any

from core import Catalogue

HEADER = {
    "$schema": "https://raw.githubusercontent.com/cedya77/anime-offline-database/refs/tags/2026-27/schemas/"
    "anime-offline-database.jsonl.schema.json",
    "license": {"name": "Open Data Commons Open Database License (ODbL) v1.0 + Database Contents License (DbCL) v1.0"},
    "repository": "https://github.com/cedya77/anime-offline-database",
    "scoreRange": {"minInclusive": 1.0, "maxInclusive": 10.0},
    "lastUpdate": "2026-07-04",
}
COVER_URL = "https://cdn.myanimelist.net/images/anime/9/9.jpg"
MAL = "https://myanimelist.net/anime/"


def anime(*sources: str, title: str = "A Title", **fields: Any) -> dict[str, Any]:
    return {
        "sources": list(sources), "title": title, "type": "TV", "episodes": 12, "status": "FINISHED",
        "animeSeason": {"season": "FALL", "year": 2006}, "picture": COVER_URL, "thumbnail": COVER_URL,
        "duration": {"value": 1380, "unit": "SECONDS"},
        "synonyms": [], "studios": ["madhouse"], "producers": [], "relatedAnime": [], "tags": ["crime"],
    } | fields  # fmt: skip


KYOJIN = anime(
    "https://anidb.net/anime/9541", "https://anilist.co/anime/16498", "https://anime-planet.com/anime/attack-on-titan",
    "https://kitsu.app/anime/7442", f"{MAL}100",
    title="Shingeki no Kyojin",
    synonyms=[
        "Attack on Titan", "AoT | SnK", "L&#039;Attaque\ndes Titans", "Атака титанов", "進撃の巨人", "进击的巨人",
    ],
    relatedAnime=["https://anilist.co/anime/1", f"{MAL}105", f"{MAL}99999", f"{MAL}103/Third"],
)  # fmt: skip


def lines(*entries: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries).encode()


def database(folder: Path, *entries: dict[str, Any]) -> Path:
    """Write a database with these entries; return its path."""
    path = folder / "anime-offline-database.jsonl"
    path.write_bytes(lines(HEADER, *entries))
    return path


def whole_release(catalogue: Catalogue, *entries: dict[str, Any], date: str = "2026-11-21") -> bytes:
    """Return a release that has the titles of a catalogue as they are, and these entries."""
    known = [
        anime(
            f"{MAL}{title.anime_id}", title=title.name, episodes=title.episodes or 0, picture=title.picture,
            animeSeason={"season": title.season.upper() or "UNDEFINED", "year": title.year},
            studios=list(title.studios), tags=[], synonyms=list(title.synonyms),
        )
        for title in map(catalogue.title, range(len(catalogue)))
    ]  # fmt: skip
    changed = {source for entry in entries for source in entry["sources"]}
    return lines(
        HEADER | {"lastUpdate": date}, *(entry for entry in known if changed.isdisjoint(entry["sources"])), *entries
    )
