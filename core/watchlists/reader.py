"""Reader of watchlists: recognises the format of a file or text by its content, not by its name."""

import json
import re
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Literal

from ..errors import InputError
from .anilist import POINTS, read_anilist
from .entries import MAX_BYTES, Watchlist, WatchlistError
from .mending import mend_json
from .myanimelist import read_myanimelist

# 50,000 entries of an export of MyAnimeList are 45 MB; XML is parsed while it is unpacked. JSON is parsed when all
# of it is in memory, so it may have no more than MAX_BYTES when unpacked.
MAX_UNPACKED = 64 * 1024 * 1024
MEGABYTE = 1024 * 1024
CHUNK = 65_536

# Limits that keep parsed JSON below about 100 MB of memory. 10 MB from AniList have 150,000 objects, 500,000 values.
MAX_OBJECTS, MAX_VALUES = 250_000, 700_000


def read_watchlist(content: bytes | str, score_format: str | None = None) -> Watchlist:
    """Return the watchlist in a file or in a pasted text.

    Formats: MyAnimeList's export (XML) and AniList's answers and account download (JSON), in UTF-8
    or UTF-16, XML in any encoding that it declares; files also as .gz. Limits: 10 MB, 64 MB
    unpacked, 50,000 entries.

    ``score_format`` is a key of `POINTS`, for a watchlist that states none. It is needed only after a
    `WatchlistError` of the kind ``score_format``.

    Raises `WatchlistError` for any other content, and `InputError` for another ``score_format``.
    """
    if score_format is not None and score_format not in POINTS:
        raise InputError(f"The score format is {score_format!r}; expected one of {', '.join(POINTS)}.")
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    if len(data) > MAX_BYTES:
        raise WatchlistError("too_large", megabytes=f"{len(data) / MEGABYTE:.1f}", limit=MAX_BYTES // MEGABYTE)
    if data.startswith(b"PK"):
        raise WatchlistError("zip")
    is_packed = data.startswith(b"\x1f\x8b")
    head = next(_unpack(data), b"") if is_packed else data[:CHUNK]
    if _format(head) == "xml":
        read_chunks = partial(_unpack if is_packed else _chunks, data)
        # A pasted text is encoded as UTF-8 above, whatever encoding it declares.
        encoding = "utf-8" if isinstance(content, str) else None
        return read_myanimelist(lambda: _without_leading_blanks(read_chunks()), encoding)
    return _read_json(_join(_unpack(data)) if is_packed else data, score_format)


def _format(head: bytes) -> Literal["xml", "json"]:
    """Return the format of a file by its first letter. Raises `WatchlistError` for any other."""
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


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def _unpack(data: bytes) -> Iterator[bytes]:
    """Yield the content of a .gz file in chunks, up to `MAX_UNPACKED` bytes."""
    stream, size = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), 0
    for packed in _chunks(data):
        while True:
            try:
                chunk = stream.decompress(packed, CHUNK)
            except zlib.error:
                raise WatchlistError("broken_gz") from None
            packed = stream.unconsumed_tail
            size += len(chunk)
            if size > MAX_UNPACKED:
                raise WatchlistError("too_large_unpacked", limit=MAX_UNPACKED // MEGABYTE)
            if chunk:
                yield chunk
            elif not packed:
                break
    if not stream.eof:
        raise WatchlistError("truncated_gz")


def _join(chunks: Iterator[bytes]) -> bytes:
    """Return all chunks as one, up to `MAX_BYTES`."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_BYTES:
            raise WatchlistError("too_large_unpacked", limit=MAX_BYTES // MEGABYTE)
    return bytes(data)


def _without_leading_blanks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks without blanks before the first tag: people paste them, and XML forbids them."""
    yield next(chunks, b"").removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    yield from chunks


def _read_json(data: bytes, score_format: str | None) -> Watchlist:
    """Return the watchlist in JSON, or what can be read of it. Bytes that are no letters become U+FFFD."""
    if data.count(b"{") + data.count(b"[") > MAX_OBJECTS or data.count(b",") > MAX_VALUES:
        raise WatchlistError("too_complex")
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, errors="replace")
    try:
        return read_anilist(json.loads(text, strict=False), score_format)
    except RecursionError:
        raise WatchlistError("too_complex") from None
    except ValueError as error:  # also for a number of thousands of digits
        problem = WatchlistError("broken_json", line=getattr(error, "lineno", 1))
        if "\ufffd" in text:
            problem = WatchlistError("bad_encoding", encoding=encoding.removesuffix("-sig").upper())
    except WatchlistError as error:
        if error.kind != "other_json":
            raise
        problem = error
    if (mended := mend_json(text)) is None:
        raise problem from None
    return read_anilist(mended, score_format)
