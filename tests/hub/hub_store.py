"""Repositories of the test Hub, stored as plain folders: see `hub_server`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

try:  # only for the metadata of README.md files; the client depends on it anyway
    import yaml  # type: ignore[import-untyped]
except ImportError:
    yaml = None

LFS_SIZE = 1_000_000
LFS_SUFFIXES = tuple(".bin .gz .jpg .npy .npz .onnx .parquet .pkl .png .pt .safetensors .zip".split())  # noqa: SIM905
SPACE_COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
LOCK = threading.RLock()  # held while a repository changes

JSON = dict[str, Any]
File = dict[str, Any]  # of a commit: {"size": int, "oid": git sha1, "lfs": sha256 or None}


class HubError(Exception):
    """An answer with an error status. The client chooses its exception class by ``code`` (X-Error-Code)."""

    def __init__(self, status: int, message: str, code: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": message}
        self.headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {}) | (headers or {})


def now() -> str:
    """Return the current time in the format of the Hub."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def wants_lfs(path: str, size: int) -> bool:
    """Return whether a file belongs in large file storage. An empty one never does: the client sends it inline."""
    return size > LFS_SIZE or (size > 0 and path.lower().endswith(LFS_SUFFIXES))


def git_sha1(data: bytes) -> str:
    """Return the id that git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def lfs_pointer(oid: str, size: int) -> bytes:
    """Return what git stores in place of a large file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that no reader sees it half written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(name, path)


def check_card(content: str, kind: str) -> tuple[list[str], list[str], JSON]:
    """Check a README.md for some of what the Hub checks; return errors, warnings and metadata."""
    block = re.match(r"\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", content, re.DOTALL)
    if not block:
        return [], ["empty or missing yaml metadata in repo card"], {}
    try:
        data = yaml.safe_load(block[1]) if yaml else {}
    except yaml.YAMLError as error:
        return [f"YAML Metadata Error: {error}"], [], {}
    if not isinstance(data, dict):
        return ["YAML Metadata Error: the metadata block must be a mapping"], [], {}
    errors = []
    for model in data.get("model-index") or []:
        try:
            for result in model["name"] and model["results"]:
                _ = result["task"]["type"], result["dataset"]["type"], result["dataset"]["name"]
                _ = [(metric["type"], metric["value"]) for metric in result["metrics"]]
        except (KeyError, TypeError) as error:
            errors.append(f'"model-index" is incomplete: {error}')
    for key in ("colorFrom", "colorTo") if kind == "spaces" else ():
        if data.get(key, "red") not in SPACE_COLORS:
            errors.append(f'"{key}" must be one of {SPACE_COLORS}')
    return errors, [], data


