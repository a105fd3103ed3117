"""What the anime-offline-database knows of the titles of a catalogue.

The release [1]_ is a file of JSON lines, one anime a line after a line about the file, or one JSON
object with the same anime in ``data``; either plain, ``.gz``, ``.zst`` or alone in a ``.zip``. An anime
carries its addresses at MyAnimeList and elsewhere (``sources``), a title and synonyms without their
languages, year, picture, and the addresses of related anime.

An anime may have several addresses at MyAnimeList: it then tells of those titles alone that it calls by
their name in the catalogue. A title may be told of by several anime: of each cell, what the first
says that knows it.

.. [1] https://github.com/manami-project/anime-offline-database (ODbL 1.0).
"""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd

from ...errors import DataError
from ..catalogue import TITLES_COLUMNS, Catalogue
from ..name_search import fold_name
from ..tables import open_text, refusing_damage
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
NO_PICTURE = "/no_pic.png"  # the database's own, for anime without one
YEARS = range(1900, 2101)  # what Catalogue.read takes


def is_offline_database(path: str | Path) -> bool:
    """Whether a file's name, or that of the first file in a ``.zip``, says JSON."""
    return _kind(Path(path)).endswith((*LINES, OBJECT))


def read_offline_database(path: str | Path, catalogue: Catalogue) -> TitleDetails:
    """Read a release, keeping what it says of a catalogue's titles; see the module.

    JSON lines are read one by one; one large object is in memory whole while it is read.
    The languages of names are told by `japanese_name` and `english_name`.

    Raises
    ------
    DataError
        The file is damaged, or something else: file, line, found and expected.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Expected a release of the anime-offline-database.")
    rows: dict[int, dict[str, str]] = {}
    left_out: Counter[str] = Counter()
    day, anime = "", 0
    for place, content in _entries(path):
        if not anime and "sources" not in content and "lastUpdate" in content:
            day = f" of {content['lastUpdate']}"
            continue
        anime += 1
        for anime_id, row in _Entry(path, place, content).rows(catalogue, left_out):
            known = rows.setdefault(anime_id, row)
            if known is not row:
                left_out["anime after the first of a title, but for what the first does not know"] += 1
                known |= {column: text for column, text in row.items() if not known[column]}
    if not anime:
        raise DataError(f"{path}: holds no anime. Expected a release of the anime-offline-database, one anime a line.")
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(TITLES_COLUMNS), dtype=object)
    return TitleDetails(f"{path}{day}", frame, dict(+left_out))


class _Entry:
    """One anime of the release."""

    def __init__(self, path: Path, place: str, content: dict[str, Any]) -> None:
        self._path, self._place, self._content = path, place, content
        self._sources = self._texts("sources", required=True)
        title = content.get("title")
        if not isinstance(title, str):
            raise self._error("title", title, "a name")
        self._names = [title, *self._texts("synonyms")]

    def rows(self, catalogue: Catalogue, left_out: Counter[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """The titles that it tells of, and what, columns as `TITLES_COLUMNS`; the rest is counted."""
        ids = dict.fromkeys(int(found[1]) for source in self._sources if (found := MYANIMELIST.fullmatch(source)))
        here = [anime_id for anime_id in ids if anime_id in catalogue]
        if not here:
            left_out["anime that the catalogue lacks" if ids else "anime without an address at myanimelist.net"] += 1
            return
        names = list(filter(None, map(_clean, self._names)))
        short = [name for name in names if len(name) <= MAX_NAME]
        left_out[f"names of more than {MAX_NAME} letters"] += len(names) - len(short)
        if len(ids) > 1:
            folded = {fold_name(name) for name in short}
            called = [anime_id for anime_id in here if fold_name(catalogue[anime_id].name) in folded]
            left_out["titles that an anime with several addresses does not call by name"] += len(here) - len(called)
            here = called
        if not here:
            return
        slug = next((found[1] for source in self._sources if (found := ANIME_PLANET.match(source))), "")
        facts = {"synonyms": "|".join(short), "japanese": japanese_name(short)}
        facts |= {"year": self._year(left_out), "picture": self._picture(left_out)}
        related = self._texts("relatedAnime") or self._texts("relations")  # as it was called until 2023
        family = [*ids, *(int(found[1]) for address in related if (found := MYANIMELIST.fullmatch(address)))]
        for anime_id in here:
            others = (str(other) for other in dict.fromkeys(family) if other != anime_id)
            yield (
                anime_id,
                {
                    **facts,
                    "english": english_name(catalogue[anime_id].name, short, slug),
                    "related_ids": related_ids(others, catalogue, left_out),
                },
            )

    def _year(self, left_out: Counter[str]) -> str:
        season = self._content.get("animeSeason") or {}
        year = season.get("year") if isinstance(season, dict) else season
        if year is None:
            return ""
        if not isinstance(season, dict) or not isinstance(year, int) or isinstance(year, bool):
            raise self._error("animeSeason", season, 'an object with the year, for example {"year": 2006}')
        if year not in YEARS:
            left_out[f"years not from {YEARS[0]} to {YEARS[-1]}"] += 1
        return str(year) if year in YEARS else ""

    def _picture(self, left_out: Counter[str]) -> str:
        picture = self._content.get("picture") or ""
        if not isinstance(picture, str):
            raise self._error("picture", picture, "an address")
        if picture.endswith(NO_PICTURE):
            return ""
        safe = HTTPS.fullmatch(picture) is not None
        left_out["pictures whose address is not https"] += bool(picture) and not safe
        return picture if safe else ""

    def _texts(self, field: str, required: bool = False) -> list[str]:
        texts = self._content.get(field, None if required else [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self._error(field, texts, "a list of texts")
        return texts

    def _error(self, field: str, found: object, expected: str) -> DataError:
        shown = "nothing" if found is None else f"{found!r:.80}"
        return DataError(f"{self._path}, {self._place}, {field!r}: found {shown}; expected {expected}.")


def _entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON object of a release and where it stands; what is said about the file comes first."""
    with refusing_damage(path), open_text(path) as stream:
        if _kind(path).endswith(LINES):
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield f"line {number}", _parse(path, f"line {number}", line)
            return
        content = _parse(path, "line 1", stream.read())
    anime = content.pop("data", None)
    if not isinstance(anime, list) or not all(isinstance(entry, dict) for entry in anime):
        raise DataError(
            f"{path}: has no list 'data' of anime; found {', '.join(map(repr, content))[:200] or 'nothing'}."
        )
    if "lastUpdate" in content:
        yield "line 1", content
    for number, entry in enumerate(anime, start=1):
        yield f"anime {number}", entry


def _parse(path: Path, place: str, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        where = place if error.lineno == 1 else f"line {error.lineno}"
        raise DataError(f"{path}, {where}: is not valid JSON: {error.msg} at letter {error.colno}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, {place}: is not readable JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}, {place}: found {content!r:.80}; expected a JSON object, one anime.")
    return content


def _kind(path: Path) -> str:
    """The name of what is in a file, without the suffix of its compression, in small letters."""
    name = path.name.lower()
    if name.endswith(".zip"):
        try:
            with ZipFile(path) as archive:
                return next(iter(archive.namelist()), "").lower()
        except Exception:  # whoever reads it says what is wrong with it
            return name
    return name.removesuffix(".gz").removesuffix(".zst")


def _clean(name: str) -> str:
    """A name on one line, entities unescaped, without what cannot be shown or would end it in a list."""
    text = " ".join(html.unescape(name).replace("|", "/").split())
    return "".join(char for char in text if char.isprintable())
