"""The Space: exactly the files that the app needs, checked against each other before they go up."""

import ast
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import SpaceCard

from core import artifact, hub
from core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
BESIDE_THE_CODE = ("README.md", "requirements.txt", "LICENSE")
FOLDERS = ("core/bundled", "core/ui/assets", "core/ui/templates", "core/ui/words")
OLDEST_PYTHON = (3, 11)


def space_files(model_id: str, revision: str, root: Path = ROOT) -> dict[str, bytes]:
    """What goes into a Space that serves a model from the Hub, by path.

    The code is `app.py` and what it imports, directly or through others. The front matter of the
    README preloads the model's files at this revision while the Space is built, so that it starts
    with them even when the Hub cannot be reached.

    Raises
    ------
    InputError
        The front matter does not fit the requirements or the code: see `check_front_matter`.
    """
    paths = [*imported_modules(root), *(root / name for name in BESIDE_THE_CODE)]
    paths += [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0]}: is missing; the Space needs it. Run this from a whole copy of the project.")
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    card: Any = SpaceCard(files["README.md"].decode())
    check_front_matter(card.data.to_dict(), files["requirements.txt"].decode(), files)
    card.data.models = [model_id]
    card.data.preload_from_hub = [f"{model_id} {','.join((*artifact.FIRST_FILES, artifact.USERS))} {revision}"]
    files["README.md"] = str(card).encode()
    return files


def check_front_matter(settings: Mapping[str, Any], requirements: str, files: Collection[str]) -> None:
    """Check the settings at the head of a Space's README.

    Raises
    ------
    InputError
        ``sdk`` is not Gradio, ``sdk_version`` is not the Gradio of the requirements,
        ``python_version`` is too old for the code, ``app_file`` is not among the files, or a
        requirement has no version.
    """
    lines = [line.strip() for line in requirements.splitlines() if line.strip() and not line.startswith("#")]
    pins = dict(re.sub(r"\[.*?\]", "", line).split("==", 1) for line in lines if "==" in line)  # without extras
    loose = [line for line in lines if "==" not in line]
    sdk, version, app = settings.get("sdk"), settings.get("sdk_version"), settings.get("app_file")
    python, pinned = settings.get("python_version"), pins.get("gradio")
    numbers = tuple(int(part) for part in re.findall(r"\d+", str(python))[:2])
    problems = {
        f"sdk is {sdk!r}; expected 'gradio'": sdk != "gradio",
        f"sdk_version is {version!r}, and requirements.txt has gradio {pinned!r}": version != pinned,
        f"python_version is {python!r}; the code needs 3.11 or later": numbers < OLDEST_PYTHON,
        f"app_file is {app!r}, which is no file of the Space": app not in files,
        f"requirements.txt has {loose[:1]} without a version; expected name==version": bool(loose),
    }
    for problem, holds in problems.items():
        if holds:
            raise InputError(f"README.md and requirements.txt do not fit each other: {problem}.")


def imported_modules(root: Path = ROOT) -> list[Path]:
    """``app.py`` and the modules of ``core`` that it imports, directly or through others."""
    found: dict[Path, None] = {}
    waiting = [root / "app.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = None
        for name in _imports(path):
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                folder = root.joinpath(*parts[:depth])
                waiting += [file for file in (folder / "__init__.py", folder.with_suffix(".py")) if file.is_file()]
    return sorted(found)


def deploy(
    space_id: str, model_id: str, revision: str | None, *, private: bool = False, root: Path = ROOT
) -> hub.Pushed:
    """Create or update a Space that serves ``model_id`` at ``revision`` (None: it follows ``main``).

    Raises
    ------
    HubError
        The model or the Space cannot be reached, or something was refused.
    InputError
        The files do not fit each other.
    """
    commit = hub.newest(model_id, revision, timeout=10)
    hub.pull(model_id, artifact.FIRST_FILES[:1], revision=commit)  # that it is a model at all
    files = space_files(model_id, commit, root)
    variables = {"MODEL_REPO_ID": model_id, "MODEL_REVISION": revision or ""}
    return hub.push_space(files, space_id, variables=variables, message=f"Serve {model_id}", private=private)


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] == "core"}
