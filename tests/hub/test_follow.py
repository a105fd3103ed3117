"""Running apps that follow a model on the test Hub."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hub_server import TestHub
from programs import REPO, TOKEN, Programs, Versions
from running import App, started_app
from waiting import HANG_SECONDS, wait_until

from core.serving.model_source import ANSWER_SECONDS, DOWNLOAD_SECONDS, NOT_YET, USERS_SECONDS

FROM_HUB = f"{REPO} on the Hugging Face Hub"
FOLLOWING = {"MODEL_REPO_ID": REPO, "MODEL_REFRESH_SECONDS": "0.3", "MODEL_RETRY_SECONDS": "0.3"}


def health(app: App) -> dict[str, Any]:
    with urlopen(f"{app.url}/healthz", timeout=HANG_SECONDS) as response:
        return json.load(response)


def fetched(request: Request | str) -> bytes:
    """Return the body of an answer; come again when the app is busy, as it asks for."""
    bodies: list[bytes] = []

    def came() -> bool:
        try:
            with urlopen(request, timeout=HANG_SECONDS) as response:
                bodies.append(response.read())
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        return bool(bodies)

    wait_until(came)
    return bodies[0]


def answer(app: App, endpoint: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    """Call an endpoint; return the kind of its event ("complete" or "error") and the JSON in it."""
    content = json.dumps(arguments).encode()
    request = Request(f"{app.url}/gradio_api/call/v2/{endpoint}", content, {"Content-Type": "application/json"})
    event_id = json.loads(fetched(request))["event_id"]
    kind, data = fetched(f"{app.url}/gradio_api/call/{endpoint}/{event_id}").decode().splitlines()[:2]
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def english_names(app: App) -> set[str]:
    """Return the English names in one answer of the API. Each revision gives all titles the same one."""
    kind, data = answer(app, "recommend", {"ratings": {"103": 9, "106": 3}, "k": 20})
    assert kind == "complete", data
    return {item["english"] for item in data[0]}


def wait_until_served(app: App, revision: str) -> None:
    """An app on a slow machine starts with the bundled model, and takes the Hub's a little later."""
    wait_until(lambda: health(app)["revision"] == revision)


def test_new_commit_is_served_without_restart(
    programs: Programs, hub: TestHub, version: Versions, broken: Path
) -> None:
    first = hub.commit_folder(REPO, version("one"))
    with started_app(programs.environment(**FOLLOWING)) as app:
        wait_until_served(app, first)
        assert health(app)["source"] == FROM_HUB
        assert english_names(app) == {"one"}
        second = hub.commit_folder(REPO, version("two"))
        wait_until_served(app, second)
        assert english_names(app) == {"two"}

        refused = hub.commit_folder(REPO, broken)
        wait_until(lambda: refused[:12] in app.log)
        n_requests = len(hub.requests)
        wait_until(lambda: len(hub.requests) >= n_requests + 3)
        assert app.log.count("is refused") == 1
        assert health(app)["revision"] == second

        third = hub.commit_folder(REPO, version("three"))
        wait_until_served(app, third)
        hub.stop()
        wait_until(lambda: "cannot be reached" in app.log)
        assert english_names(app) == {"three"}
        closing = hub.misbehave("", what="cut", reset=False, times=None)
        hub.start()
        wait_until(lambda: closing.hits >= 4)
        complaints = [line for line in app.log.splitlines() if "cannot be reached" in line]
        assert all(line != following for line, following in pairwise(complaints))  # the same failure is logged once
        assert english_names(app) == {"three"}

        hub.rules.clear()
        fourth = hub.commit_folder(REPO, version("four"))
        wait_until_served(app, fourth)
        assert TOKEN not in app.log + json.dumps(health(app)) + urlopen(app.url).read().decode()


def test_pinned_revision_stays_and_is_cached(programs: Programs, hub: TestHub, version: Versions) -> None:
    first = hub.commit_folder(REPO, version("one"))
    hub.commit_folder(REPO, version("two"))
    environment = programs.environment(**FOLLOWING | {"MODEL_REVISION": first})
    with started_app(environment) as app:
        wait_until_served(app, first)
    n_requests = len(hub.requests)
    with started_app(environment) as app:
        assert health(app)["revision"] == first
        assert health(app)["source"] == FROM_HUB
        assert health(app)["notice"] == ""
    assert len(hub.requests) == n_requests  # so it does not matter whether the Hub is there


def test_start_waits_at_most_four_seconds_for_the_hub() -> None:
    assert ANSWER_SECONDS + DOWNLOAD_SECONDS <= 4


