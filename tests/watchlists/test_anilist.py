import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchlist_files import anilist_answer, anilist_download, anilist_entry, anilist_error, as_json

from core import InputError
from core.watchlists.anilist import ANILIST_QUERY, POINTS, points
from core.watchlists.entries import Entry, WatchlistError
from core.watchlists.reader import read_watchlist

NAMES = ("A Show", "Aru Shou", "ある章")


def entries_of(value: object, score_format: str | None = None) -> tuple[Entry, ...]:
    return read_watchlist(as_json(value), score_format).entries


def kind_of(value: object) -> str:
    with pytest.raises(WatchlistError) as error:
        read_watchlist(as_json(value))
    return error.value.kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[("CURRENT", "watching"), ("PLANNING", "planned"), ("COMPLETED", "completed"), ("DROPPED", "dropped")],
        *[("PAUSED", "on_hold"), ("REPEATING", "completed")],
    ],
)
@pytest.mark.parametrize(
    ("score_format", "score", "expected_points"),
    [
        *[("POINT_100", 1, 1), ("POINT_100", 85, 85), ("POINT_100", 100, 100), ("POINT_10", 1, 10)],
        *[("POINT_10", 10, 100), ("POINT_10_DECIMAL", 7.5, 75), ("POINT_10_DECIMAL", 0.1, 1), ("POINT_5", 1, 10)],
        *[("POINT_5", 2, 30), ("POINT_5", 3, 50), ("POINT_5", 4, 70), ("POINT_5", 5, 90), ("POINT_3", 1, 35)],
        *[("POINT_3", 2, 60), ("POINT_3", 3, 85), ("POINT_3", 0, None), ("POINT_100", 0, None)],
    ],
)
def test_status_and_score_of_each_format_are_read(
    status: str, expected: str, score_format: str, score: float, expected_points: float | None
) -> None:
    watchlist = read_watchlist(
        as_json(anilist_answer([anilist_entry(21, 20, status, score)], score_format=score_format))
    )
    assert (watchlist.source, watchlist.user_name) == ("AniList", "somebody")
    assert watchlist.entries == (Entry(20, 21, NAMES, expected, expected_points),)


@given(st.sampled_from(list(POINTS)), st.one_of(st.none(), st.floats(), st.integers(), st.text(), st.booleans()))
def test_points_are_of_100_or_none_or_nan(score_format: str, score: object) -> None:
    value = points(score, score_format)
    assert value is None or value != value or 0 < value <= 100


def test_answer_to_our_query_needs_no_score_format() -> None:
    assert "scoreRaw: score(format: POINT_100)" in ANILIST_QUERY
    query_fields = set(re.findall(r"\w+", ANILIST_QUERY))
    entry = {"status": "COMPLETED", "scoreRaw": 5, "media": {"id": 21, "idMal": 20, "title": {"romaji": "A Show"}}}
    assert {"status", "scoreRaw", "media", "id", "idMal", "title", "romaji"} <= query_fields
    assert entries_of(anilist_answer([entry], score_format=None)) == (Entry(20, 21, ("A Show",), "completed", 5),)


def test_missing_score_format_is_inferred_from_the_highest_score_or_asked_for() -> None:
    for scores, expected in (([8, 85], [8, 85]), ([3, 7], [30, 70]), ([2.5, 4], [25, 40]), ([0, 0], [None, None])):
        answer = anilist_answer([anilist_entry(1, 1, score=score) for score in scores], score_format=None)
        assert [entry.score for entry in entries_of(answer)] == expected
    low = anilist_answer([anilist_entry(1, 1, score=score) for score in (1, 3)], score_format=None)
    assert kind_of(low) == "score_format"
    for score_format, expected in (("POINT_3", [35, 85]), ("POINT_5", [10, 50]), ("POINT_100", [1, 3])):
        assert [entry.score for entry in entries_of(low, score_format)] == expected
    with pytest.raises(InputError, match="POINT_7"):
        read_watchlist(as_json(low), "POINT_7")


def test_points_of_100_are_recognised_although_the_owner_uses_stars() -> None:
    answer = anilist_answer([anilist_entry(1, 1, score=30), anilist_entry(2, 2, score=90)], score_format="POINT_5")
    assert [entry.score for entry in entries_of(answer)] == [30, 90]
    answer = anilist_answer([anilist_entry(1, 1, score=7)], score_format="POINT_5")
    assert [(entry.score, entry.problem, entry.wrong_value) for entry in entries_of(answer)] == [
        (None, "bad_score", "7")
    ]


def test_parts_of_an_answer_that_tools_save_are_read() -> None:
    entry = anilist_entry(21, 20, "DROPPED", 85)
    whole = anilist_answer([entry])
    collection = whole["data"]["MediaListCollection"]
    group = {"name": "Dropped", "status": "DROPPED", "entries": [entry | {"status": None}]}
    flat = {"mediaId": 21, "idMal": 20, "title": "A Show", "status": "dropped", "score": 85}
    page = {"data": {"Page": {"pageInfo": {}, "mediaList": [entry]}}}
    for form in (whole, whole["data"], collection, {"lists": [group]}, [group], group, [entry], page, [flat]):
        assert [(e.anime_id, e.anilist_id, e.status, e.score) for e in entries_of(form)] == [(20, 21, "dropped", 85)]


