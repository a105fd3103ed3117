"""Taps without pauses: what one costs the server, how many it serves, and a burst of visitors at once."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import mean, median
from typing import Any
from urllib.parse import urlsplit

from page_files import event_numbers

RATED = 20  # titles that a visitor rates before the next one begins
WARM_UP = 20
NORMAL = 2.0  # a tap is back to normal when it takes at most this times its usual time
WINDOW = 5
PROBE_SECONDS, PROBE_PAUSE = 12.0, 0.25
UNCOLLECTED = 300


class Tapper:
    """A visitor who rates one title after the other, on one connection."""

    def __init__(self, url: str, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._state: dict[str, Any] = {}
        self._wall: list[int] = []

    def open(self) -> None:
        """Begin a visit."""
        outputs = self._event("open", {"query": "", "kept": None, "draft": None, "language": "en"})
        self._state = outputs[0]["state"]
        self._see(outputs[2])

    def prepare(self) -> None:
        """Begin a visit, if there is none, or if the last one has rated enough."""
        if not self._wall or len(self._state["ratings"]) >= RATED:
            self.open()

    def tap(self) -> float:
        """Rate a title of the wall; return the seconds until the answer."""
        self._state["ratings"].append([self._wall[0], random.randint(4, 10)])
        start = time.perf_counter()
        outputs = self._event("show", {"state": self._state, "wall": self._wall, "language": "en"})
        seconds = time.perf_counter() - start
        self._see(outputs[1])
        return seconds

    def _see(self, wall: str) -> None:
        self._wall = [int(anime_id) for anime_id in re.findall(r'<li data-id="(\d+)"', wall)]

    def _event(self, name: str, sent: dict[str, Any]) -> Any:
        status, _, body = _post(self._connection, {"fn_index": self._numbers[name], "data": [sent]})
        if status != 200:
            raise RuntimeError(f"{name}: {status} {body[:200]!r}")
        return json.loads(body)["data"]


def cost_of_a_tap(url: str, cpu_seconds: Callable[[], float], n: int = 200) -> dict[str, float]:
    """Return the server's CPU in milliseconds for a tap, and the time until the answer, while nobody else is there."""
    tapper, costs, times = Tapper(url, event_numbers(url)), [], []
    for tap in range(WARM_UP + n):
        tapper.prepare()
        before = cpu_seconds()
        seconds = tapper.tap()
        if tap >= WARM_UP:
            costs.append(1000 * (cpu_seconds() - before))
            times.append(1000 * seconds)
    return {"CPU ms, median": median(costs), "CPU ms, mean": mean(costs), "answer ms, median": median(times)}


def taps_per_second(url: str, senders: int = 8, seconds: float = 10.0) -> float:
    """Return how many taps the server answers, if each sender taps again as soon as it has its answer."""
    numbers = event_numbers(url)
    tappers = [Tapper(url, numbers) for _ in range(senders)]
    for tapper in tappers:
        tapper.prepare()
    end = time.monotonic() + seconds

    def tap_on(tapper: Tapper) -> int:
        n = 0
        while time.monotonic() < end:
            tapper.prepare()
            tapper.tap()
            n += 1
        return n

    with ThreadPoolExecutor(senders) as pool:
        return sum(pool.map(tap_on, tappers)) / seconds


def burst(url: str, n: int = 500) -> dict[str, Any]:
    """Send taps of n visitors at once; return how they were answered, and when a tap is back to normal."""
    numbers = event_numbers(url)
    probe = Tapper(url, numbers)
    usual = median(_until_answered(probe) for _ in range(2 * WARM_UP))
    ready = threading.Barrier(n)

    def tap_once(_: int) -> str:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        ready.wait()
        try:
            status, retry_after, _ = _post(connection, {"fn_index": numbers["show"], "data": [{"language": "en"}]})
        except OSError as error:
            return type(error).__name__
        finally:
            connection.close()
        return f"{status}, come again" if retry_after else str(status)

    start = time.monotonic()
    with ThreadPoolExecutor(n) as pool:
        outcomes = Counter(pool.map(tap_once, range(n)))
    answered = time.monotonic()
    taps: list[tuple[float, float]] = []
    probe = Tapper(url, numbers)
    while time.monotonic() < answered + PROBE_SECONDS:
        probed = time.monotonic()
        taps.append((probed - answered, _until_answered(probe)))
        time.sleep(PROBE_PAUSE)
    # The median of some taps: on a busy machine a single one may be late for other reasons.
    windows = [taps[first : first + WINDOW] for first in range(len(taps) - WINDOW + 1)]
    slow = [window[-1][0] for window in windows if median(seconds for _, seconds in window) > NORMAL * usual]
    return {
        "answers": dict(outcomes),
        "all answered after s": answered - start,
        "back to normal after s": slow[-1] if slow else 0.0,
        "tap before, ms": 1000 * usual,
        "tap after, ms, median": 1000 * median(seconds for _, seconds in taps),
        "tap after, ms, longest": 1000 * max(seconds for _, seconds in taps),
    }


def leave_calls(url: str) -> None:
    """Call the API for long lists, and collect no answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    for _ in range(UNCOLLECTED):
        body = {"ratings": {"5114": 10, "9253": 9}, "k": 1000}
        status, _, answer = _post(connection, body, "/gradio_api/call/recommend")
        if status != 200:
            raise RuntimeError(f"call: {status} {answer[:200]!r}")


def _until_answered(tapper: Tapper) -> float:
    """Return the seconds until the answer of a tap that is sent again while it is refused."""
    waited = 0.0
    while True:
        try:
            tapper.prepare()
            return tapper.tap() + waited
        except RuntimeError:
            time.sleep(PROBE_PAUSE)
            waited += PROBE_PAUSE


def _post(
    connection: http.client.HTTPConnection, content: Any, path: str = "/gradio_api/run/predict"
) -> tuple[int, str | None, bytes]:
    """Return the status, ``Retry-After`` and the body of an answer."""
    connection.request("POST", path, json.dumps(content), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.headers["Retry-After"], answer.read()
