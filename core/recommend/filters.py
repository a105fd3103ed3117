"""Filters: which titles of a catalogue may be recommended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..data.catalogue import Catalogue
from ..data.genres import ADULT_GENRES, name_of_today
from ..errors import InputError
from ..numerics.arrays import Bool, Int64

LARGEST = 10**9
SEQUELS = ("all", "first", "new")
ONE_BY_ONE = ("genres", "exclude_genres", "exclude_themes", "exclude_studios")
"""Lists of which each name is a condition of its own; of the others a title needs any."""
NAME_LISTS = (*ONE_BY_ONE, "types", "themes", "studios")
NAMES_SHOWN = 60
MAIN_TYPES = ("TV", "Movie")
ALLOWANCES = ("adult", "extras")
"""What is left out unless it is allowed."""


@dataclass(frozen=True)
class Filters:
    """Which titles may be recommended. Everything is allowed by default, except adult titles and extras.

    Attributes
    ----------
    genres
        Only titles with all of these genres. Former names are understood (see `core.data.genres`), and so are
        names of themes.
    exclude_genres
        No title with any of these genres.
    types
        Only titles of one of these types (``TV``, ``Movie``, ...); empty: all types.
    themes, studios
        Only titles with one of these themes, and by one of these studios; empty: all. Names of genres are
        understood as themes.
    exclude_themes, exclude_studios
        No title with any of these themes, or by any of these studios.
    min_members
        Only titles with at least this many members.
    min_year, max_year
        Only titles that began in these years, both ends included. Titles of unknown year pass only
        if neither is set.
    adult
        Whether adult titles are allowed. They are, too, if ``genres`` asks for one of
        `core.data.genres.ADULT_GENRES`.
    extras
        Whether recaps, specials, side stories and music videos are allowed: see `core.data.extras`. They are, too, if
        ``types`` asks for their type, unless it is ``TV`` or ``Movie``.
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
    themes: tuple[str, ...] = ()
    exclude_themes: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    exclude_studios: tuple[str, ...] = ()
    extras: bool = False

    def __post_init__(self) -> None:
        for name in NAME_LISTS:
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
        because it depends on the person. Raises `InputError` for a genre, theme, studio or type that no title has.
        """
        passes = np.ones(len(catalogue), dtype=bool)
        passes[self.excluded(catalogue)] = False
        for condition in self.conditions(catalogue).values():
            passes &= condition
        return passes

    def conditions(self, catalogue: Catalogue) -> dict[tuple[str, str | None], Bool]:
        """Return which titles meet each condition, bool [n_titles], by the name of its field and, for
        `ONE_BY_ONE`, the item of the list: the keys of `loosened`. ``sequels`` and ``exclude_ids`` depend on
        each other and are left out. Raises `InputError` for an unknown name.
        """
        year = catalogue.frame["year"]
        conditions: dict[tuple[str, str | None], Bool] = {}
        conditions |= {("genres", name): _having(catalogue, "genre", [name]) for name in self.genres}
        for kind in ("genre", "theme", "studio"):
            field = f"exclude_{kind}s"
            conditions |= {(field, name): ~_having(catalogue, kind, [name]) for name in getattr(self, field)}
        if self.types:
            types = _known(self.types, catalogue.types, "type")
            conditions["types", None] = catalogue.frame["type"].isin(types).to_numpy(dtype=bool)
        if self.themes:
            conditions["themes", None] = _having(catalogue, "theme", self.themes)
        if self.studios:
            conditions["studios", None] = _having(catalogue, "studio", self.studios)
        if self.min_members:
            conditions["min_members", None] = catalogue.members >= self.min_members
        if self.min_year is not None:
            conditions["min_year", None] = (year >= self.min_year).to_numpy()  # NaN, an unknown year, compares false
        if self.max_year is not None:
            conditions["max_year", None] = (year <= self.max_year).to_numpy()
        if not self.allows_adult:
            conditions["adult", None] = ~catalogue.is_adult
        if not self.extras:
            asked_for = [kind for kind in _known(self.types, catalogue.types, "type") if kind not in MAIN_TYPES]
            conditions["extras", None] = ~catalogue.is_extra | catalogue.frame["type"].isin(asked_for).to_numpy()
        return conditions

    @property
    def allows_adult(self) -> bool:
        """Whether adult titles may pass: because of ``adult``, or of a genre that is asked for."""
        return self.adult or any(name_of_today(name) in ADULT_GENRES for name in self.genres)

    def excluded(self, catalogue: Catalogue) -> Int64:
        """Catalogue positions of `exclude_ids`, int64."""
        known = [catalogue.position(int(anime_id)) for anime_id in self.exclude_ids if anime_id in catalogue]
        return np.array(known, dtype=np.int64)

    def loosened(self) -> Iterator[tuple[str, str | None, "Filters"]]:
        """Yield for each single condition its key in `conditions`, and the filters without it."""
        plain = Filters()
        for name in (field.name for field in fields(self)):
            value: Any = getattr(self, name)
            if name in ONE_BY_ONE:
                for item in value:
                    rest = tuple(other for other in value if other != item)
                    yield name, item, replace(self, **{name: rest})  # type: ignore[arg-type]
            elif name in ALLOWANCES:
                if not value:
                    yield name, None, replace(self, **{name: True})  # type: ignore[arg-type]
            elif value != getattr(plain, name):
                yield name, None, replace(self, **{name: getattr(plain, name)})


def _listed(name: str, value: Any, kind: Any, expected: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(item, kind) and not isinstance(item, bool) for item in value
    ):
        raise InputError(f"{name} is {value!r}; expected a list of {expected}.")
    return tuple(value)


def _having(catalogue: Catalogue, kind: str, names: Sequence[str]) -> Bool:
    """Return which titles have one of the names of this kind (genre, theme, studio), bool [n_titles].

    MyAnimeList calls a theme what it called a genre before, and the reverse: so a name is looked for among both.
    Raises `InputError` for a name that is neither.
    """
    columns = {"genre": ("genres", "themes"), "theme": ("themes", "genres"), "studio": ("studios",)}[kind]
    found = _known(names, [name for column in columns for name in getattr(catalogue, column)], kind)
    return np.asarray(np.logical_or.reduce([catalogue.has(column, found) for column in columns]))


def _known(names: Iterable[str], known: Sequence[str], kind: str) -> list[str]:
    """Return names as they are spelled among the known ones, given in any case or by a former name.

    Raises `InputError` for an unknown name.
    """
    spelling = {name_of_today(name).casefold(): name for name in known}
    for name in names:
        if name_of_today(name).casefold() not in spelling:
            listed = ", ".join(known[:NAMES_SHOWN]) or "none"
            more = f" and {len(known) - NAMES_SHOWN:,} more" if len(known) > NAMES_SHOWN else ""
            raise InputError(f"There is no {kind} {name!r} in this catalogue. It has: {listed}{more}.")
    return [spelling[name_of_today(name).casefold()] for name in names]
