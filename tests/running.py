"""Start the app as its users start it."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from small_data import ROOT
from waiting import HANG_SECONDS, wait_until


@dataclass(frozen=True)
class App:
    """A running app: its address, its process, and the file with its log."""

    url: str
    process: "subprocess.Popen[bytes]"
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


def clean_environment(**variables: str) -> dict[str, str]:
    """Return the environment without settings of the app and of the Hub's client, plus these variables."""
    settings = ("ANISVD_", "GRADIO_", "MODEL_", "HF_", "HUGGING")
    return {name: value for name, value in os.environ.items() if not name.startswith(settings)} | variables


@contextmanager
def started_app(
    environment: Mapping[str, str], program: Path = ROOT / "app.py", working_directory: Path = ROOT
) -> Iterator[App]:
    """Run ``python app.py`` on a free port in exactly this environment; yield it once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log_file = Path(folder) / "app.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-u", str(program)], cwd=working_directory,
                env={**environment, "GRADIO_SERVER_PORT": str(port)}, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        app = App(f"http://127.0.0.1:{port}", process, log_file)

        def answers() -> bool:
            assert process.poll() is None, app.log
            try:
                urlopen(f"{app.url}/healthz", timeout=HANG_SECONDS).close()
            except OSError:
                return False
            return True

        try:
            wait_until(answers)
            yield app
        finally:
            process.terminate()
            process.wait(HANG_SECONDS)


@contextmanager
def running_app(**variables: str) -> Iterator[str]:
    """Run the app with these variables; yield its address."""
    with started_app(clean_environment(**variables)) as app:
        yield app.url
