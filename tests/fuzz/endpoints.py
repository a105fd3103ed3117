"""Requests to every address: the server never fails, and an error has one form.

The first byte of an input chooses an address of `ADDRESSES`, the rest of the first line continues it, and the other
lines are the body. The gates and our own routes answer in this process, from a small model, without Gradio's routes.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from fuzz.lists import corpus as lists
from fuzz.models import models
from starlette.applications import Starlette
from starlette.types import Message

from core import Model
from core.gates.gates import Gates
from core.gates.load import Load
from core.gates.measures import Measures
from core.serving.model_source import ServedModel
from core.ui import build_page
from core.ui.server import own_routes

ENDPOINTS: dict[str, dict[str, Any]] = {
    "search": {"query": "show", "limit": 3},
    "recommend": {"ratings": {"103": 9, "105": -1}, "k": 3, "genres": ["Drama"], "sequels": "new", "novelty": 0.5},
    "recommend_for_user": {"user_id": 5, "k": 3, "exclude_genres": '["Comedy"]', "min_year": 2000, "adult": None},
    "recommend_together": {"ratings": {"103": 9}, "other_ratings": {"105": 2.5}, "k": 3.0, "balance": 1},
    "similar": {"anime_id": 103, "k": 3, "types": ["TV"], "exclude_ids": [104], "min_members": 10},
}
FILES = (
    "/list.csv", "/list.json", "/map.json", "/map-factor", "/model-card", "/code/core/", "/healthz", "/readyz",
    "/metrics", "/gradio_api/openapi.json", "/gradio_api/call/", "/gradio_api/queue/data", "/anisvd/", "/",
)  # fmt: skip
ADDRESSES = (
    *[("POST", f"/gradio_api/{way}/{name}") for name in ENDPOINTS for way in ("run", "api", "call", "call/v2")],
    *[("POST", f"/gradio_api/{path}") for path in ("run/predict", "queue/join", "cancel", "reset", "mcp", "upload")],
    ("POST", "/bring"),
    *[("GET", path) for path in FILES],
    ("HEAD", "/list.csv"), ("PUT", "/gradio_api/run/search"), ("OPTIONS", "/bring"), ("\u00c9", "/"),
)  # fmt: skip
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))  # a web server refuses other characters in an address
LOOP = asyncio.new_event_loop()
Reply = tuple[int, dict[str, str], bytes]


@cache
def gates() -> Gates:
    """Return the gates with our routes behind them."""
    with tempfile.TemporaryDirectory() as name:
        for file, content in models()[0].items():
            (Path(name) / file).write_bytes(content)
        model = Model.load(name)
        _ = model.users
    served = ServedModel(model, "a harness", "", datetime.now(UTC), "")
    load = Load(1, 1)
    measures = Measures(load, lambda: "")
    routes, addresses = own_routes(build_page(lambda: served), lambda: served, load, measures)
    return Gates(Starlette(routes=routes), addresses, load, measures)


def request(number: int, more: str = "", body: Any = b"") -> bytes:
    """Return the input for a request to an address."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bytes([number]) + more.encode() + b"\n" + content


def corpus() -> Iterator[bytes]:
    """Yield a request to each address, with values that it takes."""
    gates()  # made here, its time counts for no input
    for number, (_, path) in enumerate(ADDRESSES):
        arguments = ENDPOINTS.get(path.rpartition("/")[2], {})
        yield request(number, "", arguments)
        yield request(number, "/", {"data": list(arguments.values())})
    by_path = {path: number for number, (_, path) in reversed(list(enumerate(ADDRESSES)))}
    state = {
        "ratings": [[103, 9], [105, -1]],
        "tab": "together",
        "others": [{"ratings": [[104, 3]], "name": "<b>"}],
        "genres": ["Drama"],
        "k": 5,
    }
    for function in range(15):
        body = {"fn_index": function, "data": [{"state": state, "language": "ja", "query": "sh"}], "session_hash": "s"}
        yield request(by_path["/gradio_api/run/predict"], "", body)
        yield request(by_path["/gradio_api/queue/join"], "", body)
    for path in ("/list.csv", "/list.json"):
        yield request(by_path[path], "?rated=103:10,105:seen&tab=together&partner=104:3&no=Drama&user=5&like=103&k=7")
    yield request(by_path["/map.json"], "?language=ja&adult=1&version=1")
    yield request(by_path["/map-factor"], "?number=3&adult=1&version=1")
    yield request(by_path["/code/core/"], "model/model.py")
    for content in dict.fromkeys(data[1:] for data in lists()):
        yield request(by_path["/bring"], "?language=id&scale=POINT_100&pasted=1", content)


def one_input(data: bytes) -> None:
    """Send a request, collect the answer of a call, and check both."""
    line, _, body = data[1:].partition(b"\n")
    method, path = ADDRESSES[(data or b"\0")[0] % len(ADDRESSES)]
    status, _, content = check(LOOP.run_until_complete(reply(method, path.encode() + line, body)))
    if method == "POST" and status == HTTPStatus.OK and (event_id := json.loads(content).get("event_id")):
        session = json.loads(body).get("session_hash", "")
        name = path.rpartition("/")[2]
        address = f"queue/data?session_hash={quote(session)}" if name == "join" else f"call/{name}/{event_id}"
        check(LOOP.run_until_complete(reply("GET", f"/gradio_api/{address}".encode(), b"")))


def check(answer: Reply) -> Reply:
    """Return an answer that is right, or raise."""
    status, headers, content = answer
    if status >= HTTPStatus.BAD_REQUEST and headers[":method"] != "HEAD":
        assert status < HTTPStatus.INTERNAL_SERVER_ERROR or (
            status == HTTPStatus.SERVICE_UNAVAILABLE and headers.get("retry-after")
        ), answer
        assert headers["content-type"] == "application/json", answer
        error = json.loads(content)
        assert list(error) == ["error"], answer
        assert isinstance(error["error"], str), answer
    elif headers.get("content-type") == "application/json" and "content-encoding" not in headers:
        json.loads(content or b"0", parse_constant=lambda name: 1 / 0)
    return answer


async def reply(method: str, address: bytes, body: bytes) -> Reply:
    """Return the status, headers and content of the answer to a request."""
    path, _, query = quote(address, safe=PRINTABLE).encode().partition(b"?")
    headers = [(b"host", b"anisvd.example"), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"), "raw_path": path, "query_string": query,
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("anisvd.example", 80), "state": {},
    }  # fmt: skip
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    await gates()(scope, receive, send)
    assert not sent[-1].get("more_body"), "the answer has no end"
    begin, *parts = sent
    names = {name.decode().lower(): value.decode("latin-1") for name, value in begin["headers"]}
    return begin["status"], names | {":method": method}, b"".join(part.get("body", b"") for part in parts)
