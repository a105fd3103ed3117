"""The catalogue: facts about each title, and search by name."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, InputError
from ..numerics.arrays import Bool, Float64, Int64
from .catalogue_columns import COLUMNS, check_catalogue, last_season, with_all_details
from .extras import find_extras
from .genres import ADULT_GENRES, with_names_of_today
from .labels import Labels, split
from .names.title_names import TitleNames
from .reading.table_forms import DETAILS_OF_TITLES, TITLES
from .reading.title_tables import read_anime, read_titles, with_details
from .tables.sources import Frame, TableSource, open_source

WHOLE_NUMBERS = ("episodes", "year", "anilist_id", "anidb_id", "kitsu_id")
TITLES_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Title:
    """One anime. ``None``, an empty string or an empty tuple means unknown."""

    anime_id: int
    name: str
    english: str
    synonyms: tuple[str, ...]
    japanese: str
    genres: tuple[str, ...]
    type: str
    episodes: int | None
    year: int | None
    mean_rating: float | None
    members: int
    picture: str
    related_ids: tuple[int, ...]
    studios: tuple[str, ...]
    themes: tuple[str, ...]
    season: str
    anilist_id: int | None
    anidb_id: int | None
    kitsu_id: int | None

    @property
    def label(self) -> str:
        """The name to show first: the English one if it is known."""
        return self.english or self.name

    def as_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Catalogue:
    """All titles, in the order of the columns of every user-item matrix.

    Attributes
    ----------
    frame
        One row for each title, index 0..n-1, columns as the fields of `Title`. Text is ``str`` (lists
        joined by ``|``), ``anime_id`` and ``members`` are int64, ``episodes``, ``year`` and
        ``mean_rating`` are float64 with NaN for unknown. Ranges: `core.data.catalogue_columns.COLUMNS`.

    Raises `DataError` for any other table.
    """

    frame: pd.DataFrame

    COLUMNS = tuple(COLUMNS)

    def __post_init__(self) -> None:
        check_catalogue(self.frame)

    @classmethod
    def read(cls, path: str | Path, titles: str | Path | None = None) -> "Catalogue":
        """Return the titles of a file, with names, years and covers from a second table if given.

        Parameters
        ----------
        path
            A table of one of the forms `core.data.reading.table_forms.TITLES`, recognised by its columns; others are
            ignored. Blanks and ``Unknown`` mean unknown. HTML entities are unescaped. Genres get today's names: see
            `core.data.genres`.
        titles
            Columns ``anime_id`` and any of `core.data.catalogue_columns.DETAILS` (lists joined by ``|``). Where it
            knows a cell it counts more than ``path``. Titles that ``path`` lacks are ignored.

        Raises
        ------
        DataError
            A file has another content; the message names file, line, column, what was found and expected.
        """
        details = None if titles is None else read_titles(open_source(titles, DETAILS_OF_TITLES))
        return cls._of(open_source(path, TITLES), details)

    @classmethod
    def from_frame(cls, frame: object, titles: object = None) -> "Catalogue":
        """Return the titles in a DataFrame of pandas or polars, an Arrow table, or anything that hands itself on as an
        Arrow stream, with details from a second one if given. See `read`. Raises `DataError`.
        """
        return cls._of(Frame.of(frame), None if titles is None else read_titles(Frame.of(titles)))

    @classmethod
    def _of(cls, source: TableSource, details: pd.DataFrame | None) -> "Catalogue":
        frame = read_anime(source)
        if details is not None:
            frame = with_details(frame, details)
        try:
            return cls(with_names_of_today(with_all_details(frame)))
        except DataError as error:
            raise DataError(f"{source}: {error}") from error

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def anime_ids(self) -> Int64:
        """MyAnimeList ids, int64 [n_titles]."""
        return self.frame["anime_id"].to_numpy(dtype=np.int64)

    @cached_property
    def members(self) -> Int64:
        """The number of people who list each title, int64 [n_titles]."""
        return self.frame["members"].to_numpy(dtype=np.int64)

    @cached_property
    def _by_id(self) -> Int64:
        return np.argsort(self.anime_ids, kind="stable")

    @cached_property
    def _position_of(self) -> dict[int, int]:
        return {int(anime_id): position for position, anime_id in enumerate(self.anime_ids)}

    def __contains__(self, anime_id: object) -> bool:
        return anime_id in self._position_of

    def position(self, anime_id: int) -> int:
        """Return the position of a title, 0..n_titles-1. Raises `InputError` for an unknown id."""
        try:
            return self._position_of[anime_id]
        except (KeyError, TypeError):
            raise InputError(
                f"There is no title with the id {anime_id!r} in this catalogue of {len(self):,}."
            ) from None

    def positions(self, anime_ids: Int64) -> Int64:
        """Return the positions of many titles, int64 of the same shape, -1 for unknown ids."""
        nearest = np.searchsorted(self.anime_ids, anime_ids, sorter=self._by_id).clip(max=len(self) - 1)
        positions = self._by_id[nearest]
        return np.where(self.anime_ids[positions] == anime_ids, positions, -1)

    def title(self, position: int) -> Title:
        """Return the title at a position."""
        return self._read_title(position)

    @cached_property
    def _read_title(self) -> Callable[[int], Title]:
        """A reader of single rows with a cache. All titles as Python objects would take 10 MB."""
        columns = {name: self.frame[name].array for name in self.COLUMNS}

        @lru_cache(TITLES_KEPT)
        def read(position: int) -> Title:
            row: dict[str, Any] = {name: column[position] for name, column in columns.items()}
            return Title(
                **row
                | {name: int(row[name]) for name in ("anime_id", "members")}
                | {name: tuple(split(row[name], "|")) for name in ("synonyms", "genres", "studios", "themes")}
                | {"related_ids": tuple(int(part) for part in split(row["related_ids"], "|"))}
                | {name: None if np.isnan(row[name]) else int(row[name]) for name in WHOLE_NUMBERS}
                | {"mean_rating": None if np.isnan(row["mean_rating"]) else float(row["mean_rating"])}
            )

        return read

    def __getitem__(self, anime_id: int) -> Title:
        return self.title(self.position(anime_id))

    @cached_property
    def _labels(self) -> dict[str, Labels]:
        return {column: Labels(self.frame[column].tolist()) for column in ("genres", "themes", "studios")}

    @cached_property
    def genres(self) -> tuple[str, ...]:
        """All genres, in alphabetical order."""
        return self._labels["genres"].in_order

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """All themes, in alphabetical order."""
        return self._labels["themes"].in_order

    @cached_property
    def studios(self) -> tuple[str, ...]:
        """All studios, those of most titles first."""
        return self._labels["studios"].frequent_first

    def has(self, column: str, names: Iterable[str]) -> Bool:
        """Return which titles have one of these names in ``"genres"``, ``"themes"`` or ``"studios"``, bool [n_titles].

        A name is spelled as in the property of that name; an unknown one has no titles.
        """
        return self._labels[column].mask(names)

    @cached_property
    def is_adult(self) -> Bool:
        """Which titles are adult, bool [n_titles]: those with one of `core.data.genres.ADULT_GENRES`."""
        return self.has("genres", ADULT_GENRES)

    @cached_property
    def is_extra(self) -> Bool:
        """Which titles are recaps, specials, side stories or music videos, bool [n_titles]: `core.data.extras`."""
        return find_extras(self.frame, self.members, self.related)

    @cached_property
    def known_years(self) -> Float64:
        """The years that are known, in ascending order, float64."""
        return np.sort(self.frame["year"].dropna().to_numpy(dtype=np.float64))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """All types (TV, Movie, ...), the most frequent first."""
        return tuple(str(kind) for kind in self.frame["type"].value_counts().index if kind)

    @cached_property
    def genre_matrix(self) -> Bool:
        """Which titles have which genres, bool [n_titles, n_genres], columns as in `genres`."""
        columns = [self.has("genres", [genre]) for genre in self.genres]
        return np.column_stack(columns) if columns else np.zeros((len(self), 0), dtype=bool)

    @cached_property
    def related(self) -> Int64:
        """Pairs of positions of related titles, in both directions, int64 [2, n_relations].

        Related ids that the catalogue lacks are left out.
        """
        ids = [[int(part) for part in split(cell, "|")] for cell in self.frame["related_ids"]]
        source = np.repeat(np.arange(len(self)), [len(row) for row in ids])
        target = self.positions(np.array([anime_id for row in ids for anime_id in row], dtype=np.int64))
        valid = (target >= 0) & (target != source)
        both = np.hstack([[source[valid], target[valid]], [target[valid], source[valid]]])
        return np.unique(both, axis=1).astype(np.int64)

    @cached_property
    def ends(self) -> tuple[int, str]:
        """The newest year and season of many titles: see `core.data.catalogue_columns.last_season`."""
        return last_season(self.frame)

    @cached_property
    def _title_names(self) -> TitleNames:
        return TitleNames(self.frame)

    @cached_property
    def ids_by_anilist_id(self) -> dict[int, int]:
        """The id of the only title with each AniList number, as far as AniList numbers are known."""
        known = self.frame[["anilist_id", "anime_id"]].dropna().drop_duplicates("anilist_id", keep=False)
        return dict(known.astype(np.int64).itertuples(index=False, name=None))

    def id_of_name(self, name: str) -> int | None:
        """Return the id of the only title with this name, None if none or several have it."""
        return self._title_names.id_of(name)

    def search(self, query: str, limit: int = 10, allowed: Bool | None = None) -> list[Title]:
        """Return the titles that ``query`` may mean, finished or still being typed, likeliest first.

        Searches English and Japanese names, romanised or not, and synonyms. Case, accents, punctuation and
        blanks do not matter, and a few typos are forgiven: see `core.data.name_search.NameIndex`. ``allowed``,
        bool [n_titles], says which titles may be found; None: all.
        """
        return [title for title, _ in self.matches(query, limit, allowed)]

    def matches(self, query: str, limit: int = 10, allowed: Bool | None = None) -> list[tuple[Title, bool]]:
        """Return what `search` finds, each title with whether ``query`` means it rather than one that is not here."""
        return [
            (self.title(match.item), match.is_sure) for match in self._title_names.index.find(query, limit, allowed)
        ]
