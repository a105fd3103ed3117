"""Serving the page: launch options, look, and the routes beside Gradio's."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.source import ServedModel
from core.ui.api import endpoints
from core.ui.downloads import download_routes
from core.ui.theme import theme

SESSIONS_KEPT = 100
ASSETS = Path(__file__).parent / "assets"


def serve(page: gr.Blocks, current: Callable[[], ServedModel]) -> None:
    """Serve until interrupted, where ``GRADIO_SERVER_NAME`` and ``GRADIO_SERVER_PORT`` say
    (127.0.0.1:7860 without them). ``GET /healthz`` tells source, revision and age of the model.
    """

    def healthz(request: Request) -> JSONResponse:
        return JSONResponse(current().health())

    called = [endpoint.route() for endpoint in endpoints(current)]
    page.launch(
        app_kwargs={"routes": [Route("/healthz", healthz), *download_routes(current), *called]},
        mcp_server=True,
        theme=theme(),
        head=head(),
        footer_links=["api", "gradio"],
        # Spaces ask for server-side rendering, which puts Node in front and hides /healthz.
        ssr_mode=False,
        # Gradio keeps a copy of the page (0.1 MB) for each visitor and API call; ours has no state in it.
        state_session_capacity=SESSIONS_KEPT,
        # A public page records nothing of its visitors.
        enable_monitoring=False,
        run_history=False,
    )


def head() -> str:
    """Icon, styles and scripts. Within the page itself: what ``css_paths`` names comes after the
    first paint, and moves what is there.
    """
    icon = b64encode((ASSETS / "icon.svg").read_bytes()).decode()
    style, *scripts = ((ASSETS / name).read_text(encoding="utf-8") for name in ("page.css", "store.js", "page.js"))
    return (
        f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}">'
        f"<style>{style}</style>" + "".join(f"<script>{script}</script>" for script in scripts)
    )
