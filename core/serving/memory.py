"""Memory of the process: fewer pools, and what is free goes back to the system. Both only where libc can."""

import ctypes
import gc
from contextlib import suppress

M_ARENA_MAX, POOLS = -8, 2  # of mallopt(3)


def share_memory_pools() -> None:
    """Let all threads share two pools. With one for each thread, what a request frees is kept once a thread."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, POOLS)


def give_back_memory() -> None:
    """Return to the system what a replaced model or a rehearsal took."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
