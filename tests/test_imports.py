"""Imports point down: pyproject.toml holds the order of the packages, import-linter checks it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from small_data import ROOT

CORE_MODULES = sorted((ROOT / "core").rglob("*.py"))
FORBIDDEN = {"pickle", "joblib", "shelve"}


def imported(path: Path) -> list[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_contracts_of_pyproject_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("path", CORE_MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_core_imports_itself_relatively(path: Path) -> None:
    """So that the package can be installed under another name."""
    for node in imported(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        absolute = not isinstance(node, ast.ImportFrom) or node.level == 0
        assert not (absolute and any(name.split(".")[0] == "core" for name in names)), ast.unparse(node)


def test_every_package_says_what_it_is_for() -> None:
    for path in CORE_MODULES:
        if path.name == "__init__.py":
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            assert len(docstring.splitlines()) >= 1, path


def test_nothing_unpickles() -> None:
    for path in CORE_MODULES:
        for node in imported(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {name.split(".")[0] for name in names} & FORBIDDEN, path
