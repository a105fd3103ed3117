"""The routes of the Hub that its client uses."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qs

from hub_handler import BaseHandler, route
from hub_store import JSON, LOCK, File, HubError, Repo, check_card, git_sha1, lfs_pointer, now, wants_lfs

API = r"/api/(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+)"
SITE = r"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[^/]+/[^/]+)"


class Handler(BaseHandler):
    """Handler of the requests of one connection."""

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
        hardware = body.get("hardware") or "cpu-basic"
        if body.get("sdk") in ("gradio", "docker"):
            self.check_plan(hardware)
        with LOCK:
            if repo.read("repo.json"):
                self.reply(answer | {"error": f"You already created this {repo.kind[:-1]} repo"}, 409)
                return
            variables = {v["key"]: {**v, "updatedAt": now()} for v in body.get("variables") or []}
            private = body.get("visibility") == "private"
            details = {"sdk": body.get("sdk"), "variables": variables, "hardware": hardware}
            repo.create(author, {"private": private, **details})
        self.reply(answer)

    @route("GET", API)
    @route("GET", rf"{API}/revision/(?P<revision>[^/]+)")
    def repo_info(self, repo: Repo, revision: str = "main") -> None:
        info, commit = self.readable(repo), repo.commit_at(revision)
        readme = repo.file_path(commit["sha"], "README.md")
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
        """Return the entry of a file in listings."""
        lfs, size = file["lfs"], file["size"]
        extra = {"oid": lfs, "sha256": lfs, "size": size, "pointerSize": len(lfs_pointer(lfs, size))}
        return {"type": "file", "path": path, "size": size, "oid": file["oid"], **({"lfs": extra} if lfs else {})}

    def tree(self, repo: Repo, revision: str) -> dict[str, JSON]:
        """Return the entries of all files and folders of a revision, by path."""
        self.readable(repo)
        entries = {}
        for path, file in repo.commit_at(revision)["files"].items():
            for parent in (str(parent) for parent in reversed(Path(path).parents[:-1])):
                oid = git_sha1(f"{revision}/{parent}".encode())
                entries[parent] = {"type": "directory", "path": parent, "oid": oid, "size": 0}
            entries[path] = self.listed(path, file)
        return entries

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
        known, answer = repo.commit_at(revision)["files"], []
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
            stored = (self.hub.root / "lfs" / oid).is_file()
            objects.append({"oid": oid, "size": size, **({} if stored else {"actions": actions})})
        self.reply({"transfer": "basic", "objects": objects})

    @route("PUT", r"/_lfs/(?P<oid>[0-9a-f]{64})")
    def lfs_put(self, oid: str) -> None:
        """Store an object. The signature in the address replaces the token, as in cloud storage."""
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
        if repo.stored_object("", body["oid"])["size"] != body["size"]:
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
                changes.append((path, repo.store(path, data, lfs=False)))
            elif key == "lfsFile":
                changes.append((path, repo.stored_object(path, value["oid"])))
            else:  # deletedFile, deletedFolder
                changes.append((path.rstrip("/") + "/" * (key == "deletedFolder"), None))
        with LOCK:
            refs = repo.read("refs.json")
            more = {"message": head.get("description"), "expected": head.get("parentCommit")}
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
        commit = repo.commit_at(revision)
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
        self.send_file(repo.file_path(commit["sha"], path), headers)

    @route("GET HEAD", r"/_cdn/(?P<oid>[0-9a-f]{64})")
    def download_object(self, oid: str) -> None:
        if self.query.get("sign") != [self.hub.sign(oid)]:
            raise HubError(403, "SignatureDoesNotMatch")
        self.send_file(self.hub.root / "lfs" / oid, {"ETag": f'"{oid}"'})

    def send_file(self, path: Path, headers: dict[str, str]) -> None:
        """Send a file, or the requested range of it."""
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

    def check_plan(self, hardware: str) -> None:
        """Refuse hardware that a free plan does not include, in the words of the Hub; also for a Space that exists."""
        if not self.hub.pays and hardware != "zero-a10g":
            raise HubError(
                402,
                "Static Spaces are free for everyone, but hosting Gradio and Docker Spaces on "
                f"free {hardware} requires a PRO subscription. Subscribe at https://huggingface.co/pro",
            )

    @staticmethod
    def runtime(info: JSON) -> JSON:
        hardware = {"current": None, "requested": info.get("hardware", "cpu-basic")}
        return {"stage": info.get("stage", "RUNNING"), "hardware": hardware, "gcTimeout": 172800, "storage": None}

    @route("GET", rf"{API}/runtime")
    def space_runtime(self, repo: Repo) -> None:
        self.reply(self.runtime(self.readable(repo)))

    @route("POST", rf"{API}/hardware")
    def space_hardware(self, repo: Repo) -> None:
        self.writer(repo)
        flavor = self.json_body()["flavor"]
        self.check_plan(flavor)
        with LOCK:
            info = repo.read("repo.json") | {"hardware": flavor}
            repo.write("repo.json", info)
        self.reply(self.runtime(info))

    @route("GET POST DELETE", rf"{API}/(?P<group>variables|secrets)")
    def space_variables(self, repo: Repo, group: str) -> None:
        """List, set or delete variables, or secrets without their values."""
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
