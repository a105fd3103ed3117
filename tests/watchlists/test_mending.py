"""Damage to a list costs one entry at most. Damaged XML is tested in `test_myanimelist`."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchlist_files import anilist_answer, anilist_download, anilist_entry, as_json

from core.watchlists.entries import Entry, WatchlistError
from core.watchlists.mending import mend_json
from core.watchlists.reader import read_watchlist

ITEMS = [
    anilist_entry(number, number, score=10 * number, media={"title": {"english": f"Show {number}", "native": "ある章"}})
    for number in range(1, 6)
]
ANSWER = as_json(anilist_answer(ITEMS[:3], ITEMS[3:]))
ROWS = [{"series_id": number, "series_type": 0, "status": 2, "score": 10 * number} for number in range(1, 6)]
FORMS = {"answer": ANSWER, "entries": as_json(ITEMS), "download": as_json(anilist_download(*ROWS))}


def entries_of(content: bytes) -> tuple[Entry, ...]:
    return read_watchlist(content).entries


@pytest.mark.parametrize(
    ("old", "new", "name", "problem"),
    [
        (b'"Show 3"', b'"Show\x01\x02 3"', "Show\x01\x02 3", None),
        (b'"Show 3"', b'"Show \xff3"', "Show \ufffd3", None),
        (b'"english": "Show 3"', b'"english": "Show" 3"', "Show", "damaged"),
        (b'"Show 3"', b'Show 3"', "ある章", "damaged"),
        (b'"Show 3", "native"', b'"Show 3", native"', "Show 3", "damaged"),
        (b'"score": 30', b'"score": 3x', "Show 3", "damaged"),
        (b'"score": 30', b'"score" 30', "Show 3", "damaged"),
        (b'"mediaId": 3, ', b'"mediaId": 3}, ', "AniList 3", "bad_status"),
    ],
)
@pytest.mark.parametrize("form", ["answer", "entries"])
def test_damaged_json_costs_one_entry_and_names_it(
    form: str, old: bytes, new: bytes, name: str, problem: str | None
) -> None:
    content = FORMS[form]
    start = content.index(b'"mediaId": 3,')
    damaged = content[:start] + content[start:].replace(old, new, 1)
    assert damaged != content
    entries = {entry.name: entry for entry in entries_of(damaged)}
    assert entries[name].problem == problem
    rest = [entry for entry in entries_of(content) if entry.anime_id != 3]
    assert [entry for entry in entries.values() if entry.name != name] == rest


@pytest.mark.parametrize("form", FORMS)
@given(position=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_one_bad_byte_never_costs_two_entries(form: str, position: float, byte: int) -> None:
    content = bytearray(FORMS[form])
    whole = entries_of(bytes(content))
    index = 4 + int(position * (len(content) - 5))  # the first bytes tell the format, the last one that it is whole
    content[index] = byte
    entries: Any = entries_of(bytes(content))
    assert len(set(whole) - set(entries)) <= 1


@pytest.mark.parametrize("form", FORMS)
def test_json_that_breaks_off_is_refused(form: str) -> None:
    for share in (0.3, 0.5, 0.7, 0.9):
        with pytest.raises(WatchlistError, match="breaks off"):
            entries_of(FORMS[form][: int(share * len(FORMS[form]))])


def test_json_that_is_no_list_is_not_mended() -> None:
    for text in ("", "{", "{x}", '{"media": }', "[{}x]", '[{"media": {}'):
        assert mend_json(text) is None
