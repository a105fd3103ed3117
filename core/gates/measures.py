"""What the operator sees: figures for Prometheus, and one line of log for each request.

Neither holds anything of a visitor: no address, no name, no rating, no query.
"""

import json
import logging
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from .load import Load

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
UNKNOWN = "unknown"

requests_log = logging.getLogger("anisvd.requests")


@dataclass
class Visit:
    """One request, as it goes into figures and log. ``outcome`` is an HTTP status, or ``left``."""

    method: str
    route: str = UNKNOWN
    outcome: int | str = "left"
    received: int = 0  # bytes of the body
    sent: int = 0  # bytes of the body
    id: str = field(default_factory=lambda: uuid4().hex[:16])
    began: float = field(default_factory=time.perf_counter)


class Measures:
    """The figures of one process. ``revision`` returns that of the model in service."""

    def __init__(self, load: Load, revision: Callable[[], str]) -> None:
        self._revision = revision
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter("anisvd_requests", "Requests.", ["route", "outcome"], registry=self.registry)
        self._seconds = Histogram(
            "anisvd_request_seconds", "Duration.", ["route"], buckets=BUCKETS, registry=self.registry
        )
        self._received = Counter("anisvd_received_bytes", "Bytes of the bodies received.", registry=self.registry)
        self._sent = Counter("anisvd_sent_bytes", "Bytes of the bodies sent.", registry=self.registry)
        self._open = Gauge(
            "anisvd_open_requests", "Requests that are being answered, streams too.", registry=self.registry
        )
        self.add_gauge("anisvd_at_work", "Requests at work.", lambda: load.at_work)
        self.add_gauge("anisvd_waiting", "Requests that wait for a place.", lambda: load.waiting)

    def add_gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Add a figure that is asked for when the figures are read."""
        Gauge(name, meaning, registry=self.registry).set_function(value)

    @contextmanager
    def visit(self, method: str) -> Any:
        """Give a `Visit` to fill, and record it at the end."""
        visit = Visit(method)
        self._open.inc()
        try:
            yield visit
        finally:
            self._open.dec()
            self._record(visit)

    def _record(self, visit: Visit) -> None:
        seconds = time.perf_counter() - visit.began
        self._requests.labels(visit.route, visit.outcome).inc()
        self._seconds.labels(visit.route).observe(seconds)
        self._received.inc(visit.received)
        self._sent.inc(visit.sent)
        line = {
            "id": visit.id,
            "method": visit.method,
            "route": visit.route,
            "outcome": visit.outcome,
            "milliseconds": round(seconds * 1000, 1),
            "revision": self._revision()[:12],
        }
        requests_log.info(json.dumps(line))

    def text(self) -> bytes:
        """Return all figures in the text format of Prometheus."""
        return generate_latest(self.registry)
