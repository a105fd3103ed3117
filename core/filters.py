"""Filters: which titles of a catalogue may be recommended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalogue import Catalogue
from core.errors import InputError

ADULT_GENRE = "Hentai"


@dataclass(frozen=True)
class Filters:
    """Which titles may be recommended. Everything is allowed by default, except adult titles.

    Attributes
    ----------
    genres
        Only titles that have every one of these genres.
    exclude_genres
        No title that has any of these genres.
    types
        Only titles of one of these types (``TV``, ``Movie``, ...); empty: all types.
    min_members
        Only titles that at least so many people list.
    min_year, max_year
        Only titles that began in these years, both ends included. Titles of unknown year pass
        only when neither is set.
    adult
        Whether titles of the genre Hentai are allowed. Asking for that genre allows them, too.
    """

    genres: tuple[str, ...] = ()
    exclude_genres: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    min_members: int = 0
    min_year: int | None = None
    max_year: int | None = None
    adult: bool = False

    def __post_init__(self) -> None:
        for name in ("genres", "exclude_genres", "types"):
            value = getattr(self, name)
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise InputError(f"{name} is {value!r}; expected a list of names, for example ['Comedy'].")
            object.__setattr__(self, name, tuple(value))
        for name in ("min_members", "min_year", "max_year"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer | None):
                raise InputError(f"{name} is {value!r}; expected a whole number.")
        if self.min_members is None or self.min_members < 0:
            raise InputError(f"min_members is {self.min_members}; expected 0 or more.")
        if self.min_year is not None and self.max_year is not None and self.min_year > self.max_year:
            raise InputError(f"min_year {self.min_year} lies after max_year {self.max_year}; no title can fit both.")

    def mask(self, catalogue: Catalogue) -> npt.NDArray[np.bool_]:
        """Which titles pass, bool [n_titles]. Raises `InputError` for an unknown genre or type."""
        wanted = _known(self.genres, catalogue.genres, "genre")
        unwanted = _known(self.exclude_genres, catalogue.genres, "genre")
        if ADULT_GENRE in catalogue.genres and not self.adult:
            adult = catalogue.genres.index(ADULT_GENRE)
            unwanted += [adult] if adult not in wanted else []
        passes = catalogue.genre_matrix[:, wanted].all(axis=1) & ~catalogue.genre_matrix[:, unwanted].any(axis=1)
        if self.types:
            allowed = [catalogue.types[index] for index in _known(self.types, catalogue.types, "type")]
            passes &= catalogue.frame["type"].isin(allowed).to_numpy(dtype=bool)
        if self.min_members:
            passes &= catalogue.members >= self.min_members
        if self.min_year is not None or self.max_year is not None:
            year = catalogue.frame["year"].to_numpy(dtype=np.float64)
            low = -np.inf if self.min_year is None else self.min_year
            high = np.inf if self.max_year is None else self.max_year
            passes &= (year >= low) & (year <= high)  # NaN compares false
        return np.asarray(passes, dtype=bool)


def _known(names: Iterable[str], known: Sequence[str], kind: str) -> list[int]:
    """Where each name stands among the known ones, whatever its case."""
    index_of = {name.casefold(): index for index, name in enumerate(known)}
    for name in names:
        if name.casefold() not in index_of:
            raise InputError(f"There is no {kind} {name!r} in this catalogue. It has: {', '.join(known)}.")
    return [index_of[name.casefold()] for name in names]
