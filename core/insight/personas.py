"""Personas: tastes to borrow for a look around, made of titles that people like together.

Well-known titles are grouped by what they have in common: a studio, a theme, a genre, or two of these. A group
describes a taste if the same people like its titles: their influences φ (see `core.recommend.suggestions`), centred and
of length 1, point the same way. With the mean cosine c of all pairs of n titles, the strongest groups have the largest

    c √n,    so that neither a narrow pair nor a broad mixture wins

The personas are the strongest groups whose directions point away from each other, with no trait in common.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ..data.catalogue import Catalogue
from ..numerics.arrays import Float64, Int64
from ..recommend.suggestions import Suggester

WELL_KNOWN = 400  # titles with most members, one of each franchise
SHOWN, LEAST = 4, 5  # titles of a persona, and of a group
UNSUITED = frozenset({"Ecchi", "Harem"})  # not for the first page that a stranger sees
TINY = float(np.finfo(np.float64).tiny)


class CommonTrait(NamedTuple):
    """What titles have in common: the kind is ``"genre"``, ``"theme"`` or ``"studio"``."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Persona:
    """A taste to borrow: the ids of some well-known, well-rated titles, and what they have in common."""

    traits: tuple[CommonTrait, ...]
    anime_ids: tuple[int, ...]


def personas(suggester: Suggester, count: int = 3) -> tuple[Persona, ...]:
    """Return at most ``count`` personas, the strongest first. They share no title."""
    catalogue = suggester.catalogue
    # The titles, their centred directions, float64 [n, d], and how well they may stand for a taste, float64 [n].
    known = np.flatnonzero(suggester.franchises.depth[suggester.candidates] == 0)[:WELL_KNOWN]
    titles = suggester.candidates[known]
    if not len(titles):  # a model without titles to ask about has no influences
        return ()
    directions = suggester.influence[known].astype(np.float64)
    directions -= directions.mean(axis=0)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), TINY)
    ratings = catalogue.frame["mean_rating"].to_numpy(dtype=np.float64)[titles]
    is_good = ratings >= np.nanmedian(ratings) if np.isfinite(ratings).any() else np.zeros(len(titles), dtype=bool)
    fame = np.log(catalogue.members[titles] + 1.0) * is_good
    # The strongest groups, each away from those before it.
    chosen: list[Persona] = []
    taken: Float64 = np.zeros((0, directions.shape[1]))
    for traits, group in _strongest_first(_groups(catalogue, titles), directions):
        centre = directions[group].sum(axis=0)
        shown = group[np.argsort(-(directions[group] @ centre) * fame[group], kind="stable")[:SHOWN]]
        is_like_another = (taken @ centre > 0).any() or any(_alike(traits, persona.traits) for persona in chosen)
        if is_like_another or not is_good[shown].all():
            continue
        chosen.append(Persona(traits, tuple(catalogue.anime_ids[titles[shown]].tolist())))
        taken = np.vstack([taken, centre])
        if len(chosen) == count:
            break
    return tuple(chosen)


def _alike(traits: Iterable[CommonTrait], others: Iterable[CommonTrait]) -> bool:
    """Return whether two groups have a trait in common, or each a studio: people look for different things."""
    return not {*traits}.isdisjoint(others) or all(
        any(trait.kind == "studio" for trait in group) for group in (traits, others)
    )


def _groups(catalogue: Catalogue, titles: Int64) -> Iterator[tuple[tuple[CommonTrait, ...], Int64]]:
    """Yield the groups: their traits, and the indices of their members in ``titles``, int64 [n]."""
    members: defaultdict[CommonTrait, set[int]] = defaultdict(set)
    for index, position in enumerate(titles.tolist()):
        title = catalogue.title(position)
        for kind, values in (("genre", title.genres), ("theme", title.themes), ("studio", title.studios)):
            for value in values:
                if value not in UNSUITED:
                    members[CommonTrait(kind, value)].add(index)
    studios = [(trait,) for trait in members if trait.kind == "studio"]
    for traits in (*studios, *combinations(members, 2)):
        indices = set.intersection(*(members[trait] for trait in traits))
        if len(indices) >= LEAST:
            yield traits, np.array(sorted(indices), dtype=np.int64)


def _strongest_first(
    groups: Iterable[tuple[tuple[CommonTrait, ...], Int64]], directions: Float64
) -> list[tuple[tuple[CommonTrait, ...], Int64]]:
    """Return groups by descending strength, see the module."""

    def strength(group: Int64) -> float:
        n, total = len(group), directions[group].sum(axis=0)
        return float((total @ total - n) / ((n - 1) * np.sqrt(n)))

    return sorted(groups, key=lambda item: (-strength(item[1]), item[0]))
