"""Nothing that is read can run as code: no unpickling, no eval, no shell."""

import ast
from pathlib import Path

import pytest
from small_data import ROOT

SHIPPED = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "scripts").rglob("*.py"))]
MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "torch", "yaml"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
FUNCTIONS = {"read_pickle", "to_pickle", "extractall", "system", "popen", "getoutput", "getstatusoutput", "mktemp"}
"""Of pandas, of archives, and of the standard library."""
ARGUMENTS = {"allow_pickle", "shell"}
"""Not to be given, unless as False."""


def unsafe_code(source: str) -> set[str]:
    """Return the unsafe modules, functions and arguments that a module uses."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found |= {alias.name.split(".")[0] for alias in names} & MODULES
            case ast.ImportFrom(module, names, 0):
                found |= ({str(module).split(".")[0]} & MODULES) | ({alias.name for alias in names} & FUNCTIONS)
            case ast.Name(name):
                found |= {name} & BUILTINS
            case ast.Attribute(_, name):
                found |= {name} & FUNCTIONS
            case ast.keyword(name, value):
                found |= {name} & ARGUMENTS if ast.unparse(value) != "False" else set()
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_unsafe_code(path: Path) -> None:
    assert unsafe_code(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os, pickle", "pickle"),
        ("from torch.serialization import load", "torch"),
        ("from marshal import loads", "marshal"),
        ("value = eval(text)", "eval"),
        ("for run in (exec,): run(text)", "exec"),
        ("frame = pandas.read_pickle(path)", "read_pickle"),
        ("from pandas import read_pickle as read", "read_pickle"),
        ("os.system(text)", "system"),
        ("numpy.load(path, allow_pickle=True)", "allow_pickle"),
        ("run(text, shell=shell)", "shell"),
    ],
)
def test_each_kind_of_unsafe_code_is_found(source: str, found: str) -> None:
    assert unsafe_code(source) == {found}


def test_safe_code_passes() -> None:
    assert unsafe_code("import re\nre.compile(text)\nnumpy.load(path)\nrun(command, shell=False)") == set()
