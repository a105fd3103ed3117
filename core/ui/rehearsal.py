"""A rehearsal: a model is asked what visitors and programs ask, before it enters service.

It finds a model that loads but cannot answer. And it fills the caches: the first visitor after a start
or a change of hands waits no longer than the second.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from ..data.scale import WATCHED
from ..errors import HubError
from ..model.card import model_card
from ..model.model import Model
from ..serving.model_source import ServedModel
from ..watchlists.entries import Entry, Watchlist
from ..watchlists.matching import match_entries
from .api.endpoints import endpoints
from .first.content import Content
from .page.handlers import Handlers
from .page.people.person import Person
from .page.state import DIAL_STEPS, TABS, PageState
from .routes.list_upload import report
from .routes.map_and_code import packed_map
from .translations import LANGUAGES, texts_in


def rehearse(served: ServedModel) -> None:
    """Ask a model everything once: the page and the map in each language, all tabs, the endpoints, a watchlist.

    Raises whatever goes wrong. Only existing users may be out of reach, as they may be for visitors.
    """
    handlers, first = Handlers(lambda: served), Content(lambda: served)
    a_name = served.model.catalogue.title(0).name
    for language in LANGUAGES:
        first.additions("", language, root="")
        handlers.open({"query": "", "language": language})
        handlers.search({"query": a_name, "language": language})
        packed_map(served, texts_in(language), adult=False)
    for state in _states(served.model):
        handlers.show({"state": state.to_json()})
        handlers.change({"state": state.to_json()})
    _call_endpoints(served)
    _bring_a_watchlist(served.model)
    model_card(served.model.info, served.model.catalogue)


def _states(model: Model) -> Iterator[PageState]:
    """Yield states of the page: after some taps, with filters, on each tab, and for a group."""
    ids = [title.anime_id for title in model.suggest(model.nobody)] or model.item_ids[:6].tolist()
    low, high = model.rating_scale.low, model.rating_scale.high
    rated = tuple(zip(ids, (high, low, WATCHED, high), strict=False))
    visitor = PageState(ratings=rated)
    catalogue = model.catalogue
    yield visitor
    yield replace(visitor, genres=catalogue.genres[:1], types=catalogue.types[:1], sequels="new", dial=DIAL_STEPS)
    yield replace(visitor, like=ids[0])
    yield from (replace(visitor, tab=tab) for tab in TABS)
    yield replace(visitor, tab="together", others=(Person(ratings=rated[::-1]), Person(ratings=rated[1:])))
    for user_id in _some_users(model):
        yield replace(visitor, tab="user", user=user_id)


def _some_users(model: Model) -> list[int]:
    """Return an existing user, if there is one within reach."""
    with suppress(HubError):
        return [int(user_id) for user_id in model.user_ids[:1]]
    return []


def _call_endpoints(served: ServedModel) -> None:
    """Call each endpoint, and make JSON of its answer."""
    model = served.model
    anime_id = int(model.item_ids[0])
    ratings = {str(anime_id): model.rating_scale.high}
    arguments: dict[str, dict[str, object]] = {
        "search": {"query": model.catalogue.title(0).name},
        "recommend": {"ratings": ratings},
        "recommend_together": {"ratings": ratings, "other_ratings": {str(int(model.item_ids[-1])): WATCHED}},
        "similar": {"anime_id": anime_id},
    }
    by_name = {endpoint.name: endpoint for endpoint in endpoints(lambda: served)}
    calls = [(by_name[name], given) for name, given in arguments.items()]
    calls += [(by_name["recommend_for_user"], {"user_id": user_id}) for user_id in _some_users(model)]
    for endpoint, given in calls:
        json.dumps(endpoint(given), allow_nan=False)


def _bring_a_watchlist(model: Model) -> None:
    """Match a watchlist by the name of a title."""
    entry = Entry(None, None, (model.catalogue.title(0).name,), "completed", None)
    watchlist = Watchlist("MyAnimeList", "", (entry,))
    matched = match_entries(watchlist, model.catalogue, model.rating_scale)
    report(watchlist, matched, model, texts_in())
