"""``POST /bring`` without a browser: watchlists, and anything else in their place."""

import gzip
import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from watchlist_files import MANGA, anilist_answer, anilist_entry, anilist_error, as_json, mal_entry, mal_export, zipped

from core import WATCHED, Model
from core.serving.model_source import ServedModel
from core.ui.routes.list_upload import bringing_route
from core.watchlists.entries import MAX_BYTES

BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><myanimelist>&b;</myanimelist>'
EXPORT = mal_export(
    mal_entry(103, score=9)
    + mal_entry(105)
    + mal_entry(106, "Dropped", 3)
    + mal_entry(108, "Plan to Watch")
    + mal_entry(103, score=2)
    + mal_entry(10**6, score=8, title="<b>Nobody</b> knows this")
)


@pytest.fixture
def http(model: Model) -> TestClient:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return TestClient(Starlette(routes=[bringing_route(lambda: served)]))


def test_watchlist_becomes_ratings_plans_and_a_report_of_every_entry(http: TestClient) -> None:
    for content in (EXPORT.encode(), gzip.compress(EXPORT.encode())):
        answer = http.post("/bring", content=content).json()
        assert set(answer) == {"ratings", "planned", "dropped", "report"}
        assert answer["ratings"] == [[103, 9.0], [105, WATCHED], [106, 3.0]]
        assert (answer["planned"], answer["dropped"]) == ([108], [[106, 3.0]])
        report = answer["report"]
        assert "MyAnimeList, list of <bdi>somebody</bdi>, 6 entries" in report
        kinds = ("rated", "seen, not rated", "dropped: counts as 4 of 10 or less", "planned")
        kinds += ("newer than this catalogue, which ends with 2013",)
        assert all(f"<b>1</b> {kind}" in report for kind in kinds)
        assert "<b>1</b> listed twice" in report
        assert "&lt;b&gt;Nobody&lt;/b&gt; knows this" in report
        assert "Third Show" in report


def test_report_says_at_a_glance_what_counts_and_why_others_do_not(http: TestClient) -> None:
    entries = [mal_entry(100 + number % 60, score=7) for number in range(55)]
    entries += [mal_entry(10**6 + number) for number in range(500)] + [mal_entry(1 + number) for number in range(40)]
    entries += [mal_entry("", score=8, title="Thrid Show"), mal_entry("", "Plan to Watch", title="Thirdd Show")]
    entries += [mal_entry(2).replace("<series_type>TV", "<series_type>Music"), mal_entry("", title="Qqqq")]
    answer = http.post("/bring", content=mal_export("".join(entries)).encode()).json()
    assert "55 of 599 entries are used." in answer["report"]
    assert re.findall(r"<summary><b>(\d+)</b> (.*?)</summary>", answer["report"]) == [
        ("55", "rated"),
        ("500", "newer than this catalogue, which ends with 2013"),
        ("1", "music videos, ads or trailers that are not in this catalogue"),
        ("2", "with a name that may be misspelt: is it this title?"),
        ("41", "not in this catalogue"),
    ]
    assert 'data-do="rate" data-value="8"' in answer["report"]
    assert 'data-do="toggle" data-field="planned" data-value="103"' in answer["report"]


def test_report_is_in_the_visitors_language(http: TestClient) -> None:
    assert "三番目" in http.post("/bring?language=ja", content=EXPORT.encode()).json()["report"]
    english = http.post("/bring", content=b"hello").json()["report"]
    assert "neither XML nor JSON" in english
    assert http.post("/bring?language=fr", content=b"hello").json()["report"] == english
    others = [http.post(f"/bring?language={code}", content=b"hello").json()["report"] for code in ("ja", "id")]
    assert len({english, *others}) == 3


def test_pasted_text_is_read_as_utf_8(http: TestClient) -> None:
    text = mal_export(mal_entry(10**6, title="進撃"), encoding="UTF-16").encode()
    assert "進撃" in http.post("/bring?pasted=1", content=text).json()["report"]
    assert "進撃" in http.post("/bring", content=text).json()["report"]  # as a file it is mended
    assert "neither XML" in http.post("/bring?pasted=1", content=b"\xff\xfe\x00").json()["report"]


