"""The ratings: which rows of a file are kept, what -1 means, and which files are refused."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from core import WATCHED, Catalogue, DataError, Ratings
from core.ratings import explicit
from tests.synthetic import (
    DUPLICATE_ROWS,
    EQUAL_RATINGS_USER,
    ONE_ROW_USER,
    ONLY_WATCHED_USER,
    RATING_HEADER,
    UNKNOWN_TITLE_ROWS,
    Files,
    plain_id,
    write_csv,
)

A, B = plain_id(0), plain_id(1)
UNKNOWN = 123_456

ReadRows = Callable[..., Ratings]


def cell(ratings: Ratings, user_id: int, anime_id: int) -> float:
    row = int(np.searchsorted(ratings.user_ids, user_id))
    return float(ratings.matrix[row, ratings.catalogue.position(anime_id)])


def test_every_kind_of_file_gives_the_same_ratings(
    files: Files, ratings: Ratings, catalogue: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / "rating.csv.gz").write_bytes(gzip.compress(files.ratings.read_bytes()))
    with zipfile.ZipFile(tmp_path / "rating.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(files.ratings, "rating.csv")
    pd.read_csv(files.ratings).to_parquet(tmp_path / "rating.parquet")

    for name in ("rating.csv.gz", "rating.csv.zip", "rating.parquet"):
        same = Ratings.read(tmp_path / name, catalogue)
        assert same.fingerprint == ratings.fingerprint
        assert same.report == ratings.report


def test_the_matrix_has_a_row_for_every_user_and_a_column_for_every_title(ratings: Ratings) -> None:
    assert ratings.matrix.shape == (len(ratings.user_ids), len(ratings.catalogue))
    assert ratings.matrix.dtype == np.float32
    assert ratings.matrix.has_sorted_indices
    assert np.all(np.diff(ratings.user_ids) > 0)


def test_what_was_dropped_is_counted(ratings: Ratings, files: Files) -> None:
    rows = len(pd.read_csv(files.ratings))

    assert ratings.report.rows_read == rows
    assert ratings.report.unknown_titles == UNKNOWN_TITLE_ROWS
    assert ratings.report.duplicates == DUPLICATE_ROWS
    assert ratings.matrix.nnz == rows - UNKNOWN_TITLE_ROWS - DUPLICATE_ROWS


def test_the_report_says_what_became_of_the_rows(read_rating_rows: ReadRows) -> None:
    report = read_rating_rows((1, A, 8), (1, A, 9), (1, UNKNOWN, 9), (2, B, -1)).report

    assert str(report).startswith("4 rows read, 2 kept, 1 dropped because their title")
    assert str(report).endswith("1 dropped because a user and title came again")


def test_the_last_rating_of_a_title_counts(read_rating_rows: ReadRows) -> None:
    assert cell(read_rating_rows((1, A, 9), (2, A, 3), (1, A, 4)), 1, A) == 4


@pytest.mark.parametrize("rows", [[(1, A, 9), (1, A, -1)], [(1, A, -1), (1, A, 9)]])
def test_a_rating_counts_more_than_watched(read_rating_rows: ReadRows, rows: list[tuple[int, int, int]]) -> None:
    ratings = read_rating_rows(*rows)

    assert cell(ratings, 1, A) == 9
    assert ratings.report.duplicates == 1


def test_watched_alone_is_kept_once(read_rating_rows: ReadRows) -> None:
    ratings = read_rating_rows((1, A, -1), (1, A, -1))

    assert cell(ratings, 1, A) == WATCHED
    assert ratings.report.duplicates == 1


def test_a_user_of_unknown_titles_alone_has_no_row(read_rating_rows: ReadRows) -> None:
    assert read_rating_rows((1, A, 9), (2, UNKNOWN, 9)).user_ids.tolist() == [1]


def test_users_with_unusual_histories_are_kept(ratings: Ratings) -> None:
    histories = {
        user: ratings.matrix[[int(np.searchsorted(ratings.user_ids, user))]].data
        for user in (ONLY_WATCHED_USER, EQUAL_RATINGS_USER, ONE_ROW_USER)
    }

    assert set(histories[ONLY_WATCHED_USER]) == {WATCHED}
    assert set(histories[EQUAL_RATINGS_USER]) == {7}
    assert histories[ONE_ROW_USER].tolist() == [9]


def test_watched_is_never_a_rating(ratings: Ratings) -> None:
    given_alone = explicit(ratings.matrix)

    assert given_alone.data.min() >= 1
    assert given_alone.nnz == int((ratings.matrix.data != WATCHED).sum())
    np.testing.assert_array_equal(given_alone.toarray(), np.maximum(ratings.matrix.toarray(), 0))


def test_explicit_keeps_rows_that_become_empty() -> None:
    matrix = sparse.csr_array(np.array([[-1, -1, 0], [0, 5, -1], [0, 0, 0], [3, 0, 0]], dtype=np.float32))

    np.testing.assert_array_equal(explicit(matrix).toarray(), [[0, 0, 0], [0, 5, 0], [0, 0, 0], [3, 0, 0]])


rows_of_a_file = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([*(plain_id(index) for index in range(4)), UNKNOWN]),
        st.sampled_from([-1, 1, 2, 9, 10]),
    ),
    min_size=1,
    max_size=40,
)


@given(rows=rows_of_a_file)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_kept_or_counted_as_dropped(
    rows: list[tuple[int, int, int]], tmp_path: Path, catalogue: Catalogue
) -> None:
    expected: dict[tuple[int, int], int] = {}
    for user, title, rating in rows:
        if title != UNKNOWN and (rating != WATCHED or (user, title) not in expected):
            expected[user, title] = rating
    path = write_csv(tmp_path / "rating.csv", RATING_HEADER, rows)
    if not expected:
        with pytest.raises(DataError, match="none of its"):
            Ratings.read(path, catalogue)
        return

    ratings = Ratings.read(path, catalogue)

    report = ratings.report
    assert report.rows_read == len(rows) == ratings.matrix.nnz + report.unknown_titles + report.duplicates
    assert report.unknown_titles == sum(title == UNKNOWN for _, title, _ in rows)
    assert ratings.user_ids.tolist() == sorted({user for user, _ in expected})
    assert ratings.matrix.nnz == len(expected)
    assert {key: cell(ratings, *key) for key in expected} == expected


@pytest.mark.parametrize("rating", ["11", "0", "7.5.x", "", "nan", "inf", "-2", "good", "0.99", "True"])
def test_a_rating_off_the_scale_is_refused(read_rating_rows: ReadRows, tmp_path: Path, rating: str) -> None:
    with pytest.raises(DataError) as caught:
        read_rating_rows((1, A, rating))

    place = f"{tmp_path / 'rating.csv'}, line 2, column 'rating'"
    assert str(caught.value) == f"{place}: found {rating!r}; expected a number from 1 to 10 or -1."


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((-5, A, 8), "column 'user_id': found '-5'; expected a whole number of at least 0"),
        ((1.5, A, 8), "column 'user_id': found '1.5'"),
        ((1, 0, 8), "column 'anime_id': found '0'; expected a whole number of at least 1"),
        ((1, "Naruto", 8), "column 'anime_id': found 'Naruto'"),
        ((10**30, A, 8), "column 'user_id': found '1000000000000000000000000000000'"),
    ],
)
def test_an_id_that_is_none_is_refused(
    read_rating_rows: ReadRows, row: tuple[object, object, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_rating_rows((1, A, 9), row)


def test_neighbouring_large_user_ids_stay_apart(read_rating_rows: ReadRows) -> None:
    ratings = read_rating_rows((2**53, A, 8), (2**53 + 1, B, 9))

    assert ratings.user_ids.tolist() == [2**53, 2**53 + 1]


def test_halves_are_ratings(read_rating_rows: ReadRows) -> None:
    assert cell(read_rating_rows((1, A, 7.5)), 1, A) == 7.5


def test_another_scale_is_respected(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write_csv(tmp_path / "rating.csv", RATING_HEADER, [(1, A, 0.5), (1, B, 5), (2, A, -1)])

    assert Ratings.read(path, catalogue, rating_scale=(0.5, 5)).scale == (0.5, 5)
    with pytest.raises(DataError, match=r"found '0\.5'; expected a number from 1 to 4 or -1"):
        Ratings.read(path, catalogue, rating_scale=(1, 4))


@pytest.mark.parametrize(
    "scale", [(10, 1), (5, 5), (0, 10), (-1, 10), (float("nan"), 10), (1, float("inf")), ("one", "ten"), (1,)]
)
def test_a_scale_that_makes_no_sense_is_refused(files: Files, catalogue: Catalogue, scale: tuple[float, float]) -> None:
    with pytest.raises(DataError, match="expected two positive numbers, the lower first"):
        Ratings.read(files.ratings, catalogue, rating_scale=scale)


@pytest.mark.parametrize("rows", [[], [(1, UNKNOWN, 8)]])
def test_a_file_without_any_known_title_is_refused(
    read_rating_rows: ReadRows, rows: list[tuple[int, int, int]]
) -> None:
    with pytest.raises(DataError, match=rf"rating\.csv: none of its {len(rows)} rows rates a title of the catalogue"):
        read_rating_rows(*rows)


def test_equal_data_in_another_order_has_the_same_fingerprint(read_rating_rows: ReadRows) -> None:
    rows = [(1, A, 8), (2, B, -1), (2, A, 3)]

    assert read_rating_rows(*rows).fingerprint == read_rating_rows(*rows[::-1]).fingerprint
    assert read_rating_rows(*rows).fingerprint != read_rating_rows(*rows[:2], (2, A, 4)).fingerprint
    assert read_rating_rows(*rows).fingerprint != read_rating_rows(*rows[:2], (3, A, 3)).fingerprint


def test_density_is_the_filled_share(read_rating_rows: ReadRows) -> None:
    ratings = read_rating_rows((1, A, 8), (2, B, -1), (2, A, 3))

    assert ratings.density == pytest.approx(3 / (2 * len(ratings.catalogue)))


def test_take_keeps_these_users_alone(ratings: Ratings) -> None:
    taken = ratings.take(np.array([4, 1]))

    assert taken.user_ids.tolist() == ratings.user_ids[[4, 1]].tolist()
    np.testing.assert_array_equal(taken.matrix.toarray(), ratings.matrix[[4, 1]].toarray())


def test_the_real_ratings_are_read_whole(real_data: Path) -> None:
    ratings = Ratings.read(real_data / "rating.csv", Catalogue.read(real_data / "anime.csv"))

    report = ratings.report
    assert report.rows_read == 1_443_996 == ratings.matrix.nnz + report.unknown_titles + report.duplicates
    assert len(ratings.user_ids) == 13_609
    assert set(np.unique(ratings.matrix.data)) == {-1, *range(1, 11)}
    assert int(np.diff(ratings.matrix.indptr).max()) == 2_429
