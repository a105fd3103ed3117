"""A visit leaves no trace: not in the log of the process, not in its folders. What it sends is marked."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import pytest
from calls import call_tools_at_once
from running import App, clean_environment, started_app
from small_data import ROOT
from waiting import HANG_SECONDS
from watchlist_files import anilist_answer, anilist_entry, as_json, mal_entry, mal_export

WORD, NUMBER, FAILS = "Canarybird", 817263549, "Canarybird breaks it"
RATED = ("Third Show", "Zéro")  # of the titles that the visitor rates
TRACES = (WORD, str(NUMBER), *RATED)
ENDPOINTS = ("search", "recommend", "recommend_for_user", "recommend_together", "similar")
# The app, with a search that fails in a way that nobody thought of.
PROGRAM = f"""
import runpy, sys
sys.path.insert(0, {str(ROOT)!r})
from core import Catalogue
search = Catalogue.search
def breaking(self, query, *more):
    if query == {FAILS!r}:
        raise ValueError(query)
    return search(self, query, *more)
Catalogue.search = breaking
runpy.run_path({str(ROOT / "app.py")!r}, run_name="__main__")
"""


class Visitor:
    """Sends requests to the app, marked everywhere. ``statuses`` are those of the answers."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.statuses: set[int] = set()

    def send(self, path: str, body: object = None, method: str | None = None, **headers: str) -> bytes:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        marked = {"User-Agent": WORD, "Cookie": f"name={WORD}", "Referer": f"https://example.org/{WORD}", **headers}
        request = Request(f"{self.app.url}{path}", content, marked, method=method)
        try:
            with urlopen(request, timeout=HANG_SECONDS) as answer:
                self.statuses.add(answer.status)
                return answer.read()
        except HTTPError as error:
            self.statuses.add(error.code)
            return error.read()
        except URLError:  # the server refuses a large body while it is being sent
            return b""

    def send_raw(self, *parts: bytes) -> None:
        """Send parts of a request, and leave."""
        address = urlsplit(self.app.url)
        with socket.create_connection((address.hostname, address.port), HANG_SECONDS) as connection:
            for part in parts:
                connection.sendall(part)
            if parts[-1].endswith(b"\r\n\r\n"):
                connection.recv(100)


def bodies() -> Iterator[object]:
    """Yield arguments of endpoints, right and wrong."""
    ratings = {"103": 9, "104": 3, str(NUMBER): 8}
    values: list[dict[str, Any]] = [
        {"query": WORD}, {"query": FAILS}, {"query": {WORD: 1}}, {"ratings": ratings}, {"ratings": {WORD: 1}},
        {"ratings": WORD, "genres": [WORD]}, {"ratings": ratings, "genres": [WORD]}, {"user_id": WORD},
        {"ratings": ratings, "k": NUMBER}, {"user_id": NUMBER}, {"anime_id": NUMBER}, {"anime_id": 103, WORD: 1},
        {"ratings": ratings, "other_ratings": {"104": NUMBER}},
    ]  # fmt: skip
    yield from values
    yield from ({"data": list(value.values())} for value in values)
    yield from (
        WORD.encode(),
        f"{{{WORD}".encode(),
        f'["{WORD}"'.encode() * 50_000,
        [WORD],
        {"data": WORD},
        b"",
        {"data": [{"path": WORD, "meta": {}}]},
    )


def use_the_page(visitor: Visitor) -> None:
    """Open the page, rate and search, each with right and wrong values, and bring lists."""
    link = f"rated=103:9,104:seen,{NUMBER}:8&user={NUMBER}&like=104&genres={WORD}&no={WORD}&partner=103:1&{WORD}=1"
    for path in ("/", "/list.csv", "/list.json", "/map.json", "/model-card", "/config", "/metrics", "/healthz"):
        for tab in ("", "&tab=together", "&tab=user", f"&language={WORD}&version={WORD}"):
            visitor.send(f"{path}?{link}{tab}")
    state = {"ratings": [[103, 9], [104, -1], [NUMBER, 8]], "user": NUMBER, "genres": [WORD], "like": 104}
    for value in ({"state": state, "query": WORD, "link": f"?{link}"}, {"state": WORD, "query": FAILS}, WORD, NUMBER):
        for number in range(14):
            for address in ("run/predict", "queue/join"):
                body = {"fn_index": number, "data": [value], "session_hash": WORD}
                visitor.send(f"/gradio_api/{address}", body)
    visitor.send("/gradio_api/cancel", {"event_id": WORD, "session_hash": WORD})
    visitor.send(f"/gradio_api/queue/data?session_hash={WORD}")
    entry = anilist_entry(103, 103, score=8, title=WORD)
    for content in (
        mal_export(mal_entry(NUMBER, title=WORD)).encode(),
        as_json(anilist_answer([entry])),
        WORD.encode(),
    ):
        for changed in (content, content[:-40], content.replace(b"<", b"&"), content * 100):
            visitor.send(f"/bring?language={WORD}&scale={WORD}", changed)


