"""Lists of MyAnimeList by name, from a server of our own in its place."""

from collections.abc import Iterator

import pytest
from myanimelist_server import MyAnimeListServer, list_entry, running_myanimelist

from core.watchlists import myanimelist_api
from core.watchlists.entries import Entry, WatchlistError
from core.watchlists.myanimelist_api import MAX_KEPT, MAX_PAGES, PAGE_ENTRIES, MyAnimeListApi


@pytest.fixture
def server() -> Iterator[MyAnimeListServer]:
    with running_myanimelist() as server:
        yield server


def kind_of_error(api: MyAnimeListApi, name: str) -> str:
    with pytest.raises(WatchlistError) as error:
        api.watchlist(name)
    return error.value.kind


def test_entries_have_status_score_year_and_type(server: MyAnimeListServer) -> None:
    server.lists["some_body"] = [
        list_entry(103, score=9),
        list_entry(104, "plan_to_watch"),
        list_entry(105, "on_hold", node={"start_season": {"year": 2013, "season": "fall"}, "media_type": "pv"}),
        list_entry(106, "watching", is_rewatching=True),
        list_entry(107, "dropped", score=11),
        list_entry(108, "asleep"),
    ]
    watchlist = MyAnimeListApi("an id", server.address).watchlist("some_body")
    names = ("A Show",)
    assert (watchlist.source, watchlist.user_name) == ("MyAnimeList", "some_body")
    assert watchlist.entries == (
        Entry(103, None, names, "completed", 90),
        Entry(104, None, names, "planned", None),
        Entry(105, None, names, "on_hold", None, year=2013, is_anime=False),
        Entry(106, None, names, "completed", None),
        Entry(107, None, names, "dropped", None, "bad_score", "11"),
        Entry(108, None, names, None, None, "bad_status", "asleep"),
    )
    assert server.requests == [("some_body", 0, "an id")]


def test_long_list_is_read_page_by_page_up_to_a_limit(server: MyAnimeListServer) -> None:
    server.lists["long"] = [list_entry(1 + number) for number in range(2 * PAGE_ENTRIES + 1)]
    assert len(MyAnimeListApi("an id", server.address).watchlist("long").entries) == 2 * PAGE_ENTRIES + 1
    assert [offset for _, offset, _ in server.requests] == [0, PAGE_ENTRIES, 2 * PAGE_ENTRIES]
    server.answers["endless"] = 200, b'{"data": [], "paging": {"next": "x"}}'
    assert MyAnimeListApi("an id", server.address).watchlist("endless").entries == ()
    assert len(server.requests) == 3 + MAX_PAGES


def test_list_is_kept_for_some_minutes(server: MyAnimeListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(myanimelist_api, "monotonic", lambda: now)
    api = MyAnimeListApi("an id", server.address)
    server.lists |= {name: [list_entry(103)] for name in ("somebody", "SomeBody", *(f"u{n}x" for n in range(MAX_KEPT)))}
    assert api.watchlist("somebody") is api.watchlist("SomeBody")
    now += 599
    api.watchlist("somebody")
    assert len(server.requests) == 1
    now += 2
    api.watchlist("somebody")
    assert len(server.requests) == 2
    for number in range(MAX_KEPT):
        api.watchlist(f"u{number}x")
    api.watchlist("somebody")
    assert len(server.requests) == MAX_KEPT + 3


def test_errors_are_told_apart_and_not_kept(server: MyAnimeListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    api = MyAnimeListApi("an id", server.address)
    server.answers |= {
        "private": (403, b""), "busy": (429, b""), "down": (503, b""), "moved": (302, b""), "no_json": (200, b"<html>"),
        "deep": (200, b"[" * 100_000), "huge": (200, b" " * (myanimelist_api.MAX_PAGE_BYTES + 1)),
    }  # fmt: skip
    kinds = {name: kind_of_error(api, name) for name in ("nobody", *server.answers)}
    assert kinds == {
        "nobody": "mal_unknown_user", "private": "mal_private", "busy": "mal_busy", "down": "mal_down",
        "moved": "mal_down", "no_json": "mal_down", "deep": "mal_down", "huge": "mal_down",
    }  # fmt: skip
    server.lists["nobody"] = []
    assert api.watchlist("nobody").entries == ()
    n_asked = len(server.requests)
    for name in ("", "x", "a" * 17, "../../x", "a b", "a/b", "a?b", "é" * 4, "some\nbody"):
        assert kind_of_error(api, name) == "mal_bad_name"
    assert kind_of_error(MyAnimeListApi("", server.address), "somebody") == "mal_no_access"
    assert len(server.requests) == n_asked
    assert kind_of_error(MyAnimeListApi("an id", "http://127.0.0.1:1"), "somebody") == "mal_down"
    monkeypatch.setattr(myanimelist_api, "SECONDS", -1.0)  # the time is over before the answer
    assert kind_of_error(api, "huge") == "mal_down"
