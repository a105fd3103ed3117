"""The routes for plain HTTP and for Gradio's clients, without a server."""

import json
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import HubError, Model
from core.serving.model_source import ServedModel
from core.ui import build_page
from core.ui.api import calls
from core.ui.api.endpoint import Endpoint
from core.ui.api.gradio_page import Page
from core.ui.api.http_routes import http_routes

Api = dict[str, Endpoint]


@pytest.fixture(scope="module")
def page(model: Model) -> Page:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return build_page(lambda: served)


@pytest.fixture(scope="module")
def api(page: Page) -> Api:
    return {endpoint.name: endpoint for endpoint in page.endpoints}


@pytest.fixture
def http(page: Page) -> TestClient:
    return TestClient(Starlette(routes=http_routes(page.endpoints, page.functions)))


def number_of(page: Page, api_name: str) -> int:
    """Return the number that Gradio gave a function."""
    return next(entry["id"] for entry in page.config["dependencies"] if entry["api_name"] == api_name)


def events(text: str) -> list[dict]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line]


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


def test_failure_reaches_a_waiting_client(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Endpoint, arguments: dict) -> None:
        raise KeyError("a secret")

    event_id = http.post("/gradio_api/call/search", json={"query": "show"}).json()["event_id"]
    monkeypatch.setattr(Endpoint, "__call__", fail)
    event = http.get(f"/gradio_api/call/search/{event_id}").text
    assert event == 'event: error\ndata: {"error": "The server failed."}\n\n'


def test_calls_that_nobody_collects_are_dropped(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"query": "x" * 1000}).encode()
    monkeypatch.setattr(calls, "UNCOLLECTED_BYTES", 3 * len(body))
    http = TestClient(Starlette(routes=http_routes(page.endpoints, page.functions)))
    event_ids = [http.post("/gradio_api/call/search", content=body).json()["event_id"] for _ in range(5)]
    statuses = [http.get(f"/gradio_api/call/search/{event_id}").status_code for event_id in event_ids]
    assert statuses == [404, 404, 200, 200, 200]


def test_event_of_the_page_is_answered_with_its_outputs(http: TestClient, page: Page) -> None:
    sent = {"state": {"ratings": [[103, 9]]}, "language": "en"}
    body = {"fn_index": number_of(page, "show"), "data": [sent], "session_hash": "s", "trigger_id": 3}
    answer = http.post("/gradio_api/run/predict", json=body).json()
    n_outputs = len(page.config["dependencies"][body["fn_index"]]["outputs"])
    assert len(answer["data"]) == n_outputs == 7
    assert "Third Show" in "".join(answer["data"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fn_index": 10**6}, "fn_index is 1000000; expected the number of a function"),
        ({"fn_index": "7"}, "fn_index is '7'"),
        ({"fn_index": True}, "fn_index is True"),
        ({"fn_index": None}, "fn_index is None"),
        ({"data": {}}, "data is {}; expected a list"),
        ({"data": []}, "data has 0 values; expected 1"),
        ({"data": [{}, {}]}, "data has 2 values; expected 1"),
    ],
)
def test_wrong_event_is_answered_with_a_sentence(http: TestClient, page: Page, changes: dict, sentence: str) -> None:
    body = {"fn_index": number_of(page, "show"), "data": [{}]} | changes
    answer = http.post("/gradio_api/run/predict", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_client_of_gradio_collects_the_calls_of_its_session(http: TestClient, page: Page, api: Api) -> None:
    number = number_of(page, "search")

    def join(values: list, session: str) -> str:
        body = {"fn_index": number, "data": values, "session_hash": session}
        return str(http.post("/gradio_api/queue/join", json=body).json()["event_id"])

    first, second, _ = join(["show", 2], "mine"), join(["show", 0], "mine"), join(["show"], "other")
    completed, failed, closed = events(http.get("/gradio_api/queue/data?session_hash=mine").text)
    assert completed["event_id"], failed["event_id"] == (first, second)
    assert completed["success"]
    assert completed["output"]["data"] == json.loads(json.dumps([api["search"]({"query": "show", "limit": 2})]))
    assert (failed["success"], failed["output"]) == (False, {"error": "limit is 0; expected 1 to 100."})
    assert closed["msg"] == "close_stream"
    assert [event["msg"] for event in events(http.get("/gradio_api/queue/data?session_hash=mine").text)] == [
        "close_stream"
    ]


@pytest.mark.parametrize("session", [None, 5, "", "s" * 65])
def test_call_without_a_session_is_refused(http: TestClient, page: Page, session: object) -> None:
    body = {"fn_index": number_of(page, "search"), "data": ["show"], "session_hash": session}
    answer = http.post("/gradio_api/queue/join", json=body)
    assert (answer.status_code, answer.json()["error"][:12]) == (400, "session_hash")


def test_cancelled_call_is_not_answered(http: TestClient, page: Page) -> None:
    body = {"fn_index": number_of(page, "search"), "data": ["show"], "session_hash": "mine"}
    event_id = http.post("/gradio_api/queue/join", json=body).json()["event_id"]
    assert http.post("/gradio_api/cancel", json={"event_id": event_id}).json() == {"success": True}
    assert len(events(http.get("/gradio_api/queue/data?session_hash=mine").text)) == 1


def test_nothing_is_computed_for_a_caller_who_does_not_come_back(
    http: TestClient, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Endpoint, arguments: dict) -> None:
        raise AssertionError

    monkeypatch.setattr(Endpoint, "__call__", fail)
    assert http.post("/gradio_api/call/search", json={"query": "show"}).status_code == 200


def test_description_names_the_prefix_of_a_proxy(page: Page) -> None:
    app = Starlette(routes=http_routes(page.endpoints, page.functions))
    for prefix, server in (("", "/"), ("/behind", "/behind")):
        described = TestClient(app, root_path=prefix).get(f"{prefix}/gradio_api/openapi.json").json()
        assert described["servers"] == [{"url": server}]
        assert described["paths"]["/gradio_api/run/search"]["post"]["operationId"] == "search"
