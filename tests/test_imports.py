"""Imports point down, as pyproject.toml orders the packages, are relative inside core, and are cheap."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_data import ROOT

CORE_MODULES = sorted((ROOT / "core").rglob("*.py"))
IMPORT_CORE = """
import os, sys
environment = dict(os.environ)
import core
slow = {"numpy", "pandas", "gradio", "huggingface_hub", "matplotlib"}.intersection(sys.modules)
assert not slow, slow
assert dict(os.environ) == environment
"""


def absolute_imports(path: Path) -> Iterator[str]:
    """Yield the first part of each module name that a file imports absolutely."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).split(".")[0]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_contracts_of_pyproject_hold() -> None:
    linter = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert linter.returncode == 0, linter.stdout + linter.stderr
    assert "3 kept, 0 broken" in linter.stdout


@pytest.mark.parametrize("path", CORE_MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_core_imports_itself_relatively(path: Path) -> None:
    """The package can be installed under another name."""
    assert "core" not in absolute_imports(path)


def test_importing_core_is_cheap_and_leaves_the_environment_alone() -> None:
    program = run(sys.executable, "-c", IMPORT_CORE)
    assert program.returncode == 0, program.stderr
