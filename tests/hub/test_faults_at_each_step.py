"""Pushes, pulls and refreshes with a fault at each of their steps: a write, rename, link, request, or its answer."""

import os
from pathlib import Path

from hub_server import TestHub
from programs import REPO, Programs, Versions
from waiting import HANG_SECONDS

START = """
import os, shutil
from errno import ENOSPC
from pathlib import Path
from core.hub import client
from core.serving.model_source import ModelSource
from tests.faults import KILL, with_each_fault

HOME = Path(os.environ["HF_HOME"])

def name(model):
    return model.catalogue.frame["english"][0]

def names_after_each_fault(work, reset, fault):
    # The names of the models that are pulled, into the cache that the fault left.
    for error in with_each_fault(work, HOME, fault):
        yield name(Model.from_hub(REPO))
        reset()
        shutil.rmtree(HOME, ignore_errors=True)
"""
PULL = """
work = lambda: client.pull(REPO, ["catalogue.parquet"])
names = names_after_each_fault(work, lambda: None, KILL)
"""
PUSH = """
old, new = Model.load({old!r}), Model.load({new!r})
old.users, new.users

def reset():
    for content in Path({contents!r}).iterdir():
        content.unlink()  # else the next push has less to send, and its steps have other numbers
    old.push_to_hub(REPO)

names = names_after_each_fault(lambda: new.push_to_hub(REPO), reset, FAULT)
"""
KILLED_PUSH, FAILED_PUSH = PUSH.replace("FAULT", "KILL"), PUSH.replace("FAULT", "ENOSPC")
REFRESH = """
source = ModelSource({{"MODEL_REPO_ID": REPO}})
before = source.current()
new.push_to_hub(REPO)
names = []
for _ in with_each_fault(source.refresh, HOME, ENOSPC):
    model = source.current().model
    assert model.recommend(model.nobody)
    names.append(name(model))
    source._served = before
    shutil.rmtree(HOME, ignore_errors=True)
"""
REPORT = """
names = list(names)
print(len(names), *sorted(set(names)))
"""


def test_whole_model_is_there_whichever_step_fails(programs: Programs, hub: TestHub, version: Versions) -> None:
    """One program for all operations: a start takes as long as one of them."""
    folders = {name: str(version(name)) for name in ("old", "new")}
    hub.commit_folder(REPO, folders["old"])
    contents = str(hub.root / "lfs")
    operations = (PULL, KILLED_PUSH, "reset()\n" + FAILED_PUSH, "reset()\n" + REFRESH)
    code = START + "".join(operation.strip("\n") + REPORT for operation in operations)
    done = programs.python(code.format(contents=contents, **folders))
    assert done.returncode == 0, done.stderr
    for line, expected in zip(done.stdout.splitlines(), (["old"], *[["new", "old"]] * 3), strict=True):
        steps, *found = line.split()
        assert found == expected
        assert int(steps) > 8


def test_whatever_a_kill_leaves_can_be_used(programs: Programs, version: Versions, tmp_path: Path) -> None:
    """One kill of each operation at a random moment; ``KILLS=200`` in the environment makes it more."""
    kills = int(os.environ.get("KILLS", "1"))
    folders = [version(name) for name in ("old", "new")]
    done = programs.run("-m", "tests.kills", tmp_path, *folders, "--kills", kills, hangs=HANG_SECONDS * kills)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f": {kills} kills left ") == 6
    print(done.stdout)
