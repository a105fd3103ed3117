import gzip
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchlist_files import anilist_answer, anilist_entry, as_json, mal_entry, mal_export, zipped

from core.watchlists.entries import MAX_ENTRIES, SENTENCES, WatchlistError
from core.watchlists.reader import read_watchlist

MB = 2**20
XML = b'<?xml version="1.0" encoding="UTF-8"?>'
EXPORT = mal_export(mal_entry(1, title="Träumend") * 50).encode()
ANSWER = as_json(anilist_answer([anilist_entry(1, 1, title="Träumend")]))


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><myanimelist>&a9;</myanimelist>'.encode()


def bomb(body: bytes) -> bytes:
    return gzip.compress(XML + b"<myanimelist>" + body, 1)


ATTACKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "11 MB": (lambda: b"<" * 11 * MB, "too_large"),
    "nothing": (lambda: b"", "empty"),
    "blanks": (lambda: b" \n" * 100, "empty"),
    "packed nothing": (lambda: gzip.compress(b""), "empty"),
    "gz cut short": (lambda: gzip.compress(EXPORT)[:-20], "truncated_gz"),
    "gz cut very short": (lambda: gzip.compress(EXPORT)[:5], "truncated_gz"),
    "json gz cut short": (lambda: gzip.compress(ANSWER)[:-20], "truncated_gz"),
    "gz damaged": (lambda: gzip.compress(EXPORT)[:-8] + b"damaged!", "broken_gz"),
    "gz of noise": (lambda: b"\x1f\x8b\x08\x00" + bytes(range(256)), "broken_gz"),
    "zip": (lambda: zipped(EXPORT), "zip"),
    "text": (lambda: b"5114 10\n", "other_text"),
    "image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "other_text"),
    "web page": (lambda: b"<!DOCTYPE html><html><body>My list</body></html>", "web_page"),
    "web page, old": (lambda: b"\n<HTML><body>My list", "web_page"),
    "feed": (lambda: XML + b"<rss><channel/></rss>", "other_xml"),
    "billion laughs": (laughs, "xml_entities"),
    "quadratic blowup": (
        lambda: b'<!DOCTYPE x [<!ENTITY a "' + b"a" * MB + b'">]><myanimelist>' + b"&a;" * 1000,
        "xml_entities",
    ),
    "external entity": (
        lambda: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><myanimelist>&a;</myanimelist>',
        "xml_entities",
    ),
    "external document type": (
        lambda: b'<!DOCTYPE x SYSTEM "http://example.org/x.dtd"><myanimelist></myanimelist>',
        "xml_entities",
    ),
    "undefined entity": (lambda: XML + b"<myanimelist>&nbsp;</myanimelist>", "broken_xml"),
    "xml cut short": (lambda: EXPORT[:-100], "broken_xml"),
    "xml crossed": (lambda: XML + b"<myanimelist><anime></myanimelist>", "broken_xml"),
    "json of noise": (lambda: b"[" + bytes(range(128, 256)) + b"]", "bad_encoding"),
    "json cut short": (lambda: ANSWER[:-3], "broken_json"),
    "json of one number": (lambda: b"[" + b"9" * MB + b"]", "broken_json"),
    "json, deep": (lambda: b"[" * 200_000, "too_complex"),
    "json of empties": (lambda: b"[" + b"[]," * 3_000_000 + b"0]", "too_complex"),
    "json of objects": (lambda: b"[" + b"{}," * 300_000 + b"0]", "too_complex"),
    "json of values": (lambda: b"[" + b"0," * 5_000_000 + b"0]", "too_complex"),
    "packed json": (lambda: gzip.compress(b"[" + b" " * 11 * MB + b"]"), "too_large_unpacked"),
    "bomb of blanks": (lambda: bomb(b" " * 70 * MB), "odd_xml"),
    "bomb of one text": (lambda: bomb(b"a" * 70 * MB), "odd_xml"),
    "bomb of comments": (lambda: bomb(b"<!-- a -->" * 5 * MB), "odd_xml"),
    "bomb of long comments": (
        lambda: bomb((b"<anime><my_comments>" + b"a" * 500_000 + b"</my_comments></anime>") * 140),
        "too_large_unpacked",
    ),
    "bomb of depth": (lambda: bomb(b"<a>" * MB), "odd_xml"),
    "bomb of tags": (lambda: bomb(b"<a></a>" * 1_550_000), "odd_xml"),
    "bomb of names": (lambda: bomb(b"".join(b"<a%d/>" % number for number in range(100_000))), "odd_xml"),
    "bomb of namespaces": (
        lambda: bomb(b"".join(b'<a xmlns:a%d="u"/>' % number for number in range(100_000))),
        "odd_xml",
    ),
    "bomb of attributes": (
        lambda: bomb(b"<a " + b" ".join(b'a%d=""' % number for number in range(400_000))),
        "odd_xml",
    ),
    "bomb of damaged tags": (lambda: bomb(b"&" + b"<anime>" * MB), "odd_xml"),
    "bomb of damaged entries": (lambda: bomb(b"<anime><series_title>x<" * MAX_ENTRIES), "odd_xml"),
    "bomb of entries": (lambda: bomb(b"<anime></anime>" * (MAX_ENTRIES + 1)), "too_many_entries"),
    "too many entries of json": (
        lambda: b"[" + b",".join([b'{"mediaId":1,"status":"CURRENT"}'] * (MAX_ENTRIES + 1)) + b"]",
        "too_many_entries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_anything_but_a_watchlist_is_refused_within_limits(name: str) -> None:
    make, kind = ATTACKS[name]
    content = make()
    tracemalloc.start()
    try:
        start = time.process_time()
        with pytest.raises(WatchlistError) as error:
            read_watchlist(content)
        assert time.process_time() - start < 10
        assert tracemalloc.get_traced_memory()[1] < 60 * MB
    finally:
        tracemalloc.stop()
    assert error.value.kind == kind
    assert str(error.value) == SENTENCES[kind].format(**error.value.facts)
    assert len(str(error.value)) < 250


def test_braces_in_a_message_of_anilist_are_not_filled() -> None:
    with pytest.raises(WatchlistError, match=r"\{kind\}<b>"):
        read_watchlist(as_json({"errors": [{"message": "{kind}<b>" + "x" * 999, "status": 500}]}))


def test_largest_allowed_watchlist_is_read() -> None:
    content = bomb(b"<anime><series_animedb_id>1</series_animedb_id></anime>" * MAX_ENTRIES + b"</myanimelist>")
    assert len(read_watchlist(content).entries) == MAX_ENTRIES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_any_unicode_encoding(encoding: str) -> None:
    content = ANSWER.decode().encode(encoding)
    for watchlist in (read_watchlist(content), read_watchlist(gzip.compress(content))):
        assert watchlist.entries[0].name == "Träumend"


def test_json_can_be_pasted() -> None:
    for text in (ANSWER.decode(), "\ufeff\n " + ANSWER.decode() + "\n"):
        assert read_watchlist(text).entries[0].name == "Träumend"


@given(st.binary(max_size=200) | st.text(max_size=100))
def test_arbitrary_content_is_refused_with_one_sentence(content: bytes | str) -> None:
    with pytest.raises(WatchlistError):
        read_watchlist(content)


@given(st.data())
def test_damaged_watchlist_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([EXPORT, ANSWER, gzip.compress(EXPORT), gzip.compress(ANSWER)])))
    for index, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=5)
    ):
        content[index] = byte
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        with suppress(WatchlistError):
            read_watchlist(damaged)
