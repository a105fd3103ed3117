"""Overload has words: so many requests are at work, some more wait a short time, and others are asked to come again."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from .refusals import busy

WAITING_SECONDS = 5.0


class Load:
    """The requests at work, at most ``places``, and those that wait for a place, at most ``seats``."""

    def __init__(self, places: int, seats: int) -> None:
        self.places, self.seats = places, seats
        self.at_work = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many requests wait for a place."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(self, receive: Receive) -> AsyncIterator[None]:
        """Wait for a place, first come, first served, and keep it. ``receive`` tells that a visitor has left.

        Raises `RefusalError` 503 if all seats are taken or no place becomes free in time, and
        ``ClientDisconnect`` for a visitor who has left: nothing is done for them.
        """
        if self.at_work < self.places:
            self.at_work += 1
        else:
            await self._wait(receive)
        try:
            yield
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        """Give a place that becomes free to the first who waits."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self.at_work -= 1

    async def _wait(self, receive: Receive) -> None:
        if self.waiting >= self.seats:
            raise busy()
        turn, leaving = asyncio.get_running_loop().create_future(), asyncio.ensure_future(_left(receive))
        self._waiting.append(turn)
        try:
            await asyncio.wait({turn, leaving}, timeout=WAITING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise ClientDisconnect
            if not turn.done():
                raise busy()
        except BaseException:
            if turn.done():
                self._hand_on()
            else:
                self._waiting.remove(turn)
            raise
        finally:
            leaving.cancel()


async def _left(receive: Receive) -> None:
    """Return when the visitor has left. The body was received before, so no other message comes."""
    while (await receive())["type"] != "http.disconnect":
        pass
