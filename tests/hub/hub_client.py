"""Run the unmodified client of the Hub in processes of its own, against the test Hub."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from hub_server import TestHub
from running import clean_environment
from waiting import HANG_SECONDS

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
"""The content of a file that is large enough for separate storage."""


class Client:
    """Snippets of Python that leave their results in ``result``, by ``attempt`` if they may fail."""

    def __init__(self, hub: TestHub, folder: Path) -> None:
        self.hub, self.folder = hub, folder

    def start(
        self, code: str, token: str | None = "hf_write", home: str = "home", **environment: str
    ) -> subprocess.Popen[str]:
        """Start a snippet and return at once."""
        settings = {
            "HF_ENDPOINT": self.hub.endpoint, "HF_HOME": str(self.folder / home), "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DOWNLOAD_TIMEOUT": str(HANG_SECONDS), "HF_HUB_ETAG_TIMEOUT": str(HANG_SECONDS),
        } | ({"HF_TOKEN": token} if token else {})  # fmt: skip
        script = PRELUDE + textwrap.dedent(code) + "\nprint(json.dumps(result))"
        return subprocess.Popen(
            [sys.executable, "-c", script], env=clean_environment(**settings | environment),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, code: str, **options: Any) -> dict[str, Any]:
        """Run a snippet; return ``result``, plus what it printed to stderr."""
        with self.start(code, **options) as process:
            try:
                output, errors = process.communicate(timeout=HANG_SECONDS)
            finally:
                process.kill()
        assert process.returncode == 0, errors
        return dict(json.loads(output.splitlines()[-1]), stderr=errors)


def contents(paths: dict[str, Path]) -> dict[str, bytes]:
    """Return the contents of a repository's files by name, without the file that the Hub adds."""
    return {name: path.read_bytes() for name, path in paths.items() if name != ".gitattributes"}


def local_contents(folder: Path) -> dict[str, bytes]:
    return contents({path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()})
