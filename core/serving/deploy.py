"""The Space: exactly the files that the app needs, checked against each other before they go up."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import SpaceCard

from ..errors import InputError
from ..hub import client as hub
from ..model import files as artifact

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = ("app.py", "README.md", "requirements.txt", "LICENSE")
NOT_SHIPPED = ("core/evaluation", "core/data/enrich")
"""Packages that the app never imports: a contract in pyproject.toml keeps it so."""
OWN_FILES = ("core/model/model.py", "core/model.py")
"""A Space that holds one of these was deployed by this program, or by its first edition."""
OLDEST_PYTHON = (3, 11)


def space_files(model_id: str, revision: str, root: Path = ROOT) -> dict[str, bytes]:
    """What goes into a Space that serves a model from the Hub, by path.

    The code is `app.py` and the packages of `core`, without `NOT_SHIPPED`. The front matter of the
    README preloads the model's files at this revision while the Space is built, so that it starts
    with them even when the Hub cannot be reached.

    Raises
    ------
    InputError
        The front matter does not fit the requirements or the code: see `check_front_matter`.
    """
    paths = [root / name for name in TOP_LEVEL] + [
        path for path in (root / "core").rglob("*") if _is_shipped(path, root)
    ]
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


def _is_shipped(path: Path, root: Path) -> bool:
    """Whether a path below ``core/`` is a file that the Space needs."""
    left_out = any(path.is_relative_to(root / folder) for folder in NOT_SHIPPED)
    return path.is_file() and "__pycache__" not in path.parts and not left_out


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
    return hub.push_space(
        files, space_id, own_files=OWN_FILES, variables=variables, message=f"Serve {model_id}", private=private
    )
