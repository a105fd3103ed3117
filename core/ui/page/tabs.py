"""The panels of the tabs beside *Rate*. One of them is rendered, when its tab is open."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...data.catalogue import Title
from ...data.genres import ADULT_GENRES
from ...errors import AniSVDError
from ...insight.profile import genre_shares
from ...model.model import Model
from ...recommend.fold_in import Taste
from ...recommend.together import MOST_PEOPLE
from ..rendering import render
from .explore import explore
from .how_it_works import how_it_works
from .my_list.panel import my_list, taste_numbers
from .people.person import LONGEST_NAME, Person
from .state import BALANCE_STEPS
from .visitor import Visitor

USERS_LISTED = 100
PEOPLE_SHOWN = 5
HISTORY_SHOWN = 1_000


@dataclass(frozen=True)
class TasteSummary:
    """A taste in three lines: the number of titles, the typical genres, and the favourites."""

    user_id: int | None
    n_titles: int
    genres: list[str]
    favourites: list[Title]

    @classmethod
    def of(cls, taste: Taste, adult: bool) -> "TasteSummary":
        """Return the summary of a taste, with at most two genres and three favourites. Adult titles are no favourites
        unless ``adult``.
        """
        catalogue = taste.model.catalogue
        shares = genre_shares(catalogue, taste.positions)
        genres = [share.genre for share in shares if share.share > share.average and share.genre not in ADULT_GENRES]
        favourites = [catalogue[anime_id] for anime_id, _ in _favourites_first(taste, adult)[:3]]
        return cls(taste.user_id, len(taste), genres[:2], favourites)


class GroupMember(NamedTuple):
    """One of the others, with their number in the group, from 2. Of a user who is not there it has a sentence."""

    number: int
    name: str
    person: Person
    taste: TasteSummary | None
    trouble: str


def panel(visitor: Visitor, view: Any = None) -> str:
    """Return the panel of the visitor's tab; empty on *Rate*, whose parts are always there. ``view`` is for
    `my_list`.
    """
    if visitor.state.tab == "list":
        return my_list(visitor, view)
    show = PANELS.get(visitor.state.tab)
    return show(visitor) if show else ""


def _user(visitor: Visitor) -> str:
    """Return the profile and the history of an existing user, or users to choose from."""
    state, model, trouble = visitor.state, visitor.model, visitor.trouble
    context: dict[str, Any] = {"sample": [], "people": [], "profile": None}
    try:
        context["sample"] = sample = _sample(visitor)
        if state.user is None or trouble:
            context["people"] = [
                TasteSummary.of(model.user_taste(user_id), state.adult) for user_id in sample[:PEOPLE_SHOWN]
            ]
        else:
            context |= _chosen_user(model.user_taste(state.user), model, state.adult)
    except AniSVDError as error:
        trouble = visitor.explain(error, state.user)
    return render("person.html", visitor.texts, state=state, trouble=trouble, **context)


def _chosen_user(taste: Taste, model: Model, adult: bool) -> dict[str, Any]:
    """Return an existing user as the template needs them, with their favourites first, adult ones if ``adult``."""
    catalogue, history = model.catalogue, _favourites_first(taste, adult)
    return taste_numbers(taste, model, adult) | {
        "history": [(catalogue[anime_id], rating) for anime_id, rating in history[:HISTORY_SHOWN]],
        "n_more": len(history) - HISTORY_SHOWN,
        "history_json": json.dumps(_favourites_first(taste, adult=True)[::-1]),
    }


def _together(visitor: Visitor) -> str:
    """Return the people of the group, and the ways to add one."""
    state, adult = visitor.state, visitor.state.adult
    try:
        sample = _sample(visitor)
    except AniSVDError:
        sample = []
    people = [
        GroupMember(
            number,
            visitor.name_of(number, person),
            person,
            TasteSummary.of(visitor.taste_of(person), adult) if person.user not in visitor.missing else None,
            visitor.missing.get(person.user, "") if person.user is not None else "",
        )
        for number, person in enumerate(state.others, 2)
    ]
    return render(
        "together.html",
        visitor.texts,
        state=state,
        sample=sample,
        balance_steps=BALANCE_STEPS,
        you=TasteSummary.of(visitor.taste, adult),
        people=people,
        is_group=visitor.shown.about == "group",
        is_full=len(people) == MOST_PEOPLE - 1,
        longest_name=LONGEST_NAME,
    )


def _sample(visitor: Visitor) -> list[int]:
    """Return random existing users. Raises `HubError` while they cannot be fetched."""
    user_ids = visitor.model.user_ids.tolist()
    return random.sample(user_ids, min(USERS_LISTED, len(user_ids)))


def _favourites_first(taste: Taste, adult: bool) -> list[tuple[int, float]]:
    """Return ids and ratings, highest rating first, of equal ones the title with more members; of adult titles only if
    ``adult``.
    """
    catalogue = taste.model.catalogue
    is_shown = ~catalogue.is_adult[taste.positions] | adult
    rated = [entry for entry, shown in zip(taste.ratings.items(), is_shown, strict=True) if shown]
    return sorted(rated, key=lambda entry: (-entry[1], -catalogue[entry[0]].members))


PANELS: dict[str, Callable[[Visitor], str]] = {
    "user": _user,
    "together": _together,
    "explore": explore,
    "how": how_it_works,
}
