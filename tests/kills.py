"""Kill whatever writes a model, by ``kill -9`` at random moments, and look at what is left.

``python -m tests.kills --kills 200 FOLDER OLD NEW save push pull``, with two folders of models. A push and a pull need
the environment of the test Hub: HF_ENDPOINT, HF_HOME (which is emptied), HF_TOKEN, HF_HUB_DISABLE_XET=1.
Ends with an error as soon as something is left that is neither the old nor the new model, or that cannot be used.
"""

import argparse
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

REPO = "alice/killed"
KILLED, FAILED = -signal.SIGKILL, 1


def forked(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Do the work in a copy of this process. Return its exit code, negative if a signal ended it."""
    if (child := os.fork()) == 0:
        code = FAILED
        try:
            code = int(work() or 0)
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Killer:
    """Two models, the old and the new one, told apart by the English name of every title."""

    def __init__(self, folder: Path, old: Path, new: Path) -> None:
        from core import Model
        from core.hub import client  # noqa: F401 - imported before the copies of this process are made

        self.folder = folder
        self.models = [Model.load(path) for path in (old, new)]
        self.names = [model.catalogue.frame["english"][0] for model in self.models]
        for model in self.models:
            _ = model.users

    def version(self, load: Callable[[], object]) -> int:
        """Return the number of the model that can be loaded, and answers, after 10."""
        model = load()
        assert model.recommend(model.fold_in({103: 9}), 3)
        assert len(model.user_ids)
        return 10 + self.names.index(model.catalogue.frame["english"][0])

    # -- the operations: what to kill, and how to load what is left --------------------------------

    def save(self, number: int) -> tuple[Callable[[], object], Callable[[], object]]:
        from core import Model

        folder = self.folder / "saved"
        return lambda: self.models[number].save(folder), lambda: Model.load(folder)

    def push(self, number: int) -> tuple[Callable[[], object], Callable[[], object]]:
        from core import Model

        return lambda: self.models[number].push_to_hub(REPO) and 0, lambda: Model.from_hub(REPO)

    def pull(self, number: int) -> tuple[Callable[[], object], Callable[[], object]]:
        """Pull into the cache that the last kill left, or into an empty one."""
        from core import Model

        if number:
            shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)
        return lambda: len(Model.from_hub(REPO).user_ids) and 0, lambda: Model.from_hub(REPO)

    def kill(self, operation: str, kills: int) -> str:
        """Kill an operation so many times. Return what was left, in words."""
        chance = random.Random(0)
        for number in (1, 0):  # so long it takes undisturbed
            started = time.perf_counter()
            work, load = getattr(self, operation)(number)
            assert forked(work) == 0
            seconds = time.perf_counter() - started
        left, finished, number = [0, 0], 0, 0
        while sum(left) < kills:
            number = 1 - number
            work, load = getattr(self, operation)(number)
            code = forked(work, kill_after=chance.uniform(0, seconds))
            if code != KILLED:
                assert code == 0, f"{operation} failed"
                finished += 1
                continue
            found = forked(lambda load=load: self.version(load))
            assert found in (10, 11), f"{operation}: what a kill left cannot be used"
            left[found - 10] += 1
        return f"{operation}: {kills} kills, {left[0]} old and {left[1]} new models left, {finished} finished before"


def main() -> None:
    """Kill the operations in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("operations", nargs="+", choices=["save", "push", "pull"])
    parser.add_argument("--kills", type=int, default=200)
    arguments = parser.parse_args()
    killer = Killer(arguments.folder, arguments.old, arguments.new)
    for operation in arguments.operations:
        print(killer.kill(operation, arguments.kills), flush=True)


if __name__ == "__main__":
    main()
