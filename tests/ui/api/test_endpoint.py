"""The web API without a server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Filters, HubError, InputError, Model
from core.serving.model_source import ServedModel
from core.ui.api.endpoint import Endpoint
from core.ui.api.endpoints import endpoints
from core.ui.api.http_routes import http_routes

Api = dict[str, Endpoint]
GOOD: dict[str, dict[str, Any]] = {
    "search": {"query": "show"},
    "recommend": {"ratings": {"103": 9}},
    "recommend_for_user": {"user_id": 1},
    "recommend_together": {"ratings": {"103": 9}, "other_ratings": {"105": 8}},
    "similar": {"anime_id": 103},
}
# Anything that a JSON parser returns, including 1e400 and NaN.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([10**400, -(10**400)]) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("103"), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def api(model: Model) -> Api:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return {endpoint.name: endpoint for endpoint in endpoints(lambda: served)}


@pytest.fixture
def http(api: Api) -> TestClient:
    return TestClient(Starlette(routes=[route for endpoint in api.values() for route in http_routes(endpoint)]))


def dicts(titles: list) -> list[dict]:
    return [title.as_dict() for title in titles]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_argument_is_answered_or_refused_with_a_sentence(api: Api, data: st.DataObject) -> None:
    endpoint = api[data.draw(st.sampled_from(sorted(api)))]
    name = data.draw(st.sampled_from([*endpoint.parameters, "nonsense"]))
    arguments = GOOD[endpoint.name] | {name: data.draw(JSON)}
    try:
        answer = endpoint(arguments)
    except InputError as error:
        answer = [{"error": str(error)}]
    assert len(json.dumps(answer, allow_nan=False)) < 100_000


@pytest.mark.parametrize(
    ("arguments", "filters"),
    [
        ({}, Filters()),
        ({"genres": ["Drama"], "exclude_genres": ["Comedy"]}, Filters(genres=("Drama",), exclude_genres=("Comedy",))),
        ({"types": ["TV"], "min_members": 500}, Filters(types=("TV",), min_members=500)),
        ({"min_year": 2002, "max_year": 2003}, Filters(min_year=2002, max_year=2003)),
        ({"adult": True}, Filters(adult=True)),
        ({"sequels": "first"}, Filters(sequels="first")),
        ({"sequels": "new", "exclude_ids": [102]}, Filters(sequels="new", exclude_ids=(102,))),
        ({"exclude_ids": [10**30, 105]}, Filters(exclude_ids=(105,))),
    ],
)
def test_filters_reach_the_model(api: Api, model: Model, arguments: dict, filters: Filters) -> None:
    taste = model.fold_in({103: 9, 105: -1})
    expected = dicts(model.recommend(taste, 50, filters, novelty=0.5))
    ratings = {"103": 9, "105": -1}
    assert api["recommend"]({"ratings": ratings, "k": 50, "novelty": 0.5, **arguments}) == expected
    user = int(model.user_ids[0])
    expected = dicts(model.recommend(model.user_taste(user), 50, filters))
    for user_id in (user, str(user)):
        assert api["recommend_for_user"]({"user_id": user_id, "k": 50, **arguments}) == expected
    assert api["similar"]({"anime_id": 103, "k": 50, **arguments}) == dicts(model.similar(103, 50, filters))


def test_titles_similar_to_an_adult_title_may_be_adult(api: Api, model: Model) -> None:
    adult = next(int(anime_id) for anime_id in model.item_ids if "Hentai" in model.catalogue[int(anime_id)].genres)
    assert api["similar"]({"anime_id": adult}) == dicts(model.similar(adult))
    popular = api["similar"]({"anime_id": adult, "k": 50, "min_members": 1})
    assert popular == dicts(model.similar(adult, 50, Filters(adult=True, min_members=1)))


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("recommend", {}, "/recommend needs ratings: By MyAnimeList id"),
        ("recommend", {"ratings": {}, "sequel": "first"}, "no parameter 'sequel'; it has ratings, k, genres"),
        ("recommend", {"ratings": {"103": 9}, "k": "ten"}, "k is 'ten'; expected a whole number. How many"),
        ("recommend", {"ratings": {"103": 9}, "k": True}, "k is True; expected a whole number"),
        ("recommend", {"ratings": {"103": None}}, "ratings: 103 is None; expected a number"),
        ("recommend", {"ratings": [103]}, "expected an object"),
        ("recommend", {"ratings": {"103": 9}, "adult": "no"}, "adult is 'no'; expected true or false"),
        ("recommend", {"ratings": {"103": 9}, "sequels": "none"}, "expected 'all', 'first' or 'new'"),
        ("recommend", {"ratings": {"103": 9}, "min_year": 10**400}, "expected a whole number up to"),
        ("recommend", {"ratings": {"9" * 5000: 9}}, "is not a MyAnimeList id"),
        ("recommend_for_user", {"user_id": "somebody"}, "no user 'somebody'.*for example"),
        ("recommend_for_user", {"user_id": 1.5}, "user_id is 1.5; expected a whole number"),
    ],
)
def test_wrong_argument_is_named_in_a_sentence(api: Api, name: str, arguments: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        api[name](arguments)


def test_plain_http_takes_arguments_by_name_or_by_position(http: TestClient, api: Api) -> None:
    expected = json.loads(json.dumps({"data": [api["recommend"]({"ratings": {"103": 9}, "k": 2})]}))
    for body in ({"ratings": {"103": 9}, "k": 2}, {"data": [{"103": 9}, 2]}, {"data": [{"103": 9}, 2, None, None]}):
        answer = http.post("/gradio_api/run/recommend", json=body)
        assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff", b"9" * 5000, b"[]", b"3", b'{"data": []}', b"{}"])
def test_plain_http_answers_any_body(http: TestClient, body: bytes) -> None:
    answer = http.post("/gradio_api/run/recommend", content=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    too_many = http.post("/gradio_api/run/search", json={"data": ["show", 3, 4]})
    assert (too_many.status_code, too_many.json()) == (400, {"error": "data has 3 values; /search takes query, limit."})


def test_unreachable_hub_is_not_the_fault_of_the_caller(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Model, user_id: int) -> None:
        raise HubError("The Hub is away; try again.")

    monkeypatch.setattr(Model, "user_taste", fail)
    answer = http.post("/gradio_api/run/recommend_for_user", json={"user_id": 1})
    assert (answer.status_code, answer.json()) == (503, {"error": "The Hub is away; try again."})


def test_answer_of_a_call_is_collected_once(http: TestClient, api: Api) -> None:
    for address in ("/gradio_api/call/search", "/gradio_api/call/search/", "/gradio_api/call/v2/search"):
        event_id = http.post(address, json={"query": "show", "limit": 2}).json()["event_id"]
        event = http.get(f"/gradio_api/call/search/{event_id}")
        assert event.headers["content-type"].startswith("text/event-stream")
        answer = json.dumps([api["search"]({"query": "show", "limit": 2})])
        assert event.text == f"event: complete\ndata: {answer}\n\n"
        assert http.get(f"/gradio_api/call/search/{event_id}").status_code == 404


def test_wrong_call_is_answered_with_a_sentence(http: TestClient) -> None:
    event_id = http.post("/gradio_api/call/search", json={"data": ["show", 0]}).json()["event_id"]
    event = http.get(f"/gradio_api/call/search/{event_id}").text
    assert event == 'event: error\ndata: {"error": "limit is 0; expected 1 to 100."}\n\n'
    refused = http.post("/gradio_api/call/search", content=b"[]")
    assert (refused.status_code, list(refused.json())) == (400, ["error"])


def test_oldest_calls_that_nobody_collects_are_forgotten(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.api.http_routes.MAX_CALLS", 2)
    event_ids = [http.post("/gradio_api/call/search", json={"query": "x"}).json()["event_id"] for _ in range(3)]
    statuses = [http.get(f"/gradio_api/call/search/{event_id}").status_code for event_id in event_ids]
    assert statuses == [404, 200, 200]
