"""The one form of all errors: a status, and ``{"error": "a sentence"}``."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from ..errors import AniSVDError

RETRY_SECONDS = 2

_WAITING_ROOM = f"""<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{RETRY_SECONDS}"><title>AniSVD</title>
<style>body{{display:grid;place-content:center;min-height:90vh;font:1.2rem sans-serif;color-scheme:light dark}}</style>
<p role="status">Busy, trying again …</p>
"""


class RefusalError(AniSVDError):
    """A request that is not answered, and why: an HTTP status, and a sentence for whoever sent it."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self, scope: Scope) -> Response:
        """Return the answer: for a person who opens the page of a busy server a page that tries again, else JSON."""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE and "text/html" in Headers(scope=scope).get("accept", ""):
            return HTMLResponse(_WAITING_ROOM, self.status, self.headers)
        return JSONResponse({"error": self.sentence}, self.status, self.headers)


def busy() -> RefusalError:
    """Return the refusal of a server that has too much to do. Clients wait for the time in ``Retry-After``."""
    return RefusalError(503, "The server is busy. Try again in a moment.", retry_after=str(RETRY_SECONDS))
