"""Reading a list of anime that a visitor brings, whatever it is: recognised by what is in it, not by its name."""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from ..errors import InputError
from .anilist import POINTS, read_anilist
from .entries import MAX_BYTES, Watchlist, WatchlistError
from .myanimelist import read_myanimelist

# 50,000 entries of an export of MyAnimeList are 45 MB; they are parsed as they are unpacked. JSON is parsed
# when all of it is there, so it may have no more than MAX_BYTES when unpacked.
MAX_UNPACKED = 64 * 1024 * 1024
MEGABYTE = 1024 * 1024
CHUNK = 65_536

# They bound the memory of parsed JSON to some 100 MB. 10 MB of AniList's have about 150,000 objects, 500,000 values.
MAX_OBJECTS, MAX_VALUES = 250_000, 700_000


def read_watchlist(content: bytes | str, score_format: str | None = None) -> Watchlist:
    """The list of anime in a file or in a pasted text.

    Read are MyAnimeList's export (XML, also as .gz) and AniList's answers and account download
    (JSON, also as .gz), in UTF-8 or UTF-16, XML in any encoding that it declares. At most 10 MB,
    64 MB unpacked, and 50,000 entries.

    Parameters
    ----------
    content
        The bytes of the file, or the text.
    score_format
        AniList's name of a scale (``POINT_100, POINT_10, POINT_10_DECIMAL, POINT_5, POINT_3``)
        for a list that names none. Only asked for by the `WatchlistError` of the kind ``score_format``.

    Raises
    ------
    WatchlistError
        Anything else: what it is and what to do.
    InputError
        ``score_format`` is none of these.
    """
    if score_format is not None and score_format not in POINTS:
        raise InputError(f"The score format is {score_format!r}; expected one of {', '.join(POINTS)}.")
    pasted = isinstance(content, str)
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    if len(data) > MAX_BYTES:
        raise WatchlistError("too_large", megabytes=f"{len(data) / MEGABYTE:.1f}", limit=MAX_BYTES // MEGABYTE)
    if data.startswith(b"PK"):
        raise WatchlistError("zip")
    packed = data.startswith(b"\x1f\x8b")
    head = next(_unpacked(data), b"") if packed else data[:CHUNK]
    kind = _kind(head)
    if kind == "xml":
        chunks = _unpacked(data) if packed else (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
        return read_myanimelist(_from_first_tag(chunks), "utf-8" if pasted else None)
    if packed:
        data = _joined(_unpacked(data))
    return read_anilist(_parsed(data), score_format)


def _kind(head: bytes) -> str:
    """``xml`` or ``json``, by the first letter of a file."""
    text = head[:1_000].decode(json.detect_encoding(head), errors="replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise WatchlistError("empty")
    if re.match(r"<(!doctype\s+)?html\b", text, re.IGNORECASE):
        raise WatchlistError("web_page")
    if text[0] == "<":
        return "xml"
    if text[0] in "{[":
        return "json"
    raise WatchlistError("other_text")


def _unpacked(data: bytes) -> Iterator[bytes]:
    """The content of a .gz file in parts, no more than `MAX_UNPACKED` of it."""
    stream, size = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), 0
    for at in range(0, len(data), CHUNK):
        rest = data[at : at + CHUNK]
        while True:
            try:
                part = stream.decompress(rest, CHUNK)
            except zlib.error:
                raise WatchlistError("broken_gz") from None
            rest = stream.unconsumed_tail
            size += len(part)
            if size > MAX_UNPACKED:
                raise WatchlistError("too_large_unpacked", limit=MAX_UNPACKED // MEGABYTE)
            if part:
                yield part
            elif not rest:
                break
    if not stream.eof:
        raise WatchlistError("truncated_gz")


def _joined(chunks: Iterator[bytes]) -> bytes:
    parts, size = [], 0
    for part in chunks:
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise WatchlistError("too_large_unpacked", limit=MAX_BYTES // MEGABYTE)
    return b"".join(parts)


def _from_first_tag(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Without the blanks before the first tag, which people paste and XML doesn't allow."""
    first = next(chunks, b"")
    yield first.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    yield from chunks


def _parsed(data: bytes) -> Any:
    """Parsed JSON."""
    if data.count(b"{") + data.count(b"[") > MAX_OBJECTS or data.count(b",") > MAX_VALUES:
        raise WatchlistError("too_complex")
    encoding = json.detect_encoding(data)
    try:
        return json.loads(data.decode(encoding))
    except UnicodeDecodeError:
        raise WatchlistError("bad_encoding", encoding=encoding.removesuffix("-sig").upper()) from None
    except RecursionError:
        raise WatchlistError("too_complex") from None
    except ValueError as error:  # also for a number of thousands of digits
        raise WatchlistError("broken_json", line=getattr(error, "lineno", 1)) from None
