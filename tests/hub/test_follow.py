"""Running apps that follow a model on the test Hub."""

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from hub_server import TestHub
from programs import REPO, TOKEN, Programs
from running import App, started_app

from core.serving.model_source import NOT_YET

FROM_HUB = f"{REPO} on the Hugging Face Hub"


def health(app: App) -> dict:
    with urlopen(f"{app.url}/healthz", timeout=10) as answer:
        return json.load(answer)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def english_names(app: App) -> set[str]:
    """The English names in one answer of the API: all of one revision."""
    body = json.dumps({"ratings": {"103": 9, "106": 3}, "k": 20}).encode()
    request = Request(f"{app.url}/gradio_api/call/v2/recommend", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        event = json.load(answer)["event_id"]
    with urlopen(f"{app.url}/gradio_api/call/recommend/{event}", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    assert lines[0] == "event: complete", lines
    return {item["english"] for item in json.loads(lines[1].removeprefix("data: "))[0]}


def test_a_new_commit_is_served_without_a_restart(
    programs: Programs, hub: TestHub, version: Callable[[str], Path], broken: Path
) -> None:
    hub.commit_folder(REPO, version("one"))
    with started_app(programs.environment(MODEL_REPO_ID=REPO, MODEL_REFRESH_SECONDS="0.3")) as app:
        wait_for(lambda: health(app)["source"] == FROM_HUB)  # a slow machine starts with the bundled one
        assert health(app)["revision"] == hub.refs(REPO)["refs/heads/main"]
        assert english_names(app) == {"one"}
        second = hub.commit_folder(REPO, version("two"))
        wait_for(lambda: health(app)["revision"] == second)
        assert english_names(app) == {"two"}
        refused = hub.commit_folder(REPO, broken)
        wait_for(lambda: refused[:12] in app.log)
        time.sleep(1.5)
        assert app.log.count("is refused") == 1  # said once
        assert health(app)["revision"] == second
        third = hub.commit_folder(REPO, version("three"))
        wait_for(lambda: health(app)["revision"] == third)
        hub.stop()
        wait_for(lambda: "cannot be reached" in app.log)
        time.sleep(1.5)
        assert english_names(app) == {"three"}
        assert app.log.count("cannot be reached") == 1
        hub.start()
        fourth = hub.commit_folder(REPO, version("four"))
        wait_for(lambda: health(app)["revision"] == fourth)
        assert TOKEN not in app.log + json.dumps(health(app)) + urlopen(app.url).read().decode()


def test_a_pinned_revision_stays(programs: Programs, hub: TestHub, version: Callable[[str], Path]) -> None:
    first = hub.commit_folder(REPO, version("one"))
    hub.commit_folder(REPO, version("two"))
    environment = programs.environment(MODEL_REPO_ID=REPO, MODEL_REVISION=first, MODEL_REFRESH_SECONDS="0.2")
    with started_app(environment) as app:
        wait_for(lambda: health(app)["revision"] == first)
    hub.stop()
    before = len(hub.requests)
    with started_app(environment) as app:  # from the cache, without a word to anybody
        assert health(app)["revision"] == first
        assert health(app)["source"] == FROM_HUB
        assert health(app)["notice"] == ""
    hub.start()
    with started_app(environment) as app:
        assert health(app)["revision"] == first
    assert len(hub.requests) == before


@pytest.fixture(scope="module")
def usual_start() -> float:
    """Seconds that the app takes with the bundled model: the slower of two, as other tests run beside."""
    seconds = []
    for _ in range(2):
        with started_app({name: value for name, value in os.environ.items() if not name.startswith("MODEL_")}) as app:
            seconds.append(app.seconds)
    return max(seconds)


@pytest.mark.parametrize("trouble", ["refused", "hang", "errors"])
def test_the_app_starts_without_the_hub_and_takes_the_model_later(
    trouble: str, programs: Programs, hub: TestHub, version: Callable[[str], Path], usual_start: float
) -> None:
    hub.commit_folder(REPO, version("one"))
    if trouble == "refused":
        hub.stop()
    else:
        hub.misbehave("", what="hang" if trouble == "hang" else "status", status=503, times=None)
    with started_app(programs.environment(MODEL_REPO_ID=REPO, MODEL_RETRY_SECONDS="0.5")) as app:
        assert app.seconds < 1.5 * usual_start + 3  # three seconds, on a machine with other work
        assert health(app)["source"] == "bundled with the app"
        assert health(app)["notice"] == NOT_YET
        if trouble == "refused":
            hub.start()
        hub.rules.clear()
        wait_for(lambda: health(app)["source"] == FROM_HUB, 45)
        assert health(app)["notice"] == ""


def test_what_was_pulled_before_serves_when_the_hub_is_away(
    programs: Programs, hub: TestHub, version: Callable[[str], Path]
) -> None:
    first = hub.commit_folder(REPO, version("one"))
    environment = programs.environment(MODEL_REPO_ID=REPO, MODEL_REFRESH_SECONDS="0.3", MODEL_RETRY_SECONDS="0.3")
    with started_app(environment) as app:
        wait_for(lambda: health(app)["revision"] == first)
    hub.stop()
    with started_app(environment) as app:
        assert health(app)["revision"] == first
        assert "could not be reached" in health(app)["notice"]
        hub.start()
        wait_for(lambda: health(app)["notice"] == "")
        assert health(app)["revision"] == first


def test_what_was_refused_before_is_not_what_serves_later(
    programs: Programs, hub: TestHub, version: Callable[[str], Path], broken: Path
) -> None:
    """A broken revision is in the cache, too, and newer; a withdrawn one as well."""
    first = hub.commit_folder(REPO, version("one"))
    environment = programs.environment(MODEL_REPO_ID=REPO, MODEL_REFRESH_SECONDS="0.3")
    with started_app(environment) as app:
        wait_for(lambda: health(app)["revision"] == first)
        refused = hub.commit_folder(REPO, broken)
        wait_for(lambda: refused[:12] in app.log)
    for away in (False, True):
        if away:
            hub.stop()
        with started_app(environment) as app:
            assert health(app)["revision"] == first


def test_configs_of_the_wrong_kind_are_refused(
    programs: Programs, hub: TestHub, version: Callable[[str], Path]
) -> None:
    first = hub.commit_folder(REPO, version("one"))
    with started_app(programs.environment(MODEL_REPO_ID=REPO, MODEL_REFRESH_SECONDS="0.3")) as app:
        wait_for(lambda: health(app)["revision"] == first)
        folder = version("odd")
        whole = json.loads((folder / "config.json").read_text())
        for change in ({"trained_at": 5}, {"recipe": {}}, {"metrics": {"a": None}}, {"format_version": 1}):
            (folder / "config.json").write_text(json.dumps(whole | change))
            refused = hub.commit_folder(REPO, folder)
            wait_for(lambda refused=refused: refused[:12] in app.log)
            assert english_names(app) == {"one"}, change
            assert health(app)["revision"] == first


def test_a_hub_that_hangs_does_not_stop_the_site(
    programs: Programs, hub: TestHub, version: Callable[[str], Path]
) -> None:
    """Existing users are not there yet; many ask for them at once."""
    first = hub.commit_folder(REPO, version("one"))
    with started_app(programs.environment(MODEL_REPO_ID=REPO)) as app:
        wait_for(lambda: health(app)["revision"] == first)
        hub.misbehave("", what="hang", times=None)
        body = json.dumps({"user_id": 1, "k": 5}).encode()

        def ask() -> None:
            request = Request(
                f"{app.url}/gradio_api/call/v2/recommend_for_user", body, {"Content-Type": "application/json"}
            )
            urlopen(request, timeout=30).close()

        with ThreadPoolExecutor(45) as visitors:
            asked = [visitors.submit(ask) for _ in range(45)]
            time.sleep(0.5)
            started = time.monotonic()
            assert english_names(app) == {"one"}
            health(app)
            assert time.monotonic() - started < 10
            for one in asked:
                one.result()


def test_fifty_visitors_never_get_half_of_one_model_and_half_of_another(
    programs: Programs, hub: TestHub, version: Callable[[str], Path], broken: Path
) -> None:
    hub.commit_folder(REPO, version("v0"))
    with started_app(programs.environment(MODEL_REPO_ID=REPO, MODEL_REFRESH_SECONDS="0.3")) as app:
        wait_for(lambda: health(app)["source"] == FROM_HUB)
        done, answers = threading.Event(), []

        def visit() -> None:
            while not done.is_set():
                answers.append(english_names(app))

        with ThreadPoolExecutor(50) as visitors:
            visits = [visitors.submit(visit) for _ in range(50)]
            try:
                wait_for(lambda: len(answers) > 50)
                for folder in (version("v1"), broken, version("v2")):
                    sha = hub.commit_folder(REPO, folder)
                    wait_for(lambda sha=sha: sha[:12] in app.log)
            finally:
                done.set()
            for visited in visits:
                visited.result()
    assert all(len(names) == 1 for names in answers)
    assert {"v0", "v1", "v2"} >= set().union(*answers) >= {"v0", "v2"}
