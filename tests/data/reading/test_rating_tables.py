"""Tables of ratings as people have them: their forms, users with names, parts, folders and frames."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from small_data import write_csv

from core import WATCHED, Catalogue, DataError, Ratings

PLAIN = "user_id,anime_id,rating"
OF_2020 = "user_id,anime_id,rating,watching_status,watched_episodes"
OF_2023 = "user_id,Username,anime_id,Anime Title,rating"
OF_2018 = (
    "username,anime_id,my_watched_episodes,my_start_date,my_finish_date,my_score,my_status,my_rewatching,"
    "my_rewatching_ep,my_last_updated,my_tags"
)


def cells(ratings: Ratings) -> dict[tuple[int, int], float]:
    matrix, ids = ratings.matrix.tocoo(), ratings.catalogue.anime_ids
    places = zip(*matrix.coords, matrix.data, strict=True)
    return {(int(ratings.user_ids[row]), int(ids[column])): float(value) for row, column, value in places}


def of_2018(name: str, anime_id: int, score: int, status: int) -> tuple[object, ...]:
    return (name, anime_id, 1, "0000-00-00", "0000-00-00", score, status, "", 0, 1362307973, "")


STATUSES = [(1, 100, 9, 1), (1, 101, 0, 2), (1, 102, 0, 3), (1, 103, 0, 4), (1, 104, 7, 4), (1, 105, 0, 6)]
STATUSES += [(2, 100, 8, 6), (2, 101, 0, 33), (2, 102, 5, 0), (2, 99_999, 5, 2)]
TOLD = {(1, 100): 9, (1, 101): WATCHED, (1, 102): WATCHED, (1, 103): WATCHED, (1, 104): 7, (2, 102): 5}


def test_status_says_what_is_seen_and_planned(catalogue: Catalogue, tmp_path: Path) -> None:
    newer = write_csv(tmp_path / "animelist.csv", OF_2020, [(*row, 12) for row in STATUSES])
    older = write_csv(
        tmp_path / "UserAnimeList.csv", OF_2018, [of_2018(f"reader{user}", *row) for user, *row in STATUSES]
    )
    for path in (newer, older):
        ratings = Ratings.read(path, catalogue)
        assert cells(ratings) == TOLD
        report = ratings.report
        assert (report.planned, report.unclear, report.unknown_titles, report.duplicates) == (2, 1, 1, 0)
        assert report.used == 6
        for part in ("2 dropped because they are only planned", "1 dropped because they have neither", "6 kept"):
            assert part in str(report)


def test_names_of_users_are_dropped_where_they_have_numbers(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [(7, "reader", 100, "A, or B", 10), (7, "reader", 101, '"C"', 9), (3, "", 100, "A, or B", 7)]
    ratings = Ratings.read(write_csv(tmp_path / "users-score-2023.csv", OF_2023, rows), catalogue)
    assert cells(ratings) == {(7, 100): 10, (7, 101): 9, (3, 100): 7}


@pytest.mark.parametrize("name", ["rating_complete.csv", "animelist2020.csv", "users-score-2023.csv"])
def test_samples_of_newer_sets_are_read(name: str, cases: Path) -> None:
    expected = {
        "rating_complete.csv": {(0, 5114): 9, (1, 21): 7},
        "animelist2020.csv": {(0, 5114): 9, (1, 21): 7},
        "users-score-2023.csv": {(1, 5114): 10, (1, 1): 9, (4, 21): 7},
    }
    catalogue = Catalogue.read(cases / "tables" / "anime-for-newer-sets.csv")
    assert cells(Ratings.read(cases / "tables" / name, catalogue)) == expected[name]


NAMED = [("zoe", 100, 9), ("null", 100, 8), ("007", 101, 7), ("zoe", 101, -1), ("NA", 102, 6), ("7", 102, 5)]
NUMBERED = {(5, 100): 9, (4, 100): 8, (1, 101): 7, (5, 101): WATCHED, (3, 102): 6, (2, 102): 5}


def test_users_with_names_are_numbered_in_the_order_of_their_letters(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rating.csv", PLAIN, NAMED)
    ratings = Ratings.read(path, catalogue)
    assert ratings.user_ids.dtype == np.int64
    assert cells(ratings) == NUMBERED
    assert Ratings.read(write_csv(tmp_path / "r.csv", PLAIN, NAMED[::-1]), catalogue).fingerprint == ratings.fingerprint
    pd.DataFrame(NAMED, columns=PLAIN.split(",")).to_parquet(tmp_path / "rating.parquet")
    assert Ratings.read(tmp_path / "rating.parquet", catalogue).fingerprint == ratings.fingerprint
    with pytest.raises(DataError, match=r"line 4, column 'user_id': found ''; expected a name"):
        Ratings.read(write_csv(path, PLAIN, [("a", 100, 9), ("b", 100, 8), ("", 101, 7)]), catalogue)


def test_names_that_look_like_numbers_are_names_in_a_column_of_names(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [of_2018(name, 100, 9, 2) for name in ("20", "1e5", "3")]
    ratings = Ratings.read(write_csv(tmp_path / "UserAnimeList.csv", OF_2018, rows), catalogue)
    assert ratings.user_ids.tolist() == [1, 2, 3]


def test_one_name_among_numbers_is_an_error_in_its_line(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [(1, 100, 9), ("x", 100, 8), (2, 101, 7)]
    with pytest.raises(DataError, match=r"line 3, column 'user_id': found 'x'; expected a whole number"):
        Ratings.read(write_csv(tmp_path / "rating.csv", PLAIN, rows), catalogue)


@pytest.fixture
def parts(data_folder: Path, tmp_path: Path) -> Path:
    """A folder with the small ratings in three parts, and with other files."""
    frame = pd.read_csv(data_folder / "rating.csv")
    folder = tmp_path / "parts"
    (folder / "later").mkdir(parents=True)
    frame[:500].to_csv(folder / "part-0.csv", index=False)
    (folder / "part-1.csv.gz").write_bytes(gzip.compress(frame[500:900].to_csv(index=False).encode()))
    frame[900:].to_parquet(folder / "later" / "part-2.parquet")
    for name in ("_SUCCESS", ".part-0.csv.crc"):
        (folder / name).write_text("")
    return folder


def test_parts_are_read_as_one_table(parts: Path, catalogue: Catalogue, ratings: Ratings) -> None:
    names = ("part-0.csv", "part-1.csv.gz", "later/part-2.parquet")
    for given in (parts, [parts], [str(parts / name) for name in names], (parts / name for name in names)):
        read = Ratings.read(given, catalogue)
        assert read.fingerprint == ratings.fingerprint
        assert (read.report.rows_read, read.report.files) == (ratings.report.rows_read, 3)
        assert "rows read from 3 files, " in str(read.report)


def test_other_files_in_a_folder_are_counted(
    parts: Path, data_folder: Path, catalogue: Catalogue, ratings: Ratings
) -> None:
    for name in ("anime.csv", "titles.csv"):
        (parts / name).write_bytes((data_folder / name).read_bytes())
    (parts / "about.txt").write_text("made up")
    with zipfile.ZipFile(parts / "titles.zip", "w") as archive:
        archive.writestr("titles.csv", "anime_id,english\n")
    read = Ratings.read(parts, catalogue)
    assert (read.fingerprint, read.report.other_files) == (ratings.fingerprint, 4)
    assert "from 3 files (4 others hold no ratings)" in str(read.report)


def test_users_with_names_are_numbered_over_all_parts(catalogue: Catalogue, tmp_path: Path) -> None:
    first = write_csv(tmp_path / "a.csv", PLAIN, NAMED[:3])
    second = write_csv(tmp_path / "b.csv", PLAIN, [(1, 100, 9), *NAMED[3:], (1, 101, 9)])
    assert {user for user, _ in cells(Ratings.read([first, second], catalogue))} == {1, 2, 3, 4, 5, 6}


def test_parts_of_different_tables_are_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", PLAIN, [(1, 100, 9)])
    write_csv(tmp_path / "b.csv", OF_2020, [(1, 100, 9, 1, 1)])
    with pytest.raises(DataError, match=r"a\.csv has the columns of rating\.csv.*b\.csv those of animelist\.csv"):
        Ratings.read(tmp_path, catalogue)


def test_folder_without_ratings_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "anime.csv").write_text("anime_id,name\n1,A\n")
    with pytest.raises(DataError, match=r"none of the 1 files .* user_id, anime_id, rating or .*'anime\.csv'"):
        Ratings.read(tmp_path, catalogue)
    with pytest.raises(DataError, match="No file of ratings was given"):
        Ratings.read([], catalogue)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("user_id,anime_id,score", r"line 1: no column 'rating'\. Found 'user_id', 'anime_id', 'score'; expected user"),
        ("username,anime_id,my_score", "no column 'my_status'.*expected username, anime_id, my_score, my_status"),
        ("user_id,anime_id,watching_status", "no column 'rating'.*known tables have .*UserAnimeList"),
    ],
)
def test_missing_column_is_named(header: str, missing: str, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rating.csv", header, [("a", 100, 5)])
    with pytest.raises(DataError, match=missing):
        Ratings.read(path, catalogue)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, 100, 11, 2, 1), r"line 3, column 'rating': found '11'; expected a number from 1 to 10 or 0 or -1"),
        ((1, 100, 5, "Completed", 1), "line 3, column 'watching_status': found 'Completed'; expected a whole number"),
    ],
)
def test_wrong_cell_of_a_table_with_a_status_is_named(
    row: tuple[object, ...], message: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "animelist.csv", OF_2020, [(1, 101, 5, 2, 1), row])
    with pytest.raises(DataError, match=message):
        Ratings.read(path, catalogue)


FRAMES = (pd.DataFrame, pa.Table.from_pandas, pl.from_pandas, lambda frame: pl.from_pandas(frame).lazy().collect())


@pytest.mark.parametrize("make", FRAMES)
def test_frames_are_read_as_files_are(make, data_folder: Path, catalogue: Catalogue, ratings: Ratings) -> None:
    frame = pd.read_csv(data_folder / "rating.csv")
    assert Ratings.from_frame(make(frame), catalogue).fingerprint == ratings.fingerprint
    named = pd.DataFrame(NAMED, columns=PLAIN.split(","))
    assert cells(Ratings.from_frame(make(named), catalogue)) == NUMBERED


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"user_id": [1, 2], "anime_id": [100, 101], "rating": [5, 11]}), r"the frame, row 2, .*'11'"),
        (pl.DataFrame({"user_id": [1, None], "anime_id": [100, 101], "rating": [5, 5]}), r"row 2, column 'user_id'"),
        (pl.DataFrame({"user_id": [1], "anime_id": [100]}), r"the frame: no column 'rating'"),
        (pd.DataFrame({"user_id": [1, "a"], "anime_id": [1, 2], "rating": [5, 5]}), "values of several types"),
        ({"user_id": [1]}, r"Found dict; expected a DataFrame of pandas, polars or Arrow"),
        (pd.DataFrame({"user_id": [1], "anime_id": [9], "rating": [5]}), "the frame: none of its 1 rows"),
    ],
)
def test_frame_with_wrong_content_is_refused(frame: object, message: str, catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match=message):
        Ratings.from_frame(frame, catalogue)
