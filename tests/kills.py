"""Kill whatever writes, by ``kill -9`` at random moments, and look at what is left.

``python -m tests.kills --kills 200 FOLDER FIRST SECOND save push``, with two folders of models; all operations
without their names. Those of the Hub need the environment of the test Hub: HF_ENDPOINT, HF_HOME (which is emptied),
HF_TOKEN, HF_HUB_DISABLE_XET=1. Ends with an error as soon as something is left that is neither the old nor the new
content, or that cannot be used.
"""

import argparse
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from core import Model, disk
from core.evaluation.report import write_json
from core.hub import client

REPO = "alice/killed"
OPERATIONS = ("save", "save_by_renames", "push", "pull", "note", "report")
KILLED, FAILED, FOUND = -signal.SIGKILL, 1, 10


def forked(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Do the work in a copy of this process. Return its exit code, negative if a signal ended it."""
    if (child := os.fork()) == 0:
        code = FAILED
        try:
            result = work()
            code = result if isinstance(result, int) else 0
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


Operation = tuple[Callable[[], object], Callable[[], int]]
"""What to kill, and what then tells the number of the content that is there."""


class Killer:
    """Two models, told apart by the English name of every title. Each operation writes one in place of the other."""

    def __init__(self, folder: Path, paths: list[Path]) -> None:
        self.folder = folder
        self.models = [Model.load(path) for path in paths]
        self.names = [model.catalogue.frame["english"][0] for model in self.models]
        self.sizes = [len(model.users.user_ids) for model in self.models]
        self.commits: list[str] = []

    def number(self, model: Model) -> int:
        """Return the number of a model, which must answer."""
        assert model.recommend(model.fold_in({103: 9}), 3)
        number = self.names.index(model.catalogue.frame["english"][0])
        assert len(model.user_ids) == self.sizes[number]
        return number

    # -- the operations ------------------------------------------------------------------------------

    def save(self, number: int) -> Operation:
        folder = self.folder / "saved"
        return lambda: self.models[number].save(folder), lambda: self.number(Model.load(folder))

    def save_by_renames(self, number: int) -> Operation:
        """Save where folders cannot be exchanged in one step."""
        save, load = self.save(number)

        def work() -> None:
            with patch.object(disk, "_exchange", lambda first, second: False):
                save()

        return work, load

    def push(self, number: int) -> Operation:
        return lambda: self.models[number].push_to_hub(REPO), lambda: self.number(Model.from_hub(REPO))

    def pull(self, number: int) -> Operation:
        """Pull into a cache that has the other model."""
        self._on_the_hub()
        shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)
        assert forked(lambda: Model.from_hub(REPO, self.commits[1 - number]).users) == 0

        def load() -> int:
            found = self.number(Model.from_hub(REPO, cached=True))
            assert self.number(Model.from_hub(REPO, self.commits[number])) == number  # pulled again
            return found

        return lambda: Model.from_hub(REPO, self.commits[number]).users, load

    def note(self, number: int) -> Operation:
        """Note in the cache which commit was served, as a refresh does at its end."""
        self._on_the_hub()
        note, noted = client.note_served_commit, client.last_served_commit
        return lambda: note(REPO, None, self.commits[number]), lambda: self.commits.index(noted(REPO, None))

    def report(self, number: int) -> Operation:
        path = self.folder / "report.json"
        return lambda: write_json(path, [number] * 20_000), lambda: int(sum(json.loads(path.read_text())) / 20_000)

    def _on_the_hub(self) -> None:
        self.commits = self.commits or [model.push_to_hub(REPO).revision for model in self.models]

    # -- to kill them --------------------------------------------------------------------------------

    def kill(self, operation: str, kills: int) -> str:
        """Kill an operation so many times. Return what was left, in words."""
        chance = random.Random(0)
        for number in (1, 0):  # so long it takes undisturbed
            work, load = getattr(self, operation)(number)
            started = time.perf_counter()
            assert forked(work) == 0
            seconds = time.perf_counter() - started
        present, n_old, n_new, finished = 0, 0, 0, 0
        while n_old + n_new < kills:
            work, load = getattr(self, operation)(1 - present)
            code = forked(work, kill_after=chance.uniform(0, seconds))
            seconds *= 1.1 if code == KILLED else 0.9  # about half of them finish, however busy the machine is
            found = forked(lambda load=load: FOUND + load()) - FOUND
            assert found in (0, 1), f"{operation}: what a kill left cannot be used"
            if code != KILLED:
                assert (code, found) == (0, 1 - present), f"{operation} failed"
                finished += 1
            elif found == present:
                n_old += 1
            else:
                n_new += 1
            present = found
        return f"{operation}: {kills} kills left {n_old} old, {n_new} new, 0 broken; {finished} finished before"


def main() -> None:
    """Kill the operations in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=Path, nargs=2)
    parser.add_argument("operations", nargs="*", default=OPERATIONS)
    parser.add_argument("--kills", type=int, default=200)
    arguments = parser.parse_args()
    killer = Killer(arguments.folder, arguments.models)
    for operation in arguments.operations:
        print(killer.kill(operation, arguments.kills), flush=True)


if __name__ == "__main__":
    main()
