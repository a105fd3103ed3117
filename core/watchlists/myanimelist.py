"""Watchlists from MyAnimeList: XML, parsed as a stream, so that no tree of it is ever in memory.

The form, by the unofficial specification and by the files that other tools write for MyAnimeList's
import: a root ``myanimelist``, in it ``myinfo`` (``user_name``, ``user_export_type`` 1 anime or
2 manga) and one ``anime`` for each title with ``series_animedb_id``, ``series_title``, ``my_status``
(words; in old exports numbers), ``my_score`` (0 for not rated to 10) and ``my_rewatching``.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from itertools import islice
from xml.parsers.expat import errors as expat_errors

from .entries import (
    MAX_ENTRIES,
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
from .mending import ROOT_END, mend_xml, split_xml, title_in_xml

STATUS_NUMBERS: dict[str, Status] = {
    "1": "watching",
    "2": "completed",
    "3": "on_hold",
    "4": "dropped",
    "6": "planned",
}
"""The numbers of MyAnimeList's own pages and old exports."""

ANIME_ID, MANGA_IDS = "series_animedb_id", {"manga_mangadb_id", "series_mangadb_id"}
FIELDS = {ANIME_ID, "series_title", "my_status", "my_score", "my_rewatching", "my_watched_episodes", "series_type"}
FIELDS |= {"user_name", "user_export_type", "manga_title"} | MANGA_IDS

# expat has no separate error for a byte that is not UTF-8: it is an invalid token, too.
INVALID_TOKEN = expat_errors.codes[expat_errors.XML_ERROR_INVALID_TOKEN]
ENCODING_ERRORS = {
    expat_errors.codes[message]
    for message in (expat_errors.XML_ERROR_UNKNOWN_ENCODING, expat_errors.XML_ERROR_INCORRECT_ENCODING)
}

# Limits of what costs the parser memory or time; exports stay far below them.
MAX_NAMES, MAX_TAGS, MAX_DEPTH = 1_000, 30 * MAX_ENTRIES, 10
MAX_TEXT = 2**20  # bytes between two tags
PARTS_AT_ONCE, MAX_DAMAGED = 128, 1_000


def read_myanimelist(read_chunks: Callable[[], Iterable[bytes]], encoding: str | None = None) -> Watchlist:
    """Return the watchlist in an export of MyAnimeList; ``read_chunks`` returns its bytes, in chunks of any size.

    ``encoding`` is None for the encoding that the XML declares. Of a damaged file every entry is read that
    is not damaged itself.

    Raises `WatchlistError` for XML of another kind, a list of manga, XML that breaks off, is too long,
    or defines entities, and for too many entries.
    """
    try:
        export = _parse(read_chunks(), encoding)
    except WatchlistError as error:
        if error.kind not in ("broken_xml", "bad_xml_encoding", "other_xml"):
            raise
        mended = _parse_damaged(read_chunks(), encoding)
        if mended is None:
            raise
        export = mended
    if not export.entries and export.user["user_export_type"].strip() == "2":
        raise WatchlistError("manga")
    return make_watchlist("MyAnimeList", export.user["user_name"], export.entries)


def _parse(chunks: Iterable[bytes], encoding: str | None) -> "_ExportHandler":
    """Return the handler of an export, after it has read all of it."""
    # Imported here, as it loads ElementTree: most visits of the page bring no watchlist.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    export, chunk = _ExportHandler(), b""
    try:
        parser = DefusedXMLParser(target=object(), encoding=encoding, forbid_dtd=True)
        # Handlers of expat itself: the methods of a parser target take twice as long.
        parser.parser.StartElementHandler, parser.parser.EndElementHandler = export.start, export.end
        parser.parser.CharacterDataHandler = export.data
        parser.parser.StartNamespaceDeclHandler = export.start_namespace
        for chunk in chunks:
            export.bytes_since_tag += len(chunk)
            if export.bytes_since_tag > MAX_TEXT:
                raise WatchlistError("odd_xml")
            parser.feed(chunk)
            if export.has_tag_in_text:
                raise WatchlistError("broken_xml", line=parser.parser.CurrentLineNumber)
        parser.close()
    except DefusedXmlException:
        raise WatchlistError("xml_entities") from None
    except ParseError as error:
        if error.code in ENCODING_ERRORS or (error.code == INVALID_TOKEN and not _is_utf8(chunk)):
            raise WatchlistError("bad_xml_encoding") from None
        raise WatchlistError("broken_xml", line=error.position[0]) from None
    except (LookupError, ValueError):  # an encoding that Python doesn't know, or expat can't read
        raise WatchlistError("bad_xml_encoding") from None
    return export


