"""Faults at the n-th step of whatever writes: a write, flush, rename, new folder, link or request fails, or kills.

In this process: ``with faults_at(n, under=folder, fault=errno) as faults: …``. In a program of its own:
``python -m tests.faults STEP FAULT FOLDER SCRIPT ARGUMENTS``; it prints ``no fault`` if the script needs fewer steps.
"""

import builtins
import io
import itertools
import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2

from core import AniSVDError, disk

STEPS = ("mkdir", "rename", "replace", "fsync", "unlink", "remove", "rmdir", "link", "symlink", "truncate")
KILL = 0
"""In place of an error number: the process ends at once, as by ``kill -9``."""


@dataclass
class Faults:
    """The steps under a folder, counted. The step with the number ``at`` fails with an error number, or kills."""

    at: int
    fault: int
    under: str
    count: int = 0

    @property
    def happened(self) -> bool:
        return self.count >= self.at

    def step(self, *arguments: Any) -> None:
        """Count a step; raise or kill if it is the one."""
        if not any(self._concerns(argument) for argument in arguments):
            return
        self.count += 1
        if self.count == self.at:
            if self.fault == KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(self.fault, os.strerror(self.fault), str(arguments[0]))

    def _concerns(self, argument: Any) -> bool:
        """Return whether a path or descriptor is of the folder."""
        if isinstance(argument, int):
            try:
                argument = os.readlink(f"/proc/self/fd/{argument}")
            except OSError:
                return False
        return isinstance(argument, str | os.PathLike) and os.path.abspath(argument).startswith(self.under)

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call with a step before it."""

        def stepped(*arguments: Any, **options: Any) -> Any:
            if (folder := options.get("dir_fd")) is not None and not os.path.isabs(arguments[0]):
                self.step(folder)
            else:
                self.step(*arguments)
            return call(*arguments, **options)

        return stepped

    def around_request(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Return the sending of a request with a step before it, and one when the answer is there."""

        def stepped(*arguments: Any, **options: Any) -> Any:
            self.step(self.under)
            answer = send(*arguments, **options)
            self.step(self.under)
            return answer

        return stepped

    def open(self, file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
        """Open a file as `open` does; each write that reaches the disk is a step, and fails half-way."""
        if not set(mode) & set("wxa+") or not self._concerns(file):
            return OPEN(file, mode, buffering, *text, **options)
        self.step(file)
        faults = self

        class File(io.FileIO):
            def write(self, content: Any) -> int:
                try:
                    faults.step(faults.under)
                except OSError:
                    super().write(bytes(content)[: len(content) // 2])
                    raise
                return int(super().write(content))

        raw_options = {name: options.pop(name) for name in ("closefd", "opener") if name in options}
        raw = File(file, mode.replace("b", "").replace("t", ""), **raw_options)
        stream = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return stream if "b" in mode else io.TextIOWrapper(stream, *text, **options)


OPEN = io.open


@contextmanager
def faults_at(step: int, under: Path, fault: int) -> Iterator[Faults]:
    """Let a step fail during the block."""
    faults = Faults(step, fault, os.path.abspath(under))
    with ExitStack() as stack:
        for name in STEPS:
            stack.enter_context(patch.object(os, name, faults.before(getattr(os, name))))
        stack.enter_context(patch.object(os, "write", faults.before(os.write)))
        stack.enter_context(patch.object(builtins, "open", faults.open))
        stack.enter_context(patch.object(io, "open", faults.open))
        if "huggingface_hub" in sys.modules:
            stack.enter_context(patch.object(httpx2.Client, "send", faults.around_request(httpx2.Client.send)))
        stack.enter_context(patch.object(disk, "_exchange", faults.before(disk._exchange)))
        yield faults


def with_each_fault(work: Callable[[], object], under: Path, fault: int) -> Iterator[AniSVDError | None]:
    """Do the work with a fault at step 1, 2, 3, ... and yield after each time, until a time without a fault.

    Yield the error that the work raised; None if it raised none, or was killed.
    """
    for step in itertools.count(1):
        error = None
        with faults_at(step, under, fault) as faults:
            if fault == KILL:
                happened = _killed(work)
            else:
                try:
                    work()
                except AniSVDError as raised:
                    error = raised
                happened = faults.happened
        if not happened:
            assert error is None, error
            return
        yield error


def _killed(work: Callable[[], object]) -> bool:
    """Do the work in a copy of this process. Return whether that was killed."""
    if (child := os.fork()) == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, ending = os.waitpid(child, 0)
    assert ending == 0 or os.WIFSIGNALED(ending), "the work failed"
    return os.WIFSIGNALED(ending)


def main() -> None:
    """Run a script with a fault."""
    step, fault, folder, script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(Path(script).resolve().parent))
    with faults_at(int(step), Path(folder), int(fault)) as faults:
        try:
            runpy.run_path(script, run_name="__main__")
        finally:
            if not faults.happened:
                print("no fault", file=sys.stderr)


if __name__ == "__main__":
    main()
