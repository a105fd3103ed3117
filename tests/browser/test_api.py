"""The web API through unmodified clients: the answers are those of the page and of the model."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from calls import FIELDS, call_tool, call_tools_at_once, list_tools, post
from gradio_client import Client
from gradio_client.exceptions import AppError

from core import Filters, Model
from core.recommend.novelty import DEFAULT
from core.serving.model_source import BUNDLED

ENDPOINTS = {"search", "recommend", "recommend_for_user", "recommend_together", "similar"}
MCP = "/gradio_api/mcp/"
RATINGS = {5114: 10, 9253: 9, 1535: -1}
JSON_RATINGS = {str(anime_id): rating for anime_id, rating in RATINGS.items()}


@pytest.fixture(scope="module")
def client(app: str) -> Client:
    return Client(app, verbose=False)


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(BUNDLED)


def as_json(titles: list) -> list[dict[str, Any]]:
    return json.loads(json.dumps([title.as_dict() for title in titles]))


def model_answer(model: Model, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the model's own answer to the arguments of an endpoint."""
    if name == "search":
        return as_json(model.catalogue.search(**arguments))
    novelty = arguments.get("novelty", DEFAULT)
    own = {"ratings", "other_ratings", "user_id", "anime_id", "k", "novelty", "complete", "unseen"}
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
    filters = Filters(**{key: value for key, value in lists.items() if key not in own})
    if name == "similar":
        return as_json(model.similar(arguments["anime_id"], arguments["k"], filters))
    if name == "recommend_together":
        other = {int(anime_id): rating for anime_id, rating in arguments["other_ratings"].items()}
        tastes = (model.fold_in(RATINGS), model.fold_in(other))
        return as_json(model.recommend_together(tastes, arguments["k"], filters))
    if name == "recommend":
        taste = model.fold_in(RATINGS, arguments.get("complete"), arguments.get("unseen", ()))
    else:
        taste = model.user_taste(arguments["user_id"])
    return as_json(model.recommend(taste, arguments["k"], filters, novelty))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("search", {"query": "steins gate", "limit": 2}),
        ("recommend", {"ratings": JSON_RATINGS, "k": 12, "genres": ["Drama"], "types": ["TV"], "min_year": 2000}),
        ("recommend", {"ratings": JSON_RATINGS, "k": 3, "sequels": "new", "exclude_ids": [19815], "novelty": 0.5}),
        ("recommend", {"ratings": JSON_RATINGS, "k": 3, "complete": False, "unseen": [19815], "extras": True}),
        ("recommend_for_user", {"user_id": 5, "k": 4, "sequels": "first", "max_year": 2010}),
        ("recommend_together", {"ratings": JSON_RATINGS, "other_ratings": {"4224": 9}, "k": 3, "sequels": "first"}),
        ("similar", {"anime_id": 5114, "k": 4, "exclude_genres": ["Military"], "min_members": 1000}),
    ],
)
def test_every_client_gets_the_answer_of_the_model(
    app: str, client: Client, bundled: Model, name: str, arguments: dict[str, Any]
) -> None:
    expected = model_answer(bundled, name, arguments)
    assert client.predict(**arguments, api_name=f"/{name}") == expected
    assert post(app, f"run/{name}", arguments) == {"data": [expected]}
    (content,) = call_tool(f"{app}{MCP}", name, arguments).content
    assert json.loads(content.text) == expected
    assert expected
    joint = FIELDS - {"predicted_rating", "new_chance", "why"} | {"predicted_ratings", "names"}
    assert name == "search" or set(expected[0]) == (joint if name == "recommend_together" else FIELDS)


def test_page_and_client_give_the_same_list(app: str, client: Client) -> None:
    options = {"sequels": "first", "k": 5}
    query = urlencode({"rated": "5114:10,9253:9", "no": "Comedy", "dial": 2, **options}, safe=":,")
    page = json.load(urlopen(f"{app}/list.json?{query}"))
    ratings = {"5114": 10, "9253": 9}
    options |= {"exclude_genres": ["Comedy"], "novelty": 0.5, "complete": False}
    assert page == client.predict(ratings, **options, api_name="/recommend")