def _parse_damaged(chunks: Iterable[bytes], encoding: str | None) -> "_ExportHandler | None":
    """Return the handler of a damaged export, each of whose entries has been parsed alone; None if there is no entry
    that can be read, or the end of the file is missing.
    """
    merged, end = _ExportHandler(), ""
    parts = split_xml(chunks, encoding)
    while batch := list(islice(parts, PARTS_AT_ONCE)):
        end = "".join([end, *batch[-2:]])[-2 * len(ROOT_END) :]
        _parse_parts(batch, merged)
    is_whole = any(half in end for half in (ROOT_END[:7], ROOT_END[7:]))
    return merged if is_whole and any(entry.problem != "damaged" for entry in merged.entries) else None


def _parse_parts(parts: list[str], merged: "_ExportHandler") -> None:
    """Add the entries of some parts: of all of them if nothing is damaged, else of each half by itself."""
    try:
        export = _parse([f"<myanimelist>{mend_xml(''.join(parts))}</myanimelist>".encode()], "utf-8")
    except WatchlistError:
        if len(parts) > 1:
            _parse_parts(parts[: len(parts) // 2], merged)
            _parse_parts(parts[len(parts) // 2 :], merged)
            return
        if title := title_in_xml(parts[0]):
            merged.entries.append(damaged_entry(title))
        merged.n_damaged += 1
        if merged.n_damaged > MAX_DAMAGED:
            raise WatchlistError("odd_xml") from None
        return
    merged.entries += export.entries
    merged.user |= {name: text for name, text in export.user.items() if text}
    check_count(len(merged.entries))


class _ExportHandler:
    """Handlers for the XML parser that collect the entries and limit the size of everything else."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.user = {"user_name": "", "user_export_type": ""}
        self.bytes_since_tag = 0
        self.has_tag_in_text = False  # the end of a text is damaged, and it has swallowed the next entry
        self.n_damaged = 0
        self._depth = 0
        self._fields: dict[str, str] = {}
        self._text: list[str] | None = None  # of the field that is open
        self._names: set[str] = set()
        self._tags = 0

    def start(self, tag: str, attributes: list[str]) -> None:
        self.bytes_since_tag = 0
        self._depth += 1
        self._tags += 1
        if attributes or tag not in self._names:
            self._names.update((tag, *attributes[::2]))
        if self._depth == 1 and tag != "myanimelist":
            raise WatchlistError("other_xml", tag=shorten(tag))
        if self._tags > MAX_TAGS or self._depth > MAX_DEPTH or len(self._names) > MAX_NAMES:
            raise WatchlistError("odd_xml")
        self._text = [] if self._depth == 3 and tag in FIELDS else None

    def start_namespace(self, prefix: str | None, uri: str | None) -> None:
        self._names.add(f"xmlns:{prefix}")  # counted with the next tag

    def data(self, text: str) -> None:
        self.has_tag_in_text |= ANIME_ID in text
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        self.bytes_since_tag = 0
        self._depth -= 1
        if self._depth == 2 and self._text is not None:
            self._fields[tag] = "".join(self._text)
            self._text = None
        elif self._depth == 1:
            if tag == "myinfo":
                self.user.update(self._fields)
            elif tag in ("anime", "manga"):
                self.entries.append(_entry(self._fields, is_manga=tag == "manga"))
                check_count(len(self.entries))
            self._fields = {}


def _entry(fields: dict[str, str], is_manga: bool) -> Entry:
    """Return the entry with these fields of an ``anime`` or ``manga`` element."""
    status, score = fields.get("my_status", "").strip(), fields.get("my_score", "").strip()
    meaning = STATUS_NUMBERS.get(status) or parse_status(status)
    if meaning == "watching" and fields.get("my_rewatching", "").strip() == "1":
        meaning = "completed"
    value = parse_number(score or "0")
    if value is None or not 0 <= value <= 10:
        value = float("nan")
    return make_entry(
        anime_id=parse_id(fields.get(ANIME_ID, "").strip()),
        names=clean_names([fields.get("series_title"), fields.get("manga_title")]),
        status=meaning,
        score=None if value == 0 else 10 * value,
        raw_status=status,
        raw_score=score,
        progress=fields.get("my_watched_episodes"),
        raw_type=fields.get("series_type"),
        is_manga=is_manga or (ANIME_ID not in fields and not MANGA_IDS.isdisjoint(fields)),
    )


def _is_utf8(chunk: bytes) -> bool:
    """Return whether a chunk of a file is UTF-8; a letter may be cut at either end."""
    start = next((index for index in range(min(4, len(chunk))) if chunk[index] & 0xC0 != 0x80), 0)
    try:
        getincrementaldecoder("utf-8")().decode(chunk[start:])
    except UnicodeDecodeError:
        return False
    return True
