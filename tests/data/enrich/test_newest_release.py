import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from core import DataError
from core.data.enrich.newest_release import FILE, download_newest_release

CONTENT = b"a release" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class GitHub(HTTPServer):
    """A stand-in for GitHub: pages by path, and the requests that came."""

    pages: dict[str, tuple[int, bytes]]
    requests: list[tuple[str, str | None]]


class Handler(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Authorization")))
        status, content = self.server.pages.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(CONTENT) if self.path == "/cut" else len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub(("127.0.0.1", 0), Handler) as server:
        server.pages, server.requests = {}, []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def publish(github: GitHub, content: bytes = CONTENT, path: str = "/file", **asset: Any) -> str:
    """Publish a release with this content; return the address of its description."""
    site = f"http://127.0.0.1:{github.server_port}"
    described = {"name": FILE, "size": len(CONTENT), "digest": DIGEST, "browser_download_url": site + path} | asset
    github.pages |= {"/latest": (200, json.dumps({"assets": [{"name": "x"}, described]}).encode())}
    github.pages[path] = (200, content)
    return f"{site}/latest"


def test_newest_release_is_downloaded(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    path = download_newest_release(tmp_path, publish(github))
    assert path.name == "anime-offline-database.jsonl.zst"
    assert path.read_bytes() == CONTENT
    assert github.requests == [("/latest", "Bearer secret"), ("/file", None)]


def test_sha256_may_be_missing(github: GitHub, tmp_path: Path) -> None:
    assert download_newest_release(tmp_path, publish(github, digest=None)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("published", "message"),
    [
        ({"content": CONTENT[:-1] + b"!"}, "damaged on its way"),
        ({"content": CONTENT + b"!", "digest": None}, "damaged on its way"),
        ({"content": CONTENT[:50], "path": "/cut"}, "damaged on its way"),
        ({"name": "other.json"}, "describes no file"),
        ({"size": 2**40}, "expected at most"),
        ({"size": "many"}, "describes no file"),
        ({"browser_download_url": "file:///etc/passwd"}, "describes no file"),
        ({"browser_download_url": "http://127.0.0.1:9/file"}, "refused"),
    ],
)
def test_damaged_release_is_refused(published: dict[str, Any], message: str, github: GitHub, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        download_newest_release(tmp_path, publish(github, **published))
    assert list(tmp_path.iterdir()) == []


def test_status_of_a_refusal_is_named(github: GitHub, tmp_path: Path) -> None:
    latest = publish(github)
    github.pages["/latest"] = (403, b"rate limit exceeded")
    with pytest.raises(DataError, match="status 403"):
        download_newest_release(tmp_path, latest)
    github.pages["/latest"] = (200, b"[]")
    with pytest.raises(DataError, match="describes no file"):
        download_newest_release(tmp_path, latest)
