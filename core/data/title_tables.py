"""Readers of tables of titles: Kaggle's ``anime.csv``, and the table of details beside it."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .catalogue_columns import (
    COLUMNS,
    COVER,
    DETAILS,
    MAX_EPISODES,
    MAX_MEMBERS,
    MAX_TITLES,
    RELATED_IDS,
    SEASONS,
    TextColumn,
)
from .tables.cells import clean_text, known_text, list_items
from .tables.table import Table

KAGGLE_COLUMNS = ("anime_id", "name", "genre", "type", "episodes", "rating", "members")


def read_anime(path: str | Path) -> pd.DataFrame:
    """Return the titles of Kaggle's ``anime.csv``, one row for each, with the columns of `COLUMNS` that it tells.

    Raises `DataError`.
    """
    table = Table.read(path, KAGGLE_COLUMNS, text=True, max_rows=MAX_TITLES)
    raw = table.frame
    if raw.empty:
        raise DataError(f"{path}: a header and no titles. Expected one line for each title.")
    frame = pd.DataFrame(
        {
            "anime_id": table.ids("anime_id"),
            "name": raw["name"].map(clean_text),
            "genres": raw["genre"].map(known_text).map(lambda cell: "|".join(list_items(cell, ","))),
            "type": raw["type"].map(known_text),
            "episodes": table.numbers("episodes", minimum=0, maximum=MAX_EPISODES, unknown=True),
            "mean_rating": table.numbers("rating", minimum=0, maximum=10, whole=False, unknown=True),
            "members": table.numbers("members", minimum=0, maximum=MAX_MEMBERS).astype(np.int64),
        }
    )
    unnamed = frame["anime_id"][frame["name"] == ""]
    if len(unnamed):
        raise DataError(f"{path}, column 'name': anime_id {unnamed.iloc[0]} has no name; every title needs one.")
    return frame


def read_titles(path: str | Path) -> pd.DataFrame:
    """Return a table of names, years, covers and more, one row for each title.

    Columns are ``anime_id`` (int64) and those of `core.data.catalogue_columns.DETAILS` that the file has, with the
    types of `COLUMNS`. Raises `DataError`.
    """
    table = Table.read(path, ("anime_id",), DETAILS, text=True, max_rows=MAX_TITLES)
    frame = pd.DataFrame({"anime_id": table.ids("anime_id")})
    for name in table.frame.columns.drop("anime_id"):
        column = COLUMNS[name]
        if isinstance(column, TextColumn):
            frame[name] = table.frame[name].map(known_text)
        else:
            frame[name] = table.numbers(name, minimum=column.low, maximum=column.high, unknown=True)
    for name in {"synonyms", "studios", "themes"} & set(frame):
        frame[name] = frame[name].map(lambda cell: "|".join(list_items(cell, "|")))
    if "season" in frame:
        frame["season"] = frame["season"].str.lower().where(frame["season"].str.lower().isin(SEASONS), "")
    if "related_ids" in frame:
        bad = ~frame["related_ids"].str.fullmatch(f"({RELATED_IDS})?")
        if bad.any():
            row = frame[bad].iloc[0]
            raise DataError(
                f"{path}, column 'related_ids': anime_id {row['anime_id']} has {row['related_ids']!r}; "
                "expected ids joined by '|', for example 121|430."
            )
    if "picture" in frame:
        frame["picture"] = frame["picture"].where(frame["picture"].str.fullmatch(COVER), "")
    repeated = frame["anime_id"][frame["anime_id"].duplicated()]
    if len(repeated):
        raise DataError(f"{path}: anime_id {repeated.iloc[0]} stands on two lines; expected one line for each title.")
    return frame
