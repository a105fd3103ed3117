from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_data import catalogue_of
from watchlist_files import anilist_answer, anilist_download, anilist_entry, as_json, mal_entry, mal_export

from core import WATCHED, Catalogue, Model
from core.data.scale import RatingScale
from core.heads.preference_matrix import preference
from core.watchlists.entries import Entry, Status, Watchlist
from core.watchlists.matching import SAME_IDS, MatchedWatchlist, match_entries
from core.watchlists.reader import read_watchlist
from core.watchlists.unknown import MAX_SUGGESTIONS

TEN = RatingScale()
ODD = RatingScale(0.1, 7.5)  # a linear scale comes out above its highest rating here
SEEN: tuple[Status, ...] = ("completed", "watching", "on_hold")


def watchlist_of(*entries: Entry) -> Watchlist:
    return Watchlist("MyAnimeList", "", entries)


def match_one(status: Status, score: float | None, catalogue: Catalogue, scale: RatingScale = TEN) -> MatchedWatchlist:
    return match_entries(watchlist_of(Entry(110, None, (), status, score)), catalogue, scale)


def kinds(matched: MatchedWatchlist) -> list[str]:
    return [entry.kind for entry in matched.entries]


def counts(matched: MatchedWatchlist) -> dict[str, int]:
    return dict(Counter(kinds(matched)))


def test_score_of_ten_becomes_the_same_rating(catalogue: Catalogue) -> None:
    for status in SEEN:
        for ten in range(1, 11):
            assert match_one(status, 10.0 * ten, catalogue).ratings == {110: ten}
    assert match_one("completed", 85, catalogue).ratings == {110: pytest.approx(8.5)}
    assert match_one("completed", 3, catalogue).ratings == {110: 1}  # of 100, and below the lowest of ten


@given(st.floats(0, 100, exclude_min=True), st.sampled_from([TEN, RatingScale(0.5, 5.0), RatingScale(1, 5), ODD]))
def test_rating_is_on_the_scale_and_rises_with_the_score(
    catalogue: Catalogue, score: float, scale: RatingScale
) -> None:
    rating = match_one("completed", score, catalogue, scale).ratings[110]
    assert scale.low <= rating <= scale.high
    assert rating <= match_one("completed", min(score + 5, 100), catalogue, scale).ratings[110]
    highest = match_one("completed", 100, catalogue, scale).ratings[110]
    assert highest == pytest.approx(scale.high)
    assert highest <= scale.high


def test_title_without_score_is_watched(catalogue: Catalogue) -> None:
    for status in SEEN:
        matched = match_one(status, None, catalogue)
        assert matched.ratings == {110: WATCHED}
        assert kinds(matched) == ["seen"]


def test_dropped_title_is_disliked(catalogue: Catalogue, model: Model) -> None:
    for score, expected in ((None, 4), (100, 4), (50, 4), (20, 2)):
        matched = match_one("dropped", score, catalogue)
        assert matched.ratings == {110: expected}
        assert matched.dropped == {110: WATCHED if score is None else score / 10}
        assert kinds(matched) == ["dropped"]
        taste = model.fold_in(matched.ratings)
        assert taste.disliked.tolist() == [catalogue.position(110)]
        assert preference(taste.row.data, 0.3, TEN)[0] < 0
    for low, high in ((0.5, 5.0), (1.0, 5.0)):
        scale = RatingScale(low, high)
        assert (match_one("dropped", 100, catalogue, scale).ratings[110] - low) / (high - low) == pytest.approx(3 / 9)


def test_planned_title_has_no_rating_even_with_a_score(catalogue: Catalogue) -> None:
    for score in (None, 90):
        matched = match_one("planned", score, catalogue)
        assert (matched.ratings, matched.planned, kinds(matched)) == ({}, (110,), ["planned"])


def test_most_informative_entry_of_a_title_counts(catalogue: Catalogue) -> None:
    entries = [Entry(110, None, (), "planned", 90), Entry(110, None, (), "watching", None)]
    entries += [Entry(110, None, (), "completed", 70), Entry(110, None, (), "completed", 80)]
    matched = match_entries(watchlist_of(*entries), catalogue, TEN)
    assert (matched.ratings, matched.planned) == ({110: 7}, ())
    assert kinds(matched) == ["repeated", "repeated", "rated", "repeated"]