class Repo:
    """A repository on disk, which need not exist yet. ``kind`` is models, datasets or spaces."""

    def __init__(self, root: Path, kind: str, name: str) -> None:
        self.root, self.kind, self.name = root, kind, name
        self.owner, self.folder = name.split("/")[0], root / kind / name
        if not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name):
            raise HubError(400, f"Invalid repository name: {name}")

    def read(self, name: str) -> JSON:
        """Read one of the JSON files; return an empty dict if it is missing."""
        try:
            return dict(json.loads((self.folder / name).read_bytes()))
        except FileNotFoundError:
            return {}

    def write(self, name: str, data: JSON) -> None:
        """Replace one of the JSON files."""
        write_atomically(self.folder / name, json.dumps(data, indent=1).encode())

    def store(self, path: str, data: bytes, lfs: bool) -> File:
        """Store the content of a file; return its entry for a commit."""
        if lfs:
            oid = hashlib.sha256(data).hexdigest()
            write_atomically(self.root / "lfs" / oid, data)
            return self.stored_object(path, oid)
        write_atomically(self.root / "blobs" / git_sha1(data), data)
        return {"size": len(data), "oid": git_sha1(data), "lfs": None}

    def stored_object(self, path: str, oid: str) -> File:
        """Return the entry of a large file that was uploaded before."""
        if not (self.root / "lfs" / oid).is_file():
            raise HubError(400, f"LFS pointer pointed to a file that does not exist: {path}")
        size = (self.root / "lfs" / oid).stat().st_size
        return {"size": size, "oid": git_sha1(lfs_pointer(oid, size)), "lfs": oid}

    def create(self, author: str, info: JSON) -> None:
        """Create the repository with the first commit that the Hub makes by itself."""
        first = {".gitattributes": "".join(f"*{s} filter=lfs diff=lfs merge=lfs -text\n" for s in LFS_SUFFIXES)}
        if self.kind == "spaces":
            first["README.md"] = f"---\ntitle: {self.name.split('/')[1]}\nsdk: {info.get('sdk')}\n---\n"
        with LOCK:
            (self.folder / "commits").mkdir(parents=True, exist_ok=True)
            files = [(path, self.store(path, text.encode(), False)) for path, text in first.items()]
            self.commit("refs/heads/main", files, "initial commit", author)
            self.write("repo.json", {"private": False, "variables": {}, "createdAt": now(), **info})

    def resolve(self, revision: str) -> str:
        """Return the full sha of a branch, a refs/... name or a full sha."""
        refs = self.read("refs.json")
        for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            if name in refs:
                return str(refs[name])
        if re.fullmatch(r"[0-9a-f]{40}", revision) and (self.folder / "commits" / revision).is_dir():
            return revision
        raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def commit_at(self, revision: str) -> JSON:
        """Return commit.json of a revision, plus its sha."""
        sha = self.resolve(revision)
        return {"sha": sha, **self.read(f"commits/{sha}/commit.json")}

    def log(self, revision: str) -> list[JSON]:
        """Return the commits of a revision, newest first."""
        commits = [self.commit_at(revision)]
        while commits[-1]["parent"]:
            commits.append(self.commit_at(commits[-1]["parent"]))
        return commits

    def file_path(self, sha: str, path: str) -> Path:
        """Return the location on disk of a file of a commit."""
        return self.folder / "commits" / sha / "files" / path

    def commit(self, ref: str, changes: Iterable[tuple[str, File | None]], title: str, author: str, **more: Any) -> str:
        """Add files and delete those given as None, all or nothing; return the new sha.

        A folder ends with /. ``expected`` is the parent that the caller knows (or its first digits), ``start`` the
        parent of a new ref.
        """
        with LOCK:
            refs = self.read("refs.json")
            parent, expected = more.get("start") or refs.get(ref), more.get("expected")
            if expected and not (parent or "").startswith(expected):
                raise HubError(412, "A commit has happened since. Please refresh and try again.")
            files = dict(self.commit_at(parent)["files"]) if parent else {}
            for path, file in changes:
                if {"", ".", "..", ".git"} & set(path.removesuffix("/").split("/")):
                    raise HubError(400, f"Invalid path: {path}")
                deleted = [p for p in files if p == path or (path.endswith("/") and p.startswith(path))]
                if file is None and not deleted:
                    raise HubError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
                for name in deleted:
                    del files[name]
                if file is not None:
                    files[path] = file
            details = {"parent": parent, "title": title, "message": more.get("message") or "", "author": author}
            data = json.dumps({**details, "date": now(), "files": dict(sorted(files.items()))}, indent=1).encode()
            sha = hashlib.sha1(data + self.name.encode()).hexdigest()
            building = self.folder / "commits" / f".{sha}"
            try:
                building.mkdir()
                (building / "commit.json").write_bytes(data)
                for path, file in files.items():
                    target = building / "files" / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.link(self.root / ("lfs" if file["lfs"] else "blobs") / (file["lfs"] or file["oid"]), target)
                building.rename(building.with_name(sha))
            except (FileExistsError, NotADirectoryError) as error:
                raise HubError(400, f"A file and a folder have the same name: {error.filename}") from error
            finally:
                shutil.rmtree(building, ignore_errors=True)
            self.write("refs.json", refs | {ref: sha})
            return sha
