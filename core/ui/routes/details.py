"""``POST /details``: the details of a title, when a visitor opens its card."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...serving.model_source import ServedModel
from ..page.handlers import Handlers


def details_route(current: Callable[[], ServedModel]) -> Route:
    """Return the route. The body and the answer are those of `Handlers.details`.

    It is no event of Gradio's, so that the browser can drop a request, and hears of an error.
    """
    handlers = Handlers(current)

    async def endpoint(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(handlers.details, await request.json()))

    return Route("/details", endpoint, methods=["POST"])
