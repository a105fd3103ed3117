"""Files and folders on disk: written whole or not at all, and read as they were at one moment.

New content goes to a hidden path beside its target and is flushed to the disk. Then it takes the
target's place in one step. After a kill or a power cut, and beside a busy writer, a reader finds the
old content or the new one. Links are followed. The next writer removes what killed writers left.
"""

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import OutputError

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of renameat2(2)
UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""The errors of a call that the system or the file system does not have."""
FOLDER = os.O_DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)
"""Opens a folder whose files may be opened, even if they may not be listed."""
TRIAL = bytes(1 << 16)


def write_file(path: str | Path, content: bytes | str) -> None:
    """Write a file, text as UTF-8. Raises `OutputError`: see `whole_file`."""
    with whole_file(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Yield a stream. What is written to it becomes the file at the end of the block.

    Raises `OutputError` if that fails. After any error in the block an older file is unchanged.
    """
    path = Path(os.path.realpath(path))
    with _in_words(path), _staged(path) as staged:
        with staged.open("wb") as stream:
            yield stream
            _flush(stream)
        staged.replace(path)
        _flush_folder(path.parent)


def replace_folder(folder: str | Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold exactly these files. Raises `OutputError`; the folder then has all old or all new files."""
    folder = Path(os.path.realpath(folder))
    with _in_words(folder), _staged(folder, Path.mkdir) as staged:
        for name, content in files.items():
            with (staged / name).open("wb") as stream:
                stream.write(content)
                _flush(stream)
        _flush_folder(staged)
        _swap(staged, folder)
        _flush_folder(folder.parent)


def try_to_write(path: str | Path, is_folder: bool = False) -> None:
    """Raise `OutputError` unless a file or folder can be written at this path. Nothing is left there."""
    path = Path(os.path.realpath(path))
    missing_parents = [parent for parent in path.parents if not parent.exists()]
    try:
        with _in_words(path), _staged(path) as staged:
            if path.exists() and path.is_dir() != is_folder:
                raise OSError(errno.EEXIST, f"There is a {'file' if is_folder else 'folder'} of this name")
            if path.is_mount():
                raise OSError(errno.EBUSY, "It is a mount point, which cannot be replaced; name a folder inside of it")
            with staged.open("wb") as stream:
                stream.write(TRIAL)
                _flush(stream)
    finally:
        with suppress(OSError):
            for parent in missing_parents:
                parent.rmdir()


class OpenFolder:
    """Files of one folder, opened at one moment. They can be read even if the folder has been replaced since.

    ``names`` are the files to open; `read` reports one that is missing. Raises `OSError` if there is no
    such folder.
    """

    def __init__(self, folder: str | Path, names: Iterable[str]) -> None:
        self.path = Path(folder)
        self._names = tuple(names)
        self._descriptors: dict[str, int] = {}
        self._failures: dict[str, OSError] = {}
        while not self._open():
            self.close()
            self._failures.clear()

    def _open(self) -> bool:
        """Open the files. Return false if some are missing because the folder is being replaced."""
        with _descriptor(_open_folder(self.path)) as folder:
            for name in self._names:
                try:
                    self._descriptors[name] = os.open(name, os.O_RDONLY, dir_fd=folder)
                except OSError as error:
                    self._failures[name] = error
            if not self._failures:
                return True
            with _descriptor(_open_folder(self.path)) as latest:
                return os.path.samestat(os.fstat(folder), os.fstat(latest))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes. Raises `OSError`."""
        with self._stream(name) as stream:
            return os.fstat(stream.fileno()).st_size

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises `OSError`."""
        with self._stream(name) as stream:
            stream.seek(0)
            return stream.read()

    def _stream(self, name: str) -> BinaryIO:
        if name in self._failures:
            raise self._failures[name]
        return open(self._descriptors[name], "rb", closefd=False)

    def close(self, keep: Collection[str] = ()) -> None:
        """Close the files but those to keep."""
        for name in self._descriptors.keys() - keep:
            os.close(self._descriptors.pop(name))

    __del__ = close


def _open_folder(folder: Path) -> int:
    """Return a descriptor of a folder, or of the one that is being replaced by two renames."""
    for path in (folder, _previous(Path(os.path.realpath(folder)))):
        with suppress(FileNotFoundError):
            return os.open(path, FOLDER)
    return os.open(folder, FOLDER)


@contextmanager
def _descriptor(descriptor: int) -> Iterator[int]:
    """Yield a descriptor, and close it."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


# -- beside the target, and then in its place -------------------------------------------------------


@contextmanager
def _staged(target: Path, create: Callable[[Path], None] = Path.touch) -> Iterator[Path]:
    """Yield a new, hidden file or folder beside the target. Whatever has its name in the end is removed."""
    _make_folder(target.parent)
    _sweep(target)
    with ExitStack() as stack:
        while True:
            staged = target.with_name(f"{_hidden(target)}{secrets.token_hex(4)}")
            create(staged)
            stack.callback(_remove, staged)
            with suppress(FileNotFoundError):
                stack.enter_context(_locked(staged))
            if staged.exists():
                break  # no other writer took it for a leftover before it was locked
        yield staged


def _hidden(target: Path) -> str:
    """Return how the names begin of what shall take a target's place."""
    return f".{target.name}.new-"


def _previous(folder: Path) -> Path:
    """Return the path of the old folder between two renames."""
    return folder.with_name(f".{folder.name}.old")


@contextmanager
def _locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Lock a file or folder as long as the block and this process run. Raises `OSError` if it is locked already.

    With ``wait``, wait for the lock, and go on without one where the file system has none.
    """
    with _descriptor(os.open(path, os.O_RDONLY)) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if not wait:
                raise
        yield


def _sweep(target: Path) -> None:
    """Remove what killed writers left beside a target. What a living writer uses is locked."""
    leftover = re.compile(re.escape(_hidden(target)) + "[0-9a-f]{8}")
    with suppress(OSError):
        for path in [target.with_name(name) for name in os.listdir(target.parent) if leftover.fullmatch(name)]:
            with suppress(OSError), _locked(path, wait=False):
                _remove(path)


def _swap(staged: Path, folder: Path) -> None:
    """Put a staged folder in the place of another one, which is afterwards where the staged one was."""
    previous = _previous(folder)
    with _locked(folder.parent):
        # A writer was killed between two renames.
        if folder.exists():
            _remove(previous)
        elif previous.exists():
            previous.rename(folder)

        if not folder.exists():
            staged.rename(folder)
        elif not _exchange(staged, folder):
            folder.rename(previous)  # from here on `OpenFolder` finds the old one there
            try:
                staged.rename(folder)
            except OSError:
                previous.rename(folder)
                raise
            previous.rename(staged)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step, by renameat2(2). Return false where that is unsupported. Raises `OSError`."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0:
        return True
    if (number := ctypes.get_errno()) in UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(second))


def _make_folder(folder: Path) -> None:
    """Make a folder with its parents."""
    if folder.is_file():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is a file")
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


def _remove(path: Path) -> None:
    """Remove a file, or a folder with its files, as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _flush(stream: BinaryIO) -> None:
    """Write what is buffered to the disk."""
    stream.flush()
    os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Write the names in a folder to the disk."""
    with _descriptor(os.open(folder, os.O_RDONLY | os.O_DIRECTORY)) as descriptor:
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Raise an `OSError` as an `OutputError`."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}. Nothing is half-written. "
            "Mend that, or choose another place."
        ) from error
