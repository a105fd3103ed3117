"""The app as it starts for everybody."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from small_data import ROOT

START_SECONDS = 60


@dataclass(frozen=True)
class App:
    """A running app: its address, the seconds until it first answered, its process, and what it logs."""

    url: str
    seconds: float
    pid: int
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def started_app(environment: Mapping[str, str]) -> Iterator[App]:
    """``python app.py`` on a free port in exactly this environment, from the first 200 on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log_file = Path(folder) / "app.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-u", "app.py"], cwd=ROOT, env={**environment, "GRADIO_SERVER_PORT": str(port)},
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        app, started = App(f"http://127.0.0.1:{port}", 0.0, process.pid, log_file), time.monotonic()
        try:
            while True:
                try:
                    urlopen(f"{app.url}/healthz").close()
                    break
                except URLError:
                    assert process.poll() is None, app.log
                    assert time.monotonic() - started < START_SECONDS, "the app did not start"
                    time.sleep(0.05)
            yield App(app.url, time.monotonic() - started, process.pid, log_file)
        finally:
            process.terminate()
            process.communicate(timeout=10)


@contextmanager
def running_app(**environment: str) -> Iterator[str]:
    """The app with these variables set; its address."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "MODEL_", "HF_"))}
    with started_app(kept | environment) as app:
        yield app.url
