"""The app on ZeroGPU: the real package `spaces`, with a stand-in for the service that lends GPUs."""

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import numpy as np
import pytest
from running import clean_environment, started_app
from small_data import ROOT

from core import Model
from core.serving import zero_gpu

LOAN = {"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "token"}
SAME_SCORES = """
import numpy as np
from core import Model
from core.serving.zero_gpu import rank_scores_on_zero_gpu
model = Model.load("core/bundled")
history = model.fold_in({5114: 10, 9253: 9}).row
assert np.array_equal(rank_scores_on_zero_gpu(model.ranker, history), model.ranker.rank_scores(history))
"""


class DeviceApi(ThreadingHTTPServer):
    """Lends a GPU to everybody and notes the paths that were called."""

    daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.server.calls.append(self.path.partition("?")[0])  # type: ignore[attr-defined]
            body = json.dumps(LOAN).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Print nothing."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), self.Handler)


@pytest.fixture
def device_api() -> Iterator[DeviceApi]:
    with DeviceApi() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def on_zero_gpu(device_api: DeviceApi) -> dict[str, str]:
    """The environment of a Space on ZeroGPU."""
    zero_gpu = {
        "SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": f"http://127.0.0.1:{device_api.server_port}",
        "SYSTEM": "spaces", "SPACE_ID": "alice/space", "SPACE_HOST": "alice-space.hf.space",
        "GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SSR_MODE": "true",
    }  # fmt: skip
    return clean_environment(**zero_gpu)


def test_app_reports_its_start(device_api: DeviceApi, on_zero_gpu: dict[str, str]) -> None:
    """ZeroGPU stops a Space that doesn't: it has no decorated function."""
    with started_app(on_zero_gpu) as app:
        assert device_api.calls == ["/startup-report"]
        with urlopen(app.url) as page:
            assert b"AniSVD" in page.read()


def test_function_runs_on_a_borrowed_gpu(device_api: DeviceApi, on_zero_gpu: dict[str, str]) -> None:
    command = [sys.executable, "-c", SAME_SCORES]
    done = subprocess.run(command, cwd=ROOT, env=on_zero_gpu, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert device_api.calls == ["/schedule", "/allow", "/release"]


def test_function_is_plain_without_the_package(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", None)  # as if it were not installed
    function = importlib.reload(zero_gpu).rank_scores_on_zero_gpu
    assert function.__module__ == zero_gpu.__name__
    assert not hasattr(function, "__wrapped__")
    history = model.fold_in({103: 10}).row
    assert np.array_equal(function(model.ranker, history), model.ranker.rank_scores(history))
