"""Reader of tables of ratings: one or several parts, of any form that is known, a part of the rows at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError
from ...numerics.arrays import AnyArray, Float32, Int32, Int64
from ..catalogue import Catalogue
from ..scale import WATCHED, RatingScale
from ..tables.forms import Form, recognise
from ..tables.sources import TableSource, open_folder, open_source
from ..tables.table import Table
from .table_forms import PLANNED, RATINGS, SEEN

SAMPLED = 1_000
"""Rows that decide whether users are numbers or names."""
NO_RATING = 0


@dataclass(frozen=True)
class ReadReport:
    """How many rows were read, and how many of them were dropped, by reason.

    ``planned`` are on a list to watch, ``unclear`` have neither a rating nor a status that says seen.
    ``other_files`` of a folder hold no ratings.
    """

    rows_read: int
    unknown_titles: int
    duplicates: int
    planned: int = 0
    unclear: int = 0
    files: int = 1
    other_files: int = 0

    @property
    def used(self) -> int:
        """The number of rows that were kept."""
        return self.rows_read - self.planned - self.unclear - self.unknown_titles - self.duplicates

    def __str__(self) -> str:
        reasons = {
            "because they are only planned": self.planned,
            "because they have neither a rating nor a status that says seen": self.unclear,
        }
        dropped = [f", {count:,} dropped {reason}" for reason, count in reasons.items() if count]
        origin = f" from {self.files:,} files" if self.files > 1 else ""
        origin += f" ({self.other_files:,} others hold no ratings)" if self.other_files else ""
        return (
            f"{self.rows_read:,} rows read{origin}, {self.used:,} kept{''.join(dropped)}, "
            f"{self.unknown_titles:,} dropped because their title is not in the catalogue, "
            f"{self.duplicates:,} dropped because a user and title came again"
        )


@dataclass(frozen=True)
class RatingRows:
    """Rows of ratings in the order of the table.

    ``users`` are ids, int [n]; ``titles`` are positions in the catalogue, int32 [n]; ``values`` are ratings or
    `WATCHED`, float32 [n]. ``report`` does not count duplicates yet.
    """

    users: AnyArray
    titles: Int32
    values: Float32
    report: ReadReport


def rating_sources(paths: str | Path | Iterable[str | Path]) -> tuple[list[TableSource], int]:
    """Return the tables in a file, a folder, or several of them, and the number of other files in the folders.

    Raises `DataError` if one of them is missing, or a folder has no table of ratings.
    """
    sources: list[TableSource] = []
    n_others = 0
    for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
        if path.is_dir():
            found, others = open_folder(path, RATINGS)
            sources, n_others = sources + found, n_others + others
        else:
            sources.append(open_source(path, RATINGS))
    if not sources:
        raise DataError("No file of ratings was given; expected at least one.")
    return sources, n_others


def read_ratings(
    sources: Sequence[TableSource], catalogue: Catalogue, scale: RatingScale, other_files: int
) -> RatingRows:
    """Return the rows of all tables whose title is known and that say seen or rated.

    Text user ids become the numbers 1, 2, 3, … in the order of their letters. Raises `DataError`.
    """
    form = _common_form(sources)
    names: dict[str, int] | None = {} if any(_has_names(source, form) for source in sources) else None
    parts = [
        _read_part(table, catalogue, scale, names)
        for source in sources
        for table in Table.parts(source, form, texts=() if names is None else ("user",))
    ]
    counts = {field.name: sum(getattr(part.report, field.name) for part in parts) for field in fields(ReadReport)}
    report = ReadReport(**counts | {"files": len(sources), "other_files": other_files})
    columns = []
    for name in ("users", "titles", "values"):
        columns.append(np.concatenate([getattr(part, name) for part in parts]))
    users, titles, values = columns
    if not len(users):
        raise DataError(
            f"{sources[0]}: none of its {report.rows_read:,} rows rates a title of the catalogue. "
            "Expected ratings and catalogue of the same site, with MyAnimeList ids."
        )
    return RatingRows(users if names is None else _numbers_in_order(names)[users], titles, values, report)


def _common_form(sources: Sequence[TableSource]) -> Form:
    """Return the form of all tables. Raises `DataError` if they differ: user 1 of one set is not user 1 of another."""
    forms = [recognise(RATINGS, source.columns, source.header) for source in sources]
    for source, form in zip(sources, forms, strict=True):
        if form is not forms[0]:
            raise DataError(
                f"{sources[0]} has the columns of {forms[0].name}, {source} those of {form.name}. Expected parts of "
                "one table: give those that belong together."
            )
    return forms[0]


def _has_names(source: TableSource, form: Form) -> bool:
    """Return whether users have names: most of the first ids are no numbers. A single one is an error in its line."""
    column = form.columns["user"]
    sample = next(source.chunks([column], [column], SAMPLED))[column]
    return "user" in form.names or bool(pd.to_numeric(sample, errors="coerce").isna().mean() > 0.5)


def _read_part(table: Table, catalogue: Catalogue, scale: RatingScale, names: dict[str, int] | None) -> RatingRows:
    """Return the rows of a part of a table. With ``names``, users are numbered as they come, and added to it."""
    users = table.ids("user", minimum=0) if names is None else _codes(table.names("user"), names)
    titles = catalogue.positions(table.ids("anime_id"))
    unrated = (NO_RATING, WATCHED) if "status" in table else (WATCHED,)
    values = table.numbers("rating", minimum=scale.low, maximum=scale.high, whole=False, also=unrated)
    planned = unclear = np.zeros(len(values), dtype=bool)
    if "status" in table:
        status = table.numbers("status", minimum=0, unknown=True)
        planned = status == PLANNED
        unclear = (values == NO_RATING) & ~planned & ~np.isin(status, SEEN)
        values[values == NO_RATING] = WATCHED
    unknown = (titles < 0) & ~planned & ~unclear
    used = ~(planned | unclear | unknown)
    report = ReadReport(len(values), int(unknown.sum()), 0, int(planned.sum()), int(unclear.sum()))
    return RatingRows(_narrow(users[used]), titles[used].astype(np.int32), values[used].astype(np.float32), report)


def _codes(names: pd.Series, known: dict[str, int]) -> Int64:
    """Return the number of each name, int64; new names are added."""
    codes, distinct = pd.factorize(names)
    return np.array([known.setdefault(name, len(known)) for name in distinct], dtype=np.int64)[codes]


def _numbers_in_order(names: dict[str, int]) -> Int64:
    """Return the place of each name in the order of their letters, from 1 on, by its number, int64 [n_names]."""
    places = np.empty(len(names), dtype=np.int64)
    places[[names[name] for name in sorted(names)]] = np.arange(1, len(names) + 1)
    return places


def _narrow(ids: Int64) -> AnyArray:
    """Return ids as int32 if they all fit."""
    return ids.astype(np.int32) if not len(ids) or ids.max() <= np.iinfo(np.int32).max else ids
