"""Connections to a real server, from clients that keep it waiting."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from small_data import ROOT
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from waiting import HANG_SECONDS, wait_until

from core.gates import connections
from core.gates.connections import OWN_FILES, ConnectionLimits, PatientProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = 64 << 20


@pytest.fixture
def server() -> Iterator[uvicorn.Server]:
    release = threading.Event()

    def slow(request: Request) -> Response:
        release.wait(HANG_SECONDS)
        return Response(b"slow")

    routes = [
        Route("/", lambda request: Response(b"hello")),
        Route("/large", lambda request: Response(b" " * LARGE)),
        Route("/slow", slow),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", http=PatientProtocol)
    server = uvicorn.Server(config)
    server.release = release  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield server
    release.set()
    server.should_exit = True
    thread.join(HANG_SECONDS)


@contextmanager
def connected(server: uvicorn.Server) -> Iterator[socket.socket]:
    address = server.servers[0].sockets[0].getsockname()
    with socket.create_connection(address, timeout=HANG_SECONDS) as client:
        yield client


def read_to_the_end(client: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := client.recv(1 << 16):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("begin", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: localhost\r\n", REQUEST + b"GET /"])
def test_half_sent_request_ends_the_connection(
    server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.1)
    with connected(server) as client:
        client.sendall(begin)
        assert read_to_the_end(client).startswith(b"HTTP/1.1 200 OK") == (REQUEST in begin)


def test_unread_answer_ends_the_connection(server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.1)
    with connected(server) as client:
        client.sendall(REQUEST.replace(b"/ ", b"/large ", 1))
        wait_until(lambda: len(server.server_state.connections) == 1)
        wait_until(lambda: not server.server_state.connections)
        assert len(read_to_the_end(client)) < LARGE


def test_work_may_take_longer(server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[PatientProtocol] = []
    watch = PatientProtocol._watch
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(PatientProtocol, "_watch", lambda self: (looks.append(self), watch(self)))
    with connected(server) as client:
        client.sendall(REQUEST.replace(b"/ ", b"/slow ", 1).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        wait_until(lambda: len(looks) > 10)
        server.release.set()  # type: ignore[attr-defined]
        assert read_to_the_end(client).endswith(b"slow")


def test_connection_too_many_is_asked_to_come_again(server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    with connected(server), connected(server), connected(server) as third:
        assert read_to_the_end(third).startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n")
    wait_until(lambda: not server.server_state.connections)
    with connected(server) as client:
        client.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert read_to_the_end(client).endswith(b"hello")


@pytest.mark.parametrize(
    ("files", "limits"), [(4096, (800, 2048)), (1024, (616, 308)), (256, (104, 52)), (OWN_FILES, (2, 1)), (1, (2, 1))]
)
def test_connections_leave_files_for_the_app(files: int, limits: tuple[int, int]) -> None:
    assert ConnectionLimits.within(files) == limits
    assert sum(limits) <= max(files - OWN_FILES, 3)


FEW_FILES = """
import resource, sys, threading, uvicorn
from core.gates.connections import PatientProtocol, connection_limits, limit_connections

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})

soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", http=PatientProtocol))
thread = threading.Thread(target=server.run)
thread.start()
while not server.started:
    pass
limit_connections(server.servers[0].sockets)
print(server.servers[0].sockets[0].getsockname()[1], *connection_limits(), flush=True)
sys.stdin.read()
server.should_exit = True
thread.join()
"""


@contextmanager
def server_with_few_files(soft: int, hard: int) -> Iterator[tuple["subprocess.Popen[str]", int, tuple[int, int]]]:
    """Run a server; yield its process, its port, and its limits of connections."""
    process = subprocess.Popen(
        [sys.executable, "-c", FEW_FILES, str(soft), str(hard)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        port, connections, queue = map(int, process.stdout.readline().split())
        yield process, port, (connections, queue)


def test_more_connections_than_files_fill_no_log() -> None:
    with server_with_few_files(soft=160, hard=160) as (process, port, _), ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(300)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))

        def is_refused(client: socket.socket) -> bool:
            try:
                return client.recv(100).startswith(b"HTTP/1.1 503")
            except OSError:  # nothing yet
                return False

        wait_until(lambda: any(map(is_refused, clients)))
        stack.close()

        def is_answered() -> bool:
            with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), HANG_SECONDS) as client:
                client.sendall(REQUEST)
                return client.recv(1 << 16).startswith(b"HTTP/1.1 200")
            return False

        wait_until(is_answered)
        _, errors = process.communicate()
        assert errors == ""


def test_as_many_files_are_opened_as_the_system_allows() -> None:
    with server_with_few_files(soft=160, hard=1024) as (_, _, limits):
        assert limits == ConnectionLimits.within(1024)
