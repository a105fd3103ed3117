import gzip

import pytest
from watchlist_files import mal_entry, mal_export

from core.watchlists.entries import Entry, Watchlist, WatchlistError
from core.watchlists.reader import read_watchlist


def read(entries: str, **options: object) -> Watchlist:
    return read_watchlist(mal_export(entries, **options).encode())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[("Watching", "watching"), ("Completed", "completed"), ("On-Hold", "on_hold"), ("Dropped", "dropped")],
        *[("Plan to Watch", "planned"), ("1", "watching"), ("2", "completed"), ("3", "on_hold"), ("4", "dropped")],
        *[("6", "planned"), ("plantowatch", "planned"), ("onhold", "on_hold")],
    ],
)
@pytest.mark.parametrize("score", range(11))
def test_status_and_score_are_read(status: str, expected: str, score: int) -> None:
    watchlist = read(mal_entry(5114, status, score, "Hagane no Renkinjutsushi"))
    assert (watchlist.source, watchlist.user_name) == ("MyAnimeList", "somebody")
    name = ("Hagane no Renkinjutsushi",)
    assert watchlist.entries == (Entry(5114, None, name, expected, 10.0 * score if score else None),)


def test_rewatching_is_completed() -> None:
    entries = read(mal_entry(1, "Watching", rewatching=1) + mal_entry(2, "Dropped", rewatching=1)).entries
    assert [entry.status for entry in entries] == ["completed", "dropped"]


def test_entry_keeps_the_value_that_is_not_understood() -> None:
    entries = read(
        mal_entry(1, "Sleeping", 8) + mal_entry(2, "", 8) + mal_entry(3, score=11) + mal_entry(4, score="good")
        + mal_entry(5, score=-1) + mal_entry(0, title="") + mal_entry("x", title="Only a name")
    ).entries  # fmt: skip
    assert [(entry.problem, entry.wrong_value, entry.score) for entry in entries] == [
        *[("bad_status", "Sleeping", 80), ("bad_status", "none", 80)],
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


def test_list_of_manga_is_refused() -> None:
    manga = "<manga><manga_mangadb_id>1</manga_mangadb_id><my_status>Reading</my_status></manga>"
    for export in (mal_export(manga, export_type=2), mal_export("", export_type=2), mal_export(manga)):
        with pytest.raises(WatchlistError) as error:
            read_watchlist(export)
        assert error.value.kind == "manga"
    assert [entry.problem for entry in read(manga + mal_entry(1)).entries] == ["manga", None]
