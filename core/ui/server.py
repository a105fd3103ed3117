"""Serve the page: launch options, look, the gates in front, and the routes beside Gradio's."""

import signal
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route

from ..errors import InputError
from ..gates.addresses import NONE, Addresses, AddressKind
from ..gates.connections import PatientProtocol, limit_connections
from ..gates.gates import Gates
from ..gates.load import Load
from ..gates.measures import Measures
from ..serving.model_source import ServedModel
from .api.gradio_page import Page
from .api.http_routes import http_routes
from .first.files import ASSETS, Files
from .first.layer import FirstPage, first_route
from .routes.details import details_route
from .routes.downloads import download_routes
from .routes.list_by_name import BRING_BY_NAME, name_route
from .routes.list_export import export_routes
from .routes.list_upload import BRING, LIST_BYTES, bringing_route
from .routes.map_and_code import sight_routes
from .routes.operator import operator_routes
from .routes.preview import preview_route
from .theme import theme

AT_WORK, WAITING = 8, 100
STOP_SECONDS = 10
WORTH_COMPRESSING, COMPRESSION = 1000, 5  # bytes; 2 % larger than at 9, in a quarter of the time
NOT_AT_WORK: dict[str, AddressKind] = {
    **dict.fromkeys(("/healthz", "/readyz", "/metrics", "/model-card", "/code/core/{name:path}"), "file"),
    BRING_BY_NAME: "stream",  # waits for another host most of its time, and limits itself
}


def serve(page: Page, current: Callable[[], ServedModel], environment: Mapping[str, str]) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is at work, for at most `STOP_SECONDS`.

    The environment has ``GRADIO_SERVER_NAME`` and ``GRADIO_SERVER_PORT`` (default 127.0.0.1:7860),
    ``GRADIO_ROOT_PATH``, how many requests may be at work and how many may wait, ``ANISVD_AT_WORK`` (8) and
    ``ANISVD_WAITING`` (100), and the client ids of other sites, ``ANILIST_CLIENT_ID`` and ``MAL_CLIENT_ID``.

    Raises `InputError` for a number that is none, and for more than one worker process.
    """
    for name in ("GRADIO_NUM_WORKERS", "WEB_CONCURRENCY"):
        if _number(environment, name, 1) > 1:
            raise InputError(
                f"{name} is {environment[name]}; expected 1, because calls wait in one process until they are "
                "collected. Start several apps on ports of their own, behind a proxy that sends each visitor to one."
            )
    load = Load(_number(environment, "ANISVD_AT_WORK", AT_WORK), _number(environment, "ANISVD_WAITING", WAITING))
    measures = Measures(load, lambda: current().revision)
    routes, addresses = own_routes(page, current, load, measures, environment)
    streams: list[Callable[[], None]] = []

    @asynccontextmanager
    async def gated(app: Any) -> AsyncIterator[None]:
        """Put the gates in front of everything, Gradio's own layers too, before the first request."""
        first_page = FirstPage(app.middleware_stack, current, environment.get("ANILIST_CLIENT_ID", "").strip())
        page_layer = GZipMiddleware(first_page, WORTH_COMPRESSING, COMPRESSION)
        app.middleware_stack = gates = Gates(page_layer, addresses, load, measures)
        streams.append(gates.end_streams)
        page.answer_tools(Load(load.places, load.seats))
        yield

    end = _end_of_the_process()
    page.launch(
        prevent_thread_lock=True,
        app_kwargs={"routes": routes, "lifespan": gated},
        mcp_server=True,
        theme=theme(),
        footer_links=["api", "gradio"],
        # Spaces ask for server-side rendering, which puts Node in front and hides /healthz.
        ssr_mode=False,
        # A public page records nothing of its visitors.
        enable_monitoring=False,
        run_history=False,
    )
    page.server.config.http_protocol_class = PatientProtocol
    limit_connections(listening for server in page.server.servers for listening in server.sockets)
    connections = page.server.server_state.connections
    measures.add_gauge("anisvd_connections", "Open connections.", lambda: len(connections))
    end.wait()
    streams[0]()
    page.server.config.timeout_graceful_shutdown = STOP_SECONDS
    page.server.should_exit = True
    page.server.thread.join(STOP_SECONDS + 1)


def own_routes(
    page: Page,
    current: Callable[[], ServedModel],
    load: Load,
    measures: Measures,
    environment: Mapping[str, str] = NONE,
) -> tuple[list[Route | Mount], Addresses]:
    """Return our own routes, and the addresses that exist."""
    routes: list[Route | Mount] = [
        *operator_routes(current, load, measures),
        *download_routes(current),
        bringing_route(current),
        name_route(current, environment),
        *export_routes(current),
        details_route(current),
        *sight_routes(current),
        *http_routes(page.endpoints, page.functions),
        first_route(current),
        preview_route(current),
        Mount("/anisvd", Files(directory=ASSETS)),
    ]
    return routes, Addresses(routes, NOT_AT_WORK, {BRING: LIST_BYTES})


def _end_of_the_process() -> threading.Event:
    """Return what SIGINT and SIGTERM set."""
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    return end


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"{name} is {text!r}; expected a whole number from 1.")
    return int(text)
