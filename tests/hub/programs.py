"""Run the project's programs as their users run them, with the test Hub in the environment."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub_server import TestHub
from running import clean_environment
from small_data import ROOT
from waiting import HANG_SECONDS

REPO = "alice/anisvd"
TOKEN = "hf_write"
Done = subprocess.CompletedProcess[str]
Versions = Callable[[str], Path]
"""Make a folder with a version of the small model: see the fixture `version`."""


@dataclass(frozen=True)
class Programs:
    """Programs that learn of the Hub from their environment. Each ``home`` has a cache of its own."""

    hub: TestHub
    folder: Path

    def environment(self, token: str | None = TOKEN, home: str = "home", **variables: str) -> dict[str, str]:
        settings = {
            "HF_ENDPOINT": self.hub.endpoint, "HF_HOME": str(self.folder / home), "HF_HUB_DISABLE_XET": "1",
        }  # fmt: skip
        return clean_environment(**settings, **({"HF_TOKEN": token} if token else {}), **variables)

    @contextmanager
    def killed(self, *arguments: object) -> Iterator[None]:
        """Run a program during the block, and kill it at its end."""
        command = [sys.executable, *map(str, arguments)]
        with subprocess.Popen(command, cwd=ROOT, env=self.environment(), stderr=subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                process.kill()

    def run(self, *arguments: object, cwd: Path = ROOT, hangs: int = HANG_SECONDS, **options: str) -> Done:
        """Run a program to its end."""
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, env=self.environment(**options), capture_output=True, text=True, timeout=hangs
        )

    def push(self, folder: Path, *arguments: str, **options: str) -> Done:
        return self.run("scripts/push_to_hub.py", folder, REPO, *arguments, **options)

    def python(self, code: str, **options: str) -> Done:
        return self.run("-c", f"from core import HubError, Model\nREPO = {REPO!r}\n{code}", **options)
