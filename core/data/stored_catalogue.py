"""A catalogue in a Parquet file, as a model stores it. Its size is checked before it is unpacked.

A small file can unpack to gigabytes: a long text that all titles share is stored once. So texts stay in the form
in which they are stored, a dictionary and indices, until their size is known.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from .catalogue import Catalogue
from .catalogue_columns import COLUMNS, MAX_TITLES, NumberColumn, TextColumn
from .tables.parquet import column_chunks, stated_bytes, text_bytes

MAX_BYTES = 1 << 26
"""Of all texts together, and of all columns as the file states them. The bundled catalogue has 3 MB."""
ENCODINGS = {"PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED"}
"""Others can store long texts by what differs from one to the next."""
TEXTS = [name for name, column in COLUMNS.items() if isinstance(column, TextColumn)]
TYPES = {"int64": pa.int64(), "float64": pa.float64()}


def catalogue_of_parquet(content: bytes) -> Catalogue:
    """Return the catalogue of a Parquet file. Raises `DataError` for anything else."""
    with _damage_as_data_error():
        _check_layout(_open(content, []))
        table = _open(content, TEXTS).read()
        table.validate(full=True)
    size = sum(text_bytes(chunk) for name in TEXTS for chunk in table.column(name).chunks)
    if size > MAX_BYTES:
        raise DataError(f"The texts of the catalogue have {size:,} bytes; expected at most {MAX_BYTES:,}.")
    with _damage_as_data_error():
        frame = table.cast(pa.schema([(name, _plain_type(name)) for name in COLUMNS])).to_pandas(ignore_metadata=True)
    return Catalogue(frame)


def _open(content: bytes, texts: Sequence[str]) -> pq.ParquetFile:
    """Return the file, which reads ``texts`` as indices into their distinct values."""
    limits = {"thrift_string_size_limit": 1 << 20, "thrift_container_size_limit": 1 << 16}
    return pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts, **limits)


@contextmanager
def _damage_as_data_error() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError, NotImplementedError) as error:
        raise DataError(f"The file is damaged, or no Parquet file: {error}") from error


def _check_layout(file: pq.ParquetFile) -> None:
    """Raise `DataError` unless the file states the columns, types and sizes of a catalogue."""
    facts, schema = file.metadata, file.schema_arrow
    if facts.num_rows > MAX_TITLES:
        raise DataError(f"A catalogue of {facts.num_rows:,} titles; expected at most {MAX_TITLES:,}.")
    if schema.names != list(COLUMNS):
        found = ", ".join(schema.names[: 2 * len(COLUMNS)])
        raise DataError(f"A catalogue has the columns {', '.join(COLUMNS)}; found {found:.500}.")
    for field in schema:
        stored = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        is_text = pa.types.is_string(stored) or pa.types.is_large_string(stored)
        if not (is_text if field.name in TEXTS else stored == _plain_type(field.name)):
            raise DataError(f"Column {field.name!r} has the type {field.type}; expected {_plain_type(field.name)}.")
    chunks = column_chunks(facts)
    size = stated_bytes(chunks)
    if size > MAX_BYTES:
        raise DataError(f"The columns of the catalogue have {size:,} bytes; expected at most {MAX_BYTES:,}.")
    if unknown := {encoding for chunk in chunks for encoding in chunk.encodings} - ENCODINGS:
        raise DataError(
            f"The catalogue is stored by {', '.join(sorted(unknown))}; expected plain texts or dictionaries."
        )


def _plain_type(name: str) -> pa.DataType:
    column = COLUMNS[name]
    return TYPES[column.dtype] if isinstance(column, NumberColumn) else pa.large_string()
