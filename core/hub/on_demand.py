"""Something that is fetched when first asked for, in a thread of its own, so that nobody waits for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from ..errors import HubError

Result = TypeVar("Result")


class OnDemand(Generic[Result]):
    """Calls ``fetch`` once for everybody who asks; what failed is tried again by the next who asks.

    Calling it returns what ``fetch`` returned or raises what it raised, and `HubError` after this
    many seconds (None: never) without either; ``fetch`` then goes on for those who ask later.
    """

    def __init__(self, fetch: Callable[[], Result], seconds: float | None) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._lock = threading.Lock()
        self._outcome: Future[Result] | None = None

    def __call__(self) -> Result:
        """Wait for it: see the class."""
        with self._lock:
            if self._outcome is None or (self._outcome.done() and self._outcome.exception()):
                self._outcome = in_background(self._fetch)
            outcome = self._outcome
        try:
            return outcome.result(timeout=self._seconds)
        except TimeoutError:
            raise HubError("This is still on its way from the Hub. Try again in a moment.") from None


def in_background(call: Callable[[], Result]) -> Future[Result]:
    """Call in a thread that doesn't keep the process alive."""
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome
