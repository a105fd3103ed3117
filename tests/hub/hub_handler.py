"""What all routes of the test Hub share: requests, answers, faults and permissions."""

from __future__ import annotations

import json
import re
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from hub_store import JSON, HubError, Repo

if TYPE_CHECKING:
    from hub_server import HubServer


class Request(NamedTuple):
    """A request that the Hub received. Status 0 means that it got no answer."""

    method: str
    path: str
    authorized: bool
    status: int


class User(NamedTuple):
    """The owner of a token."""

    name: str
    role: str
    namespaces: tuple[str, ...]


ROUTES: list[tuple[str, re.Pattern[str], Callable[..., None]]] = []


def route(methods: str, pattern: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a method of the handler. The named groups of the pattern become its arguments."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        ROUTES.extend((method, re.compile(pattern), function) for method in methods.split())
        return function

    return register


class BaseHandler(BaseHTTPRequestHandler):
    """Handler of the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HubServer

    def setup(self) -> None:
        super().setup()
        self.hub = self.server.hub
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing: tests read ``TestHub.requests``."""

    def handle_any(self) -> None:
        """Apply the fault that a test ordered, or call the route."""
        url = urlsplit(self.path)
        self.query, self.incoming = parse_qs(url.query), self.read_body()
        self.base = f"http://{self.headers.get('Host')}"
        self.logged = url.path != "/__control"
        self.rule = rule = self.hub.rule_for(self.command, self.path) if self.logged else None
        try:
            if rule and rule.what == "hang":
                self.log_answer(0)
                self.hub.stopping.wait()
                self.cut(reset=True)
                return
            if rule and rule.what == "cut" and rule.nbytes is None:
                self.log_answer(0)
                self.cut(rule.reset)
                return
            if rule and rule.what == "status":
                wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
                raise HubError(rule.status, f"Misbehaving on demand ({rule.status})", headers=rule.headers | wait)
            for method, pattern, function in ROUTES:
                if method == self.command and (match := pattern.fullmatch(url.path)):
                    groups: JSON = {
                        key: unquote(value) for key, value in match.groupdict().items() if value is not None
                    }
                    if "name" in groups:
                        groups["repo"] = Repo(self.hub.root, groups.pop("kind", "models"), groups.pop("name"))
                    function(self, **groups)
                    return
            raise HubError(404, "Sorry, we can't find the page you are looking for.")
        except HubError as error:
            self.reply(error.body, error.status, error.headers)
        except (KeyError, ValueError) as error:
            self.reply({"error": f"Bad request: {error!r}"}, 400)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def read_body(self) -> Iterator[bytes]:
        """Yield the body of the request in blocks."""
        n_bytes = int(self.headers.get("Content-Length") or 0)
        while n_bytes:
            slow = self.rule.rate if self.rule and self.rule.what == "slow" else 0
            block = self.rfile.read(min(n_bytes, max(1, slow // 20) if slow else 65536))
            if not block:
                raise ConnectionAbortedError("the client went away")
            n_bytes -= len(block)
            yield block
            self.hub.stopping.wait(len(block) / slow if slow else 0)

    def json_body(self) -> JSON:
        """Return the body of the request, parsed as JSON."""
        return dict(json.loads(b"".join(self.incoming) or b"{}"))

    def log_answer(self, status: int) -> None:
        if self.logged:
            self.hub.requests.append(Request(self.command, self.path, "Authorization" in self.headers, status))

    def cut(self, reset: bool) -> None:
        """Close the connection, in order or by a reset."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()

    def reply(self, body: Any, status: int = 200, headers: dict[str, str] | None = None, length: int = -1) -> None:
        """Answer with bytes or JSON, spoilt if a test ordered it. ``length`` is for HEAD."""
        for _ in self.incoming:
            pass  # an unread body would turn the answer into a reset
        rule, what = self.rule, self.rule.what if self.rule else ""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json; charset=utf-8"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        middle = len(data) // 2
        part = middle if not rule or rule.nbytes is None else rule.nbytes
        if what == "flip" and data:
            data = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
        if what == "short":
            data = data[:part]
        self.log_answer(status)
        self.send_response(status)
        for key, value in {"Content-Type": kind, "X-Request-Id": secrets.token_hex(8), **(headers or {})}.items():
            self.send_header(key, value.replace("\n", " ").encode("ascii", "replace").decode())
        self.send_header("Content-Length", str(length if length >= 0 else len(data)))
        self.end_headers()
        if self.command == "HEAD":
            data = b""
        if what in ("cut", "truncated"):
            self.wfile.write(data[:part])
            self.cut(reset=what == "cut" and rule is not None and rule.reset)
            return
        rate = rule.rate if rule and what == "slow" else 0
        step = max(1, rate // 20) if rate else len(data) or 1
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            self.hub.stopping.wait(step / rate if rate else 0)

    @route("GET POST", "/__control")
    def control(self) -> None:
        """For tests in other processes: GET lists the requests, POST takes {"misbehave": {...}} or {"clear": true}."""
        answer, order = [request._asdict() for request in self.hub.requests], self.json_body()
        if order.get("clear"):
            self.hub.rules.clear()
            self.hub.requests.clear()
        if order.get("misbehave"):
            self.hub.misbehave(**order["misbehave"])
        self.reply(answer)

    # -- permissions -------------------------------------------------------------------------------------------------

    def user(self) -> User | None:
        """Return the user of the request. An unknown token is refused, even for what is public."""
        header = self.headers.get("Authorization")
        user = self.hub.users.get(header.removeprefix("Bearer ")) if header else None
        if header and not user:
            raise HubError(401, "Invalid credentials in Authorization header")
        return user

    def readable(self, repo: Repo) -> JSON:
        """Return repo.json, if the user may know that the repository exists."""
        user, info = self.user(), repo.read("repo.json")
        if info and (not info["private"] or (user and repo.owner in user.namespaces)):
            return info
        if user is None:  # over HTTPS the client takes a bare 401 for RepoNotFound; over HTTP it needs the code
            raise HubError(401, "Invalid username or password.", "RepoNotFound")
        raise HubError(404, "Repository not found", "RepoNotFound")

    def writer(self, repo: Repo, new: bool = False, pull_request: bool = False) -> str:
        """Return the name of the user, if they may write. A write token may open a pull request on all it can read."""
        user = self.user()
        if user is None:
            raise HubError(401, "Invalid username or password.", "" if new else "RepoNotFound")
        if not new:
            self.readable(repo)
        if user.role != "write":
            raise HubError(403, "Forbidden: you must use a write token to upload to a repository.")
        if repo.owner not in user.namespaces and not pull_request:
            raise HubError(403, f'You don\'t have the rights to write to the namespace "{repo.owner}"')
        return user.name

    def url(self, repo: Repo) -> str:
        return f"{self.base}/{'' if repo.kind == 'models' else repo.kind + '/'}{repo.name}"
