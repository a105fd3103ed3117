"""The test Hub, used by the unmodified client in processes of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from hub_client import BIG, Client, contents, local_contents
from hub_server import TestHub
from waiting import HANG_SECONDS


def test_client_pulls_what_it_pushed(hub: TestHub, client: Client, folder: Path) -> None:
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
    assert contents(hub.files("alice/m")) == local_contents(folder) == local_contents(Path(out["branch"]))
    assert [request.status for request in hub.requests if request.path.endswith("/commit/main")] == [200]  # one commit
    assert all(not request.authorized for request in hub.requests if request.path.startswith("/_lfs/"))


def test_pinned_revision_is_taken_from_the_cache(hub: TestHub, client: Client, folder: Path) -> None:
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
    assert hub.commits("alice/m")[0]["sha"] == second  # the state is on disk


def test_pull_needs_few_requests(hub: TestHub, client: Client, folder: Path) -> None:
    hub.commit_folder("alice/m", folder)
    pull = 'snapshot_download("alice/m", allow_patterns=["*.md"])'
    client(pull)
    assert [request.method for request in hub.requests] == ["GET", "GET", "HEAD", "GET"]  # info, tree, the file
    hub.requests.clear()
    client(pull)
    assert [request.path for request in hub.requests] == ["/api/models/alice/m/revision/main"]


def test_pull_requests_branches_and_deletions(hub: TestHub, client: Client, folder: Path) -> None:
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


def test_token_decides_what_is_allowed(hub: TestHub, client: Client, folder: Path) -> None:
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
    anonymous, wrong = client(code, token=None, home="3"), client(code, token="hf_wrong", home="4")
    assert write["create"][:2] == ["HfHubHTTPError", 409]
    assert write["exist_ok"].endswith("alice/open")
    assert [out["foreign"][1] for out in (write, read, anonymous, wrong)] == [403, 403, 401, 401]
    assert write["push"].startswith("http")
    assert write["whoami"] == "alice"
    assert read["whoami"] == "bob"
    assert read["push"][:2] == ["HfHubHTTPError", 403]
    assert wrong["push"][:2] == ["HfHubHTTPError", 401]
    assert anonymous["push"][:2] == ["RepositoryNotFoundError", 401]  # as on the real Hub
    assert read["closed"][:2] == ["RepositoryNotFoundError", 404]
    assert ".gitattributes" in write["closed"]
    assert anonymous["closed"][:2] == ["RepositoryNotFoundError", 401]
    assert wrong["closed"][:2] == ["HfHubHTTPError", 401]
    assert "README.md" in read["read"]
    assert "README.md" in anonymous["read"]
    assert write["repo"][:2] == ["RepositoryNotFoundError", 404]
    assert anonymous["repo"][0] == "RepositoryNotFoundError"
    assert write["revision"][:2] == ["RevisionNotFoundError", 404]
    assert write["file"][:2] == ["RemoteEntryNotFoundError", 404]
    assert "hf_w" not in json.dumps([write, wrong])  # no token in any message


def test_commit_onto_an_old_parent_is_refused(hub: TestHub, client: Client, folder: Path) -> None:
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


def test_space_has_variables_and_forgets_secrets(hub: TestHub, client: Client) -> None:
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
    assert b"hf_secret" not in b"".join(p.read_bytes() for p in hub.root.rglob("*.json"))


def test_redirected_download_sends_no_token(tmp_path: Path, folder: Path) -> None:
    with TestHub(tmp_path / "root", cdn=True) as hub:
        hub.commit_folder("alice/m", folder)
        out = Client(hub, tmp_path)('result["path"] = snapshot_download("alice/m")')
        assert local_contents(Path(out["path"])) == local_contents(folder)
        assert [r.authorized for r in hub.requests if r.path.startswith("/_cdn/")] == [False]


def test_hub_in_its_own_process_keeps_its_state(tmp_path: Path, folder: Path) -> None:
    """The state survives a SIGKILL of the server. Faults are ordered over HTTP."""

    def serve() -> tuple[subprocess.Popen[str], str]:
        arguments = ["--root", str(tmp_path / "root"), "--token", "hf_x=dora:write:team"]
        script = str(Path(__file__).with_name("hub_server.py"))
        process = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        return process, process.stdout.readline().strip()

    with TestHub(tmp_path / "other") as other:  # the client calls the other one
        run = Client(other, tmp_path)
        server, endpoint = serve()
        push = f"""
            api.create_repo("team/m", exist_ok=True)
            attempt("push", lambda: api.upload_folder(repo_id="team/m", folder_path={str(folder)!r}))
        """
        order = json.dumps({"misbehave": {"path_pattern": "/preupload/", "status": 403}}).encode()
        urllib.request.urlopen(f"{endpoint}/__control", order, timeout=HANG_SECONDS).close()
        assert run(push, token="hf_x", HF_ENDPOINT=endpoint)["push"][1] == 403
        assert run(push, token="hf_x", HF_ENDPOINT=endpoint)["push"].startswith(endpoint)
        with urllib.request.urlopen(f"{endpoint}/__control", timeout=HANG_SECONDS) as answer:
            assert [r["status"] for r in json.load(answer) if "/preupload/" in r["path"]] == [403, 200]
        server.kill()
        server.wait()
        server, endpoint = serve()
        try:
            out = run('result["path"] = snapshot_download("team/m")', token=None, HF_ENDPOINT=endpoint)
            assert local_contents(Path(out["path"])) == local_contents(folder)
        finally:
            server.kill()
            server.wait()
        assert other.requests == []
