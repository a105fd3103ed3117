"""The project's programs as they run for everybody, with the test Hub in their environment."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hub_server import TestHub
from small_data import ROOT

REPO = "alice/anisvd"
TOKEN = "hf_write"
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Programs:
    """Programs that know the Hub by their environment alone, each user with a cache of their own."""

    hub: TestHub
    home: Path

    def environment(self, token: str | None = TOKEN, home: str = "home", **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MODEL_", "GRADIO_"))}
        settings = {
            "HF_ENDPOINT": self.hub.endpoint, "HF_HOME": str(self.home / home), "HF_HUB_DISABLE_XET": "1",
        }  # fmt: skip
        return kept | settings | ({"HF_TOKEN": token} if token else {}) | more

    def run(self, *arguments: object, **options: str) -> Done:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(**options), capture_output=True, text=True, check=False, timeout=90
        )

    def push(self, folder: Path, *more: str, **options: str) -> Done:
        return self.run("scripts/push_to_hub.py", folder, REPO, *more, **options)

    def python(self, code: str, **options: str) -> Done:
        return self.run("-c", f"from core import Model, HubError\nREPO = {REPO!r}\n{code}", **options)