def test_report_names_the_damaged_entry(http: TestClient) -> None:
    answer = http.post("/bring", content=EXPORT.replace("</my_status>", "</X>", 1).encode()).json()
    assert answer["ratings"] == [[105, WATCHED], [106, 3.0], [103, 2.0]]
    assert "<b>1</b> damaged in the file, cannot be read" in answer["report"]
    assert "<bdi>A Show</bdi>" in answer["report"]


def test_page_asks_for_the_scale_of_a_watchlist_without_one(http: TestClient) -> None:
    content = as_json(anilist_answer([anilist_entry(1, 103, score=3)], score_format=None))
    for path in ("/bring", "/bring?scale=", "/bring?scale=POINT_1000"):
        answer = http.post(path, content=content).json()
        assert set(answer) == {"report"}
        assert answer["report"].count('data-do="readAs"') == 5
    ratings = {
        scale: http.post(f"/bring?scale={scale}", content=content).json()["ratings"] for scale in ("POINT_3", "POINT_5")
    }
    assert ratings == {"POINT_3": [[103, 8.5]], "POINT_5": [[103, 5.0]]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in it"),
        (b"my favourites: Monster", "neither XML nor JSON"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"<opml></opml>", "XML of another kind (opml)"),
        (EXPORT[:-40].encode(), "breaks off or is damaged"),
        (BOMB.encode(), "defines its own entities"),
        (b'{"data": ', "breaks off or is damaged at line 1"),
        (b'{"a": 1}', "not a list of anime"),
        (b"[" * 100_000, "far more in it than a list has"),
        (zipped(EXPORT), "a zip archive"),
        (gzip.compress(EXPORT.encode())[:-30], "ends too early"),
        (b"\x1f\x8b\x08" + b"x" * 30, "damaged and can't be unpacked"),
        (gzip.compress(b"[" + b" " * (11 << 20), 1), "Unpacked, this file has more than 10 MB"),
        (b"x" * (MAX_BYTES + 1), "This is 10.0 MB; a list may have 10 MB"),
        (b"x" * (11 << 20), "This is 11.0 MB; a list may have 10 MB"),
        (as_json(anilist_error("User not found", 404)), "AniList knows nobody by this name"),
        (as_json(anilist_error("Private User", 404)), "This list is private"),
        (as_json(anilist_error("Too Many Requests.", 429)), "asked too much"),
        (as_json(anilist_error("<b>oh</b>", 500)), "an error (&lt;b&gt;oh&lt;/b&gt;)"),
        (mal_export(MANGA, export_type=2).encode(), "a list of manga"),
    ],
    ids=range(20),
)
def test_anything_but_a_watchlist_gets_a_sentence(http: TestClient, content: bytes, sentence: str) -> None:
    answer = http.post("/bring", content=content)
    assert answer.status_code == 200
    assert set(answer.json()) == {"report"}
    assert sentence in answer.json()["report"]


def test_watchlist_without_entries_says_what_to_do(http: TestClient) -> None:
    answer = http.post("/bring", content=mal_export("").encode()).json()
    assert (answer["ratings"], answer["planned"]) == ([], [])
    assert "There is no anime on this list yet" in answer["report"]
    assert "button" not in answer["report"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_watchlist_gets_a_report(http: TestClient, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([EXPORT.encode(), as_json(anilist_answer([anilist_entry(1, 103, score=80)]))]))
    start = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=8) | st.text(max_size=4).map(lambda text: text.encode(errors="replace")))
    content = whole[:start] + junk + whole[start + data.draw(st.integers(0, 20)) :]
    packed = data.draw(st.booleans())
    query = data.draw(st.sampled_from(["", "?pasted=1", "?scale=POINT_5&language=id", "?scale=%00&language=%ff"]))
    answer = http.post(f"/bring{query}", content=gzip.compress(content) if packed else content)
    assert answer.status_code == 200
    assert answer.json()["report"]


def test_only_post_is_allowed(http: TestClient) -> None:
    assert http.get("/bring").status_code == 405
