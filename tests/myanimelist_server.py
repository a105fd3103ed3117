"""A server that answers like MyAnimeList's API: lists by the name of a user."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class MyAnimeListServer:
    """``lists`` holds the entries by name, ``answers`` a status and a body in their place. ``requests`` are the names,
    offsets and client ids that were asked with.
    """

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, int, str]] = field(default_factory=list)
    address: str = ""

    def answer(self, path: str, client_id: str) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(path).query)
        name = urlsplit(path).path.split("/")[-2]
        offset, limit = int(query["offset"][0]), int(query["limit"][0])
        self.requests.append((name, offset, client_id))
        if name in self.answers:
            return self.answers[name]
        if name not in self.lists:
            return 404, b'{"error": "not_found", "message": ""}'
        entries = self.lists[name]
        paging = {"next": "http://127.0.0.1:1/never-asked"} if offset + limit < len(entries) else {}
        return 200, json.dumps({"data": entries[offset : offset + limit], "paging": paging}).encode()


def list_entry(anime_id: int, status: str = "completed", score: int = 0, **facts: Any) -> dict[str, Any]:
    """Return an entry as the API has it."""
    listed = {"status": status, "score": score, "num_episodes_watched": 3, "is_rewatching": False}
    node = {"id": anime_id, "title": "A Show", "main_picture": {}, "media_type": "tv"}
    return {"node": node | facts.pop("node", {}), "list_status": listed | facts}


@contextmanager
def running_myanimelist() -> Iterator[MyAnimeListServer]:
    """Run the server on a free port; yield it."""
    content = MyAnimeListServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = content.answer(self.path, self.headers.get("X-MAL-CLIENT-ID", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "http://127.0.0.1:1/never-asked")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        content.address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield content
        server.shutdown()
