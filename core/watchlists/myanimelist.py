"""Lists that MyAnimeList exports: XML, read as it comes in, without ever building a tree of it.

The form, by the unofficial specification and by what other tools write for MyAnimeList's import: a
root ``myanimelist``, in it ``myinfo`` (``user_name``, ``user_export_type`` 1 anime or 2 manga) and
one ``anime`` for each title with ``series_animedb_id``, ``series_title``, ``my_status`` (words; in
old exports numbers), ``my_score`` (0 for not rated to 10) and ``my_rewatching``.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable
from xml.parsers.expat import errors as expat_errors

from .entries import (
    MAX_ENTRIES,
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

STATUSES: dict[str, Status] = {
    "watching": "watching",
    "1": "watching",
    "completed": "completed",
    "2": "completed",
    "rewatching": "completed",
    "onhold": "on_hold",
    "3": "on_hold",
    "dropped": "dropped",
    "4": "dropped",
    "plantowatch": "planned",
    "6": "planned",
}
"""Statuses without blanks, hyphens and case; the numbers are those of MyAnimeList's own pages."""

FIELDS = {"series_animedb_id", "series_title", "my_status", "my_score", "my_rewatching"}
FIELDS |= {"user_name", "user_export_type"}

# expat has no error of its own for a byte that is no UTF-8.
INVALID = expat_errors.codes[expat_errors.XML_ERROR_INVALID_TOKEN]
WRONG_LETTERS = {
    expat_errors.codes[text]
    for text in (expat_errors.XML_ERROR_UNKNOWN_ENCODING, expat_errors.XML_ERROR_INCORRECT_ENCODING)
}

# What costs a parser memory or time; no export comes near.
MOST_NAMES, MOST_TAGS, DEEPEST = 1_000, 30 * MAX_ENTRIES, 10
LONGEST_TEXT = 2**20  # bytes without the beginning or end of a tag


def read_myanimelist(chunks: Iterable[bytes], encoding: str | None = None) -> Watchlist:
    """A list of MyAnimeList from XML.

    Parameters
    ----------
    chunks
        The bytes of the file, in parts of any size.
    encoding
        None for what the XML itself says.

    Raises
    ------
    WatchlistError
        Other XML, a list of manga, XML that is damaged, too long, not in its encoding, or defines
        entities; too many entries.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    export, chunk = _Export(), b""
    parser = DefusedXMLParser(target=object(), encoding=encoding, forbid_dtd=True)
    # Straight from expat: by the methods of a target it takes twice as long.
    parser.parser.StartElementHandler, parser.parser.EndElementHandler = export.start, export.end
    parser.parser.CharacterDataHandler = export.data
    parser.parser.StartNamespaceDeclHandler = export.start_namespace
    try:
        for chunk in chunks:
            export.silent += len(chunk)
            if export.silent > LONGEST_TEXT:
                raise WatchlistError("odd_xml")
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException:
        raise WatchlistError("xml_entities") from None
    except ParseError as error:
        if error.code in WRONG_LETTERS or (error.code == INVALID and not _is_utf8(chunk)):
            raise WatchlistError("bad_xml_encoding") from None
        raise WatchlistError("broken_xml", line=error.position[0]) from None
    except (LookupError, ValueError):  # an encoding that Python doesn't know, or expat can't read
        raise WatchlistError("bad_xml_encoding") from None
    if export.is_manga:
        raise WatchlistError("manga")
    return checked_list("MyAnimeList", export.user["user_name"], export.entries)


class _Export:
    """What an XML parser tells of each tag goes here, and what belongs to an entry is kept."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.user = {"user_name": "", "user_export_type": ""}
        self.silent = 0  # bytes since the last tag
        self._depth = 0
        self._fields: dict[str, str] = {}
        self._text: list[str] | None = None
        self._names: set[str] = set()
        self._tags = 0

    @property
    def is_manga(self) -> bool:
        return self.user["user_export_type"].strip() == "2"

    def start(self, tag: str, attributes: list[str]) -> None:
        self.silent = 0
        self._depth += 1
        self._tags += 1
        if attributes or tag not in self._names:
            self._names.update((tag, *attributes[::2]))
        if self._depth == 1 and tag != "myanimelist":
            raise WatchlistError("other_xml", tag=clipped(tag))
        if self._tags > MOST_TAGS or self._depth > DEEPEST or len(self._names) > MOST_NAMES:
            raise WatchlistError("odd_xml")
        self._text = [] if self._depth == 3 and tag in FIELDS else None

    def start_namespace(self, prefix: str | None, uri: str | None) -> None:
        self._names.add(f"xmlns:{prefix}")  # counted with the next tag

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        self.silent = 0
        self._depth -= 1
        if self._depth == 2:
            if self._text is not None:
                self._fields[tag] = "".join(self._text)
                self._text = None
        elif self._depth == 1:
            if tag == "anime":
                append(self.entries, _entry(self._fields))
            elif tag == "manga":
                append(self.entries, Entry(None, None, (), None, None, "manga"))
            elif tag == "myinfo":
                self.user.update(self._fields)
            self._fields = {}


def _entry(fields: dict[str, str]) -> Entry:
    status = fields.get("my_status", "").strip()
    meaning = STATUSES.get("".join(letter for letter in status.lower() if letter.isalnum()))
    score = fields.get("my_score", "").strip()
    value = number(score or "0")
    ten = float("nan") if value is None or not 0 <= value <= 10 else value
    return entry_of(
        anime_id=title_id(fields.get("series_animedb_id", "").strip()),
        names=names_of([fields.get("series_title")]),
        status="completed" if meaning == "watching" and fields.get("my_rewatching", "").strip() == "1" else meaning,
        score=None if ten == 0 else 10 * ten,
        found_status=status or "none",
        found_score=score,
    )


def _is_utf8(chunk: bytes) -> bool:
    """Whether this part of a file is UTF-8, of which a letter may be cut at either end."""
    start = next((at for at in range(min(4, len(chunk))) if chunk[at] & 0xC0 != 0x80), 0)
    try:
        getincrementaldecoder("utf-8")().decode(chunk[start:])
    except UnicodeDecodeError:
        return False
    return True
