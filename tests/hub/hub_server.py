"""A small stand-in for the Hugging Face Hub, for tests that run the unmodified ``huggingface_hub`` client over HTTP.

On disk, under ``root`` (the state survives a restart; one server per root)::

    blobs/<git sha1>   lfs/<sha256>                    contents, each stored once
    models/<owner>/<name>/repo.json                    private or not, variables of a Space, ...
    models/<owner>/<name>/refs.json                    {"refs/heads/main": sha}, replaced by rename
    models/<owner>/<name>/commits/<sha>/commit.json    parent, title, message, author, date, files
    models/<owner>/<name>/commits/<sha>/files/...      the whole tree, hard links into blobs/ and lfs/

and likewise ``datasets`` and ``spaces``.  The client needs HF_ENDPOINT=<endpoint> and HF_HUB_DISABLE_XET=1 in its
environment before it is imported.  In its own process: ``python hub_server.py --root DIR --port N``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import socket
import sys
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hub_handler import Request, User
from hub_routes import Handler
from hub_rules import Rule
from hub_store import JSON, Repo, wants_lfs


class HubServer(ThreadingHTTPServer):
    """A server that can close its open connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, hub: TestHub, port: int) -> None:
        self.hub, self.connections = hub, set[socket.socket]()
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a traceback for errors of the server alone: tests kill clients at any time."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class TestHub:
    """The server, as a context manager. To be offline, ``stop`` and later ``start`` it: same port, same state.

    ``tokens`` maps a token to (user, "write" or "read", further namespaces...). With ``cdn``, downloads of large
    files are redirected to another port, as on the real Hub, where no token must arrive. Set ``pays`` to False for
    owners without a plan.
    """

    __test__ = False  # not for pytest to collect

    def __init__(
        self,
        root: str | Path,
        tokens: dict[str, tuple[str, ...]] | None = None,
        port: int = 0,
        cdn: bool = False,
    ) -> None:
        self.root = Path(root).absolute()
        for name in ("lfs", "blobs"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        tokens = tokens if tokens is not None else {"hf_write": ("alice", "write"), "hf_read": ("bob", "read")}
        self.users = {token: User(name, role, (name, *more)) for token, (name, role, *more) in tokens.items()}
        self.port, self.with_cdn, self.key = port, cdn, secrets.token_hex()
        self.pays = True
        self.requests: list[Request] = []
        self.rules: list[Rule] = []
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.server: HubServer | None = None
        self.cdn: HubServer | None = None

    def __enter__(self) -> TestHub:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; after the first time, at the same port."""
        self.stopping.clear()
        self.server = HubServer(self, self.port)
        self.port = self.server.server_port
        self.cdn = HubServer(self, 0) if self.with_cdn else None

    def stop(self) -> None:
        """Close the port and all connections."""
        self.stopping.set()
        for server in (self.server, self.cdn):
            if server:
                server.close()
        self.server = self.cdn = None

    def sign(self, oid: str) -> str:
        return hashlib.sha256(f"{self.key}{oid}".encode()).hexdigest()[:32]

    def misbehave(self, path_pattern: str, **options: Any) -> Rule:
        """Spoil requests whose path (with the query, unquoted) matches; `Rule` lists the options."""
        rule = Rule(path_pattern, **options)
        if rule.what not in ("status", "cut", "truncated", "short", "slow", "flip", "hang"):
            raise ValueError(f"unknown fault: {rule.what}")
        self.rules.append(rule)
        return rule

    def rule_for(self, method: str, path: str) -> Rule | None:
        """Return the first rule that applies to a request."""
        with self.lock:
            return next((rule for rule in self.rules if rule.applies(method, path)), None)

    # -- for the tests -----------------------------------------------------------------------------------------------

    def repository(self, name: str, repo_type: str = "model") -> Repo:
        return Repo(self.root, f"{repo_type}s", name)

    def commits(self, name: str, revision: str = "main", repo_type: str = "model") -> list[JSON]:
        """Return the commits (sha, parent, title, message, author, date, files), newest first."""
        return self.repository(name, repo_type).log(revision)

    def files(self, name: str, revision: str = "main", repo_type: str = "model") -> dict[str, Path]:
        """Return the files of a revision: path in the repository -> location on disk."""
        repo = self.repository(name, repo_type)
        commit = repo.commit_at(revision)
        return {path: repo.file_path(commit["sha"], path) for path in commit["files"]}

    def refs(self, name: str, repo_type: str = "model") -> dict[str, str]:
        """Return all references of a repository: name -> sha."""
        return self.repository(name, repo_type).read("refs.json")

    def info(self, name: str, repo_type: str = "model") -> JSON:
        """Return the settings of a repository (private, sdk, variables, ...); empty if it does not exist."""
        return self.repository(name, repo_type).read("repo.json")

    def create_repo(self, name: str, repo_type: str = "model", **info: Any) -> None:
        """Create a repository (private=..., sdk=...) without the client."""
        self.repository(name, repo_type).create(name.split("/")[0], info)

    def commit_folder(
        self, name: str, folder: str | Path, message: str = "commit", revision: str = "main", repo_type: str = "model"
    ) -> str:
        """Commit the files of a folder without the client, into a new repository if there is none; return the sha."""
        repo, folder, changes = self.repository(name, repo_type), Path(folder), []
        if not repo.read("repo.json"):
            repo.create(repo.owner, {})
        for source in sorted(path for path in folder.rglob("*") if path.is_file()):
            path, data = source.relative_to(folder).as_posix(), source.read_bytes()
            changes.append((path, repo.store(path, data, wants_lfs(path, len(data)))))
        return repo.commit(f"refs/heads/{revision}", changes, message, repo.owner)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A stand-in for the Hugging Face Hub, for tests.")
    parser.add_argument("--root", required=True, help="the folder of the repositories")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", action="append", metavar="TOKEN=USER:ROLE[:NAMESPACE...]")
    parser.add_argument("--rules", help="a JSON file with a list of faults")
    parser.add_argument("--cdn", action="store_true", help="redirect downloads of large files to another port")
    options = parser.parse_args()
    pairs = [token.split("=", 1) for token in options.token or []]
    tokens = {token: tuple(user.split(":")) for token, user in pairs} or None
    with TestHub(options.root, tokens, options.port, options.cdn) as hub:
        for rule in json.loads(Path(options.rules).read_text()) if options.rules else []:
            hub.misbehave(**rule)
        print(hub.endpoint, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
