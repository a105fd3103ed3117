"""Reader of tables: CSV (plain, ``.gz`` or ``.zip``) and Parquet, with precise errors.

`Table.read` checks the file and its columns, `Table.numbers` and `Table.ids` check the cells of a
column. `open_text` and `damage_as_data_error` serve other kinds of files, too. Every error is a `DataError` that
names the file, the line and the column, what was found there and what was expected, because "could
not convert string to float" helps nobody.
"""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...errors import DataError
from ...numerics.arrays import Float64, Int64
from .cells import UNKNOWN
from .packed import files_in_zip, open_bytes
from .parquet import parquet_columns, read_parquet

MAX_ID = 2**53 - 1
"""The largest whole number that stays exact: cells pass through float64."""

MAX_SHOWN = 80


@dataclass(frozen=True)
class Table:
    """The columns of a table that were asked for, and the file that they are from.

    ``member`` is the file in a ``.zip``, None for other kinds of files. ``frame`` has a row for each line.
    """

    path: Path
    member: str | None
    frame: pd.DataFrame

    @classmethod
    def read(
        cls,
        path: str | Path,
        required: Sequence[str],
        optional: Sequence[str] = (),
        *,
        text: bool,
        max_rows: int | None = None,
    ) -> "Table":
        """Return the columns ``required`` of a table, and those of ``optional`` that it has, in that order.

        Parameters
        ----------
        path
            ``.csv``, ``.csv.gz``, ``.zip`` (UTF-8, comma, a header line), or ``.parquet``. Other columns
            are ignored. Of the files in a ``.zip`` the one with the most of these columns is read.
        text
            True: every cell as text, blanks as ``""``. False: the types are inferred (much faster on
            millions of rows); `numbers` then finds cells that are not numbers.
        max_rows
            A table of more rows is refused; None for no limit.

        Raises
        ------
        DataError
            The file is missing, empty, damaged, in another encoding or format, expands to more than
            `core.data.tables.packed` allows, or lacks a column.
        """
        path, wanted = Path(path), [*required, *optional]
        if not path.is_file():
            raise DataError(f"{path}: there is no such file. Expected a table with the columns {', '.join(required)}.")
        with damage_as_data_error(path):
            member = _choose_member(path, required, wanted) if path.suffix.lower() == ".zip" else None
            if _is_parquet(path):
                frame = read_parquet(path, wanted, text)
            else:
                frame = _read_csv(path, member, wanted, text, max_rows)
            missing = [repr(name) for name in required if name not in frame.columns]
            if missing:
                header = _header(path, member)
                raise DataError(
                    f"{_source(path, member)}, line 1: no column {', '.join(missing)}. "
                    f"Found {_listed(header)}; expected {', '.join(required)}."
                )
            if max_rows is not None and len(frame) > max_rows:
                raise DataError(f"{_source(path, member)}: more than {max_rows:,} lines; no table of titles has that.")
        return cls(path, member, frame[[name for name in wanted if name in frame.columns]])

    def numbers(
        self,
        name: str,
        *,
        minimum: float,
        maximum: float = MAX_ID,
        whole: bool = True,
        unknown: bool = False,
        also: Iterable[float] = (),
    ) -> Float64:
        """Return a column as float64 [rows]. Each value is in ``minimum..maximum`` or among ``also``.

        With ``unknown``, cells among `UNKNOWN` become NaN. ``whole`` refuses fractions.
        Raises `DataError` for the first wrong cell, with its line.
        """
        # The values, NaN for what is no number, and which cells are blank: [rows].
        column = self.frame[name]
        if pd.api.types.is_bool_dtype(column):
            column = column.astype(str)
        is_numeric = pd.api.types.is_numeric_dtype(column)
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        is_blank = np.zeros(len(values), dtype=bool)
        if unknown and not is_numeric:
            is_blank = column.astype(str).str.strip().str.lower().isin(UNKNOWN).to_numpy(dtype=bool)
        # The rows of wrong cells.
        fits = (values >= minimum) & (values <= maximum)
        if whole:
            fits &= values == np.floor(values)
        fits |= np.isin(values, list(also))
        wrong = np.flatnonzero(~fits & ~is_blank)
        if wrong.size:
            location, cell = self._locate(int(wrong[0]), name)
            options = [f"{'a whole number' if whole else 'a number'} from {minimum:.16g} to {maximum:.16g}"]
            options += [f"{value:g}" for value in also] + (["a blank", "'Unknown'"] if unknown else [])
            raise DataError(
                f"{_source(self.path, self.member)}, {location}, column {name!r}: found {_shown(cell)}; "
                f"expected {' or '.join(options)}."
                + (f" {wrong.size - 1:,} more such cells follow." if wrong.size > 1 else "")
            )
        return np.where(is_blank, np.nan, values)

    def ids(self, name: str, *, minimum: int = 1) -> Int64:
        """Return a column of ids as int64 [rows]. Raises `DataError`: see `numbers`."""
        return self.numbers(name, minimum=minimum).astype(np.int64)

    def _locate(self, row_index: int, name: str) -> tuple[str, str]:
        """Return where a row (from 0) is in the file, and the text of its cell in a column."""
        in_frame = f"row {row_index + 1}", str(self.frame[name].iloc[row_index])
        if _is_parquet(self.path):
            return in_frame
        # The text in the file, because pandas has made numbers of it. It also forgives more than `csv` does.
        with open_text(self.path, self.member) as stream:
            reader = csv.reader(stream)
            try:
                rows = _rows(reader)
                column_index = next(rows, []).index(name)
                row = next(islice(rows, row_index, None))
            except (csv.Error, ValueError, StopIteration):
                return in_frame
            return f"line {reader.line_num}", row[column_index] if column_index < len(row) else ""


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


