"""The functions of the page for plain HTTP and for Gradio's clients, in place of Gradio's own routes.

Gradio's know no names and no defaults, answer 500 to a caller's mistake, keep every answer that nobody
collects, work on for callers who have left, and fetch files that a caller names.
"""

import json
import reprlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...errors import AniSVDError, InputError
from .calls import Call, Calls
from .endpoint import Endpoint
from .openapi import ADDRESS, openapi

PREFIX = "/gradio_api"
LONGEST_SESSION = 64

Function = Callable[[Sequence[Any]], list[Any]]
"""Takes its arguments by position, and returns its outputs."""


def http_routes(endpoints: Iterable[Endpoint], functions: Mapping[int, Function]) -> list[Route]:
    """Return the routes of endpoints, and of functions by the number under which Gradio's clients call them.

    A body is an object of arguments by name, or ``{"data": [arguments by position]}``.

    - ``POST /gradio_api/run/NAME``, and ``/api/NAME``, answer ``{"data": [answer]}``, or ``{"error": "a
      sentence"}`` with the status 400 (503 for what the model cannot reach).
    - ``POST /gradio_api/call/NAME``, and ``/call/v2/NAME``, answer ``{"event_id": ID}``; then ``GET
      /gradio_api/call/NAME/ID`` gives the answer as an event, once.
    - ``POST /gradio_api/run/predict`` answers an event of the page, and ``/queue/join`` with ``/queue/data``
      serve ``gradio_client``. They name a function by its number, ``fn_index``.
    - ``GET /gradio_api/openapi.json`` describes the first two.
    """
    endpoints, calls = list(endpoints), Calls()
    client = _ClientRoutes(functions, calls)
    routes = [
        _post("/run/predict", client.run),
        _post("/queue/join", client.join),
        Route(f"{PREFIX}/queue/data", client.collect),
        _post("/cancel", client.cancel),
        _post("/reset", client.cancel),
        Route(ADDRESS, lambda request: JSONResponse(openapi(endpoints, request.scope.get("root_path", "")))),
    ]
    for endpoint in endpoints:
        run, call = partial(_run, endpoint), partial(_call, endpoint, calls)
        for prefix, handler in {"run": run, "api": run, "call": call, "call/v2": call}.items():
            path = f"/{prefix}/{endpoint.name}"
            routes += [_post(path, handler), _post(f"{path}/", handler)]
            if handler is call:
                routes.append(Route(f"{PREFIX}{path}/{{event_id}}", partial(_collect, calls)))
    return routes


def _post(path: str, handler: Callable[[bytes], Any]) -> Route:
    """Return a route that gives a body to ``handler``, outside the event loop, and its answer as JSON."""

    def respond(body: bytes) -> Response:
        try:
            return JSONResponse(handler(body))
        except AniSVDError as error:
            return JSONResponse({"error": str(error)}, 400 if isinstance(error, InputError) else 503)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(respond, await request.body())

    return Route(f"{PREFIX}{path}", endpoint, methods=["POST"])


def _run(endpoint: Endpoint, body: bytes) -> dict[str, Any]:
    return {"data": [endpoint(_arguments(body, endpoint))]}


def _call(endpoint: Endpoint, calls: Calls, body: bytes) -> dict[str, Any]:
    arguments = _arguments(body, endpoint)
    return {"event_id": calls.add(Call(lambda: [endpoint(arguments)], len(body)))}


async def _collect(calls: Calls, request: Request) -> Response:
    call = calls.take(request.path_params["event_id"])
    if call is None:
        return JSONResponse({"error": "No call with this event_id waits for its answer."}, 404)
    success, data = await run_in_threadpool(call.outcome)
    event = "complete" if success else "error"
    return Response(f"event: {event}\ndata: {json.dumps(data)}\n\n", media_type="text/event-stream")


class _ClientRoutes:
    """The protocol of Gradio's page and of its clients (``sse_v3``), which name a function by its number."""

    def __init__(self, functions: Mapping[int, Function], calls: Calls) -> None:
        self._functions, self._calls = functions, calls

    def run(self, body: bytes) -> dict[str, Any]:
        """Answer an event of the page."""
        return {"data": self._function(_object(body))(), "is_generating": False}

    def join(self, body: bytes) -> dict[str, Any]:
        """Keep a call until its session collects it."""
        sent = _object(body)
        session = sent.get("session_hash")
        if not isinstance(session, str) or not 0 < len(session) <= LONGEST_SESSION:
            raise InputError(f"session_hash is {session!r:.40}; expected a text of 1 to {LONGEST_SESSION} letters.")
        return {"event_id": self._calls.add(Call(self._function(sent), len(body), session))}

    async def collect(self, request: Request) -> Response:
        """Give the answers of a session's calls, each as an event, until none waits."""
        return StreamingResponse(
            self._events(request.query_params.get("session_hash", "")), media_type="text/event-stream"
        )

    async def _events(self, session: str) -> AsyncIterator[str]:
        while session and (event_id := self._calls.next_of(session)):
            if not (call := self._calls.take(event_id)):
                continue
            success, data = await run_in_threadpool(call.outcome)
            output = {"data": data} if success else data
            yield _event({"msg": "process_completed", "event_id": event_id, "output": output, "success": success})
        yield _event({"msg": "close_stream", "event_id": None})

    def cancel(self, body: bytes) -> dict[str, Any]:
        """Drop a call that waits."""
        self._calls.take(str(_object(body).get("event_id")))
        return {"success": True}

    def _function(self, sent: Mapping[str, Any]) -> Callable[[], list[Any]]:
        """Return the function that a body names, with its arguments. Raises `InputError`."""
        number, values = sent.get("fn_index"), sent.get("data")
        if type(number) is not int or number not in self._functions:
            raise InputError(f"fn_index is {number!r:.40}; expected the number of a function of this page.")
        if not isinstance(values, list):
            raise InputError(f"data is {reprlib.repr(values)}; expected a list of arguments.")
        return partial(self._functions[number], values)


def _event(message: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(message)}\n\n"


def _object(body: bytes) -> dict[str, Any]:
    """Return a body, which is an object. Raises `InputError`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The body is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"The body is {reprlib.repr(content)}; expected an object of arguments by name.")
    return content


def _arguments(body: bytes, endpoint: Endpoint) -> dict[str, Any]:
    """Return the arguments in a body, by name. Raises `InputError`."""
    sent = _object(body)
    values = sent.get("data")
    return endpoint.by_position(values) if isinstance(values, list) else sent
