"""Deploy the app to a Hugging Face Space: exactly the files that it needs, checked before they are pushed."""

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
"""Packages that the app never imports; a contract in pyproject.toml checks this."""
OWN_FILES = ("core/model/model.py", "core/model.py")
"""A Space with one of these files was deployed by this program, or by its first edition, and may be overwritten."""
OLDEST_PYTHON = (3, 11)
CPU_BASIC, ZERO_GPU = "cpu-basic", "zero-a10g"
ZERO_GPU_PACKAGE = "spaces==0.51.3"
"""What a Space on ZeroGPU needs beside requirements.txt: see `core.serving.zero_gpu`."""
ZERO_GPU_PYTHON = (3, 12)
"""ZeroGPU takes Python 3.10, too, but the code doesn't."""
UNPAID = {
    CPU_BASIC: "a Gradio Space on cpu-basic needs a PRO subscription (an organization: a Team or Enterprise plan). "
    "Subscribe at https://huggingface.co/pro, or add `--hardware zero-a10g`, which a free personal account can have "
    "for up to two Spaces",
    ZERO_GPU: "a free personal account can have up to two Spaces on ZeroGPU, and an organization needs a Team or "
    "Enterprise plan. Delete another Space on ZeroGPU, or subscribe at https://huggingface.co/pro",
}
"""What to do if the Hub asks for another plan, by hardware."""


def deploy(
    space_id: str, model_id: str, revision: str | None, *, hardware: str | None = None, private: bool = False
) -> hub.Pushed:
    """Create or update a Space that serves ``model_id`` at ``revision`` (None: it follows ``main``).

    ``hardware`` None keeps that of the Space: see `chosen_hardware`.

    Raises `InputError` if the files don't fit each other (see `space_files`), and `HubError` if the
    model or the Space can't be reached, or the push is refused.
    """
    commit = hub.newest_commit(model_id, revision, timeout=10)
    hub.pull(model_id, artifact.FIRST_FILES[:1], revision=commit)  # fails for a repository that holds no model
    hardware = chosen_hardware(space_id, hardware)
    return hub.push_space(
        space_files(model_id, commit, hardware),
        space_id,
        own_files=OWN_FILES,
        variables={"MODEL_REPO_ID": model_id, "MODEL_REVISION": revision or ""},
        message=f"Serve {model_id}",
        hardware=hardware,
        unpaid=UNPAID.get(hardware, f"the account can't pay for {hardware}: https://huggingface.co/settings/billing"),
        private=private,
    )


def chosen_hardware(space_id: str, asked_for: str | None) -> str:
    """Return the hardware that is asked for, otherwise what the Space has, ``cpu-basic`` if there is no Space yet."""
    return asked_for or hub.space_hardware(space_id) or CPU_BASIC


def space_files(model_id: str, revision: str, hardware: str = CPU_BASIC) -> dict[str, bytes]:
    """Return the files of a Space that serves a model from the Hub, by path.

    The front matter of the README makes the Hub download the model's files at this revision when it
    builds the Space, so that the Space starts even if the Hub is down. For ZeroGPU, requirements.txt
    has one line more.

    Raises `InputError` if a file is missing, or the front matter doesn't fit: see `check_front_matter`.
    """
    code = [path.relative_to(ROOT) for path in (ROOT / "core").rglob("*") if path.is_file()]
    paths = [*map(Path, TOP_LEVEL), *filter(_is_shipped, code)]
    try:
        files = {path.as_posix(): (ROOT / path).read_bytes() for path in paths}
    except FileNotFoundError as error:
        raise InputError(
            f"{error.filename}: is missing; the Space needs it. Run this from a whole copy of the project."
        ) from error
    card: Any = SpaceCard(files["README.md"].decode())
    check_front_matter(card.data.to_dict(), files["requirements.txt"].decode(), files, hardware)
    if hardware == ZERO_GPU:
        files["requirements.txt"] += f"{ZERO_GPU_PACKAGE}\n".encode()
    card.data.models = [model_id]
    card.data.preload_from_hub = [f"{model_id} {','.join((*artifact.FIRST_FILES, artifact.USERS))} {revision}"]
    return files | {"README.md": str(card).encode()}


def check_front_matter(
    front_matter: Mapping[str, Any], requirements: str, files: Collection[str], hardware: str = CPU_BASIC
) -> None:
    """Check that the front matter of the README, from which the Hub builds the Space, fits the code.

    ``requirements`` is the text of requirements.txt, ``files`` are the paths of the Space's files.
    Raises `InputError` for a field that doesn't fit, or a requirement without a version.
    """
    gradio = _pinned_versions(requirements).get("gradio")
    sdk, sdk_version, python, app_file = map(front_matter.get, ("sdk", "sdk_version", "python_version", "app_file"))
    if sdk != "gradio":
        raise InputError(f"README.md: sdk is {sdk!r}; expected 'gradio'.")
    if sdk_version != gradio:
        raise InputError(
            f"README.md: sdk_version is {sdk_version!r}, but requirements.txt has gradio {gradio!r}; "
            "expected the same version."
        )
    version = tuple(map(int, re.findall(r"\d+", str(python))))
    if version < OLDEST_PYTHON:
        raise InputError(f"README.md: python_version is {python!r}; the code needs 3.11 or later.")
    if hardware == ZERO_GPU and version[:2] != ZERO_GPU_PYTHON:
        raise InputError(f"README.md: python_version is {python!r}; on ZeroGPU the code needs '3.12'.")
    if app_file not in files:
        raise InputError(f"README.md: app_file is {app_file!r}, which is no file of the Space; expected 'app.py'.")


def _pinned_versions(requirements: str) -> dict[str, str]:
    """Return the version of each package in a requirements.txt. Raises `InputError` if one has none."""
    versions = {}
    for line in requirements.splitlines():
        package, pin, version = line.strip().partition("==")
        if not package or package.startswith("#"):
            continue
        if not pin:
            raise InputError(f"requirements.txt: {package!r} is without a version; expected name==version.")
        versions[package.partition("[")[0]] = version  # gradio[mcp] is gradio
    return versions


def _is_shipped(path: Path) -> bool:
    """Return whether the Space needs a file of the project, given its path in it."""
    return "__pycache__" not in path.parts and not any(path.is_relative_to(folder) for folder in NOT_SHIPPED)
