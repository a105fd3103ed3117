import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchlist_files import MANGA, mal_entry, mal_export

from core.watchlists.entries import Entry, Watchlist, WatchlistError
from core.watchlists.reader import read_watchlist


def read(entries: str, **options: object) -> Watchlist:
    return read_watchlist(mal_export(entries, **options).encode())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[("Watching", "watching"), ("Completed", "completed"), ("On-Hold", "on_hold"), ("Dropped", "dropped")],
        *[("Plan to Watch", "planned"), ("1", "watching"), ("2", "completed"), ("3", "on_hold"), ("4", "dropped")],
        *[("6", "planned"), ("plantowatch", "planned"), ("onhold", "on_hold"), ("on_hold", "on_hold")],
        *[("REPEATING", "completed"), ("CURRENT", "watching"), ("PAUSED", "on_hold"), ("Planning", "planned")],
        *[("Plan to Read", "planned"), ("Reading", "watching"), ("plan_to_watch", "planned"), ("hold", "on_hold")],
        *[("Rewatching", "completed"), ("re-reading", "completed"), ("want to watch", "planned")],
        *[("watched", "completed"), ("stalled", "on_hold"), ("planned", "planned")],
    ],
)
@pytest.mark.parametrize("score", [0, 1, 8, 10])
def test_status_and_score_are_read(status: str, expected: str, score: int) -> None:
    watchlist = read(mal_entry(5114, status, score, "Hagane no Renkinjutsushi"))
    assert (watchlist.source, watchlist.user_name) == ("MyAnimeList", "somebody")
    name = ("Hagane no Renkinjutsushi",)
    assert watchlist.entries == (Entry(5114, None, name, expected, 10.0 * score if score else None),)


def test_score_or_watched_episodes_say_seen_without_a_status() -> None:
    entries = read(mal_entry(1, "", 8) + mal_entry(2, " ") + mal_entry(3, "", "good")).entries
    assert [(entry.status, entry.score, entry.problem) for entry in entries] == [
        ("completed", 80, None), ("completed", None, None), ("completed", None, "bad_score"),
    ]  # fmt: skip
    no_field = mal_entry(4, "x", 7).replace("<my_status>x</my_status>", "")
    assert read(no_field).entries[0].status == "completed"


def test_rewatching_is_completed() -> None:
    entries = read(mal_entry(1, "Watching", rewatching=1) + mal_entry(2, "Dropped", rewatching=1)).entries
    assert [entry.status for entry in entries] == ["completed", "dropped"]


def test_entry_keeps_the_value_that_is_not_understood() -> None:
    unseen = mal_entry(2, "").replace("episodes>3<", "episodes>0<")
    entries = read(
        mal_entry(1, "Sleeping", 8) + unseen + mal_entry(3, score=11) + mal_entry(4, score="good")
        + mal_entry(5, score=-1) + mal_entry(0, title="") + mal_entry("x", title="Only a name")
    ).entries  # fmt: skip
    assert [(entry.problem, entry.wrong_value, entry.score) for entry in entries] == [
        *[("bad_status", "Sleeping", 80), ("bad_status", "none", None)],
        *[("bad_score", "11", None), ("bad_score", "good", None), ("bad_score", "-1", None)],
        *[("no_id", "", None), (None, "", None)],
    ]
    assert entries[-1].names == ("Only a name",)


def test_missing_field_is_not_taken_from_the_entry_before() -> None:
    entries = read(mal_entry(1, score=8) + "<anime></anime>" + mal_entry("0" * 99 + "1", title="")).entries
    assert [entry.problem for entry in entries] == [None, "no_id", "no_id"]
    assert (entries[1].status, entries[1].score) == (None, None)


def test_name_is_unescaped_and_cut() -> None:
    entries = read(mal_entry(1, title="Rozen & Co's <Träumend> 薔薇") + mal_entry(2, title="x" * 10_000)).entries
    assert entries[0].name == "Rozen & Co's <Träumend> 薔薇"
    assert len(entries[1].name) == 500


def test_empty_watchlist_is_read() -> None:
    assert read("").entries == ()
    assert read_watchlist(b"<myanimelist></myanimelist>").entries == ()


def test_gz_export_of_five_thousand_entries_is_read() -> None:
    text = mal_export("".join(mal_entry(number, score=number % 11) for number in range(1, 5001)))
    entries = read_watchlist(gzip.compress(text.encode())).entries
    assert [entry.anime_id for entry in entries] == list(range(1, 5001))


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-8-sig", "UTF-16", "ISO-8859-1", "windows-1252"])
def test_xml_is_read_in_its_declared_encoding(encoding: str) -> None:
    text = mal_export(mal_entry(1, title="Träumend"), encoding=encoding.removesuffix("-sig"))
    assert read_watchlist(text.encode(encoding)).entries[0].name == "Träumend"


def test_pasted_text_is_read_whatever_encoding_it_declares() -> None:
    for encoding in ("ISO-8859-1", "UTF-16", "UTF-8"):
        text = "\ufeff \n" + mal_export(mal_entry(1, title="薔薇"), encoding=encoding)
        assert read_watchlist(text).entries[0].name == "薔薇"


