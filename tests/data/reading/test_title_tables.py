"""Tables of titles as people have them: their forms, what they tell, and frames."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from small_data import write_csv

from core import Catalogue, DataError

OF_2020 = (
    "MAL_ID,Name,Score,Genres,English name,Japanese name,Type,Episodes,Aired,Premiered,Producers,Licensors,Studios,"
    "Source,Duration,Rating,Ranked,Popularity,Members"
)
OF_2023 = (
    "anime_id,Name,English name,Other name,Score,Genres,Synopsis,Type,Episodes,Aired,Premiered,Status,Producers,"
    "Licensors,Studios,Source,Duration,Rating,Rank,Popularity,Favorites,Scored By,Members,Image URL"
)
OF_2018 = (
    "anime_id,title,title_english,title_japanese,title_synonyms,image_url,type,source,episodes,status,aired_string,"
    "rating,score,scored_by,members,premiered,studio,genre"
)
BEBOP = "Apr 3, 1998 to Apr 24, 1999"
PICTURE = "https://cdn.example.org/images/anime/4/1.jpg"


def anime_of_2020(path: Path) -> Path:
    rows: list[tuple[object, ...]] = [
        (1, "Cowboy Bebop", 8.78, "Action, Space", "Cowboy Bebop", "カウボーイビバップ", "TV", 26, BEBOP, "Spring 1998",
         "Bandai Visual", "Funimation", "Sunrise, Bones", "Original", "24 min.", "R - 17+", 28.0, 39, 1251960),
        (2, "Later Film", "Unknown", "Unknown", "Unknown", "Unknown", "Movie", "Unknown", "2011 to ?", "Unknown",
         "Unknown", "Unknown", "Unknown", "Manga", "1 hr.", "Rx - Hentai", "Unknown", 9, 20),
    ]  # fmt: skip
    return write_csv(path, OF_2020, rows)


def anime_of_2023(path: Path) -> Path:
    rows: list[tuple[object, ...]] = [
        (1, "Cowboy Bebop", "Cowboy Bebop", "カウボーイビバップ", 8.75, "Action, Award Winning, Sci-Fi", "x",
         "TV", 26.0, BEBOP, "spring 1998", "Finished", "Bandai Visual", "Funimation", "Sunrise, Bones", "Original",
         "24 min", "R - 17+", 41.0, 43, 78525, 914193.0, 1771505, PICTURE),
        (2, "Later Film", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "x", "Movie", "UNKNOWN", "Not available",
         "UNKNOWN", "x", "UNKNOWN", "UNKNOWN", "UNKNOWN", "x", "x", "Rx - Hentai", "UNKNOWN", 0, 0, "UNKNOWN", 20, "http://x/1.jpg"),
    ]  # fmt: skip
    return write_csv(path, OF_2023, rows)


def anime_of_2018(path: Path) -> Path:
    rows: list[tuple[object, ...]] = [
        (1, "Cowboy Bebop", "Cowboy Bebop", "カウボーイビバップ", "Bebop, COWBOY", PICTURE, "TV", "Manga", 26, "x",
         BEBOP, "R - 17+", 8.82, 1, 486824, "Spring 1998", "Sunrise, Bones", "Action, Space"),
        (2, "Later Film", "", "", "", "", "Movie", "", 0, "", "2011", "Rx - Hentai", 0.0, 0, 20, "", "", ""),
    ]  # fmt: skip
    return write_csv(path, OF_2018, rows)


@pytest.mark.parametrize("write", [anime_of_2018, anime_of_2020, anime_of_2023])
def test_each_set_tells_the_facts_of_a_title(write, tmp_path: Path) -> None:
    catalogue = Catalogue.read(write(tmp_path / "anime.csv"))
    bebop, film = catalogue[1], catalogue[2]
    assert (bebop.name, bebop.english, bebop.japanese) == ("Cowboy Bebop", "Cowboy Bebop", "カウボーイビバップ")
    assert (bebop.type, bebop.episodes, bebop.year, bebop.season) == ("TV", 26, 1998, "spring")
    assert bebop.studios == ("Sunrise", "Bones")
    assert bebop.genres[0] == "Action"
    assert bebop.members > 400_000
    assert bebop.mean_rating == pytest.approx(8.8, abs=0.1)
    assert (film.english, film.japanese, film.episodes, film.mean_rating) == ("", "", None, None)
    assert (film.season, film.studios, film.picture) == ("", (), "")
    assert film.year == (None if write is anime_of_2023 else 2011)
    assert film.genres == ("Hentai",)  # of the age rating
    assert catalogue.is_adult.tolist() == [False, True]


def test_sets_tell_pictures_synonyms_and_themes_that_they_have(tmp_path: Path) -> None:
    newer, older = (
        Catalogue.read(anime_of_2023(tmp_path / "a.csv"))[1],
        Catalogue.read(anime_of_2018(tmp_path / "b.csv"))[1],
    )
    assert (newer.picture, newer.genres, newer.themes) == (PICTURE, ("Action", "Sci-Fi"), ("Award Winning",))
    assert (older.picture, older.synonyms) == ("", ("Bebop", "COWBOY"))


def test_year_is_that_of_the_season_where_a_title_has_one(tmp_path: Path) -> None:
    header = "MAL_ID,Name,Score,Genres,Type,Episodes,Members,Aired,Premiered"
    rows = [(1, "A", 7, "", "TV", 12, 5, "Dec 30, 2011 to Mar 16, 2012", "Winter 2012")]
    rows += [(2, "B", 7, "", "TV", 12, 5, "Dec 30, 2011 to Mar 16, 2012", "Unknown")]
    catalogue = Catalogue.read(write_csv(tmp_path / "anime.csv", header, rows))
    assert [(catalogue[number].year, catalogue[number].season) for number in (1, 2)] == [(2012, "winter"), (2011, "")]


def test_samples_of_newer_sets_are_read(cases: Path) -> None:
    bebop = Catalogue.read(cases / "tables" / "anime2020.csv")[1]
    assert (bebop.year, bebop.genres, bebop.english, bebop.members) == (
        1998,
        ("Action", "Space"),
        "Cowboy Bebop",
        1251960,
    )
    assert len(Catalogue.read(cases / "tables" / "anime-for-newer-sets.csv")) == 3


def test_details_count_more_than_what_the_table_of_titles_says(tmp_path: Path) -> None:
    header = "anime_id,english,year,studios,season"
    details = [(1, "Bebop", "", "Madhouse", ""), (2, "", 2012, "", "winter"), (3, "Nothing", 2000, "", "")]
    catalogue = Catalogue.read(
        anime_of_2020(tmp_path / "anime.csv"), write_csv(tmp_path / "titles.csv", header, details)
    )
    first, second = catalogue[1], catalogue[2]
    assert (first.english, first.year, first.studios, first.season) == ("Bebop", 1998, ("Madhouse",), "spring")
    assert (second.english, second.year, second.studios, second.season) == ("", 2012, (), "winter")
    assert len(catalogue) == 2


@pytest.mark.parametrize("make", [pd.DataFrame, pa.Table.from_pandas, pl.from_pandas])
def test_frames_are_read_as_files_are(make, data_folder: Path, catalogue: Catalogue) -> None:
    anime, titles = (pd.read_csv(data_folder / name) for name in ("anime.csv", "titles.csv"))
    pd.testing.assert_frame_equal(Catalogue.from_frame(make(anime), make(titles)).frame, catalogue.frame)
    pd.testing.assert_frame_equal(Catalogue.from_frame(make(catalogue.frame)).frame, catalogue.frame)


def test_frame_may_have_lists_in_its_cells() -> None:
    table = {"anime_id": [1], "name": ["A"], "genre": [["Action", "Isekai"]], "type": [None], "episodes": [12]}
    title = Catalogue.from_frame(pl.DataFrame(table | {"rating": [7.5], "members": [3]}))[1]
    assert (title.genres, title.themes, title.type, title.mean_rating) == (("Action",), ("Isekai",), "", 7.5)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (
            OF_2020.replace("Members", "Fans"),
            None,
            r"line 1: no column 'Members'\. Found 'MAL_ID'.*expected MAL_ID, Name",
        ),
        ("anime_id,Name,Score", (1, "A", 7), "no column 'Genres', 'Type', 'Episodes', 'Members'"),
        ("anime_id,name", (1, "A"), "no column 'genre', 'type', 'episodes', 'rating', 'members'.*tables have"),
        (OF_2020, (1, "A", 11, *"abcd", 1, *"efghijklmn", 5), "line 2, column 'Score': found '11'; expected a number"),
        (OF_2020, (1, " ", 7, *"abcd", 1, *"efghijklmn", 5), "column 'Name': anime_id 1 has no name"),
        (OF_2020, (1, "A", 7, *"abcd", "few", *"efghijklmn", 5), "column 'Episodes': found 'few'"),
    ],
)
def test_refusal_names_column_found_and_expected(
    header: str, row: tuple[object, ...] | None, message: str, tmp_path: Path
) -> None:
    columns = header.count(",") + 1
    cells = row or ("1",) * columns
    cells = (*cells[: columns - 1], *("0",) * (columns - len(cells)), cells[-1])
    with pytest.raises(DataError, match=message):
        Catalogue.read(write_csv(tmp_path / "anime.csv", header, [cells]))
