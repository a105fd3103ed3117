"""Reading ratings: the matrix, the scale, the report, the fingerprint."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import write_csv

from core import WATCHED, Catalogue, DataError, Ratings
from core.data.ratings import explicit
from core.data.scale import RatingScale

HEADER = "user_id,anime_id,rating"
ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(97, 105), st.sampled_from([-1, 1, 5, 10])), min_size=1, max_size=40
)


def read(rows: list[tuple[object, ...]], catalogue: Catalogue, folder: Path, **options: object) -> Ratings:
    return Ratings.read(write_csv(folder / "rating.csv", HEADER, rows), catalogue, **options)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_matrix_agrees_with_a_dictionary_of_the_rows(
    rows: list[tuple[int, int, int]], catalogue: Catalogue, tmp_path: Path
) -> None:
    expected: dict[tuple[int, int], int] = {}
    for user, anime, rating in rows:
        if anime in catalogue and (rating != WATCHED or expected.get((user, anime), WATCHED) == WATCHED):
            expected[user, anime] = rating
    if not expected:
        with pytest.raises(DataError, match="none of its"):
            read(rows, catalogue, tmp_path)
        return
    ratings = read(rows, catalogue, tmp_path)
    cells = ratings.matrix.tocoo()
    actual = {
        (int(ratings.user_ids[row]), int(catalogue.anime_ids[column])): int(value)
        for row, column, value in zip(*cells.coords, cells.data, strict=True)
    }
    assert actual == expected
    assert ratings.report.rows_read == len(rows)
    assert ratings.report.unknown_titles == sum(anime not in catalogue for _, anime, _ in rows)
    assert ratings.report.duplicates == len(rows) - ratings.report.unknown_titles - len(expected)


def test_watched_never_counts_as_a_rating(ratings: Ratings) -> None:
    rated = explicit(ratings.matrix)
    assert (ratings.matrix.data == WATCHED).sum() > 100
    assert rated.nnz == (ratings.matrix.data > 0).sum()
    assert rated.data.min() >= 1
    assert np.allclose(rated.toarray(), np.maximum(ratings.matrix.toarray(), 0))


def test_ratings_keep_their_scale_and_refuse_values_off_it(catalogue: Catalogue, tmp_path: Path) -> None:
    assert read([(1, 100, 0.5), (1, 101, 5)], catalogue, tmp_path, rating_scale=(0.5, 5)).scale == RatingScale(0.5, 5.0)
    with pytest.raises(DataError, match=r"found '6'; expected a number from 0\.5 to 5 or -1"):
        read([(1, 100, 6)], catalogue, tmp_path, rating_scale=(0.5, 5))
    for wrong_scale in ((0, 5), (5, 1), (1, float("inf")), ("one", "ten"), (1,)):
        with pytest.raises(DataError, match="rating_scale"):
            read([(1, 100, 6)], catalogue, tmp_path, rating_scale=wrong_scale)


def test_fingerprint_depends_on_values_but_not_on_row_order(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [(1, 100, 5), (2, 101, 6)]
    fingerprint = read(rows, catalogue, tmp_path).fingerprint
    assert read(rows[::-1], catalogue, tmp_path).fingerprint == fingerprint
    assert read([(1, 100, 5), (2, 101, 7)], catalogue, tmp_path).fingerprint != fingerprint


def test_real_ratings_are_read_completely(real_data: Path) -> None:
    ratings = Ratings.read(real_data / "rating.csv", Catalogue.read(real_data / "anime.csv"))
    assert ratings.report.rows_read == ratings.matrix.nnz == 1_443_996
    assert len(ratings.user_ids) == 13_609
    assert (ratings.matrix.data == WATCHED).sum() == 274_264
    assert np.diff(ratings.matrix.indptr).max() == 2_429
