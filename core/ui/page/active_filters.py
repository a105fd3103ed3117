"""The filters that narrow the list, as buttons that take them back."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...recommend.filters import ALLOWANCES, Filters
from ...recommend.fold_in import Taste
from .state import PageState
from .visitor import Visitor

LISTS = ("genres", "exclude_genres", "themes", "exclude_themes", "studios", "types", "without")
SINGLE_VALUES = ("min_members", "min_year", "max_year", "sequels", "likes_only", "adult", "extras", "plan")
EVERYTHING = Filters(adult=True, extras=True)


@dataclass(frozen=True)
class ActiveFilter:
    """A button that takes a filter back: it does ``do`` to a field of the state, or to one ``value`` of a list.

    ``count`` is the number of titles that are allowed then; 0 if it was not counted.
    """

    do: str
    field: str
    value: str | int | None
    label: str
    count: int = 0


def active_filters(visitor: Visitor) -> list[ActiveFilter]:
    """Return a button for each choice that narrows or turns the list."""
    values = vars(visitor.state)
    listed = [("toggle", field, value, _label(visitor, field, value)) for field in LISTS for value in values[field]]
    changed = [field for field in SINGLE_VALUES if values[field] != getattr(PageState, field)]
    single = [("reset", field, None, _label(visitor, field, values[field])) for field in changed]
    return [ActiveFilter(*button) for button in (*listed, *single)]


def _label(visitor: Visitor, field: str, value: Any) -> str:
    """Return a filter in words."""
    texts = visitor.texts
    match field:
        case "types":
            return texts.named("type", value)
        case "without":
            return texts("wish.without", title=texts.label(visitor.model.catalogue[value]))
        case "likes_only" | "adult" | "extras":
            return texts({"likes_only": "controls.likes"}.get(field, f"controls.{field}"))
        case "sequels" | "plan":
            return texts(f"wish.{field}.{value}")
    return texts(f"wish.{field}", genre=texts.named(_kind(field), str(value)), n=value, year=str(value))


def _kind(field: str) -> str:
    """Return the kind of the names that a field lists: see `Texts.named`."""
    return "theme" if field.endswith("themes") else "studio" if field.endswith("studios") else "genre"


def loosenings(visitor: Visitor) -> list[ActiveFilter]:
    """Return a button for each single change with which more titles are allowed, the most titles first."""
    state, texts, taste = visitor.state, visitor.texts, visitor.shown.taste
    n_allowed = taste.allowed(state.filters()).sum()
    special = {
        "sequels": ("set", "sequels", "all"),
        "exclude_ids": ("reset", "hidden" if state.hidden else "plan", None),
    }
    buttons = []
    for (field, value), count in _counts_without(state.filters(), taste).items():
        usual = "toggle" if value or field in ALLOWANCES else "reset", field, value
        label = texts(
            f"loosen.{field}", genre=texts.named(_kind(field), value or ""), year=str(getattr(state, field, ""))
        )
        if count > n_allowed:
            buttons.append(ActiveFilter(*special.get(field, usual), label, count))
    return sorted(buttons, key=lambda button: -button.count)


def _counts_without(filters: Filters, taste: Taste) -> dict[tuple[str, str | None], int]:
    """Return the number of allowed titles without each condition, by field and, for genres, the genre."""
    conditions = filters.conditions(taste.model.catalogue)
    counts = {}
    for field, value, looser in filters.loosened():
        # Masks, bool [n_titles]: what this person may get by the looser filters, and all the other conditions.
        masks = [taste.allowed(replace(EVERYTHING, sequels=looser.sequels, exclude_ids=looser.exclude_ids))]
        masks += [mask for condition, mask in conditions.items() if condition != (field, value)]
        if not looser.allows_adult:  # adult titles are allowed only while somebody asks for their genre
            masks.append(~taste.model.catalogue.is_adult)
        if not (looser.extras or looser.types):  # and extras only while somebody asks for their type
            masks.append(~taste.model.catalogue.is_extra)
        counts[field, value] = int(np.logical_and.reduce(masks).sum())
    return counts