def test_entry_repeated_in_a_custom_list_counts_once(catalogue: Catalogue) -> None:
    entry, hidden = anilist_entry(110, 110, score=80), anilist_entry(111, 111, score=60)
    watchlist = read_watchlist(as_json(anilist_answer([entry], [entry, hidden])))
    matched = match_entries(watchlist, catalogue, TEN)
    assert matched.ratings == {110: 8, 111: 6}
    assert counts(matched) == {"rated": 2, "repeated": 1}


def test_every_entry_has_a_kind(catalogue: Catalogue) -> None:
    known, strange = range(103, 160), range(90_000, 90_400)
    entries = [mal_entry(number, "Completed", 7) for number in known] + [mal_entry(number) for number in strange]
    entries += [mal_entry(103, "Dropped"), mal_entry(1, "Asleep"), mal_entry(0, title=""), mal_entry(100, score=12)]
    matched = match_entries(read_watchlist(mal_export("".join(entries))), catalogue, TEN)
    assert counts(matched) == {
        "rated": len(known),
        "newer": len(strange),
        "repeated": 1,
        "bad_status": 1,
        "no_id": 1,
        "bad_score": 1,
    }
    assert list(matched.ratings) == [*known, 100]
    assert matched.ratings[100] == WATCHED
    assert [entry.entry.anime_id for entry in matched.entries][:57] == list(known)


def test_unique_name_identifies_a_title_without_id(catalogue: Catalogue) -> None:
    titles = [
        "THIRD show",
        "3rd",
        "三番目",
        "Episode zero",
        "Show number7 & more's",
        "Twin",
        "Nobody",
        "!!!",
        "Third Sho",
    ]
    entries = [Entry(None, None, (title,), "completed", 80) for title in titles]
    matched = match_entries(watchlist_of(*entries), catalogue, TEN)
    assert [(entry.anime_id, entry.matched_by) for entry in matched.entries] == [
        *[(103, "name")] * 3,
        (104, "name"),
        (107, "name"),
        *[(None, "")] * 4,
    ]
    assert kinds(matched) == [
        "rated",
        "repeated",
        "repeated",
        "rated",
        "rated",
        "misspelt",
        "unknown",
        "unknown",
        "misspelt",
    ]
    assert [entry.suggested_id for entry in matched.entries if entry.suggested_id] == [120, 103]
    alone = Catalogue(catalogue.frame.iloc[[10]])
    assert match_entries(watchlist_of(entries[7]), alone, TEN).ratings == {}
    second = Entry(None, None, ("Nobody", "Third Show"), "completed", None)
    assert match_entries(watchlist_of(second), catalogue, TEN).ratings == {103: WATCHED}


def test_name_of_another_title_is_no_match(catalogue: Catalogue, cases: Path, real_data: Path) -> None:
    other_ids = [Entry(99, None, ("Third Show",), "completed", None)]
    other_ids += [Entry(None, number, ("Third Show",), "completed", None) for number in (99, SAME_IDS + 1)]
    matched = match_entries(watchlist_of(*other_ids), catalogue, TEN)
    assert (matched.ratings, kinds(matched)) == ({}, ["unknown", "only_anilist_id", "only_anilist_id"])
    of_2016 = Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")
    look_alikes = read_watchlist((cases / "lists" / "look-alike-names.json").read_bytes())
    assert all(any(map(of_2016.id_of_name, entry.names)) for entry in look_alikes.entries)
    assert match_entries(look_alikes, of_2016, TEN).ratings == {}


def test_low_anilist_id_is_the_myanimelist_id(catalogue: Catalogue) -> None:
    rows = [{"series_id": 110, "series_type": 0, "status": 2, "score": 75}]
    rows += [{"series_id": 900, "series_type": 0, "status": 2, "score": 75}]
    rows += [{"series_id": 110, "series_type": 1, "status": 2, "score": 75}]
    matched = match_entries(read_watchlist(as_json(anilist_download(*rows))), catalogue, TEN)
    assert matched.ratings == {110: 7.5}
    assert [entry.matched_by for entry in matched.entries] == ["same_id", "", ""]
    assert counts(matched) == {"rated": 1, "only_anilist_id": 1, "manga": 1}


