"""What happens on the page: from the state that a browser sends to all that is shown.

Nothing is kept on the server. The visitor's state comes with every call and lives in their own
browser; every handler returns all that changes at once.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from core.catalogue import Title
from core.errors import AniSVDError
from core.model import Model
from core.profile import profile
from core.recommend import Recommendation
from core.source import ServedModel
from core.taste import Taste
from core.ui import views, wishes
from core.ui.state import MAX_K, NOVELTY_STEPS, PageState

SEARCH_LIMIT = 6
LONGEST_QUERY = 200
SUGGESTED = 6
USERS_LISTED = 100
PEOPLE_SHOWN = 5
LOOSENINGS = 3
STEP = 10


class Parts(NamedTuple):
    """The parts of the page that follow the state."""

    banner: str
    wall: str
    rated: str
    dock: str
    person: str
    controls: str
    results: str


class Flows:
    """The handlers. ``current`` gives the model in service at the time of each call."""

    def __init__(self, current: Callable[[], ServedModel]) -> None:
        self._current = current

    def open(self, sent: Any) -> tuple[Any, ...]:
        """A page is opened, with ``{"query": of its address, "kept": state, "draft": state}``: a
        shared list if the address holds one (or what this tab made of it), else what was kept.
        Returns ``{"state": …, "shared": …}``, and the parts.
        """
        model, sent = self._current().model, _told(sent)
        state, dropped = PageState.from_link(str(sent.get("query", "")), model)
        shared = state != PageState() or dropped > 0
        if not shared or sent.get("draft"):
            state, dropped = PageState.from_json(sent.get("draft" if shared else "kept"), model)
        return ({"state": state.to_json(), "shared": shared}, *_parts(state, model, shared, dropped))

    def show(self, sent: Any) -> Parts:
        """The visitor changed something: ``{"state": …, "shared": …, "wall": ids of the titles that
        stand there, "all": whether all ratings are to be shown}``.
        """
        model, sent = self._current().model, _told(sent)
        state, dropped = PageState.from_json(sent.get("state"), model)
        return _parts(state, model, bool(sent.get("shared")), dropped, sent.get("wall"), bool(sent.get("all")))

    def search(self, sent: Any) -> str:
        """Titles for what is typed so far: ``{"query": …, "state": …}``."""
        model, sent = self._current().model, _told(sent)
        state, _ = PageState.from_json(sent.get("state"), model)
        query = str(sent.get("query") or "")[:LONGEST_QUERY]
        return views.found(model.catalogue.search(query, SEARCH_LIMIT), query, state, model)


def _told(sent: Any) -> dict[str, Any]:
    """What a browser sent, of which nothing may be assumed."""
    return sent if isinstance(sent, dict) else {}


class Answer(NamedTuple):
    """What the list of a state holds: see `answer`."""

    heading: str
    hint: str
    taste: Taste
    recommendations: list[Recommendation]


def answer(state: PageState, model: Model) -> Answer:
    """The list that a state asks for. Raises `AniSVDError` for a user who is not there."""
    own = model.fold_in(dict(state.ratings))
    user = state.listed_user
    if user is not None:
        taste, heading, hint = model.user_taste(user).with_seen(own), f"Next for user {user}", ""
    elif state.ratings:
        taste, heading, hint = own, "Your next anime", ""
    else:
        taste, heading = own, "Loved by most"
        hint = "This is where everybody starts. Rate a show, and it becomes yours."
    taste = model.narrowed(taste, state.without, state.likes_only)
    if state.like is not None:
        heading, hint = f"More like {model.catalogue[state.like].label}", ""
        found = model.similar(state.like, state.k, state.filters(), taste)
    else:
        found = model.recommend(taste, state.k, state.filters(), state.novelty / NOVELTY_STEPS)
    return Answer(heading, hint, taste, found)


def _parts(
    state: PageState, model: Model, shared: bool, dropped: int, standing: Any = (), all_ratings: bool = False
) -> Parts:
    asked = model.suggest(model.fold_in(dict(state.ratings)), 3 * SUGGESTED, (*state.unseen, *state.hidden))
    wall = filled_wall(asked, standing, state, model)
    trouble = ""
    try:
        shown = answer(state, model)
    except AniSVDError as error:
        trouble = str(error)
        shown = answer(replace(state, user=None), model)
    return Parts(
        banner=views.banner(shared, dropped),
        wall=views.wall(wall, len(state.ratings), model),
        rated=views.rated(state, model, all_ratings),
        dock=views.dock(state),
        person=_person(state, model, trouble) if state.tab == "user" else "",
        controls=views.controls(state, model),
        results=_results(state, shown, model, [title for title in asked if title in wall]),
    )


def filled_wall(asked: list[Title], standing: Any, state: PageState, model: Model) -> list[Title]:
    """The titles to rate: who looks at some while rating another finds them where they were. Only
    what was answered makes way, for what tells most; a new wall begins with what most people know.

    Parameters
    ----------
    asked
        What to ask, the most telling first.
    standing
        Ids of the titles that stand on the wall, if a browser says so.
    """
    known = {anime_id for anime_id, _ in state.ratings} | {*state.unseen, *state.hidden}
    ids = standing[:SUGGESTED] if isinstance(standing, list) else []
    places = [_standing(one, known, model) for one in ids]
    fresh = (title for title in asked if title not in places)
    if not any(places):
        return sorted(islice(fresh, SUGGESTED), key=lambda title: -title.members)
    places += [None] * (SUGGESTED - len(places))
    filled = [title or next(fresh, None) for title in places]
    return [title for title in filled if title]


def _standing(anime_id: Any, known: set[int], model: Model) -> Title | None:
    """A title of the wall as a browser tells it, unless it was answered."""
    there = isinstance(anime_id, int) and anime_id in model.catalogue and anime_id not in known
    return model.catalogue[anime_id] if there else None


def _person(state: PageState, model: Model, trouble: str) -> str:
    """The tab of an existing user, or some to choose from."""
    try:
        known = model.user_ids.tolist()
    except AniSVDError as error:
        return views.person(state, [], [], str(error))
    sample = random.sample(known, min(USERS_LISTED, len(known)))
    if state.user is None or trouble:
        people = [views.Person.of(model.user_taste(user_id), model) for user_id in sample[:PEOPLE_SHOWN]]
        return views.person(state, sample, people, trouble)
    taste = model.user_taste(state.user)
    return views.chosen_person(state, sample, taste, profile(model, taste), model)


def _results(state: PageState, shown: Answer, model: Model, asked: list[Title]) -> str:
    n_found = len(shown.recommendations)
    own = state.like is None and state.listed_user is None
    return views.results(
        shown.recommendations,
        model,
        state,
        heading=shown.heading,
        hint=shown.hint,
        loosenings=wishes.loosenings(state, shown.taste, model)[:LOOSENINGS] if n_found < state.k else [],
        certainty=model.certainty(shown.taste) if own and state.ratings else None,
        ask=asked[0] if own and asked else None,
        more=min(state.k + STEP, MAX_K) if n_found == state.k < MAX_K else 0,
    )
