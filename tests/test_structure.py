"""The rules of the code's structure: short modules and functions, small packages, one meaning for each name."""

import ast
from collections import defaultdict
from pathlib import Path

from small_data import ROOT

SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "core").rglob("*.py"))}
TREES = {path: ast.parse(source) for path, source in SOURCES.items()}
PACKAGES = sorted({path.parent for path in SOURCES})
MAX_MODULE_LINES, MAX_FUNCTION_LINES, MAX_MODULES = 300, 60, 12


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function, with its decorators and its docstring."""
    start = min(node.lineno for node in (function, *function.decorator_list))
    return int(function.end_lineno or start) - start + 1


def public_names(module: ast.Module) -> set[str]:
    """Return the public classes, functions and type aliases of a module. Constants are in capitals."""
    names = set()
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name) and not target.id.isupper()}
    return {name for name in names if not name.startswith("_")}


def test_every_package_explains_itself_in_two_to_four_lines() -> None:
    """What it is for, and what it hands on."""
    docstrings = {package: ast.get_docstring(TREES[package / "__init__.py"]) or "" for package in PACKAGES}
    n_lines = {package: sum(map(bool, map(str.strip, text.splitlines()))) for package, text in docstrings.items()}
    assert [str(package) for package, n in n_lines.items() if not 2 <= n <= 4] == []


def test_modules_are_short() -> None:
    assert [str(path) for path, source in SOURCES.items() if len(source.splitlines()) > MAX_MODULE_LINES] == []


def test_functions_are_short() -> None:
    functions = [
        (path, node)
        for path, module in TREES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [f"{path}: {node.name}" for path, node in functions if length(node) > MAX_FUNCTION_LINES] == []


def test_packages_have_few_modules() -> None:
    modules = [path.parent for path in SOURCES if path.name != "__init__.py"]
    assert [str(package) for package in PACKAGES if modules.count(package) > MAX_MODULES] == []


def test_public_names_have_one_meaning() -> None:
    modules: dict[str, list[Path]] = defaultdict(list)
    for path, module in TREES.items():
        for name in public_names(module):
            modules[name].append(path)
    assert sorted(f"{name}: {', '.join(map(str, paths))}" for name, paths in modules.items() if len(paths) > 1) == []
