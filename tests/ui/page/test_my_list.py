"""The tab *My list*, without a browser: what stands on its shelves, in which order, and how much of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from small_data import catalogue_of

from core import WATCHED, Model
from core.serving.model_source import ServedModel
from core.ui.page.handlers import Handlers
from core.ui.page.my_list import shelf as shelves
from core.ui.page.my_list.shelf import ShelfView, kept_titles, shelves_of
from core.ui.page.state import PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import texts_in

KEPT = PageState(
    tab="list",
    ratings=((103, 9.0), (105, WATCHED), (107, 3.0), (104, 6.0), (109, WATCHED), (113, 6.0)),
    planned=(108, 112),
    dropped=(107, 109),
)


def served(model: Model) -> ServedModel:
    return ServedModel(model, "a test", "", datetime.now(UTC), "")


def visitor(model: Model, state: PageState = KEPT, language: str = "en") -> Visitor:
    return Visitor(state, served(model), texts_in(language))


def ids(model: Model, view: ShelfView, state: PageState = KEPT, language: str = "en") -> list[int]:
    """Return the ids of the entries that are not hidden."""
    shown = kept_titles(visitor(model, state, language), view)
    return [kept.title.anime_id for kept, is_hidden in shown if not is_hidden]


def test_each_title_stands_on_one_shelf() -> None:
    assert shelves_of(KEPT) == {
        "planned": {108: None, 112: None},
        "rated": {103: 9, 104: 6, 113: 6},
        "seen": {105: WATCHED},
        "dropped": {107: 3, 109: WATCHED},
    }


def test_entries_are_sorted_the_latest_first_among_equals(model: Model) -> None:
    def rated(order: str, language: str = "en") -> list[int]:
        return ids(model, ShelfView("rated", order), language=language)

    assert rated("latest") == [113, 104, 103]
    assert rated("rating") == [103, 113, 104]
    assert rated("members") == [103, 104, 113]
    assert rated("year") == [104, 103, 113]  # 2013, 2003, unknown
    assert rated("name") == [113, 103, 104]  # Show number13, Third Show, Épisode Zéro!
    assert rated("name", "ja") == [113, 103, 104]
    predicted = visitor(model).taste.predicted
    expected = [float(predicted[model.catalogue.position(anime_id)]) for anime_id in rated("expected")]
    assert expected == sorted(expected, reverse=True)
    assert ids(model, ShelfView("planned")) == [112, 108]


def test_search_finds_every_name(model: Model) -> None:
    for query in ("third", "number3 &", " THIRD SHOW "):
        assert ids(model, ShelfView.of({"shelf": "rated", "query": query}, shelves_of(KEPT))) == [103]
    assert ids(model, ShelfView("rated", query="三番目"), language="ja") == [103]
    shown = kept_titles(visitor(model), ShelfView("rated", query="third"))
    assert [is_hidden for _, is_hidden in shown] == [True, True, False]  # the browser can show them again


def test_long_shelf_is_cut_and_search_and_all_find_the_rest(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 1_500
    model = replace(model, catalogue=catalogue_of([{"members": n - number} for number in range(n)]))
    state = PageState(tab="list", planned=tuple(range(1, n + 1)))
    monkeypatch.setattr(Visitor, "taste", type("Taste", (), {"predicted": model.catalogue.members})())
    assert ids(model, ShelfView("planned"), state) == [*range(n, n - shelves.FEW, -1)]
    assert ids(model, ShelfView("planned", is_all=True), state) == [*range(n, n - shelves.MANY, -1)]
    assert ids(model, ShelfView("planned", query="show 77"), state) == [*range(779, 769, -1), 77]
    assert ids(model, ShelfView("planned", "members"), state)[:3] == [1, 2, 3]


@pytest.mark.parametrize("sent", [None, 5, [], {"shelf": "x", "order": 5, "query": None, "all": "yes"}])
def test_unknown_view_is_the_first_shelf_with_titles(sent: object) -> None:
    assert ShelfView.of(sent, shelves_of(KEPT)) == ShelfView("planned")
    assert ShelfView.of(sent, shelves_of(replace(KEPT, planned=()))) == ShelfView("rated")
    assert ShelfView.of(sent, shelves_of(PageState())) == ShelfView("planned")


def test_panel_shows_counts_and_entries_of_the_view(model: Model) -> None:
    handlers = Handlers(lambda: served(model))
    panel = handlers.show({"state": KEPT.to_json(), "mine": {"shelf": "dropped"}}).panel
    assert re.findall(r'<span class="number">(\d+)</span>', panel) == ["2", "3", "1", "2"]
    assert re.findall(r'<li data-id="(\d+)"', panel) == ["109", "107"]
    assert panel.count('aria-pressed="true" aria-label="Dropped') == 2
    assert "expected" in panel.split('data-id="109"')[1].split('data-id="107"')[0]
    part = handlers.change({"state": KEPT.to_json(), "mine": {"shelf": "rated", "order": "rating"}})
    assert re.findall(r'<li data-id="(\d+)"', part["mine"]) == ["103", "113", "104"]
    for shelf in shelves.SHELVES:
        empty = handlers.show({"state": {"tab": "list"}, "mine": {"shelf": shelf}}).panel
        assert str(texts_in()(f"mine.empty.{shelf}")) in empty
        assert 'data-do="numbers"' not in empty
    assert "Their list" in handlers.show({"state": KEPT.to_json() | {"handed": 1}}).panel


def test_numbers_are_those_of_the_own_ratings(model: Model) -> None:
    html = Handlers(lambda: served(model)).change({"state": KEPT.to_json(), "numbers": True})["numbers"]
    assert "4 rated, 6.0 on average." in html  # 9, 3, 6 and 6: a dropped title counts as it was rated
    assert "2 seen without a rating." in html
    assert "How you rate" in html
    assert re.findall(r"<span>(\d+)</span><b>", html) == ["0", "0", "1", "0", "0", "2", "0", "0", "1", "0"]
