"""The rehearsal fills all caches, and finds a model that cannot answer."""

from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import HubError, Model
from core.data.scale import WATCHED
from core.serving.model_source import ServedModel
from core.ui import rehearse
from core.ui.api.endpoints import endpoints
from core.ui.first.content import Content
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.state import TABS, PageState
from core.ui.routes.map_and_code import packed_map
from core.ui.translations import LANGUAGES, texts_in


def served(model: Model) -> ServedModel:
    return ServedModel(model, "a test", "", datetime.now(UTC))


def kept(thing: Any, path: str = "model", found: dict[int, str] | None = None) -> set[str]:
    """Return what an object and its parts keep, computed or given, as paths."""
    found = {} if found is None else found
    if id(thing) not in found and is_dataclass(thing):
        found[id(thing)] = path
        for name, part in vars(thing).items():
            kept(part, f"{path}.{name}", found)
            found.setdefault(id(part), f"{path}.{name}")
    return set(found.values())


def visit(model: ServedModel) -> None:
    """Visit the page as a stranger to the rehearsal: with other titles, filters and users."""
    handlers = Handlers(lambda: model)
    ids, user = model.model.item_ids[10:14].tolist(), int(model.model.user_ids[-1])
    ratings = tuple(zip(ids, (2, 9, WATCHED), strict=False))
    for language in LANGUAGES:
        Content(lambda: model).additions("", language, "https://anime.example")
        for tab in TABS:
            handlers.open({"query": f"tab={tab}", "language": language})
            state = PageState(
                tab, ratings=ratings, user=user, others=(Person(ratings=ratings[:1]),), exclude_genres=("Comedy",)
            )
            handlers.show({"state": state.to_json(), "language": language})
        handlers.search({"query": "more", "language": language})
        packed_map(model, texts_in(language), adult=False)
    by_name = {endpoint.name: endpoint for endpoint in endpoints(lambda: model)}
    by_name["similar"]({"anime_id": ids[1]})
    by_name["recommend"]({"ratings": {str(ids[0]): 4}, "sequels": "first"})


def test_first_visitor_waits_for_nothing_that_the_second_does_not(model_folder: Path) -> None:
    rehearsed, other = served(Model.load(model_folder)), served(Model.load(model_folder))
    rehearse(rehearsed)
    before = kept(rehearsed.model), set(rehearsed.made)
    visit(rehearsed)
    assert (kept(rehearsed.model), set(rehearsed.made)) == before
    cold = kept(other.model)
    visit(other)
    assert len(kept(other.model) - cold) > 20  # which the visitor would have computed


def test_every_tab_and_endpoint_is_rehearsed(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    tabs, names = set(), set()
    show, call = Handlers.show, type(endpoints(lambda: served(model))[0]).__call__
    monkeypatch.setattr(Handlers, "show", lambda self, sent: tabs.add(sent["state"]["tab"]) or show(self, sent))
    monkeypatch.setattr(
        "core.ui.api.endpoint.Endpoint.__call__", lambda self, given: names.add(self.name) or call(self, given)
    )
    rehearse(served(model))
    assert tabs == set(TABS)
    assert names == {endpoint.name for endpoint in endpoints(lambda: served(model))}


@pytest.mark.parametrize(
    ("part", "damaged", "error"),
    [("coordinates", np.full((60, 2), np.nan), ValueError), ("textbook", None, AttributeError)],
)
def test_model_that_cannot_answer_fails(part: str, damaged: Any, error: type[Exception], model: Model) -> None:
    with pytest.raises(error):
        rehearse(served(replace(model, **{part: damaged})))


def test_users_out_of_reach_are_no_failure(model: Model) -> None:
    def unreachable() -> Any:
        raise HubError("The Hub did not answer.")

    rehearse(served(replace(model, load_users=unreachable)))
