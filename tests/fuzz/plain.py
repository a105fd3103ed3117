"""Try many inputs of a harness in a plain loop: nothing watches the branches, and a find does not end it."""

import random
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from fuzz.limits import FOUND, HANGS, MAX_BYTES, MAX_MEGABYTES, MAX_SECONDS, within_time

TOKENS = (
    b"\x00", b"\xff", b"\xf0\x9f", b'"', b"'", b"<", b">", b"&", b"&#0;", b"]]>", b"<!--", b"{", b"}", b"[", b"]", b",",
    b":", b"\\u", b"\\ud800", b"=", b"%", b"+", b"|", b"\n", b"\r", b" ", b"-", b".", b"9" * 20, b"1e999", b"NaN",
    b"null",
)  # fmt: skip


def try_inputs(name: str, module: Any, runs: int, seed: int) -> int:
    """Try so many inputs, or until SIGTERM, print what became of them, and return 1 if some did harm, else 0.

    A harness may have ``new_input(random)``, which makes an input. Else the inputs are changed ones of its corpus.
    """
    corpus, chance = list(module.corpus()), random.Random(seed)
    inputs = (
        changed(corpus, chance) if not hasattr(module, "new_input") else iter(lambda: module.new_input(chance), None)
    )
    ended: list[object] = []
    signal.signal(signal.SIGPROF, _hang)
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    one_input = within_time(module.one_input)
    outcomes: Counter[str] = Counter()
    finds: Counter[str] = Counter()
    slowest, before, started = 0.0, _megabytes(), time.process_time()
    for data in takewhile(lambda _: not ended, islice(inputs, runs)):
        start = time.process_time()
        try:
            signal.setitimer(signal.ITIMER_PROF, HANGS)
            outcomes[one_input(data) or "done"] += 1
        except Exception as error:
            outcomes["did harm"] += 1
            finds[cause := _cause(error)] += 1
            if finds[cause] == 1:
                FOUND.mkdir(exist_ok=True)
                (path := FOUND / f"{name}-plain-{seed}-{len(finds)}").write_bytes(data)
                print(f"{path}: {traceback.format_exc()}", flush=True)
        slowest = max(slowest, time.process_time() - start)
    signal.setitimer(signal.ITIMER_PROF, 0)
    seconds, megabytes = time.process_time() - started, _megabytes() - before
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    print(f"{name}, seed {seed}: {sum(outcomes.values()):,} inputs ({counts}) in {seconds:.0f} s of CPU, ", end="")
    print(f"the slowest {slowest:.2f} s (allowed {MAX_SECONDS:g}), {megabytes} MB (allowed {MAX_MEGABYTES})")
    for cause, count in finds.most_common():
        print(f"{count:,} x {cause}")
    return int(bool(finds) or megabytes > MAX_MEGABYTES)


def changed(corpus: list[bytes], chance: random.Random) -> Iterator[bytes]:
    """Yield inputs of a corpus with one to six changes each: bytes set, cut, copied from another input, or inserted."""
    while True:
        data = bytearray(chance.choice(corpus))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            at, length = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 4, 8, 32, 128, 1024))
            kind = chance.randrange(5)
            if kind == 0:
                data[at : at + length] = b""
            elif kind == 1:
                data[at : at + 1] = chance.randbytes(1)
            elif kind == 2:
                data[at : at + chance.choice((0, 1))] = chance.choice(TOKENS)
            else:
                other = chance.choice(corpus) if kind == 3 else bytes(data)
                start = chance.randrange(len(other) + 1)
                data[at : at + chance.choice((0, length))] = other[start : start + length]
        yield bytes(data[:MAX_BYTES])


def _cause(error: Exception) -> str:
    """Return the kind of an error and its line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.filename}:{frame.lineno}"


def _megabytes() -> int:
    """Return the most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _hang(*_: object) -> None:
    raise TimeoutError(f"this input takes more than {HANGS} s of CPU")