def test_calls_by_position_may_leave_out_defaults(app: str, bundled: Model) -> None:
    expected = as_json(bundled.recommend(bundled.fold_in(RATINGS), 2))
    assert post(app, "run/recommend", {"data": [JSON_RATINGS, 2]}) == {"data": [expected]}
    for values in ([JSON_RATINGS, 2], [JSON_RATINGS, 2, None, None, None, 0, None, None, False]):
        event_id = post(app, "call/recommend", {"data": values})["event_id"]
        event = urlopen(f"{app}/gradio_api/call/recommend/{event_id}").read().decode()
        assert event.startswith("event: complete")
        assert json.loads(event.split("data: ", 1)[1]) == [expected]


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("recommend", {"ratings": {"5114": 11}}, "expected a number from 1 to 10"),
        ("recommend", {"ratings": {"x": 1}}, "'x' is not a MyAnimeList id"),
        ("recommend", {"ratings": {"5114": 9}, "k": 0}, "k is 0"),
        ("recommend", {"ratings": {"5114": 9}, "genres": ["Nope"]}, "no genre 'Nope'"),
        ("recommend_for_user", {"user_id": 1234567890}, "no user 1234567890"),
        ("similar", {"anime_id": 0}, "no title with the id 0"),
        ("search", {"query": "x", "limit": 0}, "limit is 0"),
    ],
)
def test_every_client_gets_the_error_as_a_sentence(
    app: str, client: Client, name: str, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=f"/{name}")
    with pytest.raises(HTTPError) as refused:
        post(app, f"run/{name}", arguments)
    assert refused.value.code == 400
    error = json.load(refused.value)["error"]
    assert sentence in error
    result = call_tool(f"{app}{MCP}", name, arguments)
    assert result.isError
    assert result.content[0].text == error


@pytest.mark.parametrize("transport", ["", "sse"])
def test_arguments_are_taken_as_language_models_write_them(
    app: str, client: Client, bundled: Model, transport: str
) -> None:
    expected = as_json(bundled.recommend(bundled.fold_in(RATINGS), 2, Filters(genres=("Drama",))))
    arguments = {"ratings": json.dumps(JSON_RATINGS), "k": 2.0, "genres": '["Drama"]', "types": None, "adult": None}
    assert client.predict(**arguments, api_name="/recommend") == expected
    assert post(app, "run/recommend", arguments) == {"data": [expected]}
    wrong = ("recommend", {"ratings": 3})
    first, second, refused = call_tools_at_once(f"{app}{MCP}{transport}", [("recommend", arguments)] * 2 + [wrong])
    assert json.loads(first.content[0].text) == json.loads(second.content[0].text) == expected
    assert (refused.isError, refused.content[0].text[:32]) == (True, "ratings is 3; expected an object")


def test_calls_of_one_session_run_side_by_side_and_may_be_cancelled(client: Client) -> None:
    jobs = [client.submit(JSON_RATINGS, k, api_name="/recommend") for k in (3, 0, 4)]
    cancelled = client.submit(JSON_RATINGS, 1000, api_name="/recommend")
    assert cancelled.cancel()
    assert [len(jobs[0].result()), str(jobs[1].exception())[:7], len(jobs[2].result())] == [3, "k is 0;", 4]
    # Another session: a client gives up what it begins while its stream closes.
    assert len(Client(client.src, verbose=False).predict(JSON_RATINGS, 5, api_name="/recommend")) == 5


def test_exactly_the_endpoints_are_public_and_documented(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {f"/{name}" for name in ENDPOINTS}
    for endpoint in named.values():
        assert endpoint["description"]
        for parameter in endpoint["parameters"]:
            assert parameter["type"], parameter
            assert parameter["python_type"]["description"], parameter
    (answer,) = named["/recommend"]["returns"]
    assert set(answer["type"]["items"]["properties"]) == FIELDS


def test_tools_are_the_endpoints_briefly_described(app: str) -> None:
    tools = list_tools(f"{app}{MCP}")
    assert {tool.name for tool in tools} == ENDPOINTS
    for tool in tools:
        assert tool.description
        assert all(parameter["description"] for parameter in tool.inputSchema["properties"].values())
    listed = "".join(tool.model_dump_json(exclude_none=True) for tool in tools)
    assert len(listed) < 9_000
    for text in (listed, urlopen(f"{app}{MCP}schema").read().decode()):
        assert "oneOf" not in text
        assert "anyOf" not in text


def test_healthz_has_source_revision_and_age(app: str) -> None:
    health = json.load(urlopen(f"{app}/healthz"))
    assert health["status"] == "ok"
    assert health["source"] == "bundled with the app"
    assert len(health["revision"]) == 12
    assert health["age_seconds"] >= 0


def test_first_page_is_small(app: str) -> None:
    assert len(urlopen(app).read()) <= 150_000
