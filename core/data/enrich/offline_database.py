"""Title details from the anime-offline-database.

A release [1]_ is a file of JSON lines, one anime a line after a line about the release, or one JSON
object with the same anime in ``data``; either plain, ``.gz``, ``.zst`` or alone in a ``.zip``. An anime
has its addresses at MyAnimeList and elsewhere (``sources``), a title and synonyms without their
languages, a year, a picture, and the addresses of related anime.

If an anime has several addresses at MyAnimeList, it describes only the titles whose name in the
catalogue is among its names. If several anime describe one title, each cell comes from the first
anime that knows it.

.. [1] https://github.com/manami-project/anime-offline-database (ODbL 1.0).
"""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import DataError
from ..catalogue import Catalogue
from ..catalogue_columns import DETAILS
from ..name_search import fold_name
from ..tables.packed import files_in_zip
from ..tables.table import damage_as_data_error, open_text
from .name_languages import english_name, japanese_name
from .title_details import TitleDetails, related_ids

ATTRIBUTION = (
    "Contains information from the anime-offline-database (https://github.com/manami-project/anime-offline-database), "
    "which is made available under the Open Database License (ODbL) 1.0."
)
MAX_NAME = 200
LINES, OBJECT = (".jsonl", ".ndjson"), ".json"
MYANIMELIST = re.compile(r"https?://(?:www\.)?myanimelist\.net/anime/([0-9]{1,15})(?:[/?#].*)?", re.DOTALL)
ANIME_PLANET = re.compile(r"https?://(?:www\.)?anime-planet\.com/anime/([^/?#]+)")
HTTPS = re.compile(r"https://[!-~]+")
NO_PICTURE = "/no_pic.png"  # the placeholder of the database
YEARS = range(1900, 2101)  # the years that Catalogue.read accepts


def is_offline_database(path: str | Path) -> bool:
    """Return whether a file, or one in a ``.zip``, is named as JSON."""
    return _inner_name(Path(path)).endswith((*LINES, OBJECT))


def read_offline_database(path: str | Path, catalogue: Catalogue) -> TitleDetails:
    """Return the details that a release has of the titles of a catalogue. Raises `DataError`.

    JSON lines are read one by one; one large object is in memory as a whole. `japanese_name` and
    `english_name` find the languages of the names.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Expected a release of the anime-offline-database.")
    rows: dict[int, dict[str, str]] = {}
    left_out: Counter[str] = Counter()
    date, n_anime = "", 0
    for location, content in _objects(path):
        if not n_anime and "sources" not in content and "lastUpdate" in content:
            date = f" of {content['lastUpdate']}"
            continue
        n_anime += 1
        for anime_id, row in _Anime(path, location, content).rows(catalogue, left_out):
            first_row = rows.setdefault(anime_id, row)
            if first_row is not row:
                left_out["anime after the first of a title, but for what the first does not know"] += 1
                first_row |= {column: text for column, text in row.items() if not first_row[column]}
    if not n_anime:
        raise DataError(f"{path}: holds no anime. Expected a release of the anime-offline-database, one anime a line.")
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(DETAILS), dtype=object)
    return TitleDetails(f"{path}{date}", frame, dict(+left_out))


class _Anime:
    """One anime of a release. Raises `DataError` for a field of the wrong kind."""

    def __init__(self, path: Path, location: str, content: dict[str, Any]) -> None:
        self._path, self._location, self._content = path, location, content
        self._sources = self._texts("sources", required=True)
        title = content.get("title")
        if not isinstance(title, str):
            raise self._error("title", title, "a name")
        self._names = [title, *self._texts("synonyms")]

    def rows(self, catalogue: Catalogue, left_out: Counter[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the id of each title that it describes, and its row, with the columns `DETAILS`."""
        # The ids of the titles that it describes.
        ids = dict.fromkeys(_myanimelist_ids(self._sources))
        described = [anime_id for anime_id in ids if anime_id in catalogue]
        if not described:
            left_out["anime that the catalogue lacks" if ids else "anime without an address at myanimelist.net"] += 1
            return
        names = list(filter(None, map(_clean, self._names)))
        short = [name for name in names if len(name) <= MAX_NAME]
        left_out[f"names of more than {MAX_NAME} letters"] += len(names) - len(short)
        if len(ids) > 1:
            folded = {fold_name(name) for name in short}
            named = [anime_id for anime_id in described if fold_name(catalogue[anime_id].name) in folded]
            left_out["titles that an anime with several addresses does not call by name"] += len(described) - len(named)
            described = named
        if not described:
            return

        # The cells that all of them share, and those of each.
        slug = next((match[1] for source in self._sources if (match := ANIME_PLANET.match(source))), "")
        cells = dict.fromkeys(DETAILS, "") | {"synonyms": "|".join(short), "japanese": japanese_name(short)}
        cells |= {"year": self._year(left_out), "picture": self._picture(left_out)}
        related = self._texts("relatedAnime") or self._texts("relations")  # as it was called until 2023
        relatives = dict.fromkeys([*ids, *_myanimelist_ids(related)])
        for anime_id in described:
            others = (str(other) for other in relatives if other != anime_id)
            english = english_name(catalogue[anime_id].name, short, slug)
            yield anime_id, {**cells, "english": english, "related_ids": related_ids(others, catalogue, left_out)}

    def _year(self, left_out: Counter[str]) -> str:
        season = self._content.get("animeSeason") or {}
        year = season.get("year") if isinstance(season, dict) else season
        if year is None:
            return ""
        if not isinstance(season, dict) or not isinstance(year, int) or isinstance(year, bool):
            raise self._error("animeSeason", season, 'an object with the year, for example {"year": 2006}')
        if year not in YEARS:
            left_out[f"years not from {YEARS[0]} to {YEARS[-1]}"] += 1
            return ""
        return str(year)

    def _picture(self, left_out: Counter[str]) -> str:
        picture = self._content.get("picture") or ""
        if not isinstance(picture, str):
            raise self._error("picture", picture, "an address")
        if not picture or picture.endswith(NO_PICTURE):
            return ""
        if not HTTPS.fullmatch(picture):
            left_out["pictures whose address is not https"] += 1
            return ""
        return picture

    def _texts(self, field: str, required: bool = False) -> list[str]:
        texts = self._content.get(field, None if required else [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self._error(field, texts, "a list of texts")
        return texts

    def _error(self, field: str, value: object, expected: str) -> DataError:
        shown = "nothing" if value is None else f"{value!r:.80}"
        return DataError(f"{self._path}, {self._location}, {field!r}: found {shown}; expected {expected}.")


def _myanimelist_ids(addresses: list[str]) -> list[int]:
    return [int(match[1]) for address in addresses if (match := MYANIMELIST.fullmatch(address))]


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
