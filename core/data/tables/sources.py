"""Where tables come from: CSV files, Parquet files, and the DataFrames of pandas, polars or Arrow."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

import pandas as pd
import pyarrow as pa

from ...errors import DataError
from .forms import MAX_SHOWN, Form, expected, form_of, listed
from .packed import files_in_zip, open_bytes
from .parquet import parquet_columns, read_parquet, values_of

CHUNK = 1 << 20
"""Rows that are in memory at once."""
SUFFIXES = {".csv", ".gz", ".zip", ".zst", ".parquet", ".pq"}


class TableSource(Protocol):
    """A table that can be read. As a text it is its name, for messages."""

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""

    @property
    def header(self) -> str:
        """Where the names of its columns stand, for messages."""

    def chunks(self, wanted: Collection[str], texts: Collection[str], rows: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows in order, at most ``rows`` at once, with the columns ``wanted``; at least one chunk.

        The index counts all rows from 0. Columns among ``texts`` are text, ``""`` for blanks; the types of others
        are inferred. Raises `DataError` for a damaged table.
        """

    def locate(self, row: int, column: str) -> tuple[str, str] | None:
        """Return the place of a row (from 0), and the text that stands there in a column, if they can be found."""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file, plain or packed; in a ``.zip`` the file ``member``."""

    path: Path
    member: str | None

    def __str__(self) -> str:
        return f"{self.path}, {self.member!r:.{MAX_SHOWN}}" if self.member else str(self.path)

    @cached_property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return columns_of(self.path, self.member)

    @property
    def header(self) -> str:
        """Where the names of its columns stand, for messages."""
        return f"{self}, line 1"

    def chunks(self, wanted: Collection[str], texts: Collection[str], rows: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows: see `TableSource`."""
        options: dict[str, Any] = {"low_memory": False, "keep_default_na": False, "chunksize": rows}
        options |= {"usecols": lambda name: name in wanted, "dtype": dict.fromkeys(texts, str)}
        with damage_as_data_error(self.path), open_bytes(self.path, self.member) as stream:
            yield from pd.read_csv(stream, index_col=False, encoding="utf-8-sig", **options)

    def locate(self, row: int, column: str) -> tuple[str, str] | None:
        """Return the line of a row, and its text in a column, because pandas has made numbers of it.

        None where `csv` can't read the line: pandas forgives more.
        """
        with damage_as_data_error(self.path), open_text(self.path, self.member) as stream:
            reader = csv.reader(stream)
            try:
                rows = _rows(reader)
                index = next(rows, []).index(column)
                cells = next(islice(rows, row, None))
            except (csv.Error, ValueError, StopIteration):
                return None
            return f"line {reader.line_num}", cells[index] if index < len(cells) else ""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @cached_property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return columns_of(self.path, None)

    @property
    def header(self) -> str:
        """Where the names of its columns stand, for messages."""
        return str(self)

    def chunks(self, wanted: Collection[str], texts: Collection[str], rows: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows: see `TableSource`."""
        with damage_as_data_error(self.path):
            yield from read_parquet(self.path, wanted, texts, rows)

    def locate(self, row: int, column: str) -> tuple[str, str] | None:
        """Return nothing: a cell is in the file as it was read."""
        return None


@dataclass(frozen=True)
class Frame:
    """A DataFrame as an Arrow table."""

    table: pa.Table

    @classmethod
    def of(cls, frame: object) -> "Frame":
        """Return the source of anything that hands itself on as an Arrow stream: pandas, polars, Arrow, DuckDB.

        Raises `DataError` for other objects, and for columns that mix types.
        """
        if not hasattr(frame, "__arrow_c_stream__"):
            raise DataError(f"Found {type(frame).__name__}; expected a DataFrame of pandas, polars or Arrow.")
        try:
            return cls(pa.table(frame))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise DataError(f"the frame: a column has values of several types: {error}") from error

    def __str__(self) -> str:
        return "the frame"

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return list(self.table.column_names)

    @property
    def header(self) -> str:
        """Where the names of its columns stand, for messages."""
        return str(self)

    def chunks(self, wanted: Collection[str], texts: Collection[str], rows: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows: see `TableSource`."""
        for start in range(0, max(len(self.table), 1), rows):
            part = self.table.slice(start, rows)
            columns = {name: part.column(part.schema.names.index(name)) for name in wanted}
            with damage_as_data_error(self):
                values = {name: values_of(self, name, column, name in texts) for name, column in columns.items()}
            yield pd.DataFrame(values).set_axis(range(start, start + len(part)))

    def locate(self, row: int, column: str) -> tuple[str, str] | None:
        """Return nothing: a cell is in the frame as it was read."""
        return None


def open_source(path: str | Path, forms: Sequence[Form]) -> TableSource:
    """Return a table in a file. Of the files in a ``.zip`` it is the one that fits one of the forms and has the most
    of its columns. Raises `DataError` if there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Expected a table with the columns {expected(forms[0])}.")
    if _is_parquet(path):
        return ParquetFile(path)
    return CsvFile(path, _choose_member(path, forms) if path.suffix.lower() == ".zip" else None)


def open_folder(folder: str | Path, forms: Sequence[Form]) -> tuple[list[TableSource], int]:
    """Return the tables in a folder, and in the folders within, that fit one of the forms, sorted by their paths, and
    the number of other files. Hidden files, and those that begin with ``_``, are neither. Raises `DataError` if no
    table fits.
    """
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    paths = [path for path in paths if not any(part[0] in "._" for part in path.relative_to(folder).parts)]
    sources = [open_source(path, forms) for path in paths if path.suffix.lower() in SUFFIXES and _fits(path, forms)]
    if not sources:
        raise DataError(
            f"{folder}: none of the {len(paths):,} files in this folder is a table with the columns "
            f"{' or '.join(map(expected, forms))}. Found {listed([path.name for path in paths])}."
        )
    return sources, len(paths) - len(sources)


def _fits(path: Path, forms: Sequence[Form]) -> bool:
    members = files_in_zip(path) if path.suffix.lower() == ".zip" else [None]
    return any(form_of(forms, columns_of(path, member)) for member in members)


def columns_of(path: Path, member: str | None) -> list[str]:
    """Return the names of the columns of a file. Raises `DataError` for a damaged one."""
    with damage_as_data_error(path):
        if _is_parquet(path):
            return parquet_columns(path)
        with open_text(path, member, errors="replace") as stream:
            return next(_rows(csv.reader(stream)), [])


def _choose_member(path: Path, forms: Sequence[Form]) -> str:
    """Return the file in a ``.zip`` that fits one of the forms and has the most of its columns.

    A file that stands alone is returned whatever it has. Raises `DataError` if no file fits, or several do.
    """
    with damage_as_data_error(path):
        names = files_in_zip(path)
        if len(names) == 1:
            return names[0]
        headers = {name: columns_of(path, name) for name in names}
    n_told = {name: form.n_told(columns) for name, columns in headers.items() if (form := form_of(forms, columns))}
    best = [name for name, n in n_told.items() if n == max(n_told.values())]
    if len(best) == 1:
        return best[0]
    needed = " or ".join(map(expected, forms))
    if best:
        raise DataError(
            f"{path}: {len(best)} files in this zip archive have the columns {needed}: {listed(best)}. "
            "Unpack it, and give the one to read."
        )
    raise DataError(
        f"{path}: none of the {len(names)} files in this zip archive has the columns {needed}. Found {listed(names)}."
    )


@contextmanager
def damage_as_data_error(path: object) -> Iterator[None]:
    """Raise a `DataError` for a file that is damaged or in another encoding."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte 0x{error.object[error.start]:02x} is not UTF-8 text. Expected UTF-8; "
            "save the file again with that encoding."
        ) from error
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: not a readable CSV table: {reason}.") from error
    except DAMAGE as error:
        raise DataError(f"{path}: the file is damaged or not of the kind its name says: {error}") from error


DAMAGE = (
    *(OSError, EOFError, ValueError, OverflowError, NotImplementedError, MemoryError),
    *(zlib.error, zipfile.BadZipFile, struct.error, csv.Error, pa.ArrowException),
)
"""The errors of the libraries that read tables for damaged files."""


def open_text(path: Path, member: str | None = None, errors: str = "strict") -> IO[str]:
    """Return the UTF-8 text of a file; see `core.data.tables.packed.open_bytes`."""
    return io.TextIOWrapper(open_bytes(path, member), encoding="utf-8-sig", errors=errors, newline="")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".pq"}


def _rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """Return the rows without blank lines, which pandas skips, too."""
    return (row for row in reader if len(row) > 1 or "".join(row).strip())
