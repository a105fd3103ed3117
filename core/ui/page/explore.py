"""The tab *Explore*: the map, and what the leading factors mean."""

import numpy as np

from ...insight.factor_meanings import FactorEnd
from ...model.model import Model
from ...numerics.arrays import Bool
from ...recommend.filters import Filters
from ...serving.model_source import ServedModel
from ..rendering import render
from ..translations import Texts
from .visitor import Visitor

FACTORS_SHOWN = 12
TITLES_NAMED = 2  # titles in the name of an end without a naming trait


def explore(visitor: Visitor) -> str:
    """Return the frame of the map, which ``assets/map.js`` draws, and the leading factors with their shares of the
    users' energy, and the names and titles of their ends.
    """
    model, texts, adult = visitor.model, visitor.texts, visitor.state.adult
    leading = zip(model.meanings[:FACTORS_SHOWN], energy_shares(model), strict=False)
    return render(
        "explore.html",
        texts,
        n_titles=int(map_titles(model, adult).sum()),
        adult=adult,
        version=map_version(visitor.served),
        genres=model.regions.genres,
        n_factors=len(model.singular_values),
        factors=[(share, [(end_name(end, texts), end.titles) for end in meaning.ends]) for meaning, share in leading],
    )


def map_version(served: ServedModel) -> str:
    """Return a version that changes with the model in service: browsers cache the map by it."""
    return f"{served.revision}-{served.loaded_at.timestamp():.0f}"


def map_titles(model: Model, adult: bool) -> Bool:
    """Return which titles the map shows, bool [n_titles]."""
    return Filters(adult=adult).mask(model.catalogue)


def energy_shares(model: Model) -> list[float]:
    """Return the share of the users' energy that each factor holds, 0..1."""
    return [float(share) for share in np.diff(model.spectrum.energy, prepend=0.0)]


def end_name(end: FactorEnd, texts: Texts) -> str:
    """Return the name of one end of a factor: its traits, or else its leading titles."""
    names = [texts.named("trait" if trait.is_number else trait.kind, trait.value) for trait in end.named]
    return texts("comma").join(names or [texts.label(title) for title in end.titles[:TITLES_NAMED]])
