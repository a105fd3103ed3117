"""Compressed files (``.gz``, ``.zip``, ``.zst``), read as streams with a bound on what they may expand to.

A few kilobytes can expand to gigabytes. So a compressed file may expand to `MAX_EXPANSION` times its
own size, or to `ALWAYS_ALLOWED` bytes if that is more; tables of ratings expand to 3 to 30 times.
"""

import gzip
import io
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa

from ...errors import DataError

MAX_EXPANSION, ALWAYS_ALLOWED = 100, 16 * 2**20
MAX_MEMBERS = 100
HIDDEN = re.compile(r"\.|__MACOSX$")
METHODS = {9: "Deflate64", 12: "BZIP2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}


def allowed_size(path: Path) -> int:
    """Return the number of bytes to which a compressed file may expand."""
    return max(ALWAYS_ALLOWED, MAX_EXPANSION * path.stat().st_size)


def check_expansion(path: Path, size: int) -> None:
    """Raise `DataError` if a file expands, or says that it expands, to more bytes than it may."""
    if size > allowed_size(path):
        raise DataError(
            f"{path}: unpacked it has more than {allowed_size(path):,} bytes, over {MAX_EXPANSION} times its size, "
            "which no table has. Download it again, or unpack it yourself and give the file inside."
        )


def open_bytes(path: Path, member: str | None = None) -> IO[bytes]:
    """Return the content of a plain file, of a ``.gz`` or ``.zst``, or of one ``member`` of a ``.zip``.

    Reading raises `DataError` where a compressed file expands to more than `allowed_size`.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return _bounded(gzip.open(path), path)
    if suffix == ".zst":  # by pyarrow, which notices a missing end; zstandard's own reader does not
        return _bounded(pa.input_stream(str(path), compression="zstd"), path)
    if suffix == ".zip":
        return _bounded(_open_member(path, member or files_in_zip(path)[0]), path)
    return path.open("rb")


def files_in_zip(path: Path) -> list[str]:
    """Return the names of the files in a ``.zip``, without folders and without the hidden ones that macOS adds.

    Raises `DataError` if there are none, or too many.
    """
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.filename.endswith("/")]
    names = [name for name in names if not any(map(HIDDEN.match, PurePosixPath(name).parts))]
    if not names:
        raise DataError(f"{path}: there is no file in this zip archive. Download it again.")
    if len(names) > MAX_MEMBERS:
        raise DataError(f"{path}: {len(names):,} files are in this zip archive. Unpack it, and give the one to read.")
    return names


def _open_member(path: Path, name: str) -> IO[bytes]:
    """Return a file in a ``.zip``. Raises `DataError` for one with a password or packed by an unknown method."""
    archive = zipfile.ZipFile(path)
    info = archive.getinfo(name)
    check_expansion(path, info.file_size)
    if info.flag_bits & 0x1:
        raise DataError(f"{path}: {name!r:.80} is protected by a password. Unpack it, and give the file inside.")
    try:
        return archive.open(info)
    except NotImplementedError:
        method = METHODS.get(info.compress_type, f"method {info.compress_type}")
        raise DataError(
            f"{path}: {name!r:.80} is packed by {method}, which can't be read here. Unpack it, and give the "
            "file inside."
        ) from None


def _bounded(stream: IO[bytes] | gzip.GzipFile, path: Path) -> IO[bytes]:
    return io.BufferedReader(_BoundedReader(stream, path), 2**18)


class _BoundedReader(io.RawIOBase):
    """A stream that raises `DataError` where it exceeds what its file may expand to."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, path: Path) -> None:
        self._stream, self._path, self._size = stream, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._stream.read(len(buffer))
        self._size += len(content)
        check_expansion(self._path, self._size)
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()
