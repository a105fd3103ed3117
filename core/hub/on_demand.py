"""Slow calls, such as downloads, in background threads, so that no caller waits without limit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from ..errors import HubError

Value = TypeVar("Value")


class OnDemand(Generic[Value]):
    """A value that is fetched once for all callers, when it is first asked for.

    Parameters
    ----------
    fetch
        Returns the value, or raises; the next caller then tries again.
    seconds
        The longest time that a caller waits, None for no limit. The fetch goes on for later callers.
    """

    def __init__(self, fetch: Callable[[], Value], seconds: float | None) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._lock = threading.Lock()
        self._future: Future[Value] | None = None

    def __call__(self) -> Value:
        """Return the value. Raises what ``fetch`` raised, and `HubError` if it takes longer than ``seconds``."""
        with self._lock:
            if self._future is None or (self._future.done() and self._future.exception()):
                self._future = _in_background(self._fetch)
            future = self._future
        try:
            return future.result(timeout=self._seconds)
        except TimeoutError:
            raise HubError(f"The Hub did not answer within {self._seconds} s. Try again in a moment.") from None


def within(seconds: float, call: Callable[[], Value]) -> Value:
    """Return what ``call`` returns. Raises what it raises, and `HubError` if it takes longer than ``seconds``."""
    return OnDemand(call, seconds)()


def _in_background(call: Callable[[], Value]) -> Future[Value]:
    """Return the future of a call in a thread that doesn't keep the process alive."""
    future: Future[Value] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future
