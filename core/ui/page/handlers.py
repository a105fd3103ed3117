"""What happens on the page: from the state that a browser sends to all that is shown.

Nothing is kept on the server. The visitor's state comes with every call and lives in their own
browser; every handler returns all that changes at once.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from markupsafe import Markup

from ...data.catalogue import Title
from ...errors import AniSVDError
from ...serving.model_source import ServedModel
from ..translations import words
from . import active_filters as wishes
from . import views
from .answers import Answer, Visitor, answer
from .explore import factors
from .state import MAX_K, PageState
from .tabs import panel

SEARCH_LIMIT = 6
LONGEST_QUERY = 200  # as in templates/search.html
SUGGESTED = 6
LOOSENINGS = 3
STEP = 10
SHELL = ("header", "search", "refine")


class Parts(NamedTuple):
    """The parts of the page that follow the state."""

    banner: str
    wall: str
    rated: str
    dock: str
    panel: str
    controls: str
    results: str
    below: str


class Flows:
    """The handlers. ``current`` gives the model in service at the time of each call."""

    def __init__(self, current: Callable[[], ServedModel]) -> None:
        self._current = current

    def open(self, sent: Any) -> tuple[Any, ...]:
        """A page is opened, with ``{"query": of its address, "kept": state, "draft": state, "language":
        …}``: a shared list if the address holds one (or what this tab made of it), else what was kept.
        Returns ``{"state": …, "shared": …}``, the parts, those of the shell in the visitor's
        language, and the footer.
        """
        served, sent = self._current(), _told(sent)
        model, said = served.model, words(sent.get("language"))
        state, dropped = PageState.from_link(str(sent.get("query", "")), model)
        shared = replace(state, tab=PageState.tab) != PageState() or dropped > 0
        if shared and sent.get("draft"):
            state, dropped = PageState.from_json(sent["draft"], model)
        elif not shared:  # at most a tab: one's own list on it, unless the page was left on another
            state, dropped = PageState.from_json({"tab": state.tab} | _told(sent.get("kept")), model)
        parts = _parts(Visitor(state, served, said), shared, dropped)
        shell = (views.shell(name, said) for name in SHELL)
        return ({"state": state.to_json(), "shared": shared}, *parts, *shell, views.footer(served, said))

    def show(self, sent: Any) -> Parts:
        """The visitor changed something: ``{"state": …, "shared": …, "language": …, "wall": ids of the
        titles that stand there, "all": whether all ratings are to be shown}``.
        """
        visitor, dropped, sent = self._visitor(sent)
        return _parts(visitor, bool(sent.get("shared")), dropped, sent.get("wall"), bool(sent.get("all")))

    def search(self, sent: Any) -> str:
        """Titles for what is typed so far: ``{"query": …, "state": …, "language": …}``."""
        visitor, _, sent = self._visitor(sent)
        query = str(sent.get("query") or "")[:LONGEST_QUERY]
        titles = visitor.model.catalogue.search(query, SEARCH_LIMIT)
        return views.found(titles, query, visitor.state, visitor.model, visitor.words)

    def _visitor(self, sent: Any) -> tuple[Visitor, int, dict[str, Any]]:
        """Who calls, how much of their state is unknown here, and all that their browser told."""
        served, sent = self._current(), _told(sent)
        state, dropped = PageState.from_json(sent.get("state"), served.model)
        return Visitor(state, served, words(sent.get("language"))), dropped, sent


def _told(sent: Any) -> dict[str, Any]:
    """What a browser sent, of which nothing may be assumed."""
    return sent if isinstance(sent, dict) else {}


def _parts(visitor: Visitor, shared: bool, dropped: int, standing: Any = (), all_ratings: bool = False) -> Parts:
    state, model, said = visitor.state, visitor.model, visitor.words
    asked = model.suggest(model.fold_in(dict(state.ratings)), 3 * SUGGESTED, (*state.unseen, *state.hidden))
    wall = filled_wall(asked, standing, visitor)
    shown, trouble = _answer(visitor)
    return Parts(
        banner=views.banner(visitor.served.notice, shared, state.swapped, dropped, said),
        wall=views.wall(wall, len(state.ratings), model, said),
        rated=views.rated(state, model, said, all_ratings),
        dock=views.dock(state, said),
        panel=panel(visitor, trouble),
        controls=views.controls(state, model, said),
        results=_results(visitor, shown, [title for title in asked if title in wall]),
        below=factors(visitor) if state.tab == "explore" else "",
    )


def _answer(visitor: Visitor) -> tuple[Answer, str]:
    """The visitor's list, and what is wrong with the existing user they ask for: then it is without them."""
    try:
        return answer(visitor.state, visitor.model), ""
    except AniSVDError as error:
        return answer(visitor.state.alone(), visitor.model), visitor.trouble(error)


def filled_wall(asked: list[Title], standing: Any, visitor: Visitor) -> list[Title]:
    """The titles to rate: who looks at some while rating another finds them where they were. Only
    what was answered makes way, for what tells most; a new wall begins with what most people know.

    Parameters
    ----------
    asked
        What to ask, the most telling first.
    standing
        Ids of the titles that stand on the wall, if a browser says so.
    """
    state = visitor.state
    known = {anime_id for anime_id, _ in state.ratings} | {*state.unseen, *state.hidden}
    ids = standing[:SUGGESTED] if isinstance(standing, list) else []
    places = [_standing(one, known, visitor) for one in ids]
    fresh = (title for title in asked if title not in places)
    if not any(places):
        return sorted(islice(fresh, SUGGESTED), key=lambda title: -title.members)
    places += [None] * (SUGGESTED - len(places))
    filled = [title or next(fresh, None) for title in places]
    return [title for title in filled if title]


def _standing(anime_id: Any, known: set[int], visitor: Visitor) -> Title | None:
    """A title of the wall as a browser tells it, unless it was answered."""
    catalogue = visitor.model.catalogue
    there = isinstance(anime_id, int) and anime_id in catalogue and anime_id not in known
    return catalogue[anime_id] if there else None


def _results(visitor: Visitor, shown: Answer, asked: list[Title]) -> str:
    state, model, said = visitor.state, visitor.model, visitor.words
    n_found = len(shown.recommendations)
    own = shown.about == "own"
    few = n_found < state.k and shown.about != "two"
    return views.results(
        shown.cards(visitor),
        model,
        state,
        said,
        heading=_heading(visitor, shown.about),
        hint=_hint(visitor, shown.about),
        order=said(f"results.order.{shown.about}") if shown.about in ("own", "user", "two") else "",
        loosenings=wishes.loosenings(state, shown.taste, model, said)[:LOOSENINGS] if few else [],
        certainty=model.certainty(shown.taste) if own else None,
        ask=asked[0] if own and asked else None,
        more=min(state.k + STEP, MAX_K) if n_found == state.k < MAX_K else 0,
        spot=model.taste_coordinates(shown.taste) if state.tab == "explore" and len(shown.taste) else None,
    )


def _hint(visitor: Visitor, about: str) -> str:
    like = visitor.state.like
    if about == "like" and like is not None and not visitor.model.is_known(like):
        return visitor.words("results.like.unknown")
    return visitor.words("results.nobody.hint") if about == "nobody" else ""


def _heading(visitor: Visitor, about: str) -> Markup:
    state, said = visitor.state, visitor.words
    if about == "like" and state.like is not None:
        title = Markup("<bdi>{}</bdi>").format(said.label(visitor.model.catalogue[state.like]))
        return said("results.like", title=title)
    return said(f"results.{about}", user=str(state.user))
