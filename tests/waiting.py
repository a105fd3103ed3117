"""Waits for conditions, never for seconds: a slow machine changes no verdict."""

import time
from collections.abc import Callable

HANG_SECONDS = 300
"""Nothing in the tests takes this long, however busy the machine: this bound only ends what hangs."""


def wait_until(condition: Callable[[], object]) -> None:
    """Return once the condition holds; fail if it hangs."""
    end = time.monotonic() + HANG_SECONDS
    while not condition():
        assert time.monotonic() < end, f"the condition did not hold within {HANG_SECONDS} seconds"
        time.sleep(0.05)