@pytest.mark.parametrize("trouble", ["refused", "hang", "errors"])
def test_app_starts_without_the_hub_and_takes_the_model_later(
    trouble: str, programs: Programs, hub: TestHub, version: Versions
) -> None:
    hub.commit_folder(REPO, version("one"))
    if trouble == "refused":
        hub.stop()
    else:
        hub.misbehave("", what="hang" if trouble == "hang" else "status", status=503, times=None)
    with started_app(programs.environment(**FOLLOWING)) as app:  # it answers although the Hub still does not
        assert {request.status for request in hub.requests} <= {0, 503}
        assert health(app)["source"] == "bundled with the app"
        assert health(app)["notice"] == NOT_YET
        if trouble == "refused":
            hub.start()
        hub.rules.clear()
        wait_until(lambda: health(app)["source"] == FROM_HUB)
        assert health(app)["notice"] == ""


def test_cached_model_serves_while_the_hub_is_away(programs: Programs, hub: TestHub, version: Versions) -> None:
    first = hub.commit_folder(REPO, version("one"))
    environment = programs.environment(**FOLLOWING)
    with started_app(environment) as app:
        wait_until_served(app, first)
    hub.stop()
    with started_app(environment) as app:
        assert health(app)["revision"] == first
        assert "could not be reached" in health(app)["notice"]
        hub.start()
        wait_until(lambda: health(app)["notice"] == "")
        assert health(app)["revision"] == first


def test_refused_revision_in_the_cache_is_never_served(
    programs: Programs, hub: TestHub, version: Versions, broken: Path
) -> None:
    """The broken revision is newer than the good one, on the Hub and in the cache."""
    first = hub.commit_folder(REPO, version("one"))
    environment = programs.environment(**FOLLOWING)
    with started_app(environment) as app:
        wait_until_served(app, first)
        refused = hub.commit_folder(REPO, broken)
        wait_until(lambda: refused[:12] in app.log)
    with started_app(environment) as app:
        assert health(app)["revision"] == first
    hub.stop()
    with started_app(environment) as app:
        assert health(app)["revision"] == first


def test_config_with_a_wrong_type_is_refused(programs: Programs, hub: TestHub, version: Versions) -> None:
    first = hub.commit_folder(REPO, version("one"))
    with started_app(programs.environment(**FOLLOWING)) as app:
        wait_until_served(app, first)
        folder = version("odd")
        config = json.loads((folder / "config.json").read_text())
        for change in ({"trained_at": 5}, {"recipe": {}}, {"metrics": {"a": None}}, {"format_version": 1}):
            (folder / "config.json").write_text(json.dumps(config | change))
            refused = hub.commit_folder(REPO, folder)
            wait_until(lambda refused=refused: refused[:12] in app.log)
            assert english_names(app) == {"one"}, change
            assert health(app)["revision"] == first


def test_hanging_hub_does_not_stop_the_app(programs: Programs, hub: TestHub, version: Versions) -> None:
    """Many visitors ask for existing users, whose file never comes. The app still answers others."""
    first = hub.commit_folder(REPO, version("one"))
    hub.misbehave("users.safetensors", status=403, times=None)  # else they come with the rehearsal
    with started_app(programs.environment(MODEL_REPO_ID=REPO, MODEL_RETRY_SECONDS="0.3")) as app:
        wait_until_served(app, first)
        n_requests = len(hub.requests)
        hub.rules.clear()
        hub.misbehave("", what="hang", times=None)
        with ThreadPoolExecutor(45) as visitors:
            visits = [visitors.submit(answer, app, "recommend_for_user", {"user_id": 1, "k": 5}) for _ in range(45)]
            wait_until(lambda: any("users.safetensors" in request.path for request in hub.requests[n_requests:]))
            assert english_names(app) == {"one"}
            health(app)
            assert {visit.result()[0] for visit in visits} == {"error"}
        assert {request.status for request in hub.requests[n_requests:]} == {0}  # the Hub has answered nothing
    assert USERS_SECONDS <= 1  # all that such a visitor waits for


def test_no_answer_to_fifty_visitors_mixes_two_models(
    programs: Programs, hub: TestHub, version: Versions, broken: Path
) -> None:
    first = hub.commit_folder(REPO, version("v0"))
    with started_app(programs.environment(**FOLLOWING)) as app:
        wait_until_served(app, first)
        done, answers = threading.Event(), []

        def visit() -> None:
            while not done.is_set():
                answers.append(english_names(app))

        with ThreadPoolExecutor(50) as visitors:
            visits = [visitors.submit(visit) for _ in range(50)]
            try:
                wait_until(lambda: len(answers) > 50)
                for folder in (version("v1"), broken):
                    revision = hub.commit_folder(REPO, folder)
                    wait_until(lambda revision=revision: revision[:12] in app.log)
                hub.commit_folder(REPO, version("v2"))
                wait_until(lambda: {"v2"} in answers)
            finally:
                done.set()
            for visited in visits:
                visited.result()
    assert all(len(names) == 1 for names in answers)
    assert {"v0", "v1", "v2"} >= set().union(*answers) >= {"v0", "v2"}
