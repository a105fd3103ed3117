"""The lock file fits the requirements files and says nothing of the machine that wrote it."""

import re

from small_data import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", re.MULTILINE)
ENTRY = re.compile(r"^[\w.-]+==.*(?:\n    .*)+", re.MULTILINE)
"""A package in the lock file: its pin, its hashes, and what asked for it."""


def pins(text: str) -> set[tuple[str, str]]:
    """Return each package with its version; a name is spelled as in the lock file."""
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in PIN.findall(text)}


def test_lock_has_the_versions_of_the_requirements_files() -> None:
    """`make lock` repairs it."""
    asked_for = set.union(*(pins(path.read_text(encoding="utf-8")) for path in ROOT.glob("requirements*.txt")))
    locked = {pin for entry in ENTRY.findall(LOCK) if "via -r requirements" in _cause(entry) for pin in pins(entry)}
    assert asked_for == locked


def test_every_package_in_the_lock_has_hashes() -> None:
    entries = ENTRY.findall(LOCK)
    assert len(entries) == len(PIN.findall(LOCK)) > 100
    assert [entry.partition(" ")[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_lock_names_no_index_and_no_path() -> None:
    assert not re.search(r"--(?!hash=)|://|file:|(?<![\w.])/\w", LOCK)


def _cause(entry: str) -> str:
    """Return what asked for a package, on one line: "via -r requirements.txt pandas"."""
    return re.sub(r"[\s#]+", " ", entry.partition("# via")[1] + entry.partition("# via")[2])