def call_the_endpoints(visitor: Visitor) -> None:
    """Call endpoints in all ways, with right and wrong arguments."""
    for name in ENDPOINTS:
        for body in bodies():
            for way in ("run", "call"):
                answer = visitor.send(f"/gradio_api/{way}/{name}", body)
                if event_id := json.loads(answer).get("event_id"):
                    visitor.send(f"/gradio_api/call/{name}/{event_id}")
    arguments = [body for body in bodies() if isinstance(body, dict) and "data" not in body]
    for transport in ("", "sse"):
        calls = [(name, body) for name in ENDPOINTS for body in arguments]
        call_tools_at_once(f"{visitor.app.url}/gradio_api/mcp/{transport}", [*calls, (WORD, {WORD: 1})])
    rpc = {"jsonrpc": "2.0", "id": WORD, "method": "tools/call", "params": {"name": "search", "arguments": WORD}}
    for body in (rpc, rpc | {"method": WORD}, {WORD: 1}, WORD.encode(), rpc | {"params": WORD}):
        for accept in ("application/json, text/event-stream", WORD):
            visitor.send("/gradio_api/mcp/", body, Accept=accept, **{"Mcp-Session-Id": WORD})
            visitor.send(f"/gradio_api/mcp/messages/?session_id={WORD}", body)


def lose_the_way(visitor: Visitor) -> None:
    """Ask for what there is not, in ways that are wrong, and leave early."""
    for path in ("/", "/code/core/", "/anisvd/", "/assets/", "/static/", "/gradio_api/", "/gradio_api/call/search/"):
        visitor.send(path + quote(f"{WORD}/../{NUMBER}"), **{"X-Forwarded-For": WORD, "Origin": f"https://{WORD}"})
    visitor.send("/gradio_api/run/search", {"query": WORD}, "PUT")
    visitor.send("/gradio_api/upload", WORD.encode())
    visitor.send("/gradio_api/run/search", WORD.encode() * 200_000)
    begin = b"POST /gradio_api/run/search?" + WORD.encode() + b" HTTP/1.1\r\nHost: x\r\n"
    visitor.send_raw(begin + b"Content-Length: 1000\r\n\r\n", b'{"query": "' + WORD.encode())
    visitor.send_raw(begin + b"Content-Length: " + WORD.encode() + b"\r\n\r\n")
    visitor.send_raw(WORD.encode() + b" nonsense\r\n\r\n")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders into which a process may write by itself."""
    return {name: tmp_path_factory.mktemp(name.lower()) for name in ("TMPDIR", "HOME", "CWD")}


def test_a_visit_leaves_no_trace(model_folder: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    program = tmp_path / "breaking_app.py"
    program.write_text(PROGRAM, encoding="utf-8")
    environment = clean_environment(
        MODEL_DIR=str(model_folder), TMPDIR=str(folders["TMPDIR"]), HOME=str(folders["HOME"])
    )
    with started_app(environment, program, folders["CWD"]) as app:
        visitor = Visitor(app)
        use_the_page(visitor)
        call_the_endpoints(visitor)
        lose_the_way(visitor)
        assert "Third Show" in visitor.send("/list.json?rated=105:9&k=60").decode()  # the answers have names
        app.process.terminate()
        assert app.process.wait(HANG_SECONDS) == 0
        log = app.log
    assert visitor.statuses >= {200, 400, 404, 405, 500}
    assert "ValueError in breaking" in log
    written = [path for folder in folders.values() for path in folder.rglob("*") if path.is_file()]
    contents = {"the log": log} | {str(path): path.read_bytes().decode("utf-8", "replace") for path in written}
    assert [(name, trace) for name, text in contents.items() for trace in TRACES if trace in name + text] == []
