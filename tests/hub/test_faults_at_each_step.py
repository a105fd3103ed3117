"""Pushes, pulls and refreshes with a fault at each of their steps: a write, rename, link, request, or its answer."""

import errno
from pathlib import Path

import pytest
from faults import KILL
from hub_server import TestHub
from programs import REPO, Programs, Versions

START = """
import os, shutil
from pathlib import Path
from core.hub import client
from core.serving.model_source import ModelSource
from tests.faults import with_each_fault

FAULT, HOME = {fault}, Path(os.environ["HF_HOME"])

def name(model):
    return model.catalogue.frame["english"][0]

def names_after_each_fault(work, reset):
    # The names of the models that are pulled, into the cache that the fault left.
    for error in with_each_fault(work, HOME, FAULT):
        yield name(Model.from_hub(REPO))
        reset()
        shutil.rmtree(HOME, ignore_errors=True)
"""
PULL = """
work = lambda: client.pull(REPO, ["config.json", "catalogue.parquet"])
names = list(names_after_each_fault(work, lambda: None))
print(len(names), *sorted(set(names)))
"""
PUSH = """
old, new = Model.load({old!r}), Model.load({new!r})
old.users, new.users

def reset():
    for content in Path({contents!r}).iterdir():
        content.unlink()  # else the next push has less to send, and its steps have other numbers
    old.push_to_hub(REPO)

names = list(names_after_each_fault(lambda: new.push_to_hub(REPO), reset))
print(len(names), *sorted(set(names)))
"""
REFRESH = """
source = ModelSource({{"MODEL_REPO_ID": REPO}})
before = source.current()
assert before.revision == {first!r}
Model.load({new!r}).push_to_hub(REPO)
names = []
for _ in with_each_fault(source.refresh, HOME, FAULT):
    model = source.current().model
    assert model.recommend(model.nobody)
    names.append(name(model))
    source._served = before
    shutil.rmtree(HOME, ignore_errors=True)
print(len(names), *sorted(set(names)))
"""


@pytest.mark.parametrize(
    ("operation", "fault", "names"),
    [(PULL, KILL, "old"), (PUSH, KILL, "new old"), (PUSH, errno.ENOSPC, "new old"), (REFRESH, errno.ENOSPC, "new old")],
    ids=["killed pull", "killed push", "failed push", "failed refresh"],
)
def test_whole_model_is_there_whichever_step_fails(
    operation: str, fault: int, names: str, programs: Programs, hub: TestHub, version: Versions
) -> None:
    folders = {name: str(version(name)) for name in ("old", "new")}
    first = hub.commit_folder(REPO, folders["old"])
    done = programs.python(
        (START + operation).format(fault=fault, first=first, contents=str(hub.root / "lfs"), **folders)
    )
    assert done.returncode == 0, done.stderr
    steps, *found = done.stdout.split()
    assert " ".join(found) == names
    assert int(steps) > 8


def test_whatever_a_kill_leaves_can_be_used(programs: Programs, version: Versions, tmp_path: Path) -> None:
    """A few kills at random moments; ``python -m tests.kills --kills 200`` does more."""
    folders = [version(name) for name in ("old", "new")]
    done = programs.run("-m", "tests.kills", tmp_path, *folders, "--kills", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": 2 kills left ") == 6