def test_anilist_id_that_the_catalogue_knows_identifies_its_title(catalogue: Catalogue) -> None:
    frame = catalogue.frame.copy()
    frame.loc[frame["anime_id"].isin([110, 111, 112, 113]), "anilist_id"] = [150_000, 110, 160_000, 160_000]
    ids = [150_000, 110, 111, 160_000, 112]
    entries = [Entry(None, number, (), "completed", 80) for number in ids]
    matched = match_entries(watchlist_of(*entries), Catalogue(frame), TEN)
    assert [(entry.anime_id, entry.matched_by) for entry in matched.entries] == [
        (110, "id"),
        (111, "id"),
        (None, ""),  # 111 is another anime on AniList
        (None, ""),  # of two titles
        (None, ""),
    ]


ENTRIES = st.builds(
    Entry,
    st.none() | st.integers(95, 125),
    st.none() | st.integers(95, 125) | st.just(SAME_IDS + 1),
    st.lists(st.sampled_from(["Twin", "Third Show", "Nobody", ""]), max_size=2).map(tuple),
    st.sampled_from(["completed", "watching", "on_hold", "dropped", "planned"]),
    st.none() | st.floats(0, 100, exclude_min=True),
    st.sampled_from([None, None, None, "manga", "no_id", "bad_status", "bad_score"]),
)


@given(st.lists(ENTRIES, max_size=30))
def test_each_entry_counts_in_one_kind_and_each_title_once(catalogue: Catalogue, entries: list[Entry]) -> None:
    matched = match_entries(watchlist_of(*entries), catalogue, TEN)
    assert sum(counts(matched).values()) == len(entries)
    assert [matched_entry.entry for matched_entry in matched.entries] == entries
    assert not set(matched.planned) & set(matched.ratings)
    used = [entry.anime_id for entry in matched.entries if entry.anime_id is not None and entry.kind != "repeated"]
    assert sorted(used) == sorted([*matched.ratings, *matched.planned])
    order = [anime_id for anime_id in used if anime_id in matched.ratings]
    assert order == list(matched.ratings)
    assert all(rating == WATCHED or 1 <= rating <= 10 for rating in matched.ratings.values())


def test_names_of_the_real_catalogue_identify_their_titles(real_data: Path) -> None:
    catalogue = Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")
    names = catalogue.frame["name"].tolist()
    ids = [catalogue.id_of_name(name) for name in names]
    right = sum(anime_id == own for anime_id, own in zip(ids, catalogue.anime_ids.tolist(), strict=True))
    wrong = len(ids) - right - ids.count(None)
    assert right > 0.97 * len(names)
    assert wrong == 0


def test_reason_is_given_for_what_the_catalogue_lacks(catalogue: Catalogue) -> None:
    def reason(anime_id: int | None, anilist_id: int | None = None, **facts: Any) -> str:
        return kinds(
            match_entries(watchlist_of(Entry(anime_id, anilist_id, (), "completed", 80, **facts)), catalogue, TEN)
        )[0]

    assert (reason(99), reason(160), reason(99, year=2014), reason(99, year=2013)) == (
        "unknown", "newer", "newer", "unknown",
    )  # fmt: skip
    assert reason(99, is_anime=False) == reason(10**6, is_anime=False) == "not_anime"
    assert reason(103, is_anime=False, year=2030) == "rated"
    assert reason(None, 10**6) == "only_anilist_id"  # no AniList number is known there
    known = catalogue_of([{"anilist_id": 500.0}])
    entries = [Entry(None, anilist_id, (), "planned", None) for anilist_id in (499, 501)]
    assert kinds(match_entries(watchlist_of(*entries), known, TEN)) == ["only_anilist_id", "newer"]


def test_only_some_names_are_looked_up(catalogue: Catalogue) -> None:
    entries = [
        Entry(None, None, (name,), "planned", None) for name in ["Qqqq"] * (MAX_SUGGESTIONS - 1) + ["Thrid Show"] * 2
    ]
    assert counts(match_entries(watchlist_of(*entries), catalogue, TEN)) == {"unknown": MAX_SUGGESTIONS, "misspelt": 1}
