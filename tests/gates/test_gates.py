"""The gates in front of a small app, without a network."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from waiting import HANG_SECONDS

from core.gates import bodies
from core.gates import load as loads
from core.gates.addresses import JSON_BYTES, Addresses
from core.gates.gates import Gates
from core.gates.load import Load
from core.gates.measures import Measures

OWN = "https://anisvd.example"


class Server:
    """The gates with an app behind them, whose work ends when the test lets it."""

    def __init__(self, places: int = 2, seats: int = 1) -> None:
        self.let_go, self.begun = asyncio.Event(), 0
        routes: list[Route | Mount] = [
            Route("/echo", self.echo, methods=["POST"]),
            Route("/list", self.echo, methods=["POST"]),
            Route("/wait", self.wait),
            Route("/fail", self.fail),
            Route("/refuse", self.refuse),
            Route("/call/{name}", self.echo, methods=["POST"]),
            Mount("/files", Starlette(routes=[Route("/x", self.refuse)])),
        ]
        cors = Middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True)
        self.load = Load(places, seats)
        self.measures = Measures(self.load, lambda: "abc")
        addresses = Addresses(routes, {}, {"/list": 10 * JSON_BYTES})
        self.gates = Gates(Starlette(routes=routes, middleware=[cors]), addresses, self.load, self.measures)
        transport = httpx.ASGITransport(self.gates)
        self.client = httpx.AsyncClient(transport=transport, base_url=OWN, timeout=HANG_SECONDS)

    async def echo(self, request: Request) -> JSONResponse:
        return JSONResponse({"received": len(await request.body())})

    async def wait(self, request: Request) -> PlainTextResponse:
        self.begun += 1
        await self.let_go.wait()
        return PlainTextResponse("done")

    async def fail(self, request: Request) -> None:
        raise ValueError(f"a secret: {request.query_params}")

    async def refuse(self, request: Request) -> None:
        raise HTTPException(418, "I am a teapot.")

    async def begin(self, n: int) -> list[asyncio.Task[httpx.Response]]:
        """Start requests for work, and return when each is at work, waits, or is refused."""
        tasks = [asyncio.create_task(self.client.get("/wait")) for _ in range(n)]
        async with asyncio.timeout(HANG_SECONDS):
            while sum(task.done() for task in tasks) + self.load.at_work + self.load.waiting < n:
                await asyncio.sleep(0)
        return tasks


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/gradio_api/upload", 404),
        ("POST", "/gradio_api/upload", 404),
        ("GET", "/gradio_api/deep_link", 404),
        ("POST", "/gradio_api/process_recording", 404),
        ("GET", "/gradio_api/proxy=http://example.org/", 404),
        ("GET", "/gradio_api/file=/etc/passwd", 404),
        ("POST", "/gradio_api/component_server", 404),
        ("POST", "/gradio_api/vibe-edit", 404),
        ("GET", "/monitoring", 404),
        ("GET", "/echo", 405),
        ("PUT", "/", 405),
        ("POST", "/call/x/y", 404),
    ],
)
def test_only_known_addresses_exist(method: str, path: str, status: int) -> None:
    async def test() -> None:
        answer = await Server().client.request(method, path, json={})
        assert (answer.status_code, list(answer.json())) == (status, ["error"])

    asyncio.run(test())


async def pieces(n: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(n):
        yield b" " * size


@pytest.mark.parametrize(
    "content",
    [b" " * (JSON_BYTES + 1), pieces(JSON_BYTES // 1024 + 1, 1024), b'"' + b"x" * JSON_BYTES + b'"'],
    ids=["with its length", "in pieces", "valid JSON"],
)
def test_large_body_is_refused(content: Any) -> None:
    async def test() -> None:
        answer = await Server().client.post("/echo", content=content)
        assert answer.status_code == 413
        assert answer.json() == {"error": "The body is larger than 1 MiB, the most that this address takes."}

    asyncio.run(test())


def test_body_is_not_kept_beyond_its_limit_nor_received_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_DROPPED", 10 * 1024)

    async def test() -> None:
        received = 0

        async def receive() -> dict[str, Any]:
            nonlocal received
            received += 1
            kept.append(server.gates._bodies.held)
            return {"type": "http.request", "body": b" " * 1024, "more_body": True}

        sent: list[dict[str, Any]] = []
        kept: list[int] = []

        async def send(message: Any) -> None:
            sent.append(message)

        server = Server()
        scope = {"type": "http", "method": "POST", "path": "/echo", "headers": [], "query_string": b""}
        await server.gates(scope, receive, send)
        assert sent[0]["status"] == 413
        assert received == JSON_BYTES // 1024 + 11
        assert max(kept) == JSON_BYTES
        assert kept[-1] == server.gates._bodies.held == 0

    asyncio.run(test())


def test_address_of_lists_takes_more() -> None:
    async def test() -> None:
        client = Server().client
        answer = await client.post("/list", content=b"<" * (5 << 20))
        assert answer.json() == {"received": 5 << 20}
        assert (await client.post("/list", content=b"<" * (10 << 20 | 1))).status_code == 413

    asyncio.run(test())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"9" * 5000, "is no JSON"),
        (b"[" + b"[]," * 100_000 + b"[]]", "more than 100,000 values"),
        (json.dumps({"data": [{"path": "x", "meta": {"_type": "gradio.FileData"}}]}).encode(), "names a file"),
        (rb'{"a": [[{"\u0070ath": "x", "url": "http://example.org", "meta": {}}]]}', "names a file"),
    ],
)
def test_wrong_json_is_refused(content: bytes, sentence: str) -> None:
    async def test() -> None:
        answer = await Server().client.post("/echo", content=content)
        assert answer.status_code == 400
        assert sentence in answer.json()["error"]

    asyncio.run(test())


def test_late_body_is_refused_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)

    async def late() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    async def test() -> None:
        server = Server()
        answer = await server.client.post("/echo", content=late())
        assert (answer.status_code, answer.headers["connection"]) == (408, "close")
        assert server.gates._bodies.held == 0

    asyncio.run(test())


def test_all_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_HELD", 1000)

    async def test() -> None:
        server = Server()
        assert (await server.client.post("/echo", content=b" " * 1001)).status_code == 503
        assert (await server.client.post("/echo", content=b"[]" + b" " * 900)).status_code == 200
        assert (await server.client.post("/echo", content=b"[]" + b" " * 900)).status_code == 200

    asyncio.run(test())


def test_overload_has_words() -> None:
    async def test() -> None:
        server = Server(places=2, seats=1)
        tasks = await server.begin(5)
        assert (server.load.at_work, server.load.waiting, server.begun) == (2, 1, 2)
        refused = [task.result() for task in tasks if task.done()]
        assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "2")] * 2
        assert refused[0].json() == {"error": "The server is busy. Try again in a moment."}
        server.let_go.set()
        assert sorted(answer.status_code for answer in await asyncio.gather(*tasks)) == [200, 200, 200, 503, 503]
        assert (server.load.at_work, server.load.waiting) == (0, 0)

    asyncio.run(test())


def test_person_who_opens_a_busy_page_sees_a_page_that_tries_again() -> None:
    async def test() -> None:
        server = Server(places=1, seats=1)
        tasks = await server.begin(2)
        answer = await server.client.get("/", headers={"Accept": "text/html,*/*"})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert 'http-equiv="refresh"' in answer.text
        server.let_go.set()
        await asyncio.gather(*tasks)

    asyncio.run(test())


def test_nobody_waits_longer_than_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "WAITING_SECONDS", 0.01)

    async def test() -> None:
        server = Server(places=1, seats=5)
        first, second = await server.begin(2)
        assert (await second).status_code == 503
        server.let_go.set()
        assert (await first).status_code == 200
        assert (server.load.at_work, server.load.waiting) == (0, 0)

    asyncio.run(test())


def test_nothing_is_done_for_visitors_who_have_left() -> None:
    async def test() -> None:
        load, leave = Load(1, 5), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await leave.wait()
            return {"type": "http.disconnect"}

        async with load.place(receive):
            waiting = asyncio.ensure_future(load.place(receive).__aenter__())
            while not load.waiting:
                await asyncio.sleep(0)
            leave.set()
            with pytest.raises(ClientDisconnect):
                await waiting
        assert (load.at_work, load.waiting) == (0, 0)

    asyncio.run(test())


def test_every_answer_has_the_safe_headers() -> None:
    async def test() -> None:
        client = Server().client
        for path in ("/refuse", "/nothing", "/fail", "/files/x"):
            headers = (await client.get(path)).headers
            assert "frame-ancestors 'self' https://huggingface.co" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "strict-origin-when-cross-origin"

    asyncio.run(test())


def test_only_our_own_origin_gets_credentials() -> None:
    async def test() -> None:
        client = Server().client
        own = await client.post("/echo", content=b"[]", headers={"Origin": OWN})
        assert own.headers["access-control-allow-credentials"] == "true"
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"{OWN}.evil.example"}):
            other = await client.post("/echo", content=b"[]", headers=headers)
            assert other.status_code == 200
            assert "access-control-allow-credentials" not in other.headers

    asyncio.run(test())


def test_errors_have_one_form_and_no_text_of_a_visitor_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        client = Server().client
        refused, failed = await client.get("/refuse"), await client.get("/fail?canary")
        assert (refused.status_code, refused.json()) == (418, {"error": "I am a teapot."})
        assert failed.status_code == 500
        assert failed.json()["error"].startswith("The server failed. Its log names this request ")

    with caplog.at_level(logging.INFO):
        asyncio.run(test())
    ours = "\n".join(record.message for record in caplog.records if record.name != "httpx")
    assert "ValueError in fail, test_gates.py:" in ours
    assert "canary" not in ours
    assert "secret" not in ours


def test_each_request_is_a_line_of_log_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()

    async def test() -> None:
        await server.client.post("/call/somebody?name=canary", content=b"[1]")
        await server.client.get("/canary")

    with caplog.at_level(logging.INFO, "anisvd.requests"):
        asyncio.run(test())
    called, unknown = [json.loads(record.message) for record in caplog.records if record.name == "anisvd.requests"]
    assert set(called) == {"id", "method", "route", "outcome", "milliseconds", "revision"}
    assert (called["route"], called["outcome"], called["revision"]) == ("/call/{name}", 200, "abc")
    assert (unknown["route"], unknown["outcome"]) == ("unknown", 404)
    assert "canary" not in json.dumps([called, unknown])
    text = server.measures.text().decode()
    assert 'anisvd_requests_total{outcome="200",route="/call/{name}"} 1.0' in text
    assert "anisvd_received_bytes_total 3.0" in text
    assert "anisvd_at_work 0.0" in text
    assert "process_resident_memory_bytes" in text


def test_prefix_of_a_proxy_is_no_part_of_an_address() -> None:
    async def test() -> None:
        server = Server()
        transport = httpx.ASGITransport(server.gates, root_path="/anime")
        client = httpx.AsyncClient(transport=transport, base_url=OWN)
        assert (await client.get("/anime/refuse")).status_code == 418
        assert (await client.get("/anime/nothing")).status_code == 404

    asyncio.run(test())
