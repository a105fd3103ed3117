"""Bodies are bounded, received in time, and valid JSON before anything else reads them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from .refusals import RefusalError, busy

MAX_HELD = 256 << 20
"""Bytes of all bodies together that are held at one time."""
MAX_DROPPED = 128 << 20
"""Bytes beyond its limit that are received of a body, and dropped."""
MAX_VALUES = 100_000
"""Values in one body. They cost more time than bytes do."""
SMALL_BYTES = 8 << 10
"""A body of this size is checked in less time than it takes to hand it to a thread."""
BODY_SECONDS = 15.0
"""For a body to arrive."""


class Bodies:
    """The bodies of the requests that are being received or answered. ``held`` are their bytes."""

    def __init__(self) -> None:
        self.held = 0

    async def receive(self, receive: Receive, limit: int) -> bytes:
        """Return a whole body of at most ``limit`` bytes, and count it until `forget`.

        A larger one is received but not kept, because a sender who is cut off sees no answer; after
        `MAX_DROPPED` more bytes receiving stops.

        Raises `RefusalError`: 413 for a body that is too large, 408 for one that is late, 503 if all bodies together
        are too large. Raises ``ClientDisconnect``.
        """
        body, size = bytearray(), 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in _chunks(receive):
                    size += len(chunk)
                    if size > limit + MAX_DROPPED:
                        break
                    if size > limit:
                        self.forget(body)
                        body.clear()
                        continue
                    body += chunk
                    self.held += len(chunk)
                    if self.held > MAX_HELD:
                        raise busy()
            if size > limit:
                raise _too_large(limit)
        except TimeoutError:
            self.forget(body)
            sentence = f"The body did not arrive within {BODY_SECONDS:.0f} seconds."
            raise RefusalError(408, sentence, connection="close") from None
        except BaseException:
            self.forget(body)
            raise
        return bytes(body)

    def forget(self, body: bytes | bytearray) -> None:
        """Count a body no longer."""
        self.held -= len(body)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


def again(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives a body which was received before, then what ``receive`` gives."""
    rest = [body]

    async def receive_again() -> Message:
        if rest:
            return {"type": "http.request", "body": rest.pop(), "more_body": False}
        return await receive()

    return receive_again


async def check_json(body: bytes) -> None:
    """Check a JSON body, a large one outside the event loop, which serves everybody.

    Raises `RefusalError` 400 for a body that is no JSON, has too many values, or asks to fetch a file.
    """
    if len(body) <= SMALL_BYTES:
        _check_json(body)
    else:
        await run_in_threadpool(_check_json, body)


def _check_json(body: bytes) -> None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, f"The body is no JSON: {error}") from None
    n_values, waiting = 0, [content]
    while waiting:
        value = waiting.pop()
        children: list[Any] = []
        if isinstance(value, dict):
            if "path" in value and "meta" in value:
                raise RefusalError(400, "The body names a file. This server takes values only.")
            children = list(value.values())
        elif isinstance(value, list):
            children = value
        n_values += len(children)
        if n_values > MAX_VALUES:
            raise RefusalError(400, f"The body has more than {MAX_VALUES:,} values; expected fewer.")
        waiting += children


def _too_large(limit: int) -> RefusalError:
    size = f"{limit >> 20} MiB" if limit >> 20 else f"{limit} bytes"
    return RefusalError(413, f"The body is larger than {size}, the most that this address takes.")
