"""What the page's events call: handlers that take the state from a browser and return what changes on the page.

Nothing is kept on the server. The state lives in the browser and comes with every call.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from ...data.catalogue import Title
from ...serving.model_source import ServedModel
from ..rendering import render
from ..translations import texts_in
from . import views
from .details.panel import details
from .details.reasons import rank_without
from .my_list.panel import entries, numbers
from .people.person import read_people
from .results import results
from .search_panel import search_panel
from .state import PageState, link_content
from .tabs import panel
from .visitor import Visitor

LONGEST_QUERY = 200  # as in templates/search.html
SUGGESTED = 6
ON_REQUEST: dict[str, Callable[[Visitor, Any], str]] = {
    "mine": entries,
    "numbers": lambda visitor, _: numbers(visitor),
}
"""Parts that are shown on request, by the key in a call of `Handlers.change`, whose value they take: the view of
*My list*, and anything for the taste in numbers."""
TAKEN = ("ratings", "complete", "dropped", "preferred")  # of the person who made a link


class PageParts(NamedTuple):
    """The parts of the page that follow the state, as HTML."""

    banner: str
    wall: str
    rated: str
    dock: str
    panel: str
    controls: str
    results: str


class Handlers:
    """The handlers. ``current`` returns the model in service at the time of each call."""

    def __init__(self, current: Callable[[], ServedModel]) -> None:
        self._current = current

    def open(self, sent: Any, *, brief: bool = False) -> tuple[Any, ...]:
        """Return ``{"state": …, "shared": …}``, the parts, the shell in the visitor's language, and the footer.

        ``sent`` is ``{"query": of the address, "kept": state, "draft": state, "language": …}``. A shared list in the
        address comes before the kept state; ``draft`` is what the visitor made of that list since. ``brief`` leaves
        out what nobody sees at once.
        """
        served, sent = self._current(), _dict(sent)
        model, texts = served.model, texts_in(sent.get("language"))
        state, n_wrong = PageState.from_link(str(sent.get("query", "")), model)
        shared = replace(state, tab=PageState.tab) != PageState() or n_wrong > 0
        if shared and sent.get("draft"):
            state, n_wrong = PageState.from_json(sent["draft"], model)
        elif not shared:  # the address names at most a tab, which counts unless the page was left on another one
            state, n_wrong = PageState.from_json({"tab": state.tab} | _dict(sent.get("kept")), model)
        parts = _parts(Visitor(state, served, texts), shared, n_wrong, brief=brief)
        shell = [views.shell(part, texts) for part in views.SHELL]
        return ({"state": state.to_json(), "shared": shared}, *parts, *shell, views.footer(served, texts))

    def show(self, sent: Any) -> PageParts:
        """Return the parts for a changed state.

        ``sent`` is ``{"state": …, "shared": …, "language": …, "wall": ids of the titles on the wall, "all": whether
        to show all ratings, "mine": the view of *My list*}``.
        """
        visitor, n_wrong, sent = self._visitor(sent)
        return _parts(visitor, bool(sent.get("shared")), n_wrong, sent)

    def change(self, sent: Any) -> dict[str, Any] | None:
        """Return the fields of the state that change for a group; None for a link without ratings. Or return a
        part that is shown on request, ``{"mine": HTML}`` and such: see `ON_REQUEST`.

        ``sent`` is ``{"state": …}`` with a key of `ON_REQUEST`, with ``"link"``, to add somebody with the ratings of a
        link, or with ``"hand"``, to hand the screen over to one of the others, from 1, or back, 0. Without these,
        everybody gets their own lists on the tab of the group.
        """
        visitor, _, sent = self._visitor(sent)
        for name, part in ON_REQUEST.items():
            if name in sent:
                return {name: part(visitor, sent[name])}
        if link := str(sent.get("link") or ""):
            theirs = link_content(link[link.find("?") + 1 :])  # not read here: `show` counts wrong values
            person = {name: theirs[name] for name in TAKEN if name in theirs}
            (read,), _ = read_people([person], visitor.model)
            return {"others": [*visitor.state.to_json()["others"], person]} if read.ratings else None
        state, person = visitor.state, sent.get("hand")
        if isinstance(person, int):
            state = state.handed_over(max(person, 0))
        before = _dict(sent.get("state"))
        return {name: value for name, value in state.to_json().items() if value != before.get(name)}

    def search(self, sent: Any) -> str:
        """Return the titles for what is typed so far: ``{"query": …, "state": …, "language": …}``."""
        visitor, _, sent = self._visitor(sent)
        query = str(sent.get("query") or "")[:LONGEST_QUERY]
        return search_panel(query, visitor)

    def details(self, sent: Any) -> dict[str, Any]:
        """Return ``{"html": …}``, the details of a title: see `core.ui.page.details.panel`. Or return ``{"text": …}``,
        its rank without a rating.

        ``sent`` is ``{"state": …, "language": …, "id": of the title}``, with ``"without"``, the id of the rated title,
        for that rank.
        """
        visitor, _, sent = self._visitor(sent)
        if "without" not in sent:
            return {"html": details(sent.get("id"), visitor)}
        rank = rank_without(sent.get("id"), sent["without"], visitor)
        return {"text": "" if rank is None else str(visitor.texts("why.without", rank=rank))}

    def _visitor(self, sent: Any) -> tuple[Visitor, int, dict[str, Any]]:
        """Return the visitor, the number of values of their state that were left out, and what was sent."""
        served, sent = self._current(), _dict(sent)
        state, n_wrong = PageState.from_json(sent.get("state"), served.model)
        return Visitor(state, served, texts_in(sent.get("language"))), n_wrong, sent


def _dict(sent: Any) -> dict[str, Any]:
    """Return what a browser sent, or an empty dict for anything else than an object."""
    return sent if isinstance(sent, dict) else {}


def _parts(
    visitor: Visitor,
    shared: bool,
    n_wrong: int,
    sent: Mapping[str, Any] = MappingProxyType({}),
    *,
    brief: bool = False,
) -> PageParts:
    state, model, texts = visitor.state, visitor.model, visitor.texts
    left_out = (*state.unseen, *state.hidden)
    suggested = model.suggest(visitor.taste, 2 * SUGGESTED, left_out)
    wall = _wall(visitor, suggested, left_out, sent.get("wall"))
    return PageParts(
        banner=views.banner(visitor, shared, n_wrong),
        wall=views.wall(wall, visitor),
        rated=views.rated(visitor, None if sent.get("all") else views.RATED_SHOWN),
        dock=render("dock.html", texts, n_rated=len(state.ratings)),
        panel=panel(visitor, sent.get("mine")),
        controls="" if brief else views.controls(visitor),
        results=results(visitor, [title for title in suggested if title in wall], brief=brief),
    )


def _wall(visitor: Visitor, suggested: list[Title], left_out: tuple[int, ...], wall_ids: Any) -> list[Title]:
    """Return the titles to rate. A new wall has the titles with most members first. On a known wall titles keep their
    position until they are answered, or an answer shows that they were not seen; the best suggestion then takes it.

    ``suggested`` comes best first; ``left_out`` are ids of titles not to ask about; ``wall_ids`` are the titles on the
    wall as a browser sent them.
    """
    model = visitor.model
    askable, franchises = model.askable(visitor.taste, left_out), model.franchises.numbers

    def position(title: Title) -> int:
        return model.catalogue.position(title.anime_id)

    def standing(anime_id: Any) -> Title | None:
        is_title = isinstance(anime_id, int) and anime_id in model.catalogue
        return model.catalogue[anime_id] if is_title and askable[model.catalogue.position(anime_id)] else None

    wall = [standing(anime_id) for anime_id in wall_ids[:SUGGESTED]] if isinstance(wall_ids, list) else []
    taken = {franchises[position(title)] for title in wall if title}
    fresh = iter([title for title in suggested if franchises[position(title)] not in taken])
    if not any(wall):
        return sorted(islice(fresh, SUGGESTED), key=lambda title: -title.members)
    wall += [None] * (SUGGESTED - len(wall))
    return [title for title in (title or next(fresh, None) for title in wall) if title]
