"""Filters: which titles of a catalogue may be recommended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..data.catalogue import Catalogue
from ..errors import InputError
from ..numerics.arrays import Bool, Int64

ADULT_GENRE = "Hentai"
LARGEST = 10**9
SEQUELS = ("all", "first", "new")


@dataclass(frozen=True)
class Filters:
    """Which titles may be recommended. Everything is allowed by default, except adult titles.

    Attributes
    ----------
    genres
        Only titles with all of these genres.
    exclude_genres
        No title with any of these genres.
    types
        Only titles of one of these types (``TV``, ``Movie``, ...); empty: all types.
    min_members
        Only titles with at least this many members.
    min_year, max_year
        Only titles that began in these years, both ends included. Titles of unknown year pass only
        if neither is set.
    adult
        Whether titles of the genre Hentai are allowed. They are, too, if ``genres`` asks for that genre.
    sequels
        ``"all"``: no restriction. ``"first"``: only the first unseen part of each franchise, and no franchise
        with a disliked title. ``"new"``: only franchises of which nothing has been seen.
    exclude_ids
        Titles to leave out, for example because the person is not interested. Unless ``sequels`` is ``"all"``,
        their whole franchises are left out. Unknown ids are ignored.
    """

    genres: tuple[str, ...] = ()
    exclude_genres: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    min_members: int = 0
    min_year: int | None = None
    max_year: int | None = None
    adult: bool = False
    sequels: str = "all"
    exclude_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("genres", "exclude_genres", "types"):
            object.__setattr__(self, name, _listed(name, getattr(self, name), str, "names, for example ['Comedy']"))
        ids = _listed("exclude_ids", self.exclude_ids, int | np.integer, "MyAnimeList ids, for example [5114]")
        object.__setattr__(self, "exclude_ids", ids)
        for name in ("min_members", "min_year", "max_year"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer | None):
                raise InputError(f"{name} is {value!r}; expected a whole number.")
            if value is not None and abs(int(value)) > LARGEST:
                raise InputError(f"{name} is {value}; expected a whole number up to {LARGEST:,}.")
        if self.min_members is None or self.min_members < 0:
            raise InputError(f"min_members is {self.min_members}; expected 0 or more.")
        if self.min_year is not None and self.max_year is not None and self.min_year > self.max_year:
            raise InputError(f"min_year {self.min_year} lies after max_year {self.max_year}; no title can fit both.")
        if self.sequels not in SEQUELS:
            raise InputError(f"sequels is {self.sequels!r}; expected one of {', '.join(SEQUELS)}.")

    def mask(self, catalogue: Catalogue) -> Bool:
        """Return which titles pass, bool [n_titles]. ``sequels`` is left to `core.recommend.fold_in.Taste.allowed`,
        because it depends on the person. Raises `InputError` for an unknown genre or type.
        """
        passes = np.ones(len(catalogue), dtype=bool)
        passes[self.excluded(catalogue)] = False
        for condition in self.conditions(catalogue).values():
            passes &= condition
        return passes

    def conditions(self, catalogue: Catalogue) -> dict[tuple[str, str | None], Bool]:
        """Return which titles meet each condition, bool [n_titles], by the name of its field and, for genres, the
        genre: the keys of `loosened`. ``sequels`` and ``exclude_ids`` depend on each other and are left out.
        Raises `InputError` for an unknown genre or type.
        """
        genres, year = catalogue.genre_matrix, catalogue.frame["year"]
        wanted = _known(self.genres, catalogue.genres, "genre")
        unwanted = _known(self.exclude_genres, catalogue.genres, "genre")
        conditions: dict[tuple[str, str | None], Bool] = {}
        conditions |= {("genres", genre): genres[:, index] for genre, index in wanted.items()}
        conditions |= {("exclude_genres", genre): ~genres[:, index] for genre, index in unwanted.items()}
        if self.types:
            types = [catalogue.types[index] for index in _known(self.types, catalogue.types, "type").values()]
            conditions["types", None] = catalogue.frame["type"].isin(types).to_numpy(dtype=bool)
        if self.min_members:
            conditions["min_members", None] = catalogue.members >= self.min_members
        if self.min_year is not None:
            conditions["min_year", None] = (year >= self.min_year).to_numpy()  # NaN, an unknown year, compares false
        if self.max_year is not None:
            conditions["max_year", None] = (year <= self.max_year).to_numpy()
        adult = catalogue.genres.index(ADULT_GENRE) if ADULT_GENRE in catalogue.genres else None
        if not self.adult and adult is not None and adult not in wanted.values():
            conditions["adult", None] = ~genres[:, adult]
        return conditions

    def excluded(self, catalogue: Catalogue) -> Int64:
        """Catalogue positions of `exclude_ids`, int64."""
        known = [catalogue.position(int(anime_id)) for anime_id in self.exclude_ids if anime_id in catalogue]
        return np.array(known, dtype=np.int64)

    def loosened(self) -> Iterator[tuple[str, str | None, "Filters"]]:
        """Yield for each single condition the name of its field, for genres the genre, and the filters without it."""
        plain = Filters()
        for name in (field.name for field in fields(self)):
            value: Any = getattr(self, name)
            if name in ("genres", "exclude_genres"):
                for genre in value:
                    rest = tuple(other for other in value if other != genre)
                    yield name, genre, replace(self, **{name: rest})  # type: ignore[arg-type]
            elif name == "adult":
                if not value:
                    yield name, None, replace(self, adult=True)
            elif value != getattr(plain, name):
                yield name, None, replace(self, **{name: getattr(plain, name)})


def _listed(name: str, value: Any, kind: Any, expected: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(item, kind) and not isinstance(item, bool) for item in value
    ):
        raise InputError(f"{name} is {value!r}; expected a list of {expected}.")
    return tuple(value)


def _known(names: Iterable[str], known: Sequence[str], kind: str) -> dict[str, int]:
    """Return each name with its index among the known ones, in any case. Raises `InputError` for an unknown name."""
    index_of = {name.casefold(): index for index, name in enumerate(known)}
    for name in names:
        if name.casefold() not in index_of:
            raise InputError(f"There is no {kind} {name!r} in this catalogue. It has: {', '.join(known)}.")
    return {name: index_of[name.casefold()] for name in names}
