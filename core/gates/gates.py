"""The gates: one ASGI layer in front of the app, through which every request goes."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .addresses import Address, Addresses
from .bodies import Bodies, again, check_json
from .load import Load
from .measures import Measures, Visit
from .refusals import RefusalError
from .replies import ReplyWriter

_log = logging.getLogger(__name__)


class Gates:
    """An ASGI app that lets requests through to another one.

    A request needs an address that exists, a bounded and valid body, and a place among those at work.
    Every answer gets the safe headers, every error the one form of `core.gates.refusals`.
    """

    def __init__(self, app: ASGIApp, addresses: Addresses, load: Load, measures: Measures) -> None:
        self._app, self._addresses = app, addresses
        self._load, self._measures, self._bodies = load, measures, Bodies()
        self._streams: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end_streams(self) -> None:
        """End the streams that would stay open, so that the server can stop. May be called from any thread."""
        if self._loop:
            for stream in list(self._streams):
                self._loop.call_soon_threadsafe(stream.cancel)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self._other(scope, receive, send)
        with self._measures.visit(scope["method"]) as visit:
            reply = ReplyWriter(scope, send, visit)
            try:
                await self._let_through(scope, receive, reply, visit)
            except ClientDisconnect:
                pass
            except RefusalError as refusal:
                await refusal.response(scope)(scope, receive, reply.send)
            except Exception as error:
                _log.error("%s %s: %s", visit.id, visit.route, place_of(error))
                if not reply.has_begun:
                    await Response(status_code=500)(scope, receive, reply.send)

    async def _let_through(self, scope: Scope, receive: Receive, reply: ReplyWriter, visit: Visit) -> None:
        prefix = scope.get("root_path", "")
        path = str(scope["path"]).removeprefix(prefix) or "/"
        address = self._addresses.find(scope["method"], path)
        scope["path"] = prefix + path  # as ASGI wants it; a proxy that strips its prefix leaves it out
        visit.route = address.name
        async with AsyncExitStack() as stack:
            body = b""
            if scope["method"] == "POST":
                body = await self._bodies.receive(receive, address.body_bytes)
                stack.callback(self._bodies.forget, body)
                visit.received = len(body)
                if address.is_json:
                    await check_json(body)
            if address.kind == "work":
                await stack.enter_async_context(self._load.place(receive))
            await self._run(address, self._app(scope, again(body, receive), reply.send))

    async def _run(self, address: Address, answering: Awaitable[None]) -> None:
        if address.kind != "stream":
            return await answering
        self._loop = asyncio.get_running_loop()
        stream = asyncio.ensure_future(answering)
        self._streams.add(stream)
        try:
            await stream
        except asyncio.CancelledError:
            stream.cancel()
        finally:
            self._streams.discard(stream)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the start and the end of the server. There are no web sockets."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close"})


def place_of(error: Exception) -> str:
    """Return the kind and the place of an error. Its text is left out, because it may quote a visitor."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, {Path(place.filename).name}:{place.lineno}"
