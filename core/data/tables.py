"""Tables from files: CSV (plain, ``.gz`` or ``.zip``) and Parquet, read with precise refusals.

`read_table` checks that a file is what it claims to be; `numbers` and `identifiers` read a column;
`open_text` and `refusing_damage` serve files of other kinds, too.
Whatever is wrong becomes a `DataError` naming the file, the line and the column, what was found
there and what was expected, because "could not convert string to float" helps nobody.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import DataError
from ..numerics.arrays import Float64, Int64

MAX_ID = 2**53 - 1
"""The largest id that is read exactly: cells pass through float64."""


def read_table(path: str | Path, required: Sequence[str], optional: Sequence[str] = (), *, text: bool) -> pd.DataFrame:
    """The columns ``required`` and, where present, ``optional`` of a table, in that order.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz``, ``.zip`` with one CSV inside (UTF-8, comma, a header line), or
        ``.parquet``. Other columns in it are ignored.
    text
        True: every cell as text, blanks as ``""``. False: pandas infers the types (much faster
        on millions of rows); `numbers` then finds what is not a number.

    Raises
    ------
    DataError
        The file is missing, empty, damaged, in another encoding or format, or lacks a column.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Expected a table with the columns {', '.join(required)}.")
    wanted = [*required, *optional]
    try:
        with refusing_damage(path):
            frame = _read_parquet(path, wanted, text) if _is_parquet(path) else _read_csv(path, wanted, text)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: the file is empty. Expected a header line with {', '.join(required)}.") from error
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: not a readable CSV table: {reason}.") from error
    missing = [name for name in required if name not in frame.columns]
    if missing:
        found = ", ".join(map(repr, _header(path))) or "nothing"
        raise DataError(
            f"{path}, line 1: no column {', '.join(map(repr, missing))}. Found {found}; expected {', '.join(required)}."
        )
    return frame[[name for name in wanted if name in frame.columns]]


@contextmanager
def refusing_damage(path: str | Path) -> Iterator[None]:
    """Make a `DataError` of what goes wrong while a file is read: another encoding, a damaged container."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte 0x{error.object[error.start]:02x} is not UTF-8 text. Expected UTF-8; "
            "save the file again with that encoding."
        ) from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError):  # ValueErrors that say more
        raise
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, ValueError) as error:
        raise DataError(f"{path}: the file is damaged or not of the kind its name says: {error}") from error


def open_text(path: Path) -> IO[str]:
    """The UTF-8 text of a plain file, a ``.gz``, a ``.zst`` or of the first file of a ``.zip``."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if suffix == ".zst":  # pyarrow tells when the end is missing, which zstandard's own reader does not
        return io.TextIOWrapper(pa.input_stream(str(path), compression="zstd"), encoding="utf-8-sig", newline="")
    if suffix == ".zip":
        archive = zipfile.ZipFile(path)
        return io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def numbers(
    path: str | Path,
    column: pd.Series,
    *,
    minimum: float,
    maximum: float = float("inf"),
    whole: bool = True,
    blanks: Iterable[str] = (),
    also: Iterable[float] = (),
) -> Float64:
    """A column as float64 [rows], each value within ``minimum..maximum`` or among ``also``.

    Cells that read as one of ``blanks`` become NaN. ``whole`` refuses fractions.

    Raises
    ------
    DataError
        At the first cell that is none of these, with its line.
    """
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(str)
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        blank = np.zeros(len(values), dtype=bool)
    else:
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        blank = column.isin(list(blanks)).to_numpy(dtype=bool)
    fits = (values >= minimum) & (values <= maximum) & np.isfinite(values)
    if whole:
        fits &= values == np.floor(values)
    fits |= np.isin(values, list(also))
    wrong = np.flatnonzero(~fits & ~blank)
    if wrong.size:
        where, found = _cell(Path(path), int(wrong[0]), str(column.name))
        kind = "a whole number" if whole else "a number"
        span = (
            f"{kind} of at least {minimum:g}" if maximum == float("inf") else f"{kind} from {minimum:g} to {maximum:g}"
        )
        options = [span, *(f"{value:g}" for value in also), *(repr(blank) if blank else "a blank" for blank in blanks)]
        raise DataError(
            f"{path}, {where}, column {column.name!r}: found {found!r}; expected {' or '.join(options)}."
            + (f" {wrong.size - 1:,} more such cells follow." if wrong.size > 1 else "")
        )
    return np.where(blank, np.nan, values)


def identifiers(path: str | Path, column: pd.Series, *, minimum: int = 1) -> Int64:
    """A column of ids as int64 [rows]. Raises `DataError` for what is none: see `numbers`."""
    return numbers(path, column, minimum=minimum, maximum=MAX_ID).astype(np.int64)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".pq"}


def _read_csv(path: Path, wanted: Sequence[str], text: bool) -> pd.DataFrame:
    options: dict[str, Any] = {"dtype": str, "keep_default_na": False} if text else {"low_memory": False}
    options["compression"] = {".gz": "gzip", ".zip": "zip"}.get(path.suffix.lower())
    frame: pd.DataFrame = pd.read_csv(
        path,
        usecols=lambda name: name in wanted,
        index_col=False,
        encoding="utf-8-sig",
        **options,
    )
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
    """Without empty lines, which pandas passes over, too."""
    return (row for row in reader if len(row) > 1 or "".join(row).strip())


def _cell(path: Path, position: int, column: str) -> tuple[str, str]:
    """Where row ``position`` (from 0) of a table stands in its file, and its text in ``column``."""
    if _is_parquet(path):
        return f"row {position + 1}", str(pd.read_parquet(path, columns=[column])[column].iloc[position])
    with open_text(path) as stream:
        reader = csv.reader(stream)
        rows = _rows(reader)
        at = next(rows).index(column)
        for _ in range(position):
            next(rows)
        row = next(rows)
        return f"line {reader.line_num}", row[at] if at < len(row) else ""
