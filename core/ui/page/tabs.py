"""What the tabs beside *Rate shows* hold: one of them at a time, rendered when it is looked at."""

import random
from collections.abc import Callable

from ...errors import AniSVDError
from ...insight.profile import profile
from ...watchlists.anilist import ANILIST_QUERY, ANILIST_URL
from ..rendering import render
from . import views
from .answers import Visitor, partner
from .explore import explore
from .how_it_works import how
from .state import BALANCE_STEPS

USERS_LISTED = 100
PEOPLE_SHOWN = 5


def panel(visitor: Visitor, trouble: str) -> str:
    """The panel of the visitor's tab; empty on *Rate shows*, whose parts are there anyway.
    ``trouble``: why the existing user they ask for is not there, or an empty string.
    """
    show = PANELS.get(visitor.state.tab)
    return show(visitor, trouble) if show else ""


def _list(visitor: Visitor, trouble: str) -> str:
    return render("bring.html", visitor.words, anilist={"url": ANILIST_URL, "query": ANILIST_QUERY})


def _user(visitor: Visitor, trouble: str) -> str:
    """An existing user, or some to choose from."""
    state, said, model = visitor.state, visitor.words, visitor.model
    try:
        sample = _sample(visitor)
    except AniSVDError as error:
        return views.person(state, said, [], [], visitor.trouble(error))
    if state.user is None or trouble:
        people = [views.Person.of(model.user_taste(user_id), model) for user_id in sample[:PEOPLE_SHOWN]]
        return views.person(state, said, sample, people, trouble)
    taste = model.user_taste(state.user)
    return views.chosen_person(state, said, sample, taste, profile(model, taste), model)


def _together(visitor: Visitor, trouble: str) -> str:
    state, model = visitor.state, visitor.model
    try:
        sample = _sample(visitor)
    except AniSVDError:
        sample = []
    alone = trouble or not state.is_for_two
    return render(
        "together.html",
        visitor.words,
        state=state,
        trouble=trouble,
        sample=sample,
        balance_steps=BALANCE_STEPS,
        you=views.Person.of(model.fold_in(dict(state.ratings)), model),
        other=None if alone else views.Person.of(partner(state, model), model),
    )


def _sample(visitor: Visitor) -> list[int]:
    """Some existing users. Raises `HubError` while they cannot be fetched."""
    known = visitor.model.user_ids.tolist()
    return random.sample(known, min(USERS_LISTED, len(known)))


PANELS: dict[str, Callable[[Visitor, str], str]] = {
    "list": _list,
    "user": _user,
    "together": _together,
    "explore": explore,
    "how": how,
}
