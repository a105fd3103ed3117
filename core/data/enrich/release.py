"""Releases of the anime-offline-database, read anime by anime.

A release [1]_ is a file of JSON lines, one anime a line after a line about the release, or one JSON
object with the same anime in ``data``; either plain, ``.gz``, ``.zst`` or alone in a ``.zip``. An anime
has its addresses at MyAnimeList and elsewhere (``sources``), a title and synonyms without their
languages, a season, a picture, studios and tags in small letters, and the addresses of related anime.

.. [1] https://github.com/cedya77/anime-offline-database, which continues
   https://github.com/manami-project/anime-offline-database (ODbL 1.0).
"""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from ...errors import DataError
from ..catalogue_columns import COVER, FIRST_YEAR, LAST_YEAR, MAX_EPISODES, SEASONS
from ..tables.packed import files_in_zip
from ..tables.sources import damage_as_data_error, open_text

ATTRIBUTION = (
    "Contains information from the anime-offline-database (https://github.com/cedya77/anime-offline-database, which "
    "continues https://github.com/manami-project/anime-offline-database), which is made available under the Open "
    "Database License (ODbL) 1.0."
)
MAX_NAME = 200
LINES, OBJECT = (".jsonl", ".ndjson"), ".json"
ADDRESSES = {
    site: re.compile(rf"https?://(?:www\.)?{host}/anime/([0-9]{{1,15}})(?:[/?#].*)?", re.DOTALL)
    for site, host in {
        "myanimelist": r"myanimelist\.net",
        "anilist": r"anilist\.co",
        "anidb": r"anidb\.net",
        "kitsu": r"kitsu\.(?:app|io)",
    }.items()
}
"""Addresses of an anime by site; the group is its number there."""
ANIME_PLANET = re.compile(r"https?://(?:www\.)?anime-planet\.com/anime/([^/?#]+)")
MAX_STUDIOS, MAX_ADDRESS = 450, 1000
"""Letters of a cell of the catalogue, with a margin for other spellings of studios."""
NO_PICTURE = "/no_pic.png"  # the placeholder of the database
UPCOMING = "UPCOMING"


@dataclass(frozen=True)
class Release:
    """A release on disk. Iterating over it reads one anime after the other; an object is in memory as a whole.

    ``date`` is the day that it states, such as ``2026-07-04``, or ``""``.
    """

    path: Path
    date: str

    @classmethod
    def open(cls, path: str | Path) -> "Release":
        """Return the release in a file. Raises `DataError`."""
        path = Path(path)
        if not path.is_file():
            raise DataError(f"{path}: there is no such file. Expected a release of the anime-offline-database.")
        _location, content = next(_objects(path), ("", {}))
        return cls(path, str(content.get("lastUpdate", "")))

    def __iter__(self) -> "Iterator[ReleasedAnime]":
        """Yield each anime. Raises `DataError` for anything that is no release, or a release without anime."""
        objects = _objects(self.path)
        first = next(objects, None)
        if first is not None and "lastUpdate" in first[1] and "sources" not in first[1]:
            first = next(objects, None)
        if first is None:
            raise DataError(
                f"{self.path}: holds no anime. Expected a release of the anime-offline-database, one anime a line."
            )
        yield from (ReleasedAnime(self.path, location, content) for location, content in chain([first], objects))

    @property
    def name(self) -> str:
        """The file, with the date if it states one."""
        return f"{self.path} of {self.date}" if self.date else str(self.path)

    @property
    def year(self) -> int:
        """The year of its date. Raises `DataError` if there is none."""
        try:
            return date.fromisoformat(self.date).year
        except ValueError:
            raise DataError(f"{self.path}, line 1, 'lastUpdate': found {self.date!r:.80}; expected a date.") from None


