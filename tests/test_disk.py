"""Files and folders are written whole or not at all, and read whole beside a busy writer."""

import errno
import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import KILL, faults_at, with_each_fault

from core import OutputError, disk
from core.disk import OpenFolder, replace_folder, try_to_write, whole_file, write_file

OLD, NEW = ({"a": kind * 70_000, "b": kind} for kind in (b"old", b"new"))
FAULTS = {"full disk": errno.ENOSPC, "broken disk": errno.EIO, "kill -9": KILL}


@pytest.fixture(params=["exchange", "two renames"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system that can exchange two folders, or one that can't."""
    if request.param == "two renames":
        monkeypatch.setattr(disk, "_exchange", lambda first, second: False)
    return str(request.param)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def opened(folder: Path) -> dict[str, bytes]:
    folder_now = OpenFolder(folder, OLD)
    return {name: folder_now.read(name) for name in OLD}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_folder_is_old_or_new_whichever_step_fails(system: str, fault: int, tmp_path: Path) -> None:
    folder, found = tmp_path / "model", []
    replace_folder(folder, OLD)
    for error in with_each_fault(lambda: replace_folder(folder, NEW), tmp_path, fault):
        found.append(opened(folder))
        assert error is None or os.strerror(fault) in str(error)
        if fault != KILL or system == "exchange":
            assert content(folder) == found[-1]  # for readers that don't know of `OpenFolder`, too
        replace_folder(folder, OLD)
        assert os.listdir(tmp_path) == ["model"]  # what a kill left is swept
    assert content(folder) == NEW
    assert OLD in found
    assert NEW in found
    assert all(files in (OLD, NEW) for files in found)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_file_is_old_or_new_whichever_step_fails(fault: int, tmp_path: Path) -> None:
    path, found = tmp_path / "report.json", []
    write_file(path, OLD["a"])
    for error in with_each_fault(lambda: write_file(path, NEW["a"]), tmp_path, fault):
        found.append(path.read_bytes())
        assert error is None or os.strerror(fault) in str(error)
        write_file(path, OLD["a"])
        assert os.listdir(tmp_path) == ["report.json"]
    assert path.read_bytes() == NEW["a"]
    assert set(found) == {OLD["a"], NEW["a"]}


def test_error_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    write_file(tmp_path / "file", "old")
    with pytest.raises(KeyError), whole_file(tmp_path / "file") as stream:
        stream.write({}["content"])
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_readers_beside_a_busy_writer_always_find_a_whole_folder(system: str, tmp_path: Path) -> None:
    folder, done = tmp_path / "model", threading.Event()
    replace_folder(folder, OLD)

    def write() -> None:
        for files in itertools.cycle((NEW, OLD)):
            if done.is_set():
                return
            replace_folder(folder, files)

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write) for _ in range(2)]
        try:
            read = [opened(folder) for _ in range(300)]
        finally:
            done.set()
        for writer in writers:
            writer.result()
    assert all(files in (OLD, NEW) for files in read)
    assert OLD in read
    assert NEW in read
    assert os.listdir(tmp_path) == ["model"]


def test_opened_files_are_readable_after_the_folder_is_replaced_or_removed(system: str, tmp_path: Path) -> None:
    replace_folder(tmp_path / "model", OLD)
    before = OpenFolder(tmp_path / "model", [*OLD, "missing"])
    replace_folder(tmp_path / "model", NEW)
    for name in OLD:
        assert before.read(name) == OLD[name]
        assert before.size(name) == len(OLD[name])
    with pytest.raises(FileNotFoundError):
        before.read("missing")
    with pytest.raises(FileNotFoundError):
        OpenFolder(tmp_path / "nothing", OLD)


def test_links_are_followed(tmp_path: Path) -> None:
    replace_folder(tmp_path / "models" / "first", OLD)
    (tmp_path / "current").symlink_to("models/first")
    replace_folder(tmp_path / "current", NEW)
    assert content(tmp_path / "models" / "first") == NEW
    write_file(tmp_path / "models" / "notes", "old")
    (tmp_path / "link").symlink_to("models/notes")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "models" / "notes").read_text() == "new"
    assert all((tmp_path / name).is_symlink() for name in ("current", "link"))


def test_running_writer_is_not_swept_by_another(tmp_path: Path) -> None:
    with whole_file(tmp_path / "file") as stream:
        stream.write(b"slow")
        write_file(tmp_path / "file", "fast")
        assert (tmp_path / "file").read_text() == "fast"
    assert (tmp_path / "file").read_text() == "slow"
    assert os.listdir(tmp_path) == ["file"]


def test_place_is_tried_before_there_is_anything_to_write(tmp_path: Path) -> None:
    replace_folder(tmp_path / "model", OLD)
    try_to_write(tmp_path / "model", is_folder=True)
    try_to_write(tmp_path / "new" / "folder" / "file")
    assert content(tmp_path / "model") == OLD
    assert os.listdir(tmp_path) == ["model"]
    write_file(tmp_path / "file", "")
    with pytest.raises(OutputError, match="cannot be written"):
        try_to_write(tmp_path / "file" / "model")
    with pytest.raises(OutputError, match="mount point"):
        try_to_write("/proc", is_folder=True)
    with pytest.raises(OutputError, match="a folder of this name"):
        try_to_write(tmp_path / "model")
    for step in (1, 2, 3):
        with faults_at(step, tmp_path, errno.ENOSPC), pytest.raises(OutputError, match="No space left on device"):
            try_to_write(tmp_path / "model", is_folder=True)
