"""Reader of tables: CSV (plain, ``.gz`` or ``.zip``) and Parquet, with precise errors.

`read_table` checks the file and its columns, `parse_numbers` and `parse_ids` check the cells of a
column. `open_text` and `damage_as_data_error` serve other kinds of files, too. Every error is a
`DataError` that names the file, the line and the column, what was found there and what was
expected, because "could not convert string to float" helps nobody.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import DataError
from ..numerics.arrays import Float64, Int64

MAX_ID = 2**53 - 1
"""The largest id that stays exact: cells pass through float64."""


def read_table(path: str | Path, required: Sequence[str], optional: Sequence[str] = (), *, text: bool) -> pd.DataFrame:
    """Return the columns ``required`` of a table, and those of ``optional`` that it has, in that order.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz``, ``.zip`` with one CSV inside (UTF-8, comma, a header line), or
        ``.parquet``. Other columns are ignored.
    text
        True: every cell as text, blanks as ``""``. False: pandas infers the types (much faster
        on millions of rows); `parse_numbers` then finds cells that are not numbers.

    Raises
    ------
    DataError
        The file is missing, empty, damaged, in another encoding or format, or lacks a column.
    """
    path, expected = Path(path), ", ".join(required)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Expected a table with the columns {expected}.")
    wanted = [*required, *optional]
    try:
        with damage_as_data_error(path):
            frame = _read_parquet(path, wanted, text) if _is_parquet(path) else _read_csv(path, wanted, text)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: the file is empty. Expected a header line with {expected}.") from error
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: not a readable CSV table: {reason}.") from error
    missing = [repr(name) for name in required if name not in frame.columns]
    if missing:
        header = ", ".join(map(repr, _header(path))) or "nothing"
        raise DataError(f"{path}, line 1: no column {', '.join(missing)}. Found {header}; expected {expected}.")
    return frame[[name for name in wanted if name in frame.columns]]


@contextmanager
def damage_as_data_error(path: str | Path) -> Iterator[None]:
    """Raise a `DataError` for a file that is damaged or in another encoding."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte 0x{error.object[error.start]:02x} is not UTF-8 text. Expected UTF-8; "
            "save the file again with that encoding."
        ) from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError):  # ValueErrors for which `read_table` has better sentences
        raise
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, ValueError) as error:
        raise DataError(f"{path}: the file is damaged or not of the kind its name says: {error}") from error


def open_text(path: Path) -> IO[str]:
    """Return the UTF-8 text of a plain file, of a ``.gz`` or ``.zst``, or of the first file in a ``.zip``."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if suffix == ".zst":  # by pyarrow, which notices a missing end; zstandard's own reader does not
        return io.TextIOWrapper(pa.input_stream(str(path), compression="zstd"), encoding="utf-8-sig", newline="")
    if suffix == ".zip":
        archive = zipfile.ZipFile(path)
        return io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def parse_numbers(
    path: str | Path,
    column: pd.Series,
    *,
    minimum: float,
    maximum: float = float("inf"),
    whole: bool = True,
    blanks: Iterable[str] = (),
    also: Iterable[float] = (),
) -> Float64:
    """Return a column as float64 [rows]. Each value is in ``minimum..maximum`` or among ``also``.

    Cells that equal one of ``blanks`` become NaN. ``whole`` refuses fractions.
    Raises `DataError` for the first wrong cell, with its line.
    """
    # The values, NaN for what is no number, and which cells are blank: [rows].
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(str)
    is_numeric = pd.api.types.is_numeric_dtype(column)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    is_blank = np.zeros(len(values), dtype=bool) if is_numeric else column.isin(list(blanks)).to_numpy(dtype=bool)
    # The rows of wrong cells.
    fits = (values >= minimum) & (values <= maximum) & np.isfinite(values)
    if whole:
        fits &= values == np.floor(values)
    fits |= np.isin(values, list(also))
    wrong = np.flatnonzero(~fits & ~is_blank)
    if wrong.size:
        location, cell = _locate(Path(path), int(wrong[0]), str(column.name))
        kind = "a whole number" if whole else "a number"
        span = f"of at least {minimum:g}" if maximum == float("inf") else f"from {minimum:g} to {maximum:g}"
        options = [f"{kind} {span}", *(f"{value:g}" for value in also)]
        options += [repr(blank) if blank else "a blank" for blank in blanks]
        raise DataError(
            f"{path}, {location}, column {column.name!r}: found {cell!r}; expected {' or '.join(options)}."
            + (f" {wrong.size - 1:,} more such cells follow." if wrong.size > 1 else "")
        )
    return np.where(is_blank, np.nan, values)


def parse_ids(path: str | Path, column: pd.Series, *, minimum: int = 1) -> Int64:
    """Return a column of ids as int64 [rows]. Raises `DataError`: see `parse_numbers`."""
    return parse_numbers(path, column, minimum=minimum, maximum=MAX_ID).astype(np.int64)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".pq"}


def _read_csv(path: Path, wanted: Sequence[str], text: bool) -> pd.DataFrame:
    options: dict[str, Any] = {"dtype": str, "keep_default_na": False} if text else {"low_memory": False}
    options |= {"usecols": lambda name: name in wanted, "index_col": False, "encoding": "utf-8-sig"}
    options["compression"] = {".gz": "gzip", ".zip": "zip"}.get(path.suffix.lower())
    frame: pd.DataFrame = pd.read_csv(path, **options)
    return frame


def _read_parquet(path: Path, wanted: Sequence[str], text: bool) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    frame = frame[[name for name in wanted if name in frame.columns]]
    return frame.astype(object).where(frame.notna(), "").astype(str) if text else frame


def _header(path: Path) -> list[str]:
    if _is_parquet(path):
        return [str(name) for name in pd.read_parquet(path).columns]
    with open_text(path) as stream:
        return next(_rows(csv.reader(stream)), [])


def _rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """Return the rows without blank lines, which pandas skips, too."""
    return (row for row in reader if len(row) > 1 or "".join(row).strip())


def _locate(path: Path, row_index: int, column: str) -> tuple[str, str]:
    """Return where a row (from 0) of a table is in its file, and the text of its cell in ``column``."""
    if _is_parquet(path):
        return f"row {row_index + 1}", str(pd.read_parquet(path, columns=[column])[column].iloc[row_index])
    with open_text(path) as stream:
        reader = csv.reader(stream)
        rows = _rows(reader)
        column_index = next(rows).index(column)
        row = next(islice(rows, row_index, None))
        return f"line {reader.line_num}", row[column_index] if column_index < len(row) else ""