class ReleasedAnime:
    """One anime of a release. `DataError` is raised for a field of the wrong kind, when it is read.

    What cannot be used is counted in ``left_out``, by reason.
    """

    def __init__(self, path: Path, location: str, content: dict[str, Any]) -> None:
        self._path, self._location, self._content = path, location, content
        self._sources = self._texts("sources", required=True)
        title = content.get("title")
        if not isinstance(title, str):
            raise self._error("title", title, "a name")
        self._names = [title, *self._texts("synonyms")]

    def ids(self, site: str) -> list[int]:
        """Return its numbers at a site of `ADDRESSES`."""
        return _ids(self._sources, site)

    @property
    def related_ids(self) -> list[int]:
        """The MyAnimeList ids of related anime."""
        return _ids(self._texts("relatedAnime") or self._texts("relations"), "myanimelist")  # as until 2023

    @cached_property
    def title(self) -> str:
        """Its main name; ``""`` if that is too long."""
        name = _clean(self._names[0])
        return name if len(name) <= MAX_NAME else ""

    def names(self, left_out: Counter[str]) -> list[str]:
        """Return its names in all languages, the main one first."""
        names = list(filter(None, map(_clean, self._names)))
        short = [name for name in names if len(name) <= MAX_NAME]
        left_out[f"names of more than {MAX_NAME} letters"] += len(names) - len(short)
        return short

    @property
    def slug(self) -> str:
        """Its name in its address at Anime-Planet: ``attack-on-titan``; ``""`` if unknown."""
        return next((match[1] for source in self._sources if (match := ANIME_PLANET.match(source))), "")

    @property
    def type(self) -> str:
        """Its type as the release calls it: ``TV``, ``MOVIE``, ``UNKNOWN`` and more."""
        return self._text("type")

    @property
    def is_upcoming(self) -> bool:
        """Whether nobody can have seen it yet."""
        return self._text("status") == UPCOMING

    @property
    def tags(self) -> list[str]:
        """Tags and genres from all sites, in small letters."""
        return self._texts("tags")

    def studios(self, left_out: Counter[str]) -> str:
        """Return its studios, in small letters, joined by ``|``."""
        studios = list(filter(None, map(_clean, self._texts("studios"))))
        while len("|".join(studios)) > MAX_STUDIOS:
            left_out[f"studios after the first {MAX_STUDIOS} letters"] += 1
            studios.pop()
        return "|".join(studios)

    @property
    def episodes(self) -> int:
        """The number of its episodes, 0 for unknown."""
        episodes = self._content.get("episodes", 0)
        if not isinstance(episodes, int) or isinstance(episodes, bool) or not 0 <= episodes <= MAX_EPISODES:
            raise self._error("episodes", episodes, f"a whole number from 0 to {MAX_EPISODES:,}")
        return episodes

    def year(self, left_out: Counter[str]) -> str:
        """Return the year in which it began, ``""`` for unknown."""
        season = self._season
        year = season.get("year") if isinstance(season, dict) else season
        if year is None:
            return ""
        if not isinstance(season, dict) or not isinstance(year, int) or isinstance(year, bool):
            raise self._error("animeSeason", season, 'an object with the year, for example {"year": 2006}')
        if not FIRST_YEAR <= year <= LAST_YEAR:
            left_out[f"years not from {FIRST_YEAR} to {LAST_YEAR}"] += 1
            return ""
        return str(year)

    @property
    def season(self) -> str:
        """The season in which it began, one of `SEASONS`, ``""`` for unknown."""
        season = self._season.get("season") if isinstance(self._season, dict) else None
        return season.lower() if isinstance(season, str) and season.lower() in SEASONS else ""

    @property
    def _season(self) -> Any:
        return self._content.get("animeSeason") or {}

    def picture(self, left_out: Counter[str]) -> str:
        """Return the https address of its picture, ``""`` for none."""
        picture = self._content.get("picture") or ""
        if not isinstance(picture, str):
            raise self._error("picture", picture, "an address")
        if not picture or picture.endswith(NO_PICTURE):
            return ""
        is_plain = picture.isascii() and picture.isprintable() and len(picture) <= MAX_ADDRESS
        if not is_plain or not re.fullmatch(COVER, picture):
            left_out["pictures without a usual https address"] += 1
            return ""
        return picture

    def _text(self, field: str) -> str:
        text = self._content.get(field) or ""
        if not isinstance(text, str):
            raise self._error(field, text, "a text")
        return text

    def _texts(self, field: str, required: bool = False) -> list[str]:
        texts = self._content.get(field, None if required else [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self._error(field, texts, "a list of texts")
        return texts

    def _error(self, field: str, value: object, expected: str) -> DataError:
        shown = "nothing" if value is None else f"{value!r:.80}"
        return DataError(f"{self._path}, {self._location}, {field!r}: found {shown}; expected {expected}.")


def is_offline_database(path: str | Path) -> bool:
    """Return whether a file, or one in a ``.zip``, is named as JSON."""
    return _inner_name(Path(path)).endswith((*LINES, OBJECT))


def _ids(addresses: list[str], site: str) -> list[int]:
    matches = map(ADDRESSES[site].fullmatch, addresses)
    return list(dict.fromkeys(int(match[1]) for match in matches if match))


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the JSON objects of a release with their locations, the one about the release first."""
    with damage_as_data_error(path), open_text(path, _member(path)) as stream:
        if _inner_name(path).endswith(LINES):
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield f"line {number}", _parse(path, f"line {number}", line)
            return
        content = _parse(path, "line 1", stream.read())
    anime = content.pop("data", None)
    if not isinstance(anime, list) or not all(isinstance(entry, dict) for entry in anime):
        keys = ", ".join(map(repr, content))[:200] or "nothing"
        raise DataError(f"{path}: has no list 'data' of anime; found {keys}.")
    if "lastUpdate" in content:
        yield "line 1", content
    yield from ((f"anime {number}", entry) for number, entry in enumerate(anime, start=1))


def _parse(path: Path, location: str, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if error.lineno > 1:
            location = f"line {error.lineno}"
        raise DataError(f"{path}, {location}: is not valid JSON: {error.msg} at letter {error.colno}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, {location}: is not readable JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}, {location}: found {content!r:.80}; expected a JSON object, one anime.")
    return content


def _member(path: Path) -> str | None:
    """Return the file in a ``.zip`` that is named as JSON, else the first; None for other kinds of files."""
    if path.suffix.lower() != ".zip":
        return None
    names = files_in_zip(path)
    return next((name for name in names if name.lower().endswith((*LINES, OBJECT))), names[0])


def _inner_name(path: Path) -> str:
    """Return the name of the file inside the compression, in small letters."""
    try:
        name = (_member(path) or path.name).lower()
    except Exception:  # `read_offline_database` raises the precise error
        return path.name.lower()
    return name.removesuffix(".gz").removesuffix(".zst")


def _clean(name: str) -> str:
    """Return a name on one line, entities unescaped, without ``|`` and letters that can't be shown."""
    text = " ".join(html.unescape(name).replace("|", "/").split())
    return "".join(letter for letter in text if letter.isprintable())
