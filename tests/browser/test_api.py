"""The web API through the unmodified clients: the same answers as the page and the model give."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from calls import FIELDS, posted, tool_called, tools_at
from gradio_client import Client
from gradio_client.exceptions import AppError

from core import Filters, Model
from core.serving.model_source import BUNDLED

ENDPOINTS = {"search", "recommend", "recommend_for_user", "recommend_together", "similar"}
MCP = "/gradio_api/mcp/"
RATINGS = {5114: 10, 9253: 9, 1535: -1}
SENT = {str(anime_id): rating for anime_id, rating in RATINGS.items()}


@pytest.fixture(scope="module")
def client(app: str) -> Client:
    return Client(app, verbose=False)


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(BUNDLED)


def as_json(found: list) -> list[dict[str, Any]]:
    return json.loads(json.dumps([item.as_dict() for item in found]))


def expected(model: Model, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model answers."""
    if name == "search":
        return as_json(model.catalogue.search(**arguments))
    novelty = arguments.get("novelty", 0.0)
    own = {"ratings", "other_ratings", "user_id", "anime_id", "k", "novelty"}
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
    filters = Filters(**{key: value for key, value in lists.items() if key not in own})
    if name == "similar":
        return as_json(model.similar(arguments["anime_id"], arguments["k"], filters))
    if name == "recommend_together":
        other = {int(anime_id): rating for anime_id, rating in arguments["other_ratings"].items()}
        both = (model.fold_in(RATINGS), model.fold_in(other))
        return as_json(model.recommend_together(both, arguments["k"], filters))
    taste = model.fold_in(RATINGS) if name == "recommend" else model.user_taste(arguments["user_id"])
    return as_json(model.recommend(taste, arguments["k"], filters, novelty))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("search", {"query": "steins gate", "limit": 2}),
        ("recommend", {"ratings": SENT, "k": 12, "genres": ["Drama"], "types": ["TV"], "min_year": 2000}),
        ("recommend", {"ratings": SENT, "k": 3, "sequels": "new", "exclude_ids": [19815], "novelty": 0.5}),
        ("recommend_for_user", {"user_id": 5, "k": 4, "sequels": "first", "max_year": 2010}),
        ("recommend_together", {"ratings": SENT, "other_ratings": {"4224": 9}, "k": 3, "sequels": "first"}),
        ("similar", {"anime_id": 5114, "k": 4, "exclude_genres": ["Military"], "min_members": 1000}),
    ],
)
def test_every_road_gives_the_answer_of_the_model(
    app: str, client: Client, bundled: Model, name: str, arguments: dict[str, Any]
) -> None:
    wanted = expected(bundled, name, arguments)
    assert client.predict(**arguments, api_name=f"/{name}") == wanted
    assert posted(app, f"run/{name}", arguments) == {"data": [wanted]}
    (content,) = tool_called(f"{app}{MCP}", name, arguments).content
    assert json.loads(content.text) == wanted
    assert wanted
    joint = {"predicted_ratings"} if name == "recommend_together" else {"predicted_rating"}
    assert name == "search" or set(wanted[0]) == FIELDS - {"predicted_rating"} | joint


def test_a_link_to_the_page_holds_the_same_list(app: str, client: Client) -> None:
    chosen = {"sequels": "first", "k": 5}
    query = urlencode({"rated": "5114:10,9253:9", "no": "Comedy", "novelty": 1, **chosen}, safe=":,")
    page = json.load(urlopen(f"{app}/list.json?{query}"))
    ratings = {"5114": 10, "9253": 9}
    assert page == client.predict(ratings, exclude_genres=["Comedy"], novelty=0.5, **chosen, api_name="/recommend")


def test_calls_by_position_may_leave_out_what_has_a_default(app: str, bundled: Model) -> None:
    wanted = as_json(bundled.recommend(bundled.fold_in(RATINGS), 2))
    assert posted(app, "run/recommend", {"data": [SENT, 2]}) == {"data": [wanted]}
    for values in ([SENT, 2], [SENT, 2, None, None, None, 0, None, None, False]):
        event = posted(app, "call/recommend", {"data": values})["event_id"]
        told = urlopen(f"{app}/gradio_api/call/recommend/{event}").read().decode()
        assert told.startswith("event: complete")
        assert json.loads(told.split("data: ", 1)[1]) == [wanted]


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
def test_errors_are_errors_with_a_sentence(
    app: str, client: Client, name: str, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=f"/{name}")
    with pytest.raises(HTTPError) as refused:
        posted(app, f"run/{name}", arguments)
    assert refused.value.code == 400
    told = json.load(refused.value)["error"]
    assert sentence in told
    result = tool_called(f"{app}{MCP}", name, arguments)
    assert result.isError
    assert result.content[0].text == told


@pytest.mark.parametrize("arguments", [{"query": 3}, {}, {"query": "x", "nonsense": 1}])
def test_mcp_refuses_what_no_schema_allows(app: str, arguments: dict[str, Any]) -> None:
    result = tool_called(f"{app}{MCP}", "search", arguments)
    assert result.isError
    assert "Traceback" not in result.content[0].text


def test_only_the_endpoints_are_public_and_all_they_take_is_described(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {f"/{name}" for name in ENDPOINTS}
    for endpoint in named.values():
        assert endpoint["description"]
        for parameter in endpoint["parameters"]:
            assert parameter["type"], parameter
            assert parameter["python_type"]["description"], parameter
    (recommended,) = named["/recommend"]["returns"]
    assert set(recommended["type"]["items"]["properties"]) == FIELDS


def test_tools_are_the_endpoints_in_few_words(app: str) -> None:
    tools = tools_at(f"{app}{MCP}")
    assert {tool.name for tool in tools} == ENDPOINTS
    for tool in tools:
        assert tool.description
        assert all(parameter["description"] for parameter in tool.inputSchema["properties"].values())
    assert sum(len(tool.model_dump_json(exclude_none=True)) for tool in tools) < 8_000


def test_healthz_tells_source_revision_and_age(app: str) -> None:
    health = json.load(urlopen(f"{app}/healthz"))
    assert health["status"] == "ok"
    assert health["source"] == "bundled with the app"
    assert len(health["revision"]) == 12
    assert health["age_seconds"] >= 0


def test_the_first_page_is_small(app: str) -> None:
    assert len(urlopen(app).read()) <= 150_000
