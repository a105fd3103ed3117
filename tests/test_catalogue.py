"""The titles: what reading makes of the files' traps, search by any name, and filters."""

import gzip
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from core import Catalogue, DataError, Filters, InputError
from core.catalogue import fold_name
from tests.synthetic import (
    ADULT,
    ANIME_HEADER,
    BARE,
    ENTITIES,
    NO_MEAN,
    SCRIPT,
    SCRIPT_NAME,
    TEMPLATE,
    TEMPLATE_NAME,
    TITLES_HEADER,
    TWINS,
    UNKNOWN_EPISODES,
    Files,
    plain_id,
    write_csv,
)

GOOD_ROW = (1, "A", "Action", "TV", "12", "7.5", "100")


def with_cell(column: str, value: object) -> tuple[object, ...]:
    return tuple(value if name == column else cell for name, cell in zip(ANIME_HEADER, GOOD_ROW, strict=True))


def test_every_kind_of_file_gives_the_same_catalogue(files: Files, tmp_path: Path) -> None:
    plain = Catalogue.read(files.anime)
    (tmp_path / "anime.csv.gz").write_bytes(gzip.compress(files.anime.read_bytes()))
    with zipfile.ZipFile(tmp_path / "anime.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(files.anime, "anime.csv")
    pd.read_csv(files.anime).to_parquet(tmp_path / "anime.parquet")

    for name in ("anime.csv.gz", "anime.zip", "anime.parquet"):
        assert_frame_equal(Catalogue.read(tmp_path / name).frame, plain.frame)


def test_entities_are_unescaped(catalogue: Catalogue) -> None:
    assert catalogue[ENTITIES].name == "Gintama' & Friends"
    assert catalogue[plain_id(1)].english == "Pokémon Café"


def test_names_that_look_like_code_stay_as_they_are(catalogue: Catalogue) -> None:
    assert catalogue[SCRIPT].name == SCRIPT_NAME
    assert catalogue[TEMPLATE].name == TEMPLATE_NAME


def test_what_nobody_recorded_is_none_or_empty(catalogue: Catalogue) -> None:
    assert (catalogue[BARE].genres, catalogue[BARE].type) == ((), "")
    assert catalogue[UNKNOWN_EPISODES].episodes is None
    assert catalogue[NO_MEAN].mean_rating is None
    assert (catalogue[BARE].year, catalogue[BARE].english, catalogue[BARE].related_ids) == (None, "", ())


def test_details_are_joined_by_id(catalogue: Catalogue) -> None:
    title = catalogue[plain_id(0)]

    assert (title.english, title.japanese, title.year) == ("The Most Popular", "一番人気", 1999)
    assert title.synonyms == ("TMP", "Top One")
    assert title.related_ids == (plain_id(1),)
    assert title.label == "The Most Popular"
    assert catalogue[plain_id(3)].label == "Title 3"
    assert 77777 not in catalogue


def test_only_https_pictures_are_kept(catalogue: Catalogue) -> None:
    pictures = [catalogue[plain_id(index)].picture for index in range(3)]

    assert pictures == ["https://example.org/0.jpg", "", ""]


def test_the_order_is_the_file_s(catalogue: Catalogue, files: Files) -> None:
    assert catalogue.anime_ids.tolist() == pd.read_csv(files.anime)["anime_id"].tolist()


def test_titles_of_the_same_name_stay_apart(catalogue: Catalogue) -> None:
    assert [catalogue[anime_id].type for anime_id in TWINS] == ["TV", "Movie"]


def test_a_title_as_a_dict_is_plain(catalogue: Catalogue) -> None:
    row = catalogue[plain_id(0)].as_dict()

    assert set(row) == set(Catalogue.COLUMNS)
    assert all(type(row[name]) is int for name in ("anime_id", "members", "episodes", "year"))


def test_positions_agree_with_position_and_mark_unknown_ids(catalogue: Catalogue) -> None:
    ids = np.array([SCRIPT, 123_456, plain_id(0), 10**9, 1])

    found = catalogue.positions(ids)

    assert found.tolist() == [catalogue.position(SCRIPT), -1, catalogue.position(plain_id(0)), -1, -1]


@pytest.mark.parametrize("anime_id", [123_456, -1, "5114", None, 10**30, [1]])
def test_an_unknown_id_is_named(catalogue: Catalogue, anime_id: object) -> None:
    with pytest.raises(InputError, match="There is no title with the id"):
        catalogue.position(anime_id)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("anime_id", "x", "a whole number of at least 1"),
        ("anime_id", "0", "a whole number of at least 1"),
        ("anime_id", "1.5", "a whole number of at least 1"),
        ("episodes", "many", "a whole number of at least 0 or a blank or 'Unknown'"),
        ("episodes", "-3", "a whole number of at least 0 or a blank or 'Unknown'"),
        ("rating", "10.1", "a number from 0 to 10 or a blank or 'Unknown'"),
        ("rating", "7,5", "a number from 0 to 10 or a blank or 'Unknown'"),
        ("members", "", "a whole number of at least 0"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, column: str, value: str, expected: str) -> None:
    path = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [with_cell("anime_id", 2), with_cell(column, value)])

    with pytest.raises(DataError) as caught:
        Catalogue.read(path)

    assert str(caught.value) == f"{path}, line 3, column {column!r}: found {value!r}; expected {expected}."


