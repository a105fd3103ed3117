"""Serve the page: launch options, look, and the routes beside Gradio's."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..serving.model_source import ServedModel
from .api.endpoints import endpoints
from .api.http_routes import http_routes
from .page.layout import I18N
from .routes.downloads import download_routes
from .routes.list_upload import bringing_route
from .routes.map_and_code import sight_routes
from .theme import theme

MAX_SESSIONS = 100
ASSETS = Path(__file__).parent / "assets"


def serve(page: gr.Blocks, current: Callable[[], ServedModel]) -> None:
    """Serve until interrupted, at ``GRADIO_SERVER_NAME`` and ``GRADIO_SERVER_PORT`` (default 127.0.0.1:7860).

    ``GET /healthz`` answers the source, revision and age of the model.
    """

    def healthz(request: Request) -> JSONResponse:
        return JSONResponse(current().health())

    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        *download_routes(current),
        bringing_route(current),
        *sight_routes(current),
        *(route for endpoint in endpoints(current) for route in http_routes(endpoint)),
        Mount("/anisvd", StaticFiles(directory=ASSETS)),
    ]
    page.launch(
        app_kwargs={"routes": routes},
        mcp_server=True,
        theme=theme(),
        i18n=I18N,
        head=head(),
        footer_links=["api", "gradio"],
        # Spaces ask for server-side rendering, which puts Node in front and hides /healthz.
        ssr_mode=False,
        # For each visitor and API call Gradio stores a copy of the page (0.1 MB); ours has no state in it.
        state_session_capacity=MAX_SESSIONS,
        # A public page records nothing of its visitors.
        enable_monitoring=False,
        run_history=False,
    )


def head() -> str:
    """Return the icon, the styles and the loader of the scripts, as HTML.

    The styles are inline: those from ``css_paths`` come after the first paint and move the page.
    """
    icon = b64encode((ASSETS / "icon.svg").read_bytes()).decode()
    style, loader = ((ASSETS / name).read_text(encoding="utf-8") for name in ("page.css", "load.js"))
    return (
        f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}">'
        f"<style>{style}</style><script>{loader}</script>"
    )
