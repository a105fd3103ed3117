"""What can be read of damaged watchlists: their parts, so that damage costs one entry and not the list."""

import json
import re
from codecs import getincrementaldecoder, lookup
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .entries import MAX_ENTRIES, WatchlistError, check_count

ROOT_END = "</myanimelist>"
MAX_PART, MAX_PARTS = 2**20, 4 * MAX_ENTRIES
ELEMENTS = "myinfo|anime|manga"
EDGE = re.compile(rf"(?=<(?:{ELEMENTS})>)|" + "|".join(f"(?<=</{name}>)" for name in ELEMENTS.split("|")))
"""Where an element of a list begins or ends: each of both is enough, if the other is damaged."""
DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)""")
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
RAW_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,6}|#x[0-9a-fA-F]{1,5});)")
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TITLE = re.compile(r"<(?:series|manga)_title>(?:<!\[CDATA\[)?([^<\]]{1,500})")
ID = re.compile(r"<\w*_(?:anime|manga)db_id>([^<]{1,20})")


ENTRY_KEY = re.compile(r'"(?:media|mediaId|series_id)"\s*:')
JSON_TITLE = re.compile(r'"(?:english|romaji|userPreferred|native|title)"\s*:\s*"([^"\\]{1,500})')
JSON_ID = re.compile(r'"(?:mediaId|series_id|idMal)"\s*:\s*(\d{1,15})')
SCORE_FORMAT = re.compile(r'"scoreFormat"\s*:\s*"(\w{1,20})"')
JSON_DEPTH, JSON_ENTRY = 16, 20_000
"""Objects that are nested deeper are not looked at, nor more letters of one; an entry has 2,000."""
ENDS = {"{": "}", "[": "]"}


def split_xml(chunks: Iterable[bytes], encoding: str | None) -> Iterator[str]:
    """Yield the text of an export in parts: each of its elements, whole or damaged, and what stands between them.

    Bytes that are no letters in its encoding become U+FFFD. Raises `WatchlistError` for a part of more
    than `MAX_PART` letters, and for more than `MAX_PARTS`.
    """
    rest, n_parts, decoder = "", 0, None
    for chunk in chunks:
        decoder = decoder or getincrementaldecoder(encoding or _encoding(chunk))("replace")
        *parts, rest = EDGE.split(rest + decoder.decode(chunk))
        n_parts += len(parts)
        if len(rest) > MAX_PART or n_parts > MAX_PARTS:
            raise WatchlistError("odd_xml")
        yield from filter(str.strip, parts)
    yield rest


def mend_xml(part: str) -> str:
    """Return a part with its raw ampersands escaped, and without the letters that XML forbids.

    This is right in CDATA, too, as `clean_names` unescapes names once more.
    """
    return RAW_AMPERSAND.sub("&amp;", NOT_IN_XML.sub("\ufffd", part))


def title_in_xml(part: str) -> str:
    """Return the title in a damaged element, or its id; empty if there is neither."""
    match = TITLE.search(part) or ID.search(part)
    return match[1].strip() if match else ""


def mend_json(text: str) -> dict[str, Any] | None:
    """Return ``{"lists": entries, …}`` with the entries that can be read, each by itself, in damaged JSON.

    Of the others there is ``{"damaged": title}``. None if no entry can be read, or the end of the text is missing.
    """
    text = text.strip()
    surplus = sum(text.count(start) - text.count(end) for start, end in ENDS.items())
    has_end = text[-1:] == ENDS.get(text[:1]) or (text[-1:] not in set('{}[],:"') and text[-2:-1] in set("}]"))
    if not has_end or abs(surplus) > 2:  # damage to one letter makes no more of a difference
        return None
    entries = []
    for entry in _entries_in_json(text):
        entries.append(entry)
        check_count(len(entries))
    if all("damaged" in entry for entry in entries):
        return None
    score_format = SCORE_FORMAT.search(text)
    return {"lists": entries, "user": {"mediaListOptions": {"scoreFormat": score_format[1] if score_format else None}}}


def _entries_in_json(text: str) -> Iterator[dict[str, Any]]:
    """Yield the innermost objects with a key of an entry, or ``{"damaged": title}``.

    Of each open object: where it starts, and where the first entry in it does. Braces in texts count, too: text and
    structure can't be told from each other once a quotation mark is damaged.
    """
    opened: deque[tuple[int, int | None]] = deque(maxlen=JSON_DEPTH)
    for brace in re.finditer("[{}]", text):
        if brace[0] == "{":
            opened.append((brace.start(), None))
            continue
        if not opened:
            continue
        start, first_inner = opened.pop()
        content = text[start : min(first_inner or brace.end(), start + JSON_ENTRY)]
        if ENTRY_KEY.search(content):
            yield _entry_in_json(content)
            first_inner = start
        if first_inner is not None and opened and opened[-1][1] is None:
            opened[-1] = (opened[-1][0], first_inner)
    for start, first_inner in opened:
        content = text[start : first_inner or start + JSON_ENTRY]
        if first_inner is not None and ENTRY_KEY.search(content):
            yield _entry_in_json(content)


def _entry_in_json(content: str) -> dict[str, Any]:
    try:
        entry = json.loads(content, strict=False)
    except (ValueError, RecursionError):
        title = JSON_TITLE.search(content) or JSON_ID.search(content)
        return {"damaged": title[1] if title else ""}
    return dict(entry)


def _encoding(head: bytes) -> str:
    """Return the encoding that an export declares, UTF-8 if that is missing, unknown or impossible."""
    declared = DECLARED.match(head)
    try:
        name = lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    return MARKS.get(head[:2]) or ("utf-8" if name.startswith("utf") else name)
