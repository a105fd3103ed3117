"""The stand-in Hub, spoken to by the unmodified client in processes of its own."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hub_server import TestHub

PRELUDE = """
import json, os, sys
from pathlib import Path
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, ModelCard
from huggingface_hub import hf_hub_download, snapshot_download
api = HfApi()
result = {}
def attempt(name, function):
    try:
        value = function()
        result[name] = str(value)
    except Exception as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        result[name] = [type(error).__name__, status, str(error)]
"""
BIG = random.Random(7).randbytes(2_500_000)


def command(hub: TestHub, code: str, home: Path, token: str | None, env: dict[str, str]) -> dict[str, Any]:
    """The arguments of ``subprocess`` for a client."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    settings = {"HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    settings |= {"HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"} | ({"HF_TOKEN": token} if token else {})
    script = PRELUDE + textwrap.dedent(code) + "\nprint(json.dumps(result))"
    return {"args": [sys.executable, "-c", script], "env": clean | settings | env}


class Client:
    """Runs snippets of Python that leave what they find in ``result`` (``attempt`` for what may fail)."""

    def __init__(self, hub: TestHub, home: Path) -> None:
        self.hub, self.home = hub, home

    def __call__(self, code: str, token: str | None = "hf_write", home: str = "home", **env: str) -> dict[str, Any]:
        arguments = command(self.hub, code, self.home / home, token, env)
        done = subprocess.run(**arguments, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]), stderr=done.stderr)


@pytest.fixture
def client(hub: TestHub, tmp_path: Path) -> Client:
    return Client(hub, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model: text, metadata, a large binary file, a subfolder."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\ntags: [physics]\n---\n# A model\n")
    (folder / "sub" / "äöü.txt").write_text("text")
    (folder / "model.safetensors").write_bytes(BIG)
    return folder


def contents(paths: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in paths.items() if name != ".gitattributes"}


def local(folder: Path) -> dict[str, bytes]:
    return contents({p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()})


def test_push_and_pull(hub: TestHub, client: Client, folder: Path) -> None:
    out = client(f"""
        api.create_repo("alice/m", private=True)
        commit = api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r}, commit_message="first")
        result["oid"] = commit.oid
        info = api.model_info("alice/m", files_metadata=True)
        result["info"] = [info.sha, info.private, info.tags, info.card_data.license]
        result["sizes"] = {{s.rfilename: [s.size, s.lfs.sha256 if s.lfs else None] for s in info.siblings}}
        result["files"] = api.list_repo_files("alice/m")
        result["tree"] = [[type(e).__name__, e.path] for e in api.list_repo_tree("alice/m")]
        result["branch"] = snapshot_download("alice/m")
        result["again"] = api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r}).oid
    """)
    (commit, initial), sha256 = hub.commits("alice/m"), hashlib.sha256(BIG).hexdigest()
    assert out["oid"] == out["again"] == commit["sha"] == hub.refs("alice/m")["refs/heads/main"]
    assert (commit["title"], commit["parent"], commit["author"]) == ("first", initial["sha"], "alice")
    assert out["info"] == [commit["sha"], True, ["physics"], "mit"]
    assert out["sizes"]["model.safetensors"] == [len(BIG), sha256]
    assert set(out["files"]) == {".gitattributes", "README.md", "model.safetensors", "sub/äöü.txt"}
    assert ["RepoFolder", "sub"] in out["tree"]
    assert ["RepoFile", "README.md"] in out["tree"]
    assert contents(hub.files("alice/m")) == local(folder) == local(Path(out["branch"]))
    assert [request.status for request in hub.requests if request.path.endswith("/commit/main")] == [200]  # one commit
    assert all(not request.authorized for request in hub.requests if request.path.startswith("/_lfs/"))


def test_pinned_sha(hub: TestHub, client: Client, folder: Path) -> None:
    first = hub.commit_folder("alice/m", folder)
    (folder / "README.md").write_text("changed")
    second = hub.commit_folder("alice/m", folder, "second")
    pull = f'result["path"] = snapshot_download("alice/m", revision={first!r})'
    path = Path(client(pull)["path"])
    assert path.name == first
    assert (path / "README.md").read_text().startswith("---")
    hub.requests.clear()
    assert client(pull)["path"] == str(path)
    assert hub.requests == []
    assert Path(client('result["path"] = snapshot_download("alice/m")')["path"]).name == second
    hub.stop()
    out = client(f"""
        {pull}
        result["branch"] = snapshot_download("alice/m")
        result["file"] = hf_hub_download("alice/m", "README.md")
        attempt("elsewhere", lambda: snapshot_download("alice/x"))
        attempt("info", lambda: api.model_info("alice/m"))
    """)
    assert out["path"] == str(path)
    assert Path(out["branch"]).name == second
    assert out["elsewhere"][0] == "LocalEntryNotFoundError"
    assert out["info"][0] == "ConnectError"
    hub.start()
    assert hub.commits("alice/m")[0]["sha"] == second  # all on disk


