"""Readers of tables of titles: of any form that is known, and the table of details beside it."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from ...errors import DataError
from ..catalogue_columns import COLUMNS, COVER, DETAILS, MAX_TITLES, RELATED_IDS, SEASONS, NumberColumn, TextColumn
from ..genres import ADULT_GENRES
from ..tables.cells import clean_text, known_text, list_items
from ..tables.sources import TableSource
from ..tables.table import Table
from .table_forms import DETAILS_OF_TITLES, TITLES

LISTS = ("synonyms", "genres", "studios", "themes")
NEVER_ZERO = ("episodes", "mean_rating")
"""Some tables write 0 for unknown."""
YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")
ADULTS_ONLY = "rx"
"""How the age rating "Rx - Hentai" begins. The titles may lack the genre."""


def read_anime(source: TableSource) -> pd.DataFrame:
    """Return the titles of a table of one of the forms `TITLES`, one row for each, with the columns of `COLUMNS` that
    it tells. Raises `DataError`.
    """
    table = Table.read(source, TITLES, MAX_TITLES)
    if table.frame.empty:
        raise DataError(f"{source}: a header and no titles. Expected one line for each title.")
    frame = _read_columns(table).assign(name=_mapped(table.cells("name"), clean_text))
    unnamed = frame["anime_id"][frame["name"] == ""]
    if len(unnamed):
        raise DataError(
            f"{source}, column {table.form.columns['name']!r}: anime_id {unnamed.iloc[0]} has no name; every title "
            "needs one."
        )
    for field in ("aired", "premiered"):  # the season of the first broadcast says it best
        if field in table:
            first = table.cells(field).str.extract(YEAR, expand=False).astype(np.float64)
            frame["year"] = first.fillna(frame["year"]) if "year" in frame else first
    if "premiered" in table:
        season = table.cells("premiered").str.split().str[0].str.lower()
        frame["season"] = season.where(season.isin(SEASONS), "")
    if "age_rating" in table:
        is_adult = table.cells("age_rating").str.lower().str.startswith(ADULTS_ONLY)
        is_marked = frame["genres"].str.split("|").map(lambda genres: not ADULT_GENRES.isdisjoint(genres))
        frame["genres"] = frame["genres"].where(~is_adult | is_marked, frame["genres"] + "|Hentai")
    return frame


def read_titles(source: TableSource) -> pd.DataFrame:
    """Return a table of names, years, covers and more, one row for each title.

    Columns are ``anime_id`` (int64) and those of `core.data.catalogue_columns.DETAILS` that the table has, with the
    types of `COLUMNS`. Raises `DataError`.
    """
    frame = _read_columns(Table.read(source, DETAILS_OF_TITLES, MAX_TITLES))
    repeated = frame["anime_id"][frame["anime_id"].duplicated()]
    if len(repeated):
        raise DataError(f"{source}: anime_id {repeated.iloc[0]} stands on two lines; expected one line for each title.")
    return frame


def with_details(frame: pd.DataFrame, titles: pd.DataFrame) -> pd.DataFrame:
    """Return titles of `read_anime` with the details of `read_titles`, which count more where both know a cell.

    Details of other titles are ignored.
    """
    added = titles.set_index("anime_id").reindex(frame["anime_id"]).set_axis(frame.index)
    for name in added:
        is_text = isinstance(COLUMNS[str(name)], TextColumn)
        known = added[name].fillna("").astype(str) if is_text else added[name]
        if name in frame:
            known = known.where(known != "" if is_text else known.notna(), frame[name])
        frame = frame.assign(**{str(name): known})
    return frame


def _read_columns(table: Table) -> pd.DataFrame:
    """Return the fields of a table that are columns of a catalogue, with the types of `COLUMNS`."""
    frame = pd.DataFrame({"anime_id": table.ids("anime_id")})
    for name in (name for name in COLUMNS if name in table and name != "anime_id"):
        column = COLUMNS[name]
        if isinstance(column, NumberColumn):
            frame[name] = _numbers(table, name, column)
        elif name in LISTS:
            frame[name] = _mapped(table.cells(name), lambda cell: "|".join(list_items(cell, table.form.separator)))
        else:
            frame[name] = _mapped(table.cells(name), known_text)
    if "season" in frame:
        frame["season"] = frame["season"].str.lower().where(frame["season"].str.lower().isin(SEASONS), "")
    if "related_ids" in frame:
        bad = ~frame["related_ids"].str.fullmatch(f"({RELATED_IDS})?")
        if bad.any():
            row = frame[bad].iloc[0]
            raise DataError(
                f"{table.source}, column 'related_ids': anime_id {row['anime_id']} has {row['related_ids']!r}; "
                "expected ids joined by '|', for example 121|430."
            )
    if "picture" in frame:
        frame["picture"] = frame["picture"].where(frame["picture"].str.fullmatch(COVER), "")
    return frame


def _mapped(cells: pd.Series, read: Callable[[str], str]) -> pd.Series:
    """Return cells as ``read`` reads them; cells that repeat are read once."""
    texts = cells.tolist()
    as_read = {text: read(text) for text in set(texts)}
    return pd.Series([as_read[text] for text in texts], cells.index, str)


def _numbers(table: Table, name: str, column: NumberColumn) -> pd.Series:
    unknown = name in DETAILS or name in NEVER_ZERO
    values = table.numbers(name, minimum=column.low, maximum=column.high, whole=column.whole, unknown=unknown)
    if name in NEVER_ZERO:
        values[values == 0] = np.nan
    return pd.Series(values.astype(np.dtype(column.dtype)))
