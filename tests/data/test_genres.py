"""Genres and themes of all years: one name for each, in one place."""

from pathlib import Path

import pytest
from small_data import catalogue_of, write_csv

from core import Catalogue, Filters, InputError
from core.data.catalogue_columns import with_all_details
from core.data.genres import ADULT_GENRES, GENRES, THEMES, name_of_today, with_names_of_today
from core.ui.page.covers import MOTIFS

ANIME = "anime_id,name,genre,type,episodes,rating,members"


def test_each_name_has_one_meaning() -> None:
    former = [name for name in GENRES.values() if name]
    assert len({name.casefold() for name in (*GENRES, *THEMES, *former)}) == len(GENRES) + len(THEMES) + len(former)
    assert {genre for genre in THEMES.values() if genre} <= set(GENRES)
    assert set(GENRES) >= ADULT_GENRES
    assert {genre for _, _, genres in MOTIFS for genre in genres} <= set(GENRES)
    assert [name_of_today(name) for name in (*GENRES, *THEMES)] == [*GENRES, *THEMES]


def test_former_names_and_themes_among_genres_go_where_they_belong(tmp_path: Path) -> None:
    rows = [
        (1, "Old", "Thriller, Shoujo Ai, Thriller", "TV", 1, 7, 5),
        (2, "New", "suspense, Girls Love, Isekai, Award Winning, Racing", "TV", 1, 7, 5),
        (3, "Own", "Cooking", "TV", 1, 7, 5),
    ]
    titles = write_csv(
        tmp_path / "titles.csv", "anime_id,themes", [(1, "Isekai|Dementia"), (3, "Team Sports|Kitchens|Shounen")]
    )
    catalogue = Catalogue.read(write_csv(tmp_path / "anime.csv", ANIME, rows), titles)
    facts = {anime_id: (catalogue[anime_id].genres, catalogue[anime_id].themes) for anime_id in (1, 2, 3)}
    assert facts == {
        1: (("Suspense", "Girls Love", "Avant Garde"), ("Isekai",)),
        2: (("Suspense", "Girls Love", "Cars"), ("Isekai", "Award Winning", "Racing")),
        3: (("Cooking", "Shounen", "Sports"), ("Team Sports", "Kitchens")),
    }
    assert with_names_of_today(catalogue.frame).equals(catalogue.frame)
    without = catalogue_of([{"genres": "Cooking"}]).frame
    assert with_all_details(with_names_of_today(without)).equals(without)


@pytest.fixture(scope="module")
def mixed() -> Catalogue:
    rows = [
        {"genres": "Suspense|Drama", "themes": "Isekai", "studios": "Bones|Madhouse"},
        {"genres": "Drama", "themes": "Gourmet|Isekai", "studios": "Madhouse"},
        {"genres": "Erotica"},
        {"genres": "Hentai", "studios": "Arms"},
    ]
    return catalogue_of({"themes": "", "studios": ""} | row for row in rows)


def passing(catalogue: Catalogue, **filters: object) -> list[int]:
    return catalogue.anime_ids[Filters(**filters).mask(catalogue)].tolist()


def test_filters_take_themes_studios_and_any_name_of_a_genre(mixed: Catalogue) -> None:
    assert passing(mixed, genres=("Thriller",)) == passing(mixed, genres=("suspense",)) == [1]
    assert passing(mixed, genres=["Drama", "Gourmet"]) == [2]
    assert passing(mixed, themes=("gourmet", "Thriller")) == [1, 2]
    assert passing(mixed, exclude_themes=("Gourmet",)) == [1]
    assert passing(mixed, exclude_genres=("Thriller",), adult=True) == [2, 3, 4]
    assert passing(mixed, studios=("bones", "Arms")) == [1]
    assert passing(mixed, exclude_studios=("Bones",)) == [2]
    assert (mixed.themes, mixed.studios) == (("Gourmet", "Isekai"), ("Madhouse", "Arms", "Bones"))


def test_adult_titles_are_those_of_hentai_and_erotica(mixed: Catalogue) -> None:
    assert mixed.is_adult.tolist() == [False, False, True, True]
    assert passing(mixed) == [1, 2]
    assert passing(mixed, adult=True) == [1, 2, 3, 4]
    assert passing(mixed, genres=("erotica",)) == [3]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"themes": ("Gore",)}, r"no theme 'Gore' in this catalogue\. It has: Gourmet, Isekai, Drama"),
        ({"exclude_studios": ("Nobody",)}, r"no studio 'Nobody' in this catalogue\. It has: Madhouse, Arms, Bones\."),
        ({"studios": "Bones"}, "studios is 'Bones'; expected a list of names"),
        ({"exclude_themes": (3,)}, "exclude_themes is"),
    ],
)
def test_error_names_the_unknown_theme_or_studio(mixed: Catalogue, filters: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Filters(**filters).mask(mixed)


def test_error_names_the_first_of_many_studios() -> None:
    catalogue = catalogue_of([{"studios": f"Studio {number}"} for number in range(100)])
    with pytest.raises(InputError, match=r"Studio 0, .* and 40 more"):
        Filters(studios=("Nobody",)).mask(catalogue)


def test_each_theme_that_is_excluded_can_be_allowed_alone(mixed: Catalogue) -> None:
    filters = Filters(themes=("Isekai", "Gourmet"), exclude_studios=("Bones", "Arms"), adult=True)
    loosened = {(name, value): rest for name, value, rest in filters.loosened()}
    assert loosened.keys() == filters.conditions(mixed).keys()
    assert loosened["exclude_studios", "Bones"].exclude_studios == ("Arms",)
    assert loosened["themes", None].themes == ()
