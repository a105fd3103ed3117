"""An ASGI layer over Gradio that completes the first HTML of a visit."""

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...serving.model_source import ServedModel
from ..translations import DEFAULT, LANGUAGES
from .content import Additions, Content

PREVIEW = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
ROOT = re.compile(r'const root = (".*?");')
DOCUMENTATION = re.compile(r"<script>window\.gradio_api_info = .*?</script>")
"""Of the endpoints, for a view that hardly anybody opens. Gradio fetches it where it does not stand in the page."""
LATE = re.compile(r'<script type="module"[^>]*></script>|<link rel="stylesheet"[^>]*>')
"""What Gradio needs and the first list does not. In the head it would hold up the first paint."""
LATE_PLACE = "<!-- late -->"
CHARSET, BODY = re.compile(r"<meta charset[^>]*>"), re.compile(r"<body[^>]*>")
CACHING = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
LONGEST_HEADER = 1000


class FirstPage:
    """Completes what another app answers to ``GET /``, and passes on everything else."""

    def __init__(self, app: ASGIApp, current: Callable[[], ServedModel], anilist_client: str = "") -> None:
        self._app, self._content = app, Content(current, anilist_client)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "GET" and _is_page(scope):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        html = b"".join(message.get("body", b"") for message in messages).decode()
        status = next(message["status"] for message in messages if message["type"] == "http.response.start")
        answer = Response(html, status, media_type="text/html")
        if status == 200:
            answer = HTMLResponse(await run_in_threadpool(self._completed, html, Request(scope)), headers=CACHING)
        await answer(scope, receive, send)

    def _completed(self, html: str, request: Request) -> str:
        language = preferred_language(request.headers.get("accept-language", ""))
        query = str(request.url.query)
        return completed(html, self._content.additions(query if _has_list(query) else "", language, root_of(html)))


def _is_page(scope: Scope) -> bool:
    return not str(scope["path"]).removeprefix(scope.get("root_path", "")).strip("/")


def _has_list(query: str) -> bool:
    """Return whether a query may hold a list: it has anything but what Gradio and Spaces add."""
    return any(not name.startswith("__") for name, _ in parse_qsl(query))


def root_of(html: str) -> str:
    """Return the address of a page of Gradio's, without a slash at its end. Gradio knows it from proxies, too."""
    found = ROOT.search(html)
    return str(json.loads(found[1])).rstrip("/") if found else ""


def completed(html: str, additions: Additions) -> str:
    """Return a page of Gradio's with our link preview instead of its own, and with what is added to head and body."""
    late = "".join(LATE.findall(html))
    for left_out in (PREVIEW, DOCUMENTATION, LATE):
        html = left_out.sub("", html)
    html = re.sub(r'<html\s+lang="[^"]*"', f'<html lang="{additions.language}"', html, count=1)
    html = _insert(html, CHARSET, additions.head)
    return _insert(html, BODY, additions.body.replace(LATE_PLACE, late))


def _insert(html: str, tag: re.Pattern[str], added: str) -> str:
    """Return a page with something added after the first such tag."""
    return tag.sub(lambda found: found[0] + added, html, count=1)


def preferred_language(accepted: str) -> str:
    """Return the language of ours that a header ``Accept-Language`` prefers, the default if it names none."""
    wishes: list[tuple[float, str]] = []
    for wish in accepted[:LONGEST_HEADER].split(","):
        name, _, weight = wish.partition(";q=")
        try:
            wishes.append((float(weight or 1), name.strip().lower().split("-")[0]))
        except ValueError:
            continue
    wishes.sort(key=lambda wish: -wish[0])
    return next((name for _, name in wishes if name in LANGUAGES), DEFAULT)


def first_route(current: Callable[[], ServedModel]) -> Route:
    """Return the route ``POST /first``: the page of a visitor whose browser keeps a state, as HTML. It takes what
    `core.ui.page.handlers.Handlers.open` takes.
    """
    content = Content(current)

    async def endpoint(request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(content.own_page, await request.json()))

    return Route("/first", endpoint, methods=["POST"])
