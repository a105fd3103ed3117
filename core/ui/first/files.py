"""The styles and scripts of our parts: what stands in the page, and the files that it loads."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).parents[1] / "assets"
STYLES = ("reset", "base", "header", "titles", "rating", "list", "cards", "people", "waiting")
"""Style sheets that all tabs need, by name. Of two equal rules the later one counts."""
FOREVER, ASK = "public, max-age=31536000, immutable", "no-cache"


class Files(StaticFiles):
    """Files that a browser keeps for good under an address with today's version, and else asks for each time."""

    async def get_response(self, path: str, scope: Any) -> Response:
        """Return a file, or 404."""
        response = await super().get_response(path, scope)
        is_current = Request(scope).query_params.get("v") == version()
        response.headers["Cache-Control"] = FOREVER if is_current else ASK
        return response


@cache
def version() -> str:
    """Return a text that changes when any of the files does."""
    contents = sha256()
    for path in sorted(ASSETS.rglob("*.*")):
        contents.update(path.read_bytes())
    return contents.hexdigest()[:12]


@cache
def script(name: str) -> str:
    """Return a script without its indentation and without lines that are comments."""
    text = (ASSETS / f"{name}.js").read_text(encoding="utf-8")
    return re.sub(r"^\s*(//.*)?\n?|^\s+", "", text, flags=re.MULTILINE)
