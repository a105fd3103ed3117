"""What an input may take, and where one is kept that takes more or does other harm."""

import time
from collections.abc import Callable
from pathlib import Path

FOUND = Path(__file__).resolve().parent / "found"
MAX_SECONDS, MAX_MEGABYTES, MAX_BYTES = 2.0, 512, 20_000
HANGS = 60  # seconds of a clock on the wall, which a busy machine also takes for nothing


def within_time(one_input: Callable[[bytes], str | None]) -> Callable[[bytes], str | None]:
    """Return the function with a limit on its CPU time."""

    def timed(data: bytes) -> str | None:
        start = time.process_time()
        outcome = one_input(data)
        if (seconds := time.process_time() - start) > MAX_SECONDS:
            raise TimeoutError(f"this input takes {seconds:.1f} s of CPU; allowed are {MAX_SECONDS}")
        return outcome

    return timed