def test_few_requests(hub: TestHub, client: Client, folder: Path) -> None:
    hub.commit_folder("alice/m", folder)
    pull = 'snapshot_download("alice/m", allow_patterns=["*.md"])'
    client(pull)
    assert [request.method for request in hub.requests] == ["GET", "GET", "HEAD", "GET"]  # info, tree, the file
    hub.requests.clear()
    client(pull)
    assert [request.path for request in hub.requests] == ["/api/models/alice/m/revision/main"]


def test_pull_request_branch_and_deletion(hub: TestHub, client: Client, folder: Path) -> None:
    start = hub.commit_folder("alice/m", folder)
    out = client(f"""
        first = api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r}, path_in_repo="copy", create_pr=True)
        result["pr"] = [first.pr_num, first.pr_revision, first.pr_url]
        result["pulled"] = Path(hf_hub_download("alice/m", "copy/README.md", revision="refs/pr/1")).read_text()
        api.create_branch("alice/m", branch="v/1")
        attempt("twice", lambda: api.create_branch("alice/m", branch="v/1"))
        operations = [CommitOperationDelete("README.md"), CommitOperationDelete("sub/")]
        operations.append(CommitOperationAdd("new.txt", b"new"))
        api.create_commit("alice/m", operations, commit_message="replace", revision="v/1")
        attempt("missing", lambda: api.delete_file("nope.txt", "alice/m"))
        refs = api.list_repo_refs("alice/m", include_pull_requests=True)
        result["refs"] = sorted(ref.ref for ref in refs.branches + refs.pull_requests)
        result["titles"] = [commit.title for commit in api.list_repo_commits("alice/m", revision="v/1")]
    """)
    assert out["pr"] == [1, "refs/pr/1", f"{hub.endpoint}/alice/m/discussions/1"]
    assert out["pulled"] == (folder / "README.md").read_text()
    assert out["twice"][:2] == ["HfHubHTTPError", 409]
    assert out["missing"][:2] == ["RemoteEntryNotFoundError", 404]
    assert out["refs"] == ["refs/heads/main", "refs/heads/v/1", "refs/pr/1"]
    assert out["titles"] == ["replace", "commit", "initial commit"]
    assert set(hub.files("alice/m", "v/1")) == {".gitattributes", "model.safetensors", "new.txt"}
    assert hub.refs("alice/m")["refs/heads/main"] == start


def test_who_may_do_what(hub: TestHub, client: Client, folder: Path) -> None:
    hub.commit_folder("alice/open", folder)
    hub.create_repo("alice/closed", private=True)
    code = f"""
        attempt("create", lambda: api.create_repo("alice/open"))
        attempt("exist_ok", lambda: api.create_repo("alice/open", exist_ok=True))
        attempt("foreign", lambda: api.create_repo("carol/m"))
        attempt("push", lambda: api.upload_folder(repo_id="alice/open", folder_path={str(folder)!r}, path_in_repo="x"))
        attempt("read", lambda: hf_hub_download("alice/open", "README.md"))
        attempt("closed", lambda: hf_hub_download("alice/closed", ".gitattributes"))
        attempt("whoami", lambda: api.whoami()["name"])
        attempt("repo", lambda: api.model_info("alice/nope"))
        attempt("revision", lambda: snapshot_download("alice/open", revision="nope"))
        attempt("file", lambda: hf_hub_download("alice/open", "nope"))
    """
    write, read = client(code, home="1"), client(code, token="hf_read", home="2")
    nobody, wrong = client(code, token=None, home="3"), client(code, token="hf_wrong", home="4")
    assert write["create"][:2] == ["HfHubHTTPError", 409]
    assert write["exist_ok"].endswith("alice/open")
    assert [out["foreign"][1] for out in (write, read, nobody, wrong)] == [403, 403, 401, 401]
    assert write["push"].startswith("http")
    assert write["whoami"] == "alice"
    assert read["whoami"] == "bob"
    assert read["push"][:2] == ["HfHubHTTPError", 403]
    assert wrong["push"][:2] == ["HfHubHTTPError", 401]
    assert nobody["push"][:2] == ["RepositoryNotFoundError", 401]  # so the client, on the real Hub, too
    assert read["closed"][:2] == ["RepositoryNotFoundError", 404]
    assert ".gitattributes" in write["closed"]
    assert nobody["closed"][:2] == ["RepositoryNotFoundError", 401]
    assert wrong["closed"][:2] == ["HfHubHTTPError", 401]
    assert "README.md" in read["read"]
    assert "README.md" in nobody["read"]
    assert write["repo"][:2] == ["RepositoryNotFoundError", 404]
    assert nobody["repo"][0] == "RepositoryNotFoundError"
    assert write["revision"][:2] == ["RevisionNotFoundError", 404]
    assert write["file"][:2] == ["RemoteEntryNotFoundError", 404]
    assert "hf_w" not in json.dumps([write, wrong])  # no token in any message


