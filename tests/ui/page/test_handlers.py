"""The handlers, without a browser: what a state leads to."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import HubError, Model
from core.serving.model_source import ServedModel
from core.ui.page.active_filters import loosenings, wishes
from core.ui.page.answers import answer
from core.ui.page.covers import MOTIFS, drawn_cover
from core.ui.page.handlers import Flows
from core.ui.page.state import PageState
from core.ui.routes.downloads import download_routes
from core.ui.translations import words


def served(model: Model) -> ServedModel:
    return ServedModel(model, "a test", "", datetime.now(UTC), "")


@pytest.fixture
def flows(model: Model) -> Flows:
    return Flows(lambda: served(model))


def test_a_page_opens_with_a_link_before_what_was_kept(flows: Flows, model: Model) -> None:
    kept = PageState(ratings=((105, 8),)).to_json()
    opened, banner, *_ = flows.open({"query": "?rated=103:9", "kept": kept, "draft": None})
    assert opened["shared"]
    assert opened["state"]["ratings"] == [[103, 9]]
    assert "shared this list" in banner
    opened, banner, *_ = flows.open({"query": "?rated=103:9", "kept": kept, "draft": PageState(k=5).to_json()})
    assert (opened["shared"], opened["state"]["k"], opened["state"]["ratings"]) == (True, 5, [])
    opened, banner, *_ = flows.open({"query": "?__theme=dark", "kept": kept, "draft": None})
    assert (opened["shared"], opened["state"]["ratings"], banner.strip()) == (False, [[105, 8]], "")
    del kept["tab"]  # only a page that was left and comes back tells where it was
    opened, banner, *_ = flows.open({"query": "?tab=how", "kept": kept, "draft": None})
    assert (opened["shared"], opened["state"]["tab"], opened["state"]["ratings"]) == (False, "how", [[105, 8]])
    opened, banner, *_ = flows.open({"query": "?tab=how", "kept": kept | {"tab": "rate"}, "draft": None})
    assert opened["state"]["tab"] == "rate"


@pytest.mark.parametrize("sent", [None, 5, "x", [], {}, {"state": 5}, {"state": {"ratings": "x"}}])
def test_whatever_a_browser_sends_is_answered(flows: Flows, sent: object) -> None:
    assert "Loved by most" in flows.show(sent).results
    assert "Loved by most" in flows.open(sent)[7]
    assert flows.search(sent).strip() == ""


def test_users_that_cannot_be_fetched_get_a_sentence(model: Model) -> None:
    def away() -> None:
        raise HubError("The Hub is away.")

    broken = replace(model, load_users=away)
    parts = Flows(lambda: served(broken)).show({"state": {"tab": "user", "user": 1}})
    assert "cannot be fetched right now" in parts.panel
    assert "Loved by most" in parts.results


def test_a_visitors_own_titles_are_not_recommended_to_them_as_another_user(model: Model) -> None:
    user = int(model.user_ids[3])
    plain = answer(PageState(tab="user", user=user), model).recommendations
    assert [item.anime_id for item in plain] == [
        item.anime_id for item in model.recommend(model.user_taste(user), 10, PageState().filters())
    ]
    seen = plain[0].anime_id
    again = answer(PageState(tab="user", user=user, ratings=((seen, 9),)), model).recommendations
    assert seen not in [item.anime_id for item in again]


def test_wishes_name_what_narrows_the_list_and_loosenings_what_helps(model: Model) -> None:
    state = PageState(genres=("Comedy",), min_year=2010, likes_only=True, without=(103,), novelty=-1, sequels="all")
    assert {wish.label for wish in wishes(state, model, words())} == {
        "only Comedy", "from 2010", "Likes only", "without Third Show", "mainstream", "sequels, too",
    }  # fmt: skip
    assert wishes(PageState(), model, words()) == []
    found = loosenings(state, model.fold_in({}), model, words())
    assert found[0].label == "Also before 2010"
    assert [wish.count for wish in found] == sorted((wish.count for wish in found), reverse=True)
    now = model.fold_in({}).allowed(state.filters()).sum()
    assert all(wish.count > now for wish in found)


def test_downloads_hold_the_list_and_no_formula(model: Model) -> None:
    client = TestClient(Starlette(routes=download_routes(lambda: served(model))))
    query = "rated=103:9,105:8&k=60&sequels=all"
    items = client.get(f"/list.json?{query}").json()
    expected = model.recommend(model.fold_in({103: 9, 105: 8}), 60, PageState(sequels="all").filters())
    assert items == json.loads(json.dumps([item.as_dict() for item in expected]))
    text = client.get(f"/list.csv?{query}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["anime_id"]) for row in rows] == [item["anime_id"] for item in items]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    wrong = client.get("/list.csv?tab=user&user=nobody")
    assert (wrong.status_code, "no user 'nobody'" in wrong.text) == (404, True)


def test_names_like_formulas_are_disarmed() -> None:
    from core.ui.routes.downloads import _cell

    assert [_cell(value) for value in ("=1+1", "@x", "-5", "a", 5, None)] == ["'=1+1", "'@x", "'-5", "a", 5, None]


def test_every_title_has_a_drawn_cover(model: Model) -> None:
    drawn = [drawn_cover(title) for title in map(model.catalogue.title, range(len(model.catalogue)))]
    assert {cover.motif for cover in drawn} <= {motif for motif, _, _ in MOTIFS}
    assert all(0 <= cover.hue < 360 for cover in drawn)
    assert len(set(drawn)) > 10


def test_ten_visitors_at_once_get_each_their_own(flows: Flows, model: Model) -> None:
    states = [PageState(ratings=((100 + number, 9.0), (130 + number, 3.0)), k=3 + number) for number in range(10)]
    alone = [flows.show({"state": state.to_json()}) for state in states]
    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(lambda state: flows.show({"state": state.to_json()}), states * 10))
    assert together == alone * 10
    assert len({parts.results for parts in alone}) == 10
