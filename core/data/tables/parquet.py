"""Reader of columns of Parquet files, which checks their sizes before it believes them."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from ...errors import DataError
from .packed import check_expansion

CELL_BYTES = 8
"""The memory of a number, and of the reference to a text."""


def read_parquet(path: Path, wanted: Collection[str], texts: Collection[str], rows: int) -> Iterator[pd.DataFrame]:
    """Yield at most ``rows`` rows at once, with the columns ``wanted``: numbers as they are, all else as text, blanks
    as ``""``. The index counts all rows from 0. There is at least one part.

    Numbers in columns among ``texts`` are text, too. A list is the text of a Python list. Of several columns with one
    name the first is read.

    Raises `DataError` for structures, and if the columns expand to more than `core.data.tables.packed` allows;
    errors of `pyarrow` for a damaged file.
    """
    with pq.ParquetFile(path) as file:
        schema = file.schema
        _check_claims(path, file.metadata, len(wanted))
    # Texts stay indices into their distinct values until the size of all of them is known.
    stored = [leaf.path for leaf in schema if leaf.physical_type == "BYTE_ARRAY" and leaf.path.split(".")[0] in wanted]
    start, size = 0, 0
    with pq.ParquetFile(path, read_dictionary=stored) as file:
        for batch in file.iter_batches(rows, columns=list(wanted)):
            batch.validate(full=True)  # texts are UTF-8, offsets and indices are within their arrays
            columns = {name: batch.column(batch.schema.names.index(name)) for name in wanted}
            size += sum(map(text_bytes, columns.values()))
            check_expansion(path, size)
            values = {name: values_of(path, name, column, name in texts) for name, column in columns.items()}
            yield pd.DataFrame(values).set_axis(range(start, start + len(batch)))
            start += len(batch)
    if not start:
        yield pd.DataFrame({name: pd.Series(dtype=str) for name in wanted})


def parquet_columns(path: Path) -> list[str]:
    """Return the names of the columns of a file."""
    return list(pq.read_schema(path).names)


def _check_claims(path: Path, metadata: pq.FileMetaData, n_columns: int) -> None:
    """Check the sizes that the file states. Rows of one value take no room in it, but they do in memory.

    Only what it states of whole groups of rows is looked at: `pyarrow` aborts the process where a damaged file states
    of a column what can't be.
    """
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    check_expansion(path, sum(max(group.total_byte_size, 0) for group in groups))
    n_rows = max([group.num_rows for group in groups], default=0)
    check_expansion(path, max(n_rows, metadata.num_rows) * n_columns * CELL_BYTES)


def column_chunks(metadata: pq.FileMetaData) -> list[pq.ColumnChunkMetaData]:
    """Return what a file states of its columns, one entry for each column of each group of rows."""
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return [group.column(index) for group in groups for index in range(group.num_columns)]


def stated_bytes(chunks: Iterable[pq.ColumnChunkMetaData]) -> int:
    """Return the size of columns, unpacked, as their file states it. A size below zero counts as none."""
    return sum(max(chunk.total_uncompressed_size, 0) for chunk in chunks)


def text_bytes(array: pa.Array) -> int:
    """Return the size of all texts in an array, each counted as often as it comes."""
    if pt.is_list(array.type) or pt.is_large_list(array.type):
        return text_bytes(array.flatten())
    if pt.is_dictionary(array.type) and (
        pt.is_string(array.type.value_type) or pt.is_large_string(array.type.value_type)
    ):
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        return int(pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0)
    return int(array.nbytes)


def values_of(table: object, name: str, column: pa.Array | pa.ChunkedArray, text: bool) -> pd.Series:
    """Return the values of a column for pandas: see `read_parquet`. Raises `DataError`, which names the table."""
    if pt.is_struct(column.type) or pt.is_map(column.type) or isinstance(column.type, pa.BaseExtensionType):
        raise DataError(f"{table}, column {name!r}: found values of the type {column.type}; expected numbers or texts.")
    if pt.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pt.is_nested(column.type):
        return pd.Series([str(value or []) for value in column.to_pylist()], dtype=str)
    is_number = pt.is_integer(column.type) or pt.is_floating(column.type) or pt.is_boolean(column.type)
    values = column if is_number and not text else column.cast(pa.string()).fill_null("")
    return pd.Series(values.to_pandas())
