"""What can be read of damaged watchlists: their parts, so that damage costs one entry and not the list."""

import re
from codecs import getincrementaldecoder, lookup
from collections.abc import Iterable, Iterator

from .entries import MAX_ENTRIES, WatchlistError

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
        yield from parts
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


def _encoding(head: bytes) -> str:
    """Return the encoding that an export declares, UTF-8 if that is missing, unknown or impossible."""
    declared = DECLARED.match(head)
    try:
        name = lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    return MARKS.get(head[:2]) or ("utf-8" if name.startswith("utf") else name)