def test_conflict(hub: TestHub, client: Client, folder: Path) -> None:
    old = hub.commit_folder("alice/m", folder)
    (folder / "README.md").write_text("theirs")
    new = hub.commit_folder("alice/m", folder)
    out = client(f"""
        add = lambda: [CommitOperationAdd("a.txt", b"mine")]
        attempt("old", lambda: api.create_commit("alice/m", add(), commit_message="c", parent_commit={old!r}))
        attempt("new", lambda: api.create_commit("alice/m", add(), commit_message="c", parent_commit={new[:7]!r}))
    """)
    assert out["old"][:2] == ["HfHubHTTPError", 412]
    assert out["new"].startswith("http")
    assert [commit["parent"] for commit in hub.commits("alice/m")[:2]] == [new, old]


def test_retries(hub: TestHub, client: Client, folder: Path) -> None:
    """429 with Retry-After: waits a second longer; 5xx of a GET or of the commit: not retried."""
    hub.commit_folder("alice/m", folder)
    limited = hub.misbehave("/README.md", method="GET", status=429, retry_after=1)
    hub.misbehave("/model.safetensors", method="GET", status=503)
    hub.misbehave("/commit/", status=500)
    out = client("""
        import time
        start = time.monotonic()
        attempt("limited", lambda: hf_hub_download("alice/m", "README.md"))
        result["seconds"] = time.monotonic() - start
        attempt("get", lambda: hf_hub_download("alice/m", "model.safetensors"))
        attempt("commit", lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="alice/m"))
    """)
    assert limited.hits == 1
    assert out["limited"].endswith("README.md")
    assert 2 <= out["seconds"] < 4
    assert out["get"][:2] == ["HfHubHTTPError", 503]
    assert out["commit"][:2] == ["HfHubHTTPError", 500]


@pytest.mark.parametrize("what", ["truncated", "cut", "reset", "short", "flip", "hang", "slow"])
def test_bad_downloads(hub: TestHub, client: Client, folder: Path, what: str) -> None:
    """The client resumes after an orderly end or a timeout, and sees a wrong size; a wrong hash it does not see."""
    hub.commit_folder("alice/m", folder)
    special: dict[str, dict[str, Any]] = {"cut": {"what": "cut", "reset": False}, "reset": {"what": "cut"}}
    options = special.get(what, {"what": what})
    if what != "flip":
        options |= {"nbytes": 1_000_000}
    hub.misbehave("/model.safetensors", method="GET", rate=3_000_000, **options)
    code = 'attempt("path", lambda: hf_hub_download("alice/m", "model.safetensors"))'
    out = client(code, HF_HUB_DOWNLOAD_TIMEOUT="1")
    if what in ("truncated", "cut", "hang", "slow"):
        assert Path(out["path"]).read_bytes() == BIG
        answers = [request.status for request in hub.requests if request.method == "GET"]
        assert answers == {"hang": [0, 200], "slow": [200]}.get(
            what, [200, 200]
        )  # from the start: less than 10 MiB came
    elif what == "flip":
        assert len(Path(out["path"]).read_bytes()) == len(BIG)
        assert Path(out["path"]).read_bytes() != BIG
    else:
        assert out["path"][0] == {"reset": "ReadError", "short": "OSError"}[what]
        assert Path(client(code)["path"]).read_bytes() == BIG  # nothing bad was kept
        assert not list(client.home.rglob("*.incomplete"))


