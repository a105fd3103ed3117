"""Calls that wait to be collected. Their answers are computed when somebody reads them, and none is kept."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cachetools import TTLCache

from ...errors import AniSVDError
from ...gates.gates import place_of

_log = logging.getLogger(__name__)

UNCOLLECTED_BYTES = 16 << 20
"""Of the bodies of all calls that wait; the oldest are dropped first."""
UNCOLLECTED_SECONDS = 60.0
"""How long a call waits."""


@dataclass(frozen=True)
class Call:
    """A function with its arguments, for a client's ``session``. ``size`` is that of its body in bytes."""

    answer: Callable[[], Any]
    size: int
    session: str = ""

    def outcome(self) -> tuple[bool, Any]:
        """Return whether the call succeeds, and its answer or ``{"error": a sentence}``."""
        try:
            return True, self.answer()
        except AniSVDError as error:
            return False, {"error": str(error)}
        except Exception as error:
            _log.error("a call: %s", place_of(error))
            return False, {"error": "The server failed."}


class Calls:
    """The calls that wait, each under the id that its caller got."""

    def __init__(self) -> None:
        self._waiting: TTLCache[str, Call] = TTLCache(
            UNCOLLECTED_BYTES, UNCOLLECTED_SECONDS, getsizeof=lambda call: call.size
        )

    def add(self, call: Call) -> str:
        """Keep a call, and return its id."""
        event_id = uuid4().hex
        self._waiting[event_id] = call
        return event_id

    def take(self, event_id: str) -> Call | None:
        """Return a call once; None for one that was collected, or dropped, or never came."""
        return self._waiting.pop(event_id, None)

    def next_of(self, session: str) -> str | None:
        """Return the id of a session's oldest call; None if it has none."""
        return next((event_id for event_id, call in self._waiting.items() if call.session == session), None)
