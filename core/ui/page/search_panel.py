"""What the search box finds while somebody types: titles, and filters of that name."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ...data.genres import ADULT_GENRES, GENRES
from ...data.names.folding import fold_name, fold_names
from ..rendering import render
from .views import season_of_end
from .visitor import Visitor

TITLES_SHOWN = 6
GUESSES = 3
OFFERS = 3
BEGINNING = 4
"""From so many letters on the beginning of a filter's name counts as its name."""


@dataclass(frozen=True)
class FilterOffer:
    """A filter that a query names: a ``value`` of a list of the state, and whether the list has it already."""

    field: str
    value: str
    label: str
    is_on: bool


def search_panel(query: str, visitor: Visitor) -> str:
    """Return the titles that a query means, with buttons to rate them. Titles that it hardly means have none: a tap
    searches for them.
    """
    model, texts = visitor.model, visitor.texts
    allowed = None if visitor.state.filters().allows_adult else ~model.catalogue.is_adult
    matches = model.catalogue.matches(query, TITLES_SHOWN, allowed)
    return render(
        "found.html",
        texts,
        query=query.strip(),
        titles=[title for title, is_sure in matches if is_sure],
        guesses=list(dict.fromkeys(texts.label(title) for title, is_sure in matches if not is_sure))[:GUESSES],
        offers=filter_offers(query, visitor),
        is_estimated=visitor.is_estimated,
        ratings=dict(visitor.state.ratings),
        steps=model.rating_scale.steps,
        last_season=season_of_end(model.catalogue, texts),
    )


def filter_offers(query: str, visitor: Visitor) -> list[FilterOffer]:
    """Return the genres, themes and studios that a query names, the exact ones first."""
    typed = fold_name(query)
    named = [(name != typed, field, value) for field, value, name in _names(visitor) if _is_meant(typed, name)]
    first = dict.fromkeys((field, value) for _, field, value in sorted(named, key=lambda filter_: filter_[0]))
    return [
        FilterOffer(field, value, str(_label(field, value, visitor)), value in getattr(visitor.state, field))
        for field, value in list(first)[:OFFERS]
    ]


def _is_meant(typed: str, name: str) -> bool:
    return bool(typed) and (typed == name or (len(typed) >= BEGINNING and name.startswith(typed)))


def _names(visitor: Visitor) -> Iterator[tuple[str, str, str]]:
    """Yield the field and the value of each filter with each of its names, folded: in the visitor's language, in
    English, and the former one.
    """
    catalogue, texts = visitor.model.catalogue, visitor.texts
    genres = [genre for genre in catalogue.genres if genre not in ADULT_GENRES or visitor.state.adult]
    for field, kind, values in (("genres", "genre", genres), ("themes", "theme", catalogue.themes)):
        names = [(value, name) for value in values for name in (texts.named(kind, value), value, GENRES.get(value, ""))]
        for (value, _), name in zip(names, _folded(tuple(name for _, name in names)), strict=True):
            yield field, value, name
    for studio, name in zip(catalogue.studios, _folded(catalogue.studios), strict=True):
        yield "studios", studio, name


@lru_cache(32)
def _folded(names: tuple[str, ...]) -> list[str]:
    return fold_names(names)


def _label(field: str, value: str, visitor: Visitor) -> str:
    texts = visitor.texts
    if field == "studios":
        return texts("found.only_by", name=texts.named("studio", value))
    return texts("found.only", name=texts.named(field.removesuffix("s"), value))
