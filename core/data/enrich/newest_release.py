"""Download the newest release of the anime-offline-database, which comes out each week."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from ...disk import write_file
from ...errors import DataError

LATEST = "https://api.github.com/repos/cedya77/anime-offline-database/releases/tags/latest"
"""The description of the newest release: its files with addresses, sizes and SHA-256."""
FILE = "anime-offline-database.jsonl.zst"
MAX_BYTES, MAX_DESCRIPTION = 2**27, 2**22
TIMEOUT = 60
"""Seconds without a byte after which a download is given up."""


def download_newest_release(folder: str | Path, latest: str = LATEST) -> Path:
    """Download the newest release to a folder, whole or not at all, and return its path.

    Its size and SHA-256 are those that GitHub states. ``GITHUB_TOKEN`` in the environment, if there is
    one, is sent to ``latest`` alone: without one GitHub answers 60 questions an hour to an address.

    Raises `DataError` if it cannot be downloaded or is damaged, and `OutputError` if it cannot be written.
    """
    token = os.environ.get("GITHUB_TOKEN")
    description = _get(latest, MAX_DESCRIPTION, {"Authorization": f"Bearer {token}"} if token else {})
    address, size, sha256 = _asset(description, latest)
    content = _get(address, MAX_BYTES, {})
    if len(content) != size or (sha256 and hashlib.sha256(content).hexdigest() != sha256):
        raise DataError(f"{address}: was damaged on its way here. Try again later.")
    path = Path(folder) / FILE
    write_file(path, content)
    return path


def _asset(description: bytes, latest: str) -> tuple[str, int, str]:
    """Return the address, the size and the SHA-256 (``""`` if not stated) of `FILE` in a description of a release."""
    try:
        asset: dict[str, Any] = next(asset for asset in json.loads(description)["assets"] if asset["name"] == FILE)
        address, size, digest = str(asset["browser_download_url"]), int(asset["size"]), str(asset.get("digest") or "")
        if urlsplit(address).scheme != urlsplit(latest).scheme:  # urllib would open a file of this machine
            raise ValueError(address)
    except (ValueError, TypeError, KeyError, StopIteration):
        raise DataError(
            f"{latest}: describes no file {FILE}; found {description[:80]!r}. The database may have moved: download a "
            "release yourself, and name the file."
        ) from None
    if size > MAX_BYTES:
        raise DataError(f"{address}: has {size:,} bytes; expected at most {MAX_BYTES:,}.")
    sha256 = re.fullmatch("sha256:([0-9a-f]{64})", digest)
    return address, size, sha256[1] if sha256 else ""


def _get(address: str, most: int, headers: Mapping[str, str]) -> bytes:
    """Return what is at an address. Raises `DataError` if it cannot be reached, or has more bytes than ``most``."""
    request = Request(address, headers={"User-Agent": "anisvd", **headers})  # noqa: S310  # as `_asset` allows
    try:
        with urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
            content: bytes = reply.read(most + 1)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            reason = f"the server answered with status {error.code}"
        else:
            reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        raise DataError(
            f"{address}: could not be downloaded: {reason}. Try again later, or download a release yourself, and name "
            "the file."
        ) from None
    if len(content) > most:
        raise DataError(f"{address}: has more than {most:,} bytes, which no release has.")
    return content
