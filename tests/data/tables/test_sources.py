"""Sources of tables, read a few rows at a time."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from small_data import write_csv

from core import DataError
from core.data.reading.table_forms import RATINGS
from core.data.tables.sources import CsvFile, Frame, ParquetFile, TableSource
from core.data.tables.table import Table

ROWS = [(number, 100 + number, 1 + number % 10, f"note {number}") for number in range(25)]


@pytest.fixture(params=["csv", "parquet", "frame"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> TableSource:
    frame = pd.DataFrame(ROWS, columns=["user_id", "anime_id", "rating", "note"])
    if request.param == "csv":
        return CsvFile(write_csv(tmp_path / "rating.csv", ",".join(frame), ROWS), None)
    if request.param == "parquet":
        frame.to_parquet(tmp_path / "rating.parquet", row_group_size=10)
        return ParquetFile(tmp_path / "rating.parquet")
    return Frame(pa.Table.from_pandas(frame))


def test_chunks_together_are_the_table(source: TableSource) -> None:
    chunks = list(source.chunks(["rating", "user_id"], ["user_id"], rows=7))
    assert max(map(len, chunks)) <= 7
    whole = pd.concat(chunks)
    assert whole.index.tolist() == list(range(25))
    assert whole["user_id"].tolist() == [str(number) for number in range(25)]
    assert whole["rating"].tolist() == [rating for _, _, rating, _ in ROWS]
    assert set(whole) == {"rating", "user_id"}


def test_error_names_the_row_of_the_whole_table(source: TableSource) -> None:
    part = list(Table.parts(source, RATINGS[0], texts=(), rows=7))[-1]
    with pytest.raises(DataError, match=r"(line 25|row 24), column 'rating': found '4'; .* 1 more such"):
        part.numbers("rating", minimum=1, maximum=3)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_empty_table_has_one_chunk(suffix: str, tmp_path: Path) -> None:
    frame, path = pd.DataFrame({"user_id": [], "rating": []}), tmp_path / f"rating.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    source = CsvFile(path, None) if suffix == "csv" else ParquetFile(path)
    assert [len(chunk) for chunk in source.chunks(["rating"], ())] == [0]
    assert [len(chunk) for chunk in Frame.of(frame).chunks(["rating"], ())] == [0]
