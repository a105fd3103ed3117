"""The columns of a catalogue: types and ranges. Each `core.data.catalogue.Catalogue` is checked against them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import DataError
from ..numerics.arrays import Bool
from .tables.table import MAX_ID

MAX_TITLES = 100_000
MAX_GENRES, MAX_TYPES = 500, 50
MAX_EPISODES, MAX_MEMBERS = 100_000, 10**9
FIRST_YEAR, LAST_YEAR = 1900, 2100
COVER = r"""https://[^\s"'<>\\`]+"""
"""The address of a cover: a browser must not load mixed content or scripts."""

RELATED_IDS = r"[0-9]{1,15}(\|[0-9]{1,15})*"
SEASONS = ("winter", "spring", "summer", "fall")
"""In the order of a year."""


@dataclass(frozen=True)
class TextColumn:
    """Text of at most ``longest`` letters. A cell that is not blank matches ``pattern``, which is ``described``."""

    longest: int
    pattern: str = ""
    described: str = "text"
    blank: bool = True

    @property
    def expected(self) -> str:
        """What a cell holds, in words."""
        return f"{self.described} of {0 if self.blank else 1} to {self.longest:,} letters"

    def is_wrong(self, column: pd.Series) -> Bool:
        """Return which cells are wrong, bool [rows]."""
        if not pd.api.types.is_string_dtype(column):
            return np.ones(len(column), dtype=bool)
        length = column.str.len().fillna(-1).to_numpy(dtype=np.int64)
        wrong = (length < (0 if self.blank else 1)) | (length > self.longest)
        if self.pattern:
            wrong |= ~column.str.fullmatch(f"({self.pattern})?").fillna(False).to_numpy(dtype=bool)
        return np.asarray(wrong)


@dataclass(frozen=True)
class NumberColumn:
    """Numbers from ``low`` to ``high``: int64, or float64 (or any whole numbers) with NaN for unknown."""

    dtype: str
    low: float
    high: float
    whole: bool = True

    @property
    def expected(self) -> str:
        """What a cell holds, in words."""
        return f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g} ({self.dtype})"

    def is_wrong(self, column: pd.Series) -> Bool:
        """Return which cells are wrong, bool [rows]."""
        if column.dtype not in (self.dtype, "int64"):
            return np.ones(len(column), dtype=bool)
        values = column.to_numpy()
        right = (values >= self.low) & (values <= self.high)
        if self.whole:
            right &= values == np.floor(values)
        return np.asarray(~right & ~np.isnan(values))


COLUMNS: Mapping[str, TextColumn | NumberColumn] = {
    "anime_id": NumberColumn("int64", 0, MAX_ID),
    "name": TextColumn(500, blank=False),
    "english": TextColumn(500),
    "synonyms": TextColumn(20_000),
    "japanese": TextColumn(500),
    "genres": TextColumn(1_000),
    "type": TextColumn(50),
    "episodes": NumberColumn("float64", 0, MAX_EPISODES),
    "year": NumberColumn("float64", FIRST_YEAR, LAST_YEAR),
    "mean_rating": NumberColumn("float64", 0, 10, whole=False),
    "members": NumberColumn("int64", 0, MAX_MEMBERS),
    "picture": TextColumn(1_000, COVER, "an https address"),
    "related_ids": TextColumn(20_000, RELATED_IDS, "ids joined by '|'"),
    "studios": TextColumn(500),
    "themes": TextColumn(1_000),
    "season": TextColumn(6, "|".join(SEASONS), f"one of {', '.join(SEASONS)}, in a text"),
    "anilist_id": NumberColumn("float64", 0, MAX_ID),
    "anidb_id": NumberColumn("float64", 0, MAX_ID),
    "kitsu_id": NumberColumn("float64", 0, MAX_ID),
}

DETAILS = (
    *("english", "synonyms", "japanese", "year", "picture", "related_ids", "studios", "themes", "season"),
    *("anilist_id", "anidb_id", "kitsu_id"),
)
"""The columns that may be unknown for all titles. They come from a table of their own: see `Catalogue.read`."""


def with_all_details(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the columns `COLUMNS`, in that order: those of `DETAILS` that it lacks are unknown."""
    missing = {name: "" if isinstance(COLUMNS[name], TextColumn) else np.nan for name in DETAILS if name not in frame}
    return frame.assign(**missing)[list(COLUMNS)]


def differing(old: pd.DataFrame, new: pd.DataFrame) -> Bool:
    """Return which rows of two tables with the same columns and index differ, bool [rows]. Unknown equals unknown."""
    both_unknown = old.isna() & new.isna()
    return np.asarray(((old != new) & ~both_unknown).any(axis=1))


def check_catalogue(frame: pd.DataFrame) -> None:
    """Raise `DataError` for a table that is no catalogue, with the first wrong cell."""
    if tuple(frame.columns) != tuple(COLUMNS):
        found = ", ".join(map(str, frame.columns[: 2 * len(COLUMNS)]))
        raise DataError(f"A catalogue has the columns {', '.join(COLUMNS)}; found {found:.500}.")
    if not 1 <= len(frame) <= MAX_TITLES:
        raise DataError(f"A catalogue of {len(frame):,} titles; expected 1 to {MAX_TITLES:,}.")
    for name, column in COLUMNS.items():
        wrong = np.flatnonzero(column.is_wrong(frame[name]))
        if wrong.size:
            row = frame.iloc[int(wrong[0])]
            cell = repr(row[name].item() if isinstance(row[name], np.generic) else row[name])
            raise DataError(
                f"Column {name!r} of the title with anime_id {row['anime_id']!s:.30}: found {cell:.100}; "
                f"expected {column.expected}."
                + (f" {wrong.size - 1:,} more such cells follow." if wrong.size > 1 else "")
            )
    repeated = frame["anime_id"][frame["anime_id"].duplicated()]
    if len(repeated):
        raise DataError(f"anime_id {repeated.iloc[0]} stands twice in the catalogue; each title needs its own id.")
    genres = {genre for cell in frame["genres"].unique() for genre in cell.split("|")}
    for kind, count, most in (("genres", len(genres), MAX_GENRES), ("types", frame["type"].nunique(), MAX_TYPES)):
        if count > most:
            raise DataError(f"A catalogue with {count:,} different {kind}; expected at most {most}.")


def last_season(frame: pd.DataFrame) -> tuple[int, str]:
    """Return the newest year and season that have a tenth of the titles of the fullest year or season: a few titles are
    announced for later. The season is blank where it is unknown; without years it is ``(0, "")``.
    """
    years = frame["year"].to_numpy(dtype=np.float64)
    numbers = frame["season"].map({season: number for number, season in enumerate(SEASONS)}).to_numpy(dtype=np.float64)
    year = _last_full(years)
    season_year, season = divmod(_last_full(years * len(SEASONS) + numbers), len(SEASONS))
    return year, SEASONS[season] if season_year == year > 0 else ""


def _last_full(numbers: npt.NDArray[np.float64]) -> int:
    """Return the largest number that is there a tenth as often as the most frequent one; 0 for none but NaN."""
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    return int(values[counts >= counts.max() / 10][-1]) if len(values) else 0
