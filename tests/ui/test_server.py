"""The app as a process: how it starts, stops, and stands behind a proxy."""

import json
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from running import App, clean_environment, started_app
from small_data import ROOT
from waiting import HANG_SECONDS, wait_until

N_CALLS = 20


def call(app: App, k: int) -> list[dict]:
    body = json.dumps({"ratings": {"103": 9}, "k": k}).encode()
    request = Request(f"{app.url}/gradio_api/run/recommend", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=HANG_SECONDS) as answer:
        return list(json.load(answer)["data"][0])


def figure(app: App, name: str) -> float:
    with urlopen(f"{app.url}/metrics", timeout=HANG_SECONDS) as answer:
        found = re.search(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_the_end_of_the_server_loses_no_answer(model_folder: Path) -> None:
    with started_app(clean_environment(MODEL_DIR=str(model_folder), ANISVD_AT_WORK="1")) as app:
        expected = call(app, 10)

        def received() -> bool:
            answered = figure(app, 'anisvd_requests_total{outcome="200",route="/gradio_api/run/recommend"}') - 1
            return answered + figure(app, "anisvd_open_requests") - 1 >= N_CALLS  # one of the open is /metrics

        with ThreadPoolExecutor(N_CALLS) as callers:
            answers = [callers.submit(call, app, 10) for _ in range(N_CALLS)]
            wait_until(received)
            app.process.send_signal(signal.SIGTERM)
            assert [answer.result() for answer in answers] == [expected] * N_CALLS
        assert app.process.wait(HANG_SECONDS) == 0
        assert "Traceback" not in app.log


def test_open_streams_do_not_keep_the_server(model_folder: Path) -> None:
    with started_app(clean_environment(MODEL_DIR=str(model_folder))) as app:
        with urlopen(f"{app.url}/gradio_api/heartbeat/x", timeout=HANG_SECONDS) as stream:
            assert stream.readline() == b"data: ALIVE\n"
            app.process.terminate()
            assert app.process.wait(HANG_SECONDS) == 0
        assert "Traceback" not in app.log


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"GRADIO_NUM_WORKERS": "2"}, "GRADIO_NUM_WORKERS is 2; expected 1"),
        ({"WEB_CONCURRENCY": "4"}, "WEB_CONCURRENCY is 4; expected 1"),
        ({"ANISVD_AT_WORK": "many"}, "ANISVD_AT_WORK is 'many'; expected a whole number from 1"),
    ],
)
def test_wrong_setting_is_a_sentence(model_folder: Path, variables: dict, sentence: str) -> None:
    environment = clean_environment(MODEL_DIR=str(model_folder)) | variables
    ended = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert ended.returncode == 1
    assert f"The app does not start: {sentence}" in ended.stderr
    assert "Traceback" not in ended.stderr
