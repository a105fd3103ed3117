"""Faults of the test Hub, met by the unmodified client in processes of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_client import BIG, Client, contents, local_contents
from hub_server import TestHub
from waiting import wait_until

DOWNLOAD = 'attempt("path", lambda: hf_hub_download("alice/m", "model.safetensors"))'


def upload(folder: Path) -> str:
    return f'attempt("push", lambda: api.upload_folder(repo_id="alice/m", folder_path={str(folder)!r}))'


def test_client_retries_only_after_status_429(hub: TestHub, client: Client, folder: Path) -> None:
    """It waits a second longer than Retry-After says."""
    hub.commit_folder("alice/m", folder)
    limited = hub.misbehave("/README.md", method="GET", status=429, retry_after=1)
    hub.misbehave("/model.safetensors", method="GET", status=503)
    hub.misbehave("/commit/", status=500)
    out = client(f"""
        import time
        result["waits"] = []
        time.sleep = result["waits"].append
        attempt("limited", lambda: hf_hub_download("alice/m", "README.md"))
        {DOWNLOAD}
        attempt("commit", lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="alice/m"))
    """)
    assert limited.hits == 1
    assert out["limited"].endswith("README.md")
    assert out["waits"] == [2]
    assert out["path"][:2] == ["HfHubHTTPError", 503]
    assert out["commit"][:2] == ["HfHubHTTPError", 500]


@pytest.mark.parametrize("fault", ["truncated", "cut", "slow"])
def test_client_completes_an_interrupted_download(hub: TestHub, client: Client, folder: Path, fault: str) -> None:
    """It starts from the beginning, because less than 10 MiB came."""
    hub.commit_folder("alice/m", folder)
    hub.misbehave("/model.safetensors", method="GET", what=fault, reset=False, nbytes=1_000_000, rate=3_000_000)
    assert Path(client(DOWNLOAD)["path"]).read_bytes() == BIG
    answers = [request.status for request in hub.requests if request.method == "GET"]
    assert answers == ([200] if fault == "slow" else [200, 200])


def test_client_repeats_a_download_that_hangs(hub: TestHub, client: Client, folder: Path) -> None:
    hub.commit_folder("alice/m", folder)
    hub.misbehave("/model.safetensors", method="GET", what="hang")
    assert Path(client(DOWNLOAD, HF_HUB_DOWNLOAD_TIMEOUT="1")["path"]).read_bytes() == BIG
    first, *later = [request.status for request in hub.requests if request.method == "GET"]
    assert (first, set(later)) == (0, {200})


@pytest.mark.parametrize(("fault", "error"), [("cut", "ReadError"), ("short", "OSError")])
def test_broken_download_leaves_nothing(hub: TestHub, client: Client, folder: Path, fault: str, error: str) -> None:
    hub.commit_folder("alice/m", folder)
    hub.misbehave("/model.safetensors", method="GET", what=fault, nbytes=1_000_000)
    assert client(DOWNLOAD)["path"][0] == error
    assert Path(client(DOWNLOAD)["path"]).read_bytes() == BIG
    assert not list(client.folder.rglob("*.incomplete"))


def test_client_does_not_notice_a_wrong_byte(hub: TestHub, client: Client, folder: Path) -> None:
    hub.commit_folder("alice/m", folder)
    hub.misbehave("/model.safetensors", method="GET", what="flip")
    content = Path(client(DOWNLOAD)["path"]).read_bytes()
    assert len(content) == len(BIG)
    assert content != BIG


def test_client_resumes_a_download_after_whole_blocks(hub: TestHub, client: Client, tmp_path: Path) -> None:
    """A block has 10 MiB."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(BIG * 5)
    hub.commit_folder("alice/m", tmp_path / "model")
    hub.misbehave("/model.safetensors", method="GET", what="truncated", nbytes=11_000_000)
    assert Path(client(DOWNLOAD)["path"]).read_bytes() == BIG * 5
    assert [request.status for request in hub.requests] == [200, 200, 206]


def test_killed_upload_changes_nothing(hub: TestHub, client: Client, folder: Path) -> None:
    hub.create_repo("alice/m")
    before = hub.refs("alice/m")
    slow = hub.misbehave("/_lfs/", what="slow", rate=20_000)

    def received() -> list[int]:
        """Return the sizes of unfinished uploads."""
        return [path.stat().st_size for path in (hub.root / "lfs").glob(".*")]

    with client.start(upload(folder)) as process:
        wait_until(lambda: any(received()))
        process.kill()
    assert slow.hits == 1
    slow.rate = 10**9
    wait_until(lambda: not received())  # the server has read what the client had sent
    assert hub.refs("alice/m") == before
    assert len(hub.commits("alice/m")) == 1
    assert client(upload(folder))["push"].startswith("http")
    assert contents(hub.files("alice/m")) == local_contents(folder)


def test_upload_is_retried_or_leaves_nothing(hub: TestHub, client: Client, folder: Path) -> None:
    hub.create_repo("alice/m")
    hub.misbehave("/_lfs/", what="cut")
    assert client(upload(folder))["stderr"].count("Retrying") == 1
    assert len(hub.commits("alice/m")) == 2
    (folder / "model.safetensors").write_bytes(BIG[::-1])
    hub.misbehave("/_lfs/", status=403)
    assert client(upload(folder))["push"][0] == "RuntimeError"
    assert len(hub.commits("alice/m")) == 2
