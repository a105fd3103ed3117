"""Connections that keep the server waiting are closed, and so many are open at one time."""

import asyncio
import socket
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from uvicorn.protocols.http.h11_impl import H11Protocol

from .refusals import RETRY_SECONDS

if sys.platform != "win32":
    import resource

IDLE_SECONDS = 15.0
"""How long a connection may be open with no request at work, or without reading its answer."""
MAX_CONNECTIONS, MAX_QUEUE = 800, 2048
"""The most connections that are open, and that the system holds until they are accepted."""
MAX_FILES = 4096
OWN_FILES = 100
"""What the app opens itself, with a margin: the log, the parts of a model, connections to the Hub."""

_FULL = (
    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY_SECONDS}\r\n"
    "Connection: close\r\nContent-Length: 0\r\n\r\n"
)


class ConnectionLimits(NamedTuple):
    """How many connections may be ``open``, and how many more may wait in a ``queue`` to be accepted."""

    open: int
    queue: int

    @classmethod
    def within(cls, files: int) -> "ConnectionLimits":
        """Return the limits for a process that may open so many files.

        Two thirds of what the app leaves are for connections. The rest is for those that are accepted only to be
        refused: all of a full queue may come at once.
        """
        left = max(files - OWN_FILES, 3)
        connections = min(MAX_CONNECTIONS, left * 2 // 3)
        return cls(connections, min(MAX_QUEUE, left - connections))


def connection_limits() -> ConnectionLimits:
    """Return the limits of this process."""
    return ConnectionLimits.within(_files()[0])


def limit_connections(sockets: Iterable[Any]) -> None:
    """Ask the system for more open files, and let no more connections wait at these sockets than may be accepted.

    Otherwise asyncio accepts more than the process may open, and fills the log with the failures.
    """
    allowed, most = _files()
    if sys.platform != "win32" and allowed < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    for listening in sockets:
        with socket.fromfd(listening.fileno(), listening.family, listening.type) as same:
            same.listen(connection_limits().queue)


def _files() -> tuple[int, int]:
    """Return how many files this process may open, and how many the system would let it, both up to `MAX_FILES`."""
    if sys.platform == "win32":
        return MAX_FILES, MAX_FILES
    soft, hard = (
        MAX_FILES if files == resource.RLIM_INFINITY else min(files, MAX_FILES)
        for files in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    return soft, hard


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
        if len(self.connections) > connection_limits().open:
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
