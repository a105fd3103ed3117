import gc
import logging
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from waiting import wait_until

from core import HubError, Model
from core.hub import client
from core.serving.model_source import BUNDLED, ModelSource, ServedModel
from core.ui import rehearse
from core.ui.routes.downloads import download_routes
from core.ui.routes.map_and_code import sight_routes

NEWEST: dict[str, str | Exception] = {}
"""The newest commit of the only repository, or why it cannot be asked for."""


@pytest.fixture
def repository(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A Hub where each commit has the small model."""

    def newest_commit(*_: object, **__: object) -> str:
        if isinstance(NEWEST["commit"], Exception):
            raise NEWEST["commit"]
        return NEWEST["commit"]

    def from_hub(_: str, commit: str, **__: object) -> Model:
        return replace(Model.load(model_folder), revision=commit)

    monkeypatch.setattr(client, "newest_commit", newest_commit)
    monkeypatch.setattr(client, "note_served_commit", lambda *_: None)
    monkeypatch.setattr(Model, "from_hub", from_hub)
    monkeypatch.setitem(NEWEST, "commit", "first")
    return {"MODEL_REPO_ID": "alice/anisvd"}


def failing_for(*revisions: str) -> Callable[[ServedModel], None]:
    """Return a rehearsal in which these revisions fail."""

    def rehearsal(served: ServedModel) -> None:
        if served.revision in revisions:
            raise IndexError("list index out of range")

    return rehearsal


def test_local_folder_comes_first(model_folder: Path) -> None:
    source = ModelSource({"MODEL_DIR": str(model_folder), "MODEL_REPO_ID": "nobody/asked"})
    served = source.current()
    assert served.source == "local folder small"
    assert len(served.model.catalogue) == 60
    assert served.notice == ""
    assert source.settled


def test_bundled_model_serves_without_configuration() -> None:
    source = ModelSource({})
    served = source.current()
    assert served.source == "bundled with the app"
    assert served.health()["status"] == "ok"
    assert len(served.model.user_ids) >= 300
    assert source.settled


def test_broken_model_is_refused_with_a_notice(tmp_path: Path) -> None:
    served = ModelSource({"MODEL_DIR": str(tmp_path)}).current()
    assert served.source == "bundled with the app"
    assert "could not be loaded" in served.notice


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_wrong_refresh_time_is_logged_and_replaced(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ModelSource({"MODEL_REFRESH_SECONDS": text})
    assert f"MODEL_REFRESH_SECONDS is {text!r}" in caplog.text


def test_bundled_model_is_within_its_size_budget() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 15e6
    waits_for = ("config.json", "model.safetensors", "catalogue.parquet")
    assert sum((BUNDLED / name).stat().st_size for name in waits_for) <= 12e6


def test_textbook_model_is_not_served(textbook: Model, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    textbook.save(tmp_path / "textbook")
    served = ModelSource({"MODEL_DIR": str(tmp_path / "textbook")}).current()
    assert served.source == "bundled with the app"
    assert "This is a textbook model" in caplog.text


def test_model_that_fails_in_its_rehearsal_does_not_enter_service(
    repository: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    source = ModelSource(repository, failing_for("second"))
    assert source.current().health() | {"status": "ok", "reason": ""} == source.current().health()
    assert source.current().rehearsed
    NEWEST["commit"] = "second"
    for _ in range(2):
        assert not source.refresh()
        assert source.current().revision == "first"
        health = source.current().health()
        assert health["status"] == "degraded"
        assert health["reason"] == "Revision second of alice/anisvd is refused; the log says why."
    assert caplog.text.count("IndexError") == 1
    NEWEST["commit"] = "third"
    assert source.refresh()
    assert (source.current().revision, source.current().health()["status"]) == ("third", "ok")


def test_degraded_ends_when_the_old_model_is_the_newest_again(repository: dict[str, str]) -> None:
    source = ModelSource(repository, failing_for("second"))
    for commit, status in (("second", "degraded"), ("first", "ok")):
        NEWEST["commit"] = commit
        source.refresh()
        assert source.current().health()["status"] == status


def test_time_of_the_last_successful_look_is_known(repository: dict[str, str]) -> None:
    source = ModelSource(repository)
    looks = [source.current().looked_at]
    for commit in ("first", "second"):  # the same model, another one
        NEWEST["commit"] = commit
        source.refresh()
        looks.append(source.current().looked_at)
    assert None not in looks
    assert sorted(set(looks)) == looks
    NEWEST["commit"] = HubError("no answer")
    source.refresh()
    assert source.current().looked_at == looks[-1]
    assert ModelSource({}).current().looked_at is None


@pytest.mark.parametrize("error", [HubError("no answer"), AttributeError("no such thing"), MemoryError()], ids=repr)
def test_failed_search_of_any_kind_is_logged_once(
    error: Exception, repository: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    source = ModelSource(repository)
    NEWEST["commit"] = error
    for _ in range(3):
        assert not source.refresh()
        assert source.current().revision == "first"
        assert source.current().health()["status"] == "degraded"
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1
    NEWEST["commit"] = "second"
    assert source.refresh()
    assert source.current().trouble == ""


def test_follower_looks_again_after_any_failure(repository: dict[str, str]) -> None:
    source = ModelSource(repository | {"MODEL_REFRESH_SECONDS": "0.2"})
    NEWEST["commit"] = AttributeError("no such thing")
    source.follow()
    wait_until(lambda: source.current().trouble)
    NEWEST["commit"] = "second"
    wait_until(lambda: source.current().revision == "second")
    source._refresh_seconds = 0  # the thread ends
    wait_until(lambda: "follow-the-model" not in {thread.name for thread in threading.enumerate()})


def test_folder_that_fails_in_its_rehearsal_gives_way_to_the_next_source(model_folder: Path) -> None:
    def rehearsal(served: ServedModel) -> None:
        if served.source != "bundled with the app":
            raise KeyError("places")

    source = ModelSource({"MODEL_DIR": str(model_folder)}, rehearsal)
    assert source.current().source == "bundled with the app"
    health = source.current().health()
    assert (health["status"], health["reason"]) == (
        "degraded", "The model in MODEL_DIR is refused; the log says why.",
    )  # fmt: skip
    assert str(model_folder) not in str(health)


def test_bundled_model_serves_before_its_rehearsal_is_over() -> None:
    rehearsals: list[ServedModel] = []
    source = ModelSource({}, rehearsals.append)
    assert not rehearsals
    assert not source.current().rehearsed
    source.follow()
    wait_until(lambda: source.current().rehearsed)
    assert len(rehearsals) == 1
    assert source.current().health()["status"] == "ok"


def test_replaced_model_is_freed(repository: dict[str, str]) -> None:
    source = ModelSource(repository, rehearse)
    page = TestClient(Starlette(routes=[*sight_routes(source.current), *download_routes(source.current)]))
    old = weakref.ref(source.current().model)
    assert old() is not None
    for address in ("/map.json", "/map.json?adult=1&language=ja", "/list.csv?rated=103:9", "/model-card"):
        assert page.get(address).status_code == 200
    NEWEST["commit"] = "second"
    assert source.refresh()
    page.get("/list.json")
    gc.collect()
    assert old() is None
