"""The tab *Explore*: the map, and what the leading factors mean."""

from typing import NamedTuple

import numpy as np

from ...data.catalogue import Title
from ...insight.factor_meanings import FactorEnd, FactorMeaning
from ...insight.traits import OPPOSITES
from ...model.model import Model
from ...numerics.arrays import Bool
from ...recommend.filters import Filters
from ...serving.model_source import ServedModel
from ..rendering import render
from ..translations import Words
from .answers import Visitor

FACTORS_TOLD = 12


NAMED_AFTER = 2  # titles that name the end of a factor which no trait names


class NamedEnd(NamedTuple):
    """An end of a factor in the visitor's words."""

    name: str
    titles: tuple[Title, ...]


class NamedFactor(NamedTuple):
    """A factor in the visitor's words; ``number`` counts from 1, ``share`` is that of the users' energy."""

    number: int
    share: float
    ends: tuple[NamedEnd, NamedEnd]


def explore(visitor: Visitor, trouble: str) -> str:
    """The map. What follows the visitor is drawn by ``assets/map.js``."""
    model, said = visitor.model, visitor.words
    return render(
        "explore.html",
        said,
        n_titles=int(map_titles(model, visitor.state.adult).sum()),
        adult=visitor.state.adult,
        version=map_version(visitor.served),
        genres=model.regions.genres,
    )


def map_version(served: ServedModel) -> str:
    """Another for each model in service: what browsers keep of a map is of this one."""
    return f"{served.revision}-{served.loaded_at.timestamp():.0f}"


def factors(visitor: Visitor) -> str:
    """What the leading factors mean."""
    model = visitor.model
    told = zip(model.meanings[:FACTORS_TOLD], energy_shares(model), strict=False)
    named = [named_factor(one, visitor.words, share) for one, share in told]
    n_factors = len(model.singular_values)
    return render("factors.html", visitor.words, n_factors=n_factors, factors=named)


def map_titles(model: Model, adult: bool) -> Bool:
    """Which titles the map shows, bool [n_titles]."""
    return Filters(adult=adult).mask(model.catalogue)


def energy_shares(model: Model) -> list[float]:
    """Return the share of the users' energy that each factor holds, 0..1."""
    return [float(share) for share in np.diff(model.spectrum.energy, prepend=0.0)]


def named_factor(factor: FactorMeaning, words: Words, share: float) -> NamedFactor:
    """A factor with its ends named."""
    low, high = (NamedEnd(_end_name(end, words), end.titles) for end in factor.ends)
    return NamedFactor(factor.index + 1, share, (low, high))


def _end_name(end: FactorEnd, words: Words) -> str:
    if end.named:
        named = [words.named("trait" if trait.kind in OPPOSITES else trait.kind, trait.value) for trait in end.named]
    else:
        named = [words.label(title) for title in end.titles[:NAMED_AFTER]]
    return words("comma").join(named)
