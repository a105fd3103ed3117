"""One spelling for each studio: sources write ``MAPPA`` and ``mappa``, ``J.C.Staff`` and ``j.c. staff``."""

import re
from collections.abc import Iterable, Mapping

from ..names.folding import fold_name

FIRST_LETTERS = re.compile(r"(?<![\w'’])\w")


def capitalise(cell: str) -> str:
    """Return studios with a capital at the beginning of each word, for a source that has only small letters."""
    return FIRST_LETTERS.sub(lambda match: match[0].upper(), cell)


def spellings_of(cells: Iterable[str]) -> dict[str, str]:
    """Return the first spelling of each studio in cells joined by ``|``, by what it has in common with others."""
    spellings: dict[str, str] = {}
    for cell in dict.fromkeys(cells):
        for studio in cell.split("|"):
            spellings.setdefault(_key(studio), studio)
    return spellings


def spell_studios(cell: str, spellings: Mapping[str, str]) -> str:
    """Return a cell with each studio in its spelling, none twice."""
    return "|".join(dict.fromkeys(spellings.get(_key(studio), studio) for studio in cell.split("|")))


def _key(studio: str) -> str:
    return fold_name(studio).replace(" ", "") or studio
