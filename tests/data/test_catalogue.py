"""Reading the catalogue, searching it, filtering it."""

from pathlib import Path

import numpy as np
import pytest
from small_data import HOSTILE, N_TITLES, catalogue_of, write_csv

from core import Catalogue, DataError, Filters, InputError


def test_html_entities_blanks_and_unknown_values_are_read(catalogue: Catalogue) -> None:
    assert len(catalogue) == N_TITLES
    assert catalogue[110].name == "Show number10 & more's"
    twin = catalogue[120]
    assert (twin.genres, twin.type, twin.episodes, twin.mean_rating, twin.year) == ((), "", None, None, None)
    assert catalogue[100].name == HOSTILE[0]


def test_unknown_cells_of_the_newer_data_set_are_unknown(cases: Path, tmp_path: Path) -> None:
    catalogue = Catalogue.read(cases / "tables" / "anime-dataset-2023.csv")
    assert (catalogue[21].episodes, catalogue[21].mean_rating) == (None, 8.69)
    assert (catalogue[1].episodes, catalogue[1].mean_rating, catalogue[1].genres) == (26, None, ("Action", "Sci-Fi"))
    header = "anime_id,name,genre,type,episodes,rating,members"
    anime = write_csv(
        tmp_path / "anime.csv", header, [(1, "Unknown", "['Drama', 'Action']", "UNKNOWN", "unknown", "", 1)]
    )
    titles = write_csv(tmp_path / "titles.csv", "anime_id,english,synonyms", [(1, "UNKNOWN", "['A', 'B, C']")])
    title = Catalogue.read(anime, titles)[1]
    assert (title.name, title.english, title.type, title.genres) == ("Unknown", "", "", ("Drama", "Action"))
    assert title.synonyms == ("A", "B, C")


def test_details_are_joined_and_unsafe_cover_urls_dropped(catalogue: Catalogue) -> None:
    third = catalogue[103]
    assert (third.english, third.japanese, third.year, third.related_ids) == ("Third Show", "三番目", 2003, (104, 105))
    assert third.picture == "https://example.org/3.jpg"
    assert catalogue[104].picture == ""
    assert catalogue[105].label == catalogue[105].name


@pytest.mark.parametrize(
    ("query", "anime_id"),
    [("third show", 103), ("show third", 103), ("EPISODE zero", 104), ("進撃", 104), ("番目", 103), ("san", 103)],
)
def test_search_ignores_case_accents_punctuation_and_word_order(
    catalogue: Catalogue, query: str, anime_id: int
) -> None:
    assert catalogue.search(query)[0].anime_id == anime_id


def test_search_sorts_by_popularity_and_keeps_to_the_limit(catalogue: Catalogue) -> None:
    members = [title.members for title in catalogue.search("show number", limit=7)]
    assert len(members) == 7
    assert members == sorted(members, reverse=True)


@pytest.mark.parametrize("query", ["", "   ", "!!!", "no such title", "\x00", "a" * 10_000])
def test_search_without_matches_returns_an_empty_list(catalogue: Catalogue, query: str) -> None:
    assert catalogue.search(query) == []


def test_catalogue_ends_with_the_last_year_and_season_of_many_titles() -> None:
    rows = [
        {"year": year, "season": season} for year in (2019, 2020) for season in ("spring", "fall") for _ in range(20)
    ]
    rows += [{"year": 2021, "season": "winter"}] * 4 + [{"year": 2021, "season": "spring"}]
    rows += [{"year": 2022, "season": ""}] * 2
    assert catalogue_of(rows).ends == (2021, "winter")
    assert catalogue_of([*rows, *[{"year": 2022, "season": ""}] * 3]).ends == (2022, "")
    assert catalogue_of([{"year": 2019}, {}]).ends == (2019, "")
    assert catalogue_of([{}]).ends == (0, "")


def test_filters_agree_with_a_check_of_every_title(catalogue: Catalogue) -> None:
    filters = Filters(genres=("comedy",), exclude_genres=("Drama",), types=("tv",), min_members=5_000)
    expected = [
        "Comedy" in title.genres and "Drama" not in title.genres and title.type == "TV" and title.members >= 5_000
        for title in map(catalogue.title, range(len(catalogue)))
    ]
    assert any(expected)
    assert filters.mask(catalogue).tolist() == expected


def test_adult_titles_are_excluded_by_default(catalogue: Catalogue) -> None:
    adult = np.array(["Hentai" in title.genres for title in map(catalogue.title, range(len(catalogue)))])
    assert adult.any()
    assert not Filters().mask(catalogue)[adult].any()
    assert Filters(adult=True).mask(catalogue).all()
    assert Filters(genres=("Hentai",)).mask(catalogue).tolist() == adult.tolist()


def test_year_filters_exclude_titles_without_a_year(catalogue: Catalogue) -> None:
    assert np.flatnonzero(Filters(min_year=2000).mask(catalogue)).tolist() == [2, 3, 4]
    assert np.flatnonzero(Filters(max_year=2005).mask(catalogue)).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: Filters(genres=("Nope",)).mask(c), "no genre 'Nope'"),
        (lambda c: Filters(types=("Nope",)).mask(c), "no type 'Nope'"),
        (lambda c: Filters(genres="Comedy"), "expected a list of names"),
        (lambda c: Filters(min_members=-1), "expected 0 or more"),
        (lambda c: Filters(genres=None), "expected a list of names"),
        (lambda c: Filters(min_members="many"), "expected a whole number"),
        (lambda c: Filters(min_year="old"), "expected a whole number"),
        (lambda c: Filters(min_year=2010, max_year=2000), "no title can fit both"),
        (lambda c: c[99_999], "no title with the id 99999"),
    ],
)
def test_error_names_the_wrong_argument(catalogue: Catalogue, call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(catalogue)


def test_repeated_id_is_refused(tmp_path: Path) -> None:
    rows = [(1, "A", "", "TV", 1, 7, 5), (1, "B", "", "TV", 1, 7, 5)]
    path = write_csv(tmp_path / "anime.csv", "anime_id,name,genre,type,episodes,rating,members", rows)
    with pytest.raises(DataError, match=r"anime\.csv: anime_id 1 stands twice"):
        Catalogue.read(path)


def test_real_catalogue_is_read_completely(real_data: Path) -> None:
    catalogue = Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")
    assert len(catalogue) == 12_294
    assert len(catalogue.genres) == 43
    assert int(catalogue.genre_matrix[:, catalogue.genres.index("Hentai")].sum()) == 1_141
    assert catalogue.search("attack on titan")[0].anime_id == 16498
    assert not catalogue.frame["name"].str.contains("&#").any()