def _choose_member(path: Path, required: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the file in a ``.zip`` that has all required columns, and the most of those wanted.

    A file that stands alone is returned whatever it has. Raises `DataError` if no file fits, or several do.
    """
    names = files_in_zip(path)
    if len(names) == 1:
        return names[0]
    headers = {name: _header(path, name) for name in names}
    n_wanted = {
        name: sum(column in header for column in wanted)
        for name, header in headers.items()
        if all(column in header for column in required)
    }
    best = [name for name, n in n_wanted.items() if n == max(n_wanted.values())]
    if len(best) == 1:
        return best[0]
    if best:
        raise DataError(
            f"{path}: {len(best)} files in this zip archive have the columns {', '.join(required)}: {_listed(best)}. "
            "Unpack it, and give the one to read."
        )
    raise DataError(
        f"{path}: none of the {len(names)} files in this zip archive has the columns {', '.join(required)}. "
        f"Found {_listed(names)}."
    )


def _header(path: Path, member: str | None) -> list[str]:
    """Return the names of the columns of a table."""
    if _is_parquet(path):
        return parquet_columns(path)
    with open_text(path, member, errors="replace") as stream:
        return next(_rows(csv.reader(stream)), [])


def _read_csv(path: Path, member: str | None, wanted: Sequence[str], text: bool, max_rows: int | None) -> pd.DataFrame:
    options: dict[str, Any] = {"nrows": None if max_rows is None else max_rows + 1}
    options |= {"dtype": str, "keep_default_na": False} if text else {"low_memory": False}
    options |= {"usecols": lambda name: name in wanted, "index_col": False, "encoding": "utf-8-sig"}
    with open_bytes(path, member) as stream:
        try:
            return pd.DataFrame(pd.read_csv(stream, **options))
        except pd.errors.EmptyDataError:  # `Table.read` says which columns are missing
            return pd.DataFrame()


def _rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """Return the rows without blank lines, which pandas skips, too."""
    return (row for row in reader if len(row) > 1 or "".join(row).strip())


def _source(path: Path, member: str | None) -> str:
    return f"{path}, {member!r:.{MAX_SHOWN}}" if member else str(path)


def _listed(names: Sequence[str]) -> str:
    """Return names for a message: the first of them, shortened."""
    shown = ", ".join(f"{name!r:.{MAX_SHOWN}}" for name in names[:20]) or "an empty file"
    return shown + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")


def _shown(cell: str) -> str:
    """Return a cell for a message, shortened."""
    return repr(cell) if len(cell) <= MAX_SHOWN else f"{cell[:MAX_SHOWN]!r} and {len(cell) - MAX_SHOWN:,} more letters"