def test_a_title_without_a_name_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [with_cell("name", "  ")])

    with pytest.raises(DataError, match=r"anime\.csv, column 'name': anime_id 1 has no name"):
        Catalogue.read(path)


def test_an_id_that_stands_twice_is_refused_and_its_file_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [GOOD_ROW, with_cell("name", "B")])

    with pytest.raises(DataError, match="anime_id 1 stands twice") as caught:
        Catalogue.read(path)

    assert str(path) in str(caught.value)


def test_a_header_without_titles_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [])

    with pytest.raises(DataError, match=r"anime\.csv: a header and no titles"):
        Catalogue.read(path)


def test_an_unquoted_comma_in_a_name_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "anime.csv"
    path.write_text(",".join(ANIME_HEADER) + "\n1,Oh, My Goddess,Comedy,TV,24,7.5,100\n")

    with pytest.raises(DataError, match=r"line 2, column 'episodes': found 'TV'"):
        Catalogue.read(path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("year", "1850", r"titles\.csv, line 2, column 'year': found '1850'; expected a whole number from 1900 to 2100"),
        ("related_ids", "1,2", r"titles\.csv, column 'related_ids': anime_id 1 has '1,2'; expected ids joined by '\|'"),
    ],
)
def test_wrong_details_are_named(tmp_path: Path, column: str, value: str, message: str) -> None:
    anime = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [GOOD_ROW])
    row = [1 if name == "anime_id" else value if name == column else "" for name in TITLES_HEADER]
    titles = write_csv(tmp_path / "titles.csv", TITLES_HEADER, [row])

    with pytest.raises(DataError, match=message):
        Catalogue.read(anime, titles=titles)


def test_details_that_stand_on_two_lines_are_refused(tmp_path: Path) -> None:
    anime = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [GOOD_ROW])
    titles = write_csv(tmp_path / "titles.csv", ("anime_id", "english"), [(1, "A"), (1, "B")])

    with pytest.raises(DataError, match=r"titles\.csv: anime_id 1 stands on two lines"):
        Catalogue.read(anime, titles=titles)


def test_details_may_have_only_some_columns(tmp_path: Path) -> None:
    anime = write_csv(tmp_path / "anime.csv", ANIME_HEADER, [GOOD_ROW])
    titles = write_csv(tmp_path / "titles.csv", ("anime_id", "english"), [(1, "English")])

    assert Catalogue.read(anime, titles=titles)[1].english == "English"


def test_a_catalogue_of_other_columns_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="A catalogue has the columns anime_id, name"):
        Catalogue(catalogue.frame.drop(columns="members"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("the most popular", plain_id(0)),
        ("MOST pop", plain_id(0)),
        ("tmp", plain_id(0)),
        ("番人", plain_id(0)),
        ("pokemon cafe", plain_id(1)),
        ("Café", plain_id(1)),
        ("gintama friends", ENTITIES),
        ("script", SCRIPT),
        ("{{x}}", TEMPLATE),
    ],
)
def test_search_finds_titles_by_any_of_their_names(catalogue: Catalogue, query: str, expected: int) -> None:
    assert catalogue.search(query)[0].anime_id == expected


def test_search_puts_the_exact_name_first_then_beginnings_by_members(catalogue: Catalogue) -> None:
    found = [title.anime_id for title in catalogue.search("title 6", limit=20)]

    beginnings = [plain_id(index) for index in range(60, 70)]
    assert found == [plain_id(6), *beginnings]