def test_scale_and_name_are_found_beside_and_above_the_collection(cases: Path) -> None:
    lists = {"lists": [{"entries": [anilist_entry(21, 20, score=3)]}]}
    options = {"mediaListOptions": {"scoreFormat": "POINT_5"}}
    for form in (
        {"MediaListCollection": lists, "User": {"name": "reader"} | options},
        {"data": {"Viewer": {"name": "reader"} | options, "MediaListCollection": lists}},
        {"MediaListCollection": lists | {"user": {"name": "reader"}}, "User": options},
    ):
        watchlist = read_watchlist(as_json(form))
        assert (watchlist.user_name, watchlist.entries[0].score) == ("reader", 50)
    watchlist = read_watchlist((cases / "lists" / "scale-in-user-object.json").read_bytes())
    assert (watchlist.user_name, [entry.score for entry in watchlist.entries]) == ("reader", [90, 50, 10])
    with pytest.raises(WatchlistError, match="list of manga"):
        read_watchlist((cases / "lists" / "manga-list-anilist.json").read_bytes())


def test_name_that_the_user_prefers_is_a_name() -> None:
    entry = {"media": {"title": {"userPreferred": "A Show"}}, "status": "Plan to Watch"}
    assert entries_of([entry]) == (Entry(None, None, ("A Show",), "planned", None),)


def test_score_or_progress_says_seen_without_a_status() -> None:
    entries = entries_of([anilist_entry(number, number, None, score) for number, score in ((1, 80), (2, 0))])
    assert [(entry.status, entry.score) for entry in entries] == [("completed", 80), ("completed", None)]
    nothing = anilist_entry(1, 1, None) | {"progress": 0}
    assert entries_of([nothing])[0].problem == "bad_status"


def test_empty_watchlist_is_read() -> None:
    for form in (anilist_answer(), anilist_answer([]), [], {"lists": []}, anilist_download()):
        assert entries_of(form) == ()


def test_manga_are_recognised() -> None:
    anime, manga = anilist_entry(21, 20), anilist_entry(30_013, 13, media={"type": "MANGA"})
    novel = anilist_entry(30_014, 14, media={"type": None, "format": "NOVEL"})
    assert kind_of(anilist_answer([manga, novel])) == "manga"
    assert [entry.problem for entry in entries_of(anilist_answer([anime, manga]))] == [None, "manga"]
    lists = {"lists": [{"entries": [anilist_entry(21, 20, media={"type": None, "format": None})]}]}
    both = entries_of({"data": {"anime": lists, "manga": lists}})
    assert [(entry.anime_id, entry.problem) for entry in both] == [(20, None), (None, "manga")]
    # By a type above the entries, or by the volumes that one of them counts; a type of the entry counts more.
    plain = anilist_entry(21, 20, media={"type": None, "format": None})
    for form in (
        {"type": "MANGA", "MediaListCollection": {"lists": [{"entries": [plain]}]}},
        {"data": {"type": "manga", "collection": {"lists": [{"entries": [plain]}]}}},
        [plain, plain | {"progressVolumes": 3}],
        [plain, anilist_entry(22, 22, media={"type": None, "format": None, "chapters": 9})],
    ):
        assert kind_of(form) == "manga"
    assert entries_of({"type": "MANGA", "list": {"entries": [anime]}})[0].problem is None
    assert entries_of({"type": "ANIME", "list": {"entries": [plain | {"progressVolumes": 0}]}})[0].problem is None


def test_account_download_is_read() -> None:
    rows = [{"series_id": 1 + n, "series_type": 0, "status": n, "score": 10 * n} for n in range(6)]
    rows += [{"series_id": 30_002, "series_type": 1, "status": 2, "score": 90}]
    rows += [{"series_id": 8, "series_type": 0, "status": 9, "score": 90}]
    rows += [{"series_id": 9, "series_type": 0, "status": 2, "score": 101}]
    watchlist = read_watchlist(as_json(anilist_download(*rows)))
    assert (watchlist.source, watchlist.user_name) == ("AniList account data", "somebody")
    statuses = ["watching", "planned", "completed", "dropped", "on_hold", "completed"]
    assert watchlist.entries[:6] == tuple(
        Entry(None, 1 + n, (), status, 10.0 * n or None) for n, status in enumerate(statuses)
    )
    assert [entry.problem for entry in watchlist.entries[6:]] == ["manga", "bad_status", "bad_score"]
    assert kind_of(anilist_download(*rows[6:7])) == "manga"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (anilist_error("User not found", 404), "unknown_user"),
        (anilist_error("Not Found.", 404), "unknown_user"),
        (anilist_error("Private User", 404), "private_user"),
        ({"data": None, "errors": [{"message": "Too Many Requests.", "status": 429}]}, "rate_limit"),
        ({"errors": [{"message": "Too Many Requests"}]}, "rate_limit"),
        (anilist_error("The AniList API has been temporarily disabled", 403), "anilist_error"),
        ({"errors": ["?"]}, "anilist_error"),
        ({"data": {"MediaListCollection": None}}, "other_json"),
    ],
)
def test_error_of_anilist_becomes_its_own_kind(answer: dict[str, Any], kind: str) -> None:
    assert kind_of(answer) == kind


@pytest.mark.parametrize("other", [{}, {"a": [1]}, [1, 2], ["x"], {"log": {"entries": [{"url": "x"}]}}, [{"a": 1}]])
def test_other_json_is_refused(other: object) -> None:
    assert kind_of(other) == "other_json"


KEYS = (
    "data errors MediaListCollection lists entries mediaList media mediaId idMal id title english status score "
    "scoreRaw user name mediaListOptions scoreFormat series_id series_type activity type message anime manga format"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS.split()), inner | st.sampled_from(["CURRENT", "POINT_5", "MANGA", 1, 2.5]), max_size=5
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_a_watchlist_or_one_sentence(value: object) -> None:
    try:
        entries = read_watchlist(json.dumps(value)).entries
    except WatchlistError:
        return
    for entry in entries:
        assert entry.score is None or 0 < entry.score <= 100
        assert entry.status is not None or entry.problem is not None