def test_resumed_download(hub: TestHub, client: Client, tmp_path: Path) -> None:
    """The client keeps what has come in blocks of 10 MiB."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(BIG * 5)
    hub.commit_folder("alice/m", tmp_path / "model")
    hub.misbehave("/model.safetensors", method="GET", what="truncated", nbytes=11_000_000)
    path = client('result["path"] = hf_hub_download("alice/m", "model.safetensors")')["path"]
    assert Path(path).read_bytes() == BIG * 5
    assert [request.status for request in hub.requests] == [200, 200, 206]


def test_killed_push(hub: TestHub, client: Client, folder: Path) -> None:
    hub.create_repo("alice/m")
    before = hub.refs("alice/m")
    rule = hub.misbehave("/_lfs/", what="slow", rate=500_000)
    push = f'api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r})'
    process = subprocess.Popen(**command(hub, push, client.home, "hf_write", {}), stdout=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not rule.hits and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert rule.hits == 1
    time.sleep(0.2)
    assert hub.refs("alice/m") == before
    assert len(hub.commits("alice/m")) == 1
    client(push)
    assert contents(hub.files("alice/m")) == local(folder)


def test_upload_troubles(hub: TestHub, client: Client, folder: Path) -> None:
    """An upload to storage is retried; one that was refused for good leaves nothing."""
    hub.create_repo("alice/m")
    hub.misbehave("/_lfs/", what="cut")
    assert client(f'api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r})')["stderr"].count("Retrying") == 1
    (folder / "model.safetensors").write_bytes(BIG[::-1])
    hub.misbehave("/_lfs/", status=403)
    out = client(f'attempt("push", lambda: api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r}))')
    assert out["push"][0] == "RuntimeError"
    assert len(hub.commits("alice/m")) == 2


def test_space(hub: TestHub, client: Client, tmp_path: Path) -> None:
    out = client("""
        result["url"] = api.create_repo("alice/s", repo_type="space", space_sdk="gradio",
                                        space_variables=[{"key": "MODEL", "value": "alice/m"}])
        api.add_space_variable("alice/s", "COLOR", "red", description="d")
        api.add_space_secret("alice/s", "HF_TOKEN", "hf_secret")
        result["variables"] = {k: v.value for k, v in api.get_space_variables("alice/s").items()}
        api.upload_file(path_or_fileobj=b"print()", path_in_repo="app.py", repo_id="alice/s", repo_type="space")
        info = api.space_info("alice/s")
        result["info"] = [info.sdk, info.runtime.stage, [s.rfilename for s in info.siblings]]
        result["stage"] = api.get_space_runtime("alice/s").stage
        attempt("card", lambda: api.upload_file(path_or_fileobj=b"---\\na: [\\n---\\n", path_in_repo="README.md",
                                                repo_id="alice/s", repo_type="space"))
        attempt("model", lambda: ModelCard("---\\nlicense: mit\\n---\\n# M").validate())
    """)
    assert out["url"] == f"{hub.endpoint}/spaces/alice/s"
    assert out["stage"] == "RUNNING"
    assert out["variables"] == {"MODEL": "alice/m", "COLOR": "red"}
    assert out["info"] == ["gradio", "RUNNING", [".gitattributes", "README.md", "app.py"]]
    assert out["card"][0] == "ValueError"
    assert "YAML" in out["card"][2]
    assert out["model"] == "None"
    assert hub.info("alice/s", "space")["variables"]["COLOR"]["description"] == "d"
    assert b"hf_secret" not in b"".join(p.read_bytes() for p in (tmp_path / "root").rglob("*.json"))


def test_redirect_without_token(tmp_path: Path, folder: Path) -> None:
    with TestHub(tmp_path / "root", cdn=True) as hub:
        hub.commit_folder("alice/m", folder)
        out = Client(hub, tmp_path)('result["path"] = snapshot_download("alice/m")')
        assert local(Path(out["path"])) == local(folder)
        assert [r.authorized for r in hub.requests if r.path.startswith("/_cdn/")] == [False]


def test_own_process(tmp_path: Path, folder: Path) -> None:
    """The state survives a SIGKILL of the server; misbehaviour is ordered over HTTP."""

    def serve() -> tuple[subprocess.Popen[str], str]:
        arguments = ["--root", str(tmp_path / "root"), "--token", "hf_x=dora:write:team"]
        script = str(Path(__file__).with_name("hub_server.py"))
        process = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        return process, process.stdout.readline().strip()

    with TestHub(tmp_path / "other") as other:  # only for its name: the client is pointed elsewhere
        run = Client(other, tmp_path)
        server, endpoint = serve()
        push = f"""
            api.create_repo("team/m", exist_ok=True)
            attempt("push", lambda: api.upload_folder(repo_id="team/m", folder_path={str(folder)!r}))
        """
        order = json.dumps({"misbehave": {"path_pattern": "/preupload/", "status": 403}}).encode()
        urllib.request.urlopen(f"{endpoint}/__control", order, timeout=10).close()
        assert run(push, token="hf_x", HF_ENDPOINT=endpoint)["push"][1] == 403
        assert run(push, token="hf_x", HF_ENDPOINT=endpoint)["push"].startswith(endpoint)
        with urllib.request.urlopen(f"{endpoint}/__control", timeout=10) as answer:
            assert [r["status"] for r in json.load(answer) if "/preupload/" in r["path"]] == [403, 200]
        server.kill()
        server.wait()
        server, endpoint = serve()
        try:
            out = run('result["path"] = snapshot_download("team/m")', token=None, HF_ENDPOINT=endpoint)
            assert local(Path(out["path"])) == local(folder)
        finally:
            server.kill()
            server.wait()
        assert other.requests == []