def test_list_of_manga_is_told_by_its_entries() -> None:
    no_tag = MANGA.replace("<manga>", "<anime>").replace("</manga>", "</anime>")
    for export in (
        mal_export(MANGA, export_type=2),
        mal_export("", export_type=2),
        mal_export(MANGA),
        mal_export(no_tag),
    ):
        with pytest.raises(WatchlistError) as error:
            read_watchlist(export)
        assert error.value.kind == "manga"
    assert [entry.problem for entry in read(MANGA + mal_entry(1)).entries] == ["manga", None]
    assert [entry.problem for entry in read(mal_entry(1), export_type=2).entries] == [None]  # the header is wrong


ENTRIES = [mal_entry(number, "Completed", number, f"Show {number} & more") for number in range(1, 6)]


def damaged(old: str, new: str) -> list[tuple[str, object]]:
    """Return names and problems of five entries, after a change of the third."""
    entries = [*ENTRIES[:2], ENTRIES[2].replace(old, new), *ENTRIES[3:]]
    read_entries = read_watchlist(mal_export("".join(entries)).encode()).entries
    return [(entry.name, entry.problem) for entry in read_entries]


@pytest.mark.parametrize(
    ("old", "new", "third"),
    [
        ("Show 3", "Show & 3 &nbsp;", ("Show & 3 \xa0 & more", None)),
        ("Show 3", "Show\x01 3", ("Show\ufffd 3 & more", None)),
        ("<![CDATA[Show 3 &amp; more]]>", "Show < 3", ("Show", "damaged")),
        ("</series_title>", "</series_titlx>", ("Show 3 & more", "damaged")),
        ("<anime>", "<anXme>", ("Show 3 & more", "damaged")),
        ("</anime>", "</anXme>", ("Show 3 & more", "damaged")),
        ("</anime>", "anime", ("Show 3 & more", "damaged")),
        ("<my_comments>", "<!-- ", ("Show 3 & more", "damaged")),
    ],
)
def test_damage_costs_one_entry_at_most_and_names_it(old: str, new: str, third: tuple[str, object]) -> None:
    expected = [(f"Show {number} & more", None) for number in (1, 2, 4, 5)]
    assert damaged(old, new) == [*expected[:2], third, *expected[2:]]


def test_text_without_an_end_does_not_swallow_the_next_entry(cases: Path) -> None:
    content = (cases / "lists" / "anime-list-with-manga-header.xml").read_bytes()
    damaged_content = content.replace(b"]]>", b"]X>", 1)
    entries = read_watchlist(damaged_content).entries
    assert [(entry.name, entry.problem, entry.score) for entry in entries] == [
        ("Fullmetal Alchemist: Brotherhood", "damaged", None), ("Cowboy Bebop", None, 90),
    ]  # fmt: skip


@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["UTF-8", "UTF-16", "ISO-8859-1"]))
def test_one_bad_byte_never_costs_two_entries(position: int, byte: int, encoding: str) -> None:
    data = bytearray(mal_export("".join(ENTRIES), encoding=encoding).encode(encoding))
    whole = read_watchlist(bytes(data)).entries
    data[position % len(data)] = byte
    if data[:2] == data[2:4] or not data.decode(encoding, errors="replace").lstrip("\ufeff").startswith("<"):
        return  # the first letter, by which XML is recognised
    entries = read_watchlist(bytes(data)).entries
    assert len(set(whole) & set(entries)) >= len(whole) - 1
    assert len(entries) == len(whole)


@pytest.mark.parametrize("cut", [len(ENTRIES[0]) // 2, 40, 20])
def test_export_that_breaks_off_is_refused(cut: int) -> None:
    with pytest.raises(WatchlistError) as error:
        read_watchlist(mal_export("".join(ENTRIES)).encode()[:-cut])
    assert error.value.kind == "broken_xml"


def test_wrong_encoding_costs_letters_only() -> None:
    text = mal_export(mal_entry(1, title="Träumend") + mal_entry(2, title="x"))
    for declared, actual, name in (
        ("UTF-8", "latin-1", "Tr\ufffdumend"), ("UTF-16", "utf-8", "Träumend"), ("UTF-99", "utf-8", "Träumend"),
        ("GB18030", "gb18030", "Träumend"), ("Shift_JIS", "utf-8", None),
    ):  # fmt: skip
        entries = read_watchlist(text.replace("UTF-8", declared).encode(actual)).entries
        assert [entry.anime_id for entry in entries] == [1, 2]
        assert name is None or entries[0].name == name


@pytest.mark.parametrize(
    ("name", "ratings"),
    [
        ("anime-list-with-manga-header.xml", {5114: 100, 1: 90}),
        ("blank-status.xml", {5114: 100, 9253: 90, 20: None, 21: 70}),
        ("raw-ampersand.xml", {5114: 100, 8795: 90, 1: 90}),
    ],
)
def test_exports_like_those_of_real_people_are_read(name: str, ratings: dict[int, float | None], cases: Path) -> None:
    entries = read_watchlist((cases / "lists" / name).read_bytes()).entries
    assert {entry.anime_id: entry.score for entry in entries} == ratings
    assert {entry.problem for entry in entries} == {None}


def test_status_words_of_converters_are_read(cases: Path) -> None:
    entries = read_watchlist((cases / "lists" / "status-words-of-converters.xml").read_bytes()).entries
    assert [entry.status for entry in entries] == [
        "completed", "watching", "on_hold", "planned", "planned", "watching", "completed", "planned",
    ]  # fmt: skip
