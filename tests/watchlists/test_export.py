"""A visitor's list as a file for other programs, and back again."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import catalogue_of

from core import WATCHED, Catalogue
from core.data.scale import RatingScale
from core.watchlists.export import COLUMNS, ExportEntry, export_entries, to_anilist, to_myanimelist, to_rows
from core.watchlists.matching import match_entries, rating_of_dropped
from core.watchlists.reader import read_watchlist

TEN = RatingScale()
IDS = st.integers(100, 159)
HALVES = st.sampled_from([WATCHED, *(step / 2 for step in range(2, 21))])


def entries_of(catalogue: Catalogue, scale: RatingScale = TEN) -> list[ExportEntry]:
    return export_entries({103: 7.5, 105: WATCHED, 100: 1}, (108,), (105, 100), catalogue, scale)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ratings=st.dictionaries(IDS, HALVES), planned=st.lists(IDS, unique=True), dropped=st.sets(IDS))
def test_what_is_exported_comes_back_unchanged(
    catalogue: Catalogue, ratings: dict[int, float], planned: list[int], dropped: set[int]
) -> None:
    planned = [anime_id for anime_id in planned if anime_id not in ratings]
    own = {anime_id: rating for anime_id, rating in ratings.items() if anime_id in dropped}
    whole = {anime_id: float(int(rating + 0.5)) if rating > 0 else rating for anime_id, rating in ratings.items()}
    entries = export_entries(ratings, planned, dropped, catalogue, TEN)
    if not entries:
        return
    for text, given_ratings in ((to_anilist(entries), ratings), (to_myanimelist(entries), whole)):
        matched = match_entries(read_watchlist(text), catalogue, TEN)
        expected = {
            anime_id: rating_of_dropped(rating, TEN) if anime_id in own else rating
            for anime_id, rating in given_ratings.items()
        }
        assert list(matched.ratings.items()) == list(expected.items())
        assert matched.planned == tuple(planned)
        assert matched.dropped == {anime_id: given_ratings[anime_id] for anime_id in own}


def test_xml_has_what_myanimelists_import_takes(catalogue: Catalogue) -> None:
    root = ElementTree.fromstring(to_myanimelist(entries_of(catalogue)))
    assert root.tag == "myanimelist"
    assert root.findtext("myinfo/user_export_type") == "1"
    titles = [{field.tag: field.text for field in anime} for anime in root.iter("anime")]
    assert [
        (title["series_animedb_id"], title["my_status"], title["my_score"], title["my_watched_episodes"])
        for title in titles
    ] == [("103", "Completed", "8", "4"), ("105", "Dropped", "0", "0"), ("100", "Dropped", "1", "0"),
          ("108", "Plan to Watch", "0", "0")]  # fmt: skip
    assert {title["update_on_import"] for title in titles} == {"1"}
    assert titles[2]["series_title"] == "<script>alert(1)</script>"


def test_xml_leaves_out_what_xml_cannot_hold() -> None:
    odd = catalogue_of([{"name": "A\x00B\x1b & ]]> \ufffe"}])
    root = ElementTree.fromstring(to_myanimelist(export_entries({1: 5}, (), (), odd, TEN)))
    assert root.findtext("anime/series_title") == "AB & ]]> "


def test_json_is_in_the_words_of_anilist() -> None:
    known = catalogue_of([{"anilist_id": 4242.0}, {}, {}])
    content = json.loads(to_anilist(export_entries({1: 7.5, 2: WATCHED}, (3,), (2,), known, TEN)))
    assert content["user"]["mediaListOptions"]["scoreFormat"] == "POINT_100"
    assert content["lists"][0]["entries"] == [
        {"mediaId": 4242, "idMal": 1, "title": "Show 1", "status": "COMPLETED", "score": 75.0},
        {"mediaId": None, "idMal": 2, "title": "Show 2", "status": "DROPPED", "score": 0},
        {"mediaId": None, "idMal": 3, "title": "Show 3", "status": "PLANNING", "score": 0},
    ]


@pytest.mark.parametrize(("ends", "points"), [((1, 10), 75), ((0.5, 5), 100), ((1, 100), 15.9091)])
def test_scores_are_points_of_the_highest_rating(ends: tuple[float, float], points: float) -> None:
    scale, rating = RatingScale(*ends), min(7.5, ends[1])
    (entry,) = export_entries({1: rating}, (), (), catalogue_of([{}]), scale)
    assert (entry.rating, entry.points) == (rating, points)


def test_rows_have_the_columns(catalogue: Catalogue) -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in to_rows(entries_of(catalogue))]
    assert [(row["anime_id"], row["status"], row["rating"]) for row in rows] == [
        (103, "completed", 7.5), (105, "dropped", None), (100, "dropped", 1), (108, "planned", None),
    ]  # fmt: skip
    assert rows[0]["english"] == "Third Show"