def test_search_finds_both_titles_of_one_name(catalogue: Catalogue) -> None:
    assert [title.anime_id for title in catalogue.search("same name")] == list(TWINS)


@pytest.mark.parametrize("query", ["", "   ", "'!?", "no such title"])
def test_search_for_nothing_finds_nothing(catalogue: Catalogue, query: str) -> None:
    assert catalogue.search(query) == []


def test_search_stops_at_the_limit(catalogue: Catalogue) -> None:
    assert len(catalogue.search("title", limit=4)) == 4
    assert catalogue.search("title", limit=0) == []


def test_fold_name_drops_case_accents_and_punctuation() -> None:
    assert fold_name("  Pokémon: CAFÉ_ -- (2nd) ") == "pokemon cafe 2nd"


def test_genres_and_types_are_what_occurs(catalogue: Catalogue) -> None:
    assert catalogue.genres == ("Action", "Comedy", "Drama", "Hentai", "Romance", "Sci-Fi")
    assert catalogue.types[0] == "TV"
    assert "" not in catalogue.types


def test_the_genre_matrix_agrees_with_the_titles(catalogue: Catalogue) -> None:
    for position in range(len(catalogue)):
        has = np.flatnonzero(catalogue.genre_matrix[position])
        assert {catalogue.genres[index] for index in has} == set(catalogue.title(position).genres)


def test_adult_titles_pass_only_when_asked_for(catalogue: Catalogue) -> None:
    adult = [catalogue.position(anime_id) for anime_id in ADULT]

    assert not Filters().mask(catalogue)[adult].any()
    assert Filters().mask(catalogue).sum() == len(catalogue) - len(ADULT)
    assert Filters(adult=True).mask(catalogue).all()
    assert np.flatnonzero(Filters(genres=("hentai",)).mask(catalogue)).tolist() == sorted(adult)
    assert not Filters(adult=True, exclude_genres=("Hentai",)).mask(catalogue)[adult].any()


def test_titles_of_unknown_year_pass_only_without_a_year(catalogue: Catalogue) -> None:
    assert catalogue.anime_ids[Filters(min_year=2005).mask(catalogue)].tolist() != []
    assert set(catalogue.anime_ids[Filters(min_year=2005).mask(catalogue)]) == {plain_id(1), plain_id(2)}
    assert set(catalogue.anime_ids[Filters(max_year=2005).mask(catalogue)]) == {plain_id(0), plain_id(1)}


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(genres=("Acton",)), "There is no genre 'Acton' in this catalogue"),
        (Filters(exclude_genres=("x",)), "There is no genre 'x'"),
        (Filters(types=("Film",)), "There is no type 'Film'"),
    ],
)
def test_an_unknown_genre_or_type_is_named(catalogue: Catalogue, filters: Filters, message: str) -> None:
    with pytest.raises(InputError, match=message):
        filters.mask(catalogue)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"genres": "Action"}, "genres is 'Action'; expected a list of names"),
        ({"types": [1]}, r"types is \[1\]; expected a list of names"),
        ({"genres": None}, "genres is None"),
        ({"min_members": -1}, "min_members is -1; expected 0 or more"),
        ({"min_members": "many"}, "min_members is 'many'"),
        ({"min_year": 2010, "max_year": 2000}, "min_year 2010 lies after max_year 2000"),
        ({"min_year": "old"}, "min_year is 'old'"),
    ],
)
def test_impossible_filters_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Filters(**settings)  # type: ignore[arg-type]


def test_the_real_catalogue_is_read_whole(real_data: Path, tmp_path: Path) -> None:
    shutil.copy(real_data / "anime.csv", tmp_path)
    catalogue = Catalogue.read(tmp_path / "anime.csv", titles=real_data / "titles.csv")

    assert len(catalogue) == 12_294
    assert int((catalogue.frame["genres"] == "").sum()) == 62
    assert int((catalogue.frame["type"] == "").sum()) == 25
    assert int(catalogue.frame["episodes"].isna().sum()) == 340
    assert int(catalogue.frame["mean_rating"].isna().sum()) == 230
    assert len(catalogue) - int(Filters().mask(catalogue).sum()) == 1_141
    assert not catalogue.frame["name"].str.contains("&#").any()
