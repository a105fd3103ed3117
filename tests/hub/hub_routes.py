"""The routes of the Hub that its client calls."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import socket
import struct
import tempfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from hub_store import JSON, LOCK, File, HubError, Repo, check_card, git_sha1, lfs_pointer, now, wants_lfs

if TYPE_CHECKING:
    from hub_server import HubServer

API = r"/api/(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+)"
SITE = r"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[^/]+/[^/]+)"


class Request(NamedTuple):
    """A request that came in; status 0 stands for one that got no answer."""

    method: str
    path: str
    authorized: bool
    status: int


class User(NamedTuple):
    """Whoever a token belongs to."""

    name: str
    role: str
    namespaces: tuple[str, ...]


ROUTES: list[tuple[str, re.Pattern[str], Callable[..., None]]] = []


def route(methods: str, pattern: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a method of the handler; the named groups of the pattern become its arguments."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        ROUTES.extend((method, re.compile(pattern), function) for method in methods.split())
        return function

    return register


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HubServer

    # -- the plumbing ------------------------------------------------------------------------------------------------

    def setup(self) -> None:
        super().setup()
        self.hub = self.server.hub
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing on stderr: see ``TestHub.requests``."""

    def handle_any(self) -> None:
        """Misbehave, or find the route."""
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
        """The body of the request, in pieces."""
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            slow = self.rule.rate if self.rule and self.rule.what == "slow" else 0
            block = self.rfile.read(min(left, max(1, slow // 20) if slow else 65536))
            if not block:
                raise ConnectionAbortedError("the client went away")
            left -= len(block)
            yield block
            self.hub.stopping.wait(len(block) / slow if slow else 0)

    def json_body(self) -> JSON:
        """The body of the request, as JSON."""
        return dict(json.loads(b"".join(self.incoming) or b"{}"))

    def log_answer(self, status: int) -> None:
        if self.logged:
            self.hub.requests.append(Request(self.command, self.path, "Authorization" in self.headers, status))

    def cut(self, reset: bool) -> None:
        """Close the connection, as a reset or orderly."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()

    def reply(self, body: Any, status: int = 200, headers: dict[str, str] | None = None, length: int = -1) -> None:
        """Answer with bytes or JSON, spoilt on demand; ``length`` is for HEAD."""
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
        """From other processes: GET lists the requests; POST {"misbehave": {...}}, {"clear": true}."""
        answer, order = [request._asdict() for request in self.hub.requests], self.json_body()
        if order.get("clear"):
            self.hub.rules.clear()
            self.hub.requests.clear()
        if order.get("misbehave"):
            self.hub.misbehave(**order["misbehave"])
        self.reply(answer)

    # -- who may do what ---------------------------------------------------------------------------------------------

    def user(self) -> User | None:
        """Whoever asks; a token that nobody has is refused even for public things."""
        header = self.headers.get("Authorization")
        user = self.hub.users.get(header.removeprefix("Bearer ")) if header else None
        if header and not user:
            raise HubError(401, "Invalid credentials in Authorization header")
        return user

    def readable(self, repo: Repo) -> JSON:
        """repo.json, if the user may know that the repository exists."""
        user, info = self.user(), repo.read("repo.json")
        if info and (not info["private"] or (user and repo.owner in user.namespaces)):
            return info
        if user is None:  # over https, the client takes a bare 401 for RepoNotFound; over http it needs the code
            raise HubError(401, "Invalid username or password.", "RepoNotFound")
        raise HubError(404, "Repository not found", "RepoNotFound")

    def writer(self, repo: Repo, new: bool = False, pull_request: bool = False) -> str:
        """Whoever asks, if they may write; with a write token, one may open a pull request on all one can see."""
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

    # -- repositories ------------------------------------------------------------------------------------------------

    @route("GET", "/api/whoami-v2")
    def whoami(self) -> None:
        if not (user := self.user()):
            raise HubError(401, "Invalid username or password.")
        orgs = [{"type": "org", "name": name} for name in user.namespaces[1:]]
        token = {"accessToken": {"displayName": "test", "role": user.role}}
        self.reply({"type": "user", "name": user.name, "orgs": orgs, "auth": {"type": "access_token", **token}})

    @route("POST", "/api/validate-yaml")
    def validate_yaml(self) -> None:
        body = self.json_body()
        errors, warnings, _ = check_card(body["content"], f"{body.get('repoType') or 'model'}s")
        answer: JSON = {"errors": [{"message": m} for m in errors], "warnings": [{"message": m} for m in warnings]}
        self.reply(answer | ({"error": "\n".join(errors)} if errors else {}), 400 if errors else 200)

    @route("POST", "/api/repos/create")
    def create_repo(self) -> None:
        body, user = self.json_body(), self.user()
        owner = body.get("organization") or (user.name if user else "nobody")
        repo = Repo(self.hub.root, f"{body.get('type') or 'model'}s", f"{owner}/{body['name']}")
        author, answer = self.writer(repo, new=True), {"url": self.url(repo), "name": repo.name}
        with LOCK:
            if repo.read("repo.json"):
                self.reply(answer | {"error": f"You already created this {repo.kind[:-1]} repo"}, 409)
                return
            variables = {v["key"]: {**v, "updatedAt": now()} for v in body.get("variables") or []}
            private = body.get("visibility") == "private"
            repo.create(author, {"private": private, "sdk": body.get("sdk"), "variables": variables})
        self.reply(answer)

    @route("GET", API)
    @route("GET", rf"{API}/revision/(?P<revision>[^/]+)")
    def repo_info(self, repo: Repo, revision: str = "main") -> None:
        info, commit = self.readable(repo), repo.at(revision)
        readme = repo.path(commit["sha"], "README.md")
        card = check_card(readme.read_text("utf-8"), repo.kind)[2] if readme.is_file() else {}
        siblings: list[JSON] = [{"rfilename": path} for path in commit["files"]]
        if "blobs" in self.query:
            listing = [self.listed("", file) for file in commit["files"].values()]
            siblings = [x | {"blobId": y["oid"]} | y for x, y in zip(siblings, listing, strict=True)]
        data: JSON = {"id": repo.name, "author": repo.owner, "sha": commit["sha"], "private": info["private"]}
        data |= {"createdAt": info["createdAt"], "lastModified": commit["date"], "siblings": siblings, "cardData": card}
        data |= {"gated": False, "disabled": False, "downloads": 0, "likes": 0, "tags": card.get("tags") or []}
        if repo.kind == "spaces":
            data |= {"sdk": info.get("sdk"), "runtime": self.runtime(info)}
        if expand := self.query.get("expand"):
            data = {key: value for key, value in data.items() if key in ("id", *expand)}
        self.reply(data)

    @route("GET", rf"{API}/refs")
    def list_refs(self, repo: Repo) -> None:
        self.readable(repo)
        answer: JSON = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
        for ref, sha in repo.read("refs.json").items():
            _, group, name = ref.split("/", 2)
            group = {"heads": "branches", "tags": "tags", "pr": "pullRequests"}[group]
            answer[group].append({"name": name, "ref": ref, "targetCommit": sha})
        self.reply(answer)

    @route("POST", rf"{API}/branch/(?P<branch>[^/]+)")
    def create_branch(self, repo: Repo, branch: str) -> None:
        self.writer(repo)
        start, ref = self.json_body().get("startingPoint") or "main", f"refs/heads/{branch}"
        with LOCK:
            refs = repo.read("refs.json")
            if ref in refs:
                raise HubError(409, f"Reference already exists: {ref}")
            repo.write("refs.json", refs | {ref: repo.resolve(start)})
        self.reply({})

    @route("GET", rf"{API}/commits/(?P<revision>[^/]+)")
    def list_commits(self, repo: Repo, revision: str) -> None:
        self.readable(repo)
        self.reply([c | {"id": c["sha"], "authors": [{"user": c["author"]}]} for c in repo.log(revision)])

    @staticmethod
    def listed(path: str, file: File) -> JSON:
        """A file, as listings show it."""
        lfs, size = file["lfs"], file["size"]
        extra = {"oid": lfs, "sha256": lfs, "size": size, "pointerSize": len(lfs_pointer(lfs, size))}
        return {"type": "file", "path": path, "size": size, "oid": file["oid"], **({"lfs": extra} if lfs else {})}

    def tree(self, repo: Repo, revision: str) -> dict[str, JSON]:
        """All files and folders of a revision, by path."""
        self.readable(repo)
        found = {}
        for path, file in repo.at(revision)["files"].items():
            for parent in (str(parent) for parent in reversed(Path(path).parents[:-1])):
                oid = git_sha1(f"{revision}/{parent}".encode())
                found[parent] = {"type": "directory", "path": parent, "oid": oid, "size": 0}
            found[path] = self.listed(path, file)
        return found

    @route("GET", rf"{API}/tree/(?P<revision>[^/]+)(?:/(?P<path>.+))?")
    def list_tree(self, repo: Repo, revision: str, path: str = "") -> None:
        prefix, deep = f"{path}/" if path else "", self.query.get("recursive") == ["true"]
        tree = {p[len(prefix) :]: entry for p, entry in self.tree(repo, revision).items() if p.startswith(prefix)}
        if path and not tree:
            raise HubError(404, f"{path} does not exist", "EntryNotFound")
        self.reply([entry for p, entry in tree.items() if deep or "/" not in p])

    @route("POST", rf"{API}/paths-info/(?P<revision>[^/]+)")
    def paths_info(self, repo: Repo, revision: str) -> None:
        paths, tree = parse_qs(b"".join(self.incoming).decode()).get("paths", []), self.tree(repo, revision)
        self.reply([tree[path] for path in paths if path in tree])

    # -- uploads -----------------------------------------------------------------------------------------------------

    @route("POST", rf"{API}/preupload/(?P<revision>[^/]+)")
    def preupload(self, repo: Repo, revision: str) -> None:
        self.writer(repo, pull_request="create_pr" in self.query)
        known, answer = repo.at(revision)["files"], []
        for file in self.json_body()["files"]:
            mode, old = "lfs" if wants_lfs(file["path"], file["size"]) else "regular", known.get(file["path"])
            oid = {"oid": old["lfs"] or old["oid"]} if old else {}
            answer.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
        self.reply({"files": answer})

    @route("POST", rf"{SITE}\.git/info/lfs/objects/batch")
    def lfs_batch(self, repo: Repo) -> None:
        body, objects = self.json_body(), []
        self.writer(repo, pull_request="ref" not in body)  # the client sends no ref for a pull request
        for oid, size in ((wanted["oid"], wanted["size"]) for wanted in body["objects"]):
            href = f"{self.base}/_lfs/{oid}?size={size}&sign={self.hub.sign(oid)}"
            actions = {"upload": {"href": href}, "verify": {"href": f"{self.url(repo)}.git/info/lfs/verify"}}
            there = (self.hub.root / "lfs" / oid).is_file()
            objects.append({"oid": oid, "size": size, **({} if there else {"actions": actions})})
        self.reply({"transfer": "basic", "objects": objects})

    @route("PUT", r"/_lfs/(?P<oid>[0-9a-f]{64})")
    def lfs_put(self, oid: str) -> None:
        """Store an object; the signature in the address stands for the token, as in cloud storage."""
        if self.query.get("sign") != [self.hub.sign(oid)]:
            raise HubError(403, "SignatureDoesNotMatch")
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.hub.root / "lfs", prefix=".", delete=False) as file:
            try:
                for block in self.incoming:
                    digest.update(block)
                    file.write(block)
                file.flush()
                if digest.hexdigest() != oid or [str(file.tell())] != self.query.get("size"):
                    raise HubError(400, "BadDigest: the content is not what was announced")
                os.replace(file.name, self.hub.root / "lfs" / oid)
            finally:
                Path(file.name).unlink(missing_ok=True)
        self.reply(b"")

    @route("POST", rf"{SITE}\.git/info/lfs/verify")
    def lfs_verify(self, repo: Repo) -> None:
        self.writer(repo, pull_request=True)
        body = self.json_body()
        if repo.uploaded("", body["oid"])["size"] != body["size"]:
            raise HubError(400, "The size is not what was announced")
        self.reply({})

    @route("POST", rf"{API}/commit/(?P<revision>[^/]+)")
    def commit(self, repo: Repo, revision: str) -> None:
        pull_request = "create_pr" in self.query
        author = self.writer(repo, pull_request=pull_request)
        head: JSON = {}
        changes: list[tuple[str, File | None]] = []
        for line in (json.loads(line) for line in b"".join(self.incoming).splitlines()):
            key, value, path = line["key"], line["value"], line["value"].get("path", "")
            if key == "header":
                head = value
            elif key == "file":
                data = value["content"].encode()
                data = base64.b64decode(data) if value.get("encoding") == "base64" else data
                changes.append((path, repo.keep(path, data, lfs=False)))
            elif key == "lfsFile":
                changes.append((path, repo.uploaded(path, value["oid"])))
            else:  # deletedFile, deletedFolder
                changes.append((path.rstrip("/") + "/" * (key == "deletedFolder"), None))
        with LOCK:
            refs, more = (
                repo.read("refs.json"),
                {"message": head.get("description"), "expected": head.get("parentCommit")},
            )
            ref = revision if revision in refs else f"refs/heads/{revision}"
            if pull_request:
                ref = f"refs/pr/{1 + sum(name.startswith('refs/pr/') for name in refs)}"
                seen = [c["sha"] for c in repo.log(revision) if c["sha"].startswith(more["expected"] or "")]
                more["start"] = repo.resolve(seen[0] if seen else str(more["expected"]))
            elif ref not in refs:
                raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
            sha = repo.commit(ref, changes, head["summary"], author, **more)
        answer: JSON = {"success": True, "commitOid": sha, "commitUrl": f"{self.url(repo)}/commit/{sha}"}
        if pull_request:
            answer["pullRequestUrl"] = f"{self.url(repo)}/discussions/{ref.removeprefix('refs/pr/')}"
        self.reply(answer)

    # -- downloads ---------------------------------------------------------------------------------------------------

    @route("GET HEAD", rf"{SITE}/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
    def download(self, repo: Repo, revision: str, path: str) -> None:
        self.readable(repo)
        commit = repo.at(revision)
        headers, file = {"X-Repo-Commit": commit["sha"]}, commit["files"].get(path)
        if file is None:
            raise HubError(404, "Entry not found", "EntryNotFound", headers)
        headers["ETag"] = f'"{file["lfs"] or file["oid"]}"'
        if lfs := file["lfs"]:
            headers |= {"X-Linked-Size": str(file["size"]), "X-Linked-Etag": headers["ETag"]}
            if self.hub.cdn:
                location = f"http://127.0.0.1:{self.hub.cdn.server_port}/_cdn/{lfs}?sign={self.hub.sign(lfs)}"
                self.reply(b"", 302, headers | {"Location": location})
                return
        self.send_file(repo.path(commit["sha"], path), headers)

    @route("GET HEAD", r"/_cdn/(?P<oid>[0-9a-f]{64})")
    def download_object(self, oid: str) -> None:
        if self.query.get("sign") != [self.hub.sign(oid)]:
            raise HubError(403, "SignatureDoesNotMatch")
        self.send_file(self.hub.root / "lfs" / oid, {"ETag": f'"{oid}"'})

    def send_file(self, path: Path, headers: dict[str, str]) -> None:
        """A file or the range of it that was asked for."""
        size, status, headers = path.stat().st_size, 200, headers | {"Accept-Ranges": "bytes"}
        first, last = 0, size - 1
        if match := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "")):
            first = int(match[1]) if match[1] else max(0, size - int(match[2] or 0))
            last = min(last, int(match[2])) if match[1] and match[2] else last
            if first > last:
                raise HubError(416, "Range not satisfiable", headers={"Content-Range": f"bytes */{size}"})
            status, headers = 206, headers | {"Content-Range": f"bytes {first}-{last}/{size}"}
        with path.open("rb") as file:
            file.seek(first)
            data = file.read(last - first + 1) if self.command == "GET" else b""
        self.reply(data, status, headers, last - first + 1 if self.command == "HEAD" else -1)

    # -- Spaces ------------------------------------------------------------------------------------------------------

    @staticmethod
    def runtime(info: JSON) -> JSON:
        hardware = {"current": "cpu-basic", "requested": "cpu-basic"}
        return {"stage": info.get("stage", "RUNNING"), "hardware": hardware, "gcTimeout": 172800, "storage": None}

    @route("GET", rf"{API}/runtime")
    def space_runtime(self, repo: Repo) -> None:
        self.reply(self.runtime(self.readable(repo)))

    @route("GET POST DELETE", rf"{API}/(?P<group>variables|secrets)")
    def space_variables(self, repo: Repo, group: str) -> None:
        """Variables with their values; of secrets, the values are forgotten at once."""
        self.writer(repo)
        body = self.json_body()
        with LOCK:
            info = repo.read("repo.json")
            known = info.setdefault(group, {})
            if self.command == "POST":
                known[body["key"]] = {k: v for k, v in body.items() if group == "variables" or k != "value"}
                known[body["key"]]["updatedAt"] = now()
            elif self.command == "DELETE":
                known.pop(body["key"], None)
            repo.write("repo.json", info)
        self.reply(known)
