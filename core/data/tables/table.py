"""Tables of a known form, with precise errors.

`Table.read` recognises the form of a table and reads its columns; `Table.numbers`, `Table.ids` and `Table.names` check
the cells of a field. Every error is a `DataError` that names the file, the line and the column, what was found there
and what was expected, because "could not convert string to float" helps nobody.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import DataError
from ...numerics.arrays import Float64, Int64
from .cells import UNKNOWN
from .forms import MAX_SHOWN, Form, recognise
from .sources import CHUNK, TableSource

MAX_ID = 2**53 - 1
"""The largest whole number that stays exact: cells pass through float64."""


@dataclass(frozen=True)
class Table:
    """Rows of a table of a known form. ``frame`` has the columns of the file that the form reads, and an index that
    counts the rows of the file from 0.
    """

    source: TableSource
    form: Form
    frame: pd.DataFrame

    @classmethod
    def read(cls, source: TableSource, forms: Sequence[Form], max_rows: int) -> "Table":
        """Return a whole table, every cell as text, blanks as ``""``.

        Raises `DataError` if the table is damaged, of none of the forms, or longer than ``max_rows``.
        """
        form = recognise(forms, source.columns, source.header)
        frames: list[pd.DataFrame] = []
        for part in cls.parts(source, form, texts=form.columns, rows=max_rows + 1):
            frames.append(part.frame)
            if sum(map(len, frames)) > max_rows:
                raise DataError(f"{source}: more than {max_rows:,} lines; no table of titles has that.")
        return cls(source, form, pd.concat(frames))

    @classmethod
    def parts(cls, source: TableSource, form: Form, texts: Collection[str], rows: int = CHUNK) -> Iterator["Table"]:
        """Yield at most ``rows`` rows at once, in order. The fields among ``texts`` are text, blanks as ``""``; the
        types of others are inferred (much faster on millions of rows), and `numbers` finds cells that are not
        numbers. Raises `DataError` if the table is damaged.
        """
        present = set(source.columns)
        wanted = {column for column in form.columns.values() if column in present}
        for frame in source.chunks(wanted, {form.columns[field] for field in texts} & wanted, rows):
            yield cls(source, form, frame)

    def __contains__(self, field: object) -> bool:
        """Return whether the table tells a field."""
        return self.form.columns.get(str(field)) in self.frame

    def cells(self, field: str) -> pd.Series:
        """Return the cells of a field."""
        return self.frame[self.form.columns[field]]

    def numbers(
        self,
        field: str,
        *,
        minimum: float,
        maximum: float = MAX_ID,
        whole: bool = True,
        unknown: bool = False,
        also: Iterable[float] = (),
    ) -> Float64:
        """Return a field as float64 [rows]. Each value is in ``minimum..maximum`` or among ``also``.

        With ``unknown``, cells among `UNKNOWN` become NaN. ``whole`` refuses fractions.
        Raises `DataError` for the first wrong cell, with its line.
        """
        # The values, NaN for what is no number, and which cells are blank: [rows].
        column = self.cells(field)
        if pd.api.types.is_bool_dtype(column):
            column = column.astype(str)
        is_numeric = pd.api.types.is_numeric_dtype(column)
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        is_blank = np.isnan(values) & unknown
        if unknown and not is_numeric:
            is_blank &= column.astype(str).str.strip().str.lower().isin(UNKNOWN).to_numpy(dtype=bool)
        # The rows of wrong cells.
        fits = (values >= minimum) & (values <= maximum)
        if whole:
            fits &= values == np.floor(values)
        fits |= is_blank
        wrong = np.flatnonzero(~fits)
        wrong = wrong[~np.isin(values[wrong], list(also))]
        if wrong.size:
            options = [f"{'a whole number' if whole else 'a number'} from {minimum:.16g} to {maximum:.16g}"]
            options += [f"{value:g}" for value in also] + (["a blank", "'Unknown'"] if unknown else [])
            raise self._error(field, wrong, " or ".join(options))
        return np.where(is_blank, np.nan, values)

    def ids(self, field: str, *, minimum: int = 1) -> Int64:
        """Return a field of ids as int64 [rows]. Raises `DataError`: see `numbers`."""
        return self.numbers(field, minimum=minimum).astype(np.int64)

    def names(self, field: str) -> pd.Series:
        """Return a field of texts. Raises `DataError` for the first blank cell, with its line."""
        cells = self.cells(field).astype(str)
        blank = np.flatnonzero(cells.str.strip() == "")
        if blank.size:
            raise self._error(field, blank, "a name")
        return cells

    def _error(self, field: str, wrong: Int64, expected: str) -> DataError:
        """Return the error for wrong cells of a field, given their positions in `frame`."""
        cells = self.cells(field)
        row = int(cells.index[wrong[0]])
        in_frame = f"row {row + 1}", str(cells.iloc[wrong[0]])
        location, cell = self.source.locate(row, str(cells.name)) or in_frame
        more = f" {wrong.size - 1:,} more such cells follow." if wrong.size > 1 else ""
        return DataError(
            f"{self.source}, {location}, column {cells.name!r}: found {_shown(cell)}; expected {expected}.{more}"
        )


def _shown(cell: str) -> str:
    """Return a cell for a message, shortened."""
    return repr(cell) if len(cell) <= MAX_SHOWN else f"{cell[:MAX_SHOWN]!r} and {len(cell) - MAX_SHOWN:,} more letters"
