"""Connections that keep the server waiting are closed, and so many are open at one time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from .refusals import RETRY_SECONDS

IDLE_SECONDS = 15.0
"""How long a connection may be open with no request at work, or without reading its answer."""
MAX_CONNECTIONS = 800
"""Fewer than the files that a process may open: 1,024 where the system says nothing else."""

_FULL = (
    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY_SECONDS}\r\n"
    "Connection: close\r\nContent-Length: 0\r\n\r\n"
)


class PatientProtocol(H11Protocol):
    """A connection that ends after `IDLE_SECONDS` in which a request was half sent, or its answer not read.

    uvicorn itself closes only connections that are silent between two requests.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._progress: object = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, or refuse a connection too many."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            transport.write(_FULL.encode())
            transport.close()
        else:
            self._watch()

    def _watch(self) -> None:
        """Look from time to time whether the connection moves on."""
        if self.transport.is_closing():
            return
        is_at_work = self.cycle is not None and not self.cycle.response_complete and not self.flow.write_paused
        if is_at_work or self.cycle is not self._progress:
            self._progress, self._since = self.cycle, self.loop.time()
        if self.loop.time() - self._since >= IDLE_SECONDS:
            self.transport.abort()
        else:
            self.loop.call_later(IDLE_SECONDS / 3, self._watch)
