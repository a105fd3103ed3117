"""Tables for spreadsheet programs."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import Response

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return CSV in UTF-8 with a byte order mark. An apostrophe comes before a text that a spreadsheet program would
    take for a formula.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return Response("\ufeff" + stream.getvalue(), media_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
