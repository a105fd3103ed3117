"""The endpoints for plain HTTP, in place of Gradio's own routes at the same addresses.

Gradio's know no names and no defaults, answer 500 to a caller's mistake, and keep every answer that
nobody collects.
"""

import json
import reprlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...errors import AniSVDError, InputError
from .endpoint import Endpoint

MAX_CALLS = 100


def http_routes(endpoint: Endpoint) -> list[Route]:
    """Return the routes of an endpoint.

    A body is an object of arguments by name, or ``{"data": [arguments by position]}``.
    ``POST /gradio_api/run/NAME`` answers ``{"data": [answer]}``, or ``{"error": "a sentence"}`` with
    the status 400 (503 for what the model cannot reach). ``POST /gradio_api/call/NAME`` answers
    ``{"event_id": ID}``, and ``GET /gradio_api/call/NAME/ID`` gives the answer as an event, once.
    """
    calls: dict[str, dict[str, Any]] = {}  # arguments by event id, oldest first

    async def run(arguments: dict[str, Any]) -> dict[str, Any]:
        return {"data": [await run_in_threadpool(endpoint, arguments)]}

    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        if len(calls) >= MAX_CALLS:
            del calls[next(iter(calls))]
        event_id = uuid4().hex
        calls[event_id] = arguments
        return {"event_id": event_id}

    async def respond(handler: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]], request: Request) -> Response:
        try:
            return JSONResponse(await handler(await _arguments(request, endpoint)))
        except AniSVDError as error:
            return JSONResponse({"error": str(error)}, 400 if isinstance(error, InputError) else 503)

    async def collect(request: Request) -> Response:
        arguments = calls.pop(request.path_params["event_id"], None)
        if arguments is None:
            return JSONResponse({"error": "No call with this event_id waits for its answer."}, 404)
        try:
            event, data = "complete", json.dumps([await run_in_threadpool(endpoint, arguments)])
        except AniSVDError as error:
            event, data = "error", json.dumps({"error": str(error)})
        return Response(f"event: {event}\ndata: {data}\n\n", media_type="text/event-stream")

    routes = []
    for prefix, handler in {"run": run, "api": run, "call": call, "call/v2": call}.items():
        address = f"/gradio_api/{prefix}/{endpoint.name}"
        routes += [Route(path, partial(respond, handler), methods=["POST"]) for path in (address, f"{address}/")]
        routes += [Route(f"{address}/{{event_id}}", collect)] if handler is call else []
    return routes


async def _arguments(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """Return the arguments in a body, by name. Raises `InputError` for a body that has none."""
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise InputError(f"The body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise InputError(f"The body is {reprlib.repr(body)}; expected an object of arguments by name.")
    values, names = body.get("data"), list(endpoint.parameters)
    if not isinstance(values, list):
        return body
    if len(values) > len(names):
        raise InputError(f"data has {len(values)} values; /{endpoint.name} takes {', '.join(names)}.")
    return dict(zip(names, values, strict=False))
