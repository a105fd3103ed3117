"""Faults of the test Hub, on demand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass
class Rule:
    """A fault: skip the first ``after`` matching requests, then apply to ``times`` of them (None: all).

    ``what`` is one of

    - ``status``: answer ``status`` (with Retry-After ``retry_after`` and ``headers``) instead of doing anything
    - ``cut``: close before answering, or after ``nbytes`` of the body; as a connection reset unless ``reset`` is False
    - ``truncated``: the right Content-Length, but only ``nbytes`` (half, by default) of the body, then an orderly end
    - ``short``: a wrong Content-Length that fits the ``nbytes`` (half, by default) that are sent
    - ``slow``: read the request's body and send the answer's with ``rate`` bytes per second
    - ``flip``: one byte of the body is wrong
    - ``hang``: never answer
    """

    path_pattern: str
    what: str = "status"
    method: str | None = None
    times: int | None = 1
    after: int = 0
    status: int = 500
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    nbytes: int | None = None
    rate: int = 100_000
    reset: bool = True
    seen: int = 0
    hits: int = 0

    def applies(self, method: str, path: str) -> bool:
        """Count a matching request; return whether the fault applies to it."""
        if not re.search(self.path_pattern, unquote(path)) or self.method not in (None, method):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True
