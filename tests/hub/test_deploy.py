"""Spaces on the test Hub, deployed by the script in its own process."""

from pathlib import Path

import pytest
from hub_server import TestHub
from programs import REPO, TOKEN, Done, Programs
from small_data import ROOT

from core import InputError
from core.model.files import FILES
from core.serving.deploy import CPU_BASIC, ZERO_GPU, ZERO_GPU_PACKAGE, check_front_matter, space_files

GOOD = {"sdk": "gradio", "sdk_version": "6.31.0", "python_version": "3.12", "app_file": "app.py"}
START = """
import os, app
from core.serving.model_source import ModelSource
from core.ui import build_page
source = ModelSource(os.environ)
while source.current().notice:  # the Hub has not answered in time
    source.refresh()
build_page(source.current)
print(source.current().source)
"""


CHANGE_HARDWARE = f"""
from core.hub.client import space_hardware
from core.serving.deploy import deploy
for hardware in (None, "zero-a10g", None):
    deploy("alice/space", {REPO!r}, None, hardware=hardware)
    print(space_hardware("alice/space"))
deploy("alice/space", {REPO!r}, "main", hardware="cpu-basic")
"""


@pytest.fixture
def first_edition(tmp_path: Path) -> Path:
    """A folder with a file by which the first edition's Space is known."""
    (tmp_path / "first" / "core").mkdir(parents=True)
    (tmp_path / "first" / "core" / "model.py").write_text("# of the first edition")
    return tmp_path / "first"


def deploy(programs: Programs, *options: str, model: str = REPO) -> Done:
    return programs.run("scripts/deploy_space.py", "alice/space", "--model", model, *options)


def test_deploy_uploads_the_app_and_sets_variables(programs: Programs, hub: TestHub, model_commit: str) -> None:
    shown = deploy(programs, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert not hub.info("alice/space", "space")
    done = deploy(programs)
    assert done.returncode == 0, done.stderr
    files = hub.files("alice/space", repo_type="space")
    assert {"app.py", "README.md", "requirements.txt", "core/model/model.py", "core/ui/page/layout.py"} <= set(files)
    assert not {name for name in files if name.startswith(("tests/", "scripts/", "docs/"))}
    assert "core/evaluation/tuning/study.py" not in files
    front = files["README.md"].read_text().split("---")[1]
    assert f"{REPO} config.json,model.safetensors,catalogue.parquet,users.safetensors {model_commit}" in front
    variables = hub.info("alice/space", "space")["variables"]
    assert variables["MODEL_REPO_ID"]["value"] == REPO
    pinned = deploy(programs, "--revision", model_commit)
    assert pinned.returncode == 0, pinned.stderr
    assert hub.info("alice/space", "space")["variables"]["MODEL_REVISION"]["value"] == model_commit


def test_deploy_refuses_a_foreign_space(programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "precious.txt").write_text("years of work")
    hub.create_repo("alice/space", "space", sdk="docker")
    hub.commit_folder("alice/space", tmp_path / "theirs", repo_type="space")
    done = deploy(programs)
    assert done.returncode == 1
    assert "holds something else, such as 'precious.txt'" in done.stderr
    assert "precious.txt" in hub.files("alice/space", repo_type="space")


def test_failed_deploy_changes_no_variable(programs: Programs, hub: TestHub, model_commit: str) -> None:
    hub.misbehave("/commit/main", method="POST", what="status", status=500, times=None)
    done = deploy(programs)
    assert done.returncode == 1
    assert not hub.info("alice/space", "space").get("variables")
    hub.rules.clear()
    done = deploy(programs, model="alice/nothing")
    assert done.returncode == 1
    assert "no such repository" in done.stderr


def test_space_needs_no_other_files(programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path) -> None:
    """Its files, alone in a folder, are enough to load the app's modules and a model."""
    assert deploy(programs).returncode == 0
    space = tmp_path / "space"
    for name, path in hub.files("alice/space", repo_type="space").items():
        (space / name).parent.mkdir(parents=True, exist_ok=True)
        (space / name).write_bytes(path.read_bytes())
    done = programs.run("-c", START, cwd=space, MODEL_REPO_ID=REPO)
    assert done.stdout.strip() == f"{REPO} on the Hugging Face Hub", done.stderr


def test_402_is_a_sentence_with_both_ways_out(programs: Programs, hub: TestHub, model_commit: str) -> None:
    hub.pays = False
    refused = deploy(programs)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: The Space alice/space could not be deployed: a Gradio Space on cpu-basic")
    assert "Subscribe at https://huggingface.co/pro, or add `--hardware zero-a10g`" in refused.stderr
    assert 'the Hub: "Static Spaces are free for everyone' in refused.stderr
    assert not hub.info("alice/space", "space")
    done = deploy(programs, "--hardware", "zero-a10g")
    assert done.returncode == 0, done.stderr
    assert hub.info("alice/space", "space")["hardware"] == "zero-a10g"


def test_hardware_changes_only_on_demand(
    programs: Programs, hub: TestHub, model_commit: str, first_edition: Path
) -> None:
    """The Space is from before August 2026: on cpu-basic, without a plan."""
    hub.create_repo("alice/space", "space", sdk="gradio", hardware="cpu-basic")
    hub.commit_folder("alice/space", first_edition, repo_type="space")
    hub.pays = False
    done = programs.run("-c", CHANGE_HARDWARE)
    assert done.stdout.split() == ["cpu-basic", "zero-a10g", "zero-a10g"], done.stderr
    assert "a Gradio Space on cpu-basic needs a PRO subscription" in done.stderr
    assert hub.info("alice/space", "space")["variables"].keys() == {"MODEL_REPO_ID"}  # the refused call set no other
    files = hub.files("alice/space", repo_type="space")
    assert ZERO_GPU_PACKAGE in files["requirements.txt"].read_text().splitlines()


def test_refused_deploy_quotes_the_hub(programs: Programs, hub: TestHub, model_commit: str) -> None:
    words = {"X-Error-Message": f"The storage limit of {TOKEN} is reached.", "X-Error-Code": ""}
    hub.misbehave("/commit/main", method="POST", what="status", status=403, times=None, headers=words)
    done = deploy(programs)
    assert done.returncode == 1
    assert "does not have the right" in done.stderr
    assert "The storage limit of … is reached" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: The Space alice/space could not be deployed: ")


@pytest.mark.parametrize(
    ("change", "requirements", "message"),
    [
        ({"sdk": "docker"}, "gradio==6.31.0", "expected 'gradio'"),
        ({"sdk_version": "5.0"}, "gradio==6.31.0", "requirements.txt has gradio '6.31.0'"),
        ({"python_version": "3.10"}, "gradio==6.31.0", "3.11 or later"),
        ({"app_file": "main.py"}, "gradio==6.31.0", "no file of the Space"),
        ({}, "gradio==6.31.0\nnumpy", "without a version"),
    ],
)
def test_deploy_checks_front_matter_against_requirements(change: dict, requirements: str, message: str) -> None:
    check_front_matter(GOOD, "gradio[mcp]==6.31.0", {"app.py"})
    with pytest.raises(InputError, match=message):
        check_front_matter(GOOD | change, requirements, {"app.py"})


def test_zero_gpu_needs_one_package_more_and_python_3_12() -> None:
    plain, on_zero_gpu = (space_files("alice/model", "0" * 40, hardware) for hardware in (CPU_BASIC, ZERO_GPU))
    assert on_zero_gpu.pop("requirements.txt") == plain.pop("requirements.txt") + f"{ZERO_GPU_PACKAGE}\n".encode()
    assert on_zero_gpu == plain
    assert ZERO_GPU_PACKAGE in (ROOT / "requirements-dev.txt").read_text().splitlines()  # the version that is tested
    newer = GOOD | {"python_version": "3.13"}
    check_front_matter(newer, "gradio[mcp]==6.31.0", {"app.py"}, CPU_BASIC)
    with pytest.raises(InputError, match=r"on ZeroGPU the code needs '3\.12'"):
        check_front_matter(newer, "gradio[mcp]==6.31.0", {"app.py"}, ZERO_GPU)


def test_space_files_are_the_packages_that_the_app_needs() -> None:
    names = set(space_files("alice/model", "0" * 40))
    assert {"app.py", "core/numerics/truncated_svd.py", "core/ui/page/handlers.py", "core/ui/assets/page.js"} <= names
    assert {f"core/bundled/{name}" for name in FILES} <= names
    assert not [name for name in names if "evaluation" in name or "enrich" in name or name.endswith(".pyc")]


def test_deploy_replaces_the_first_edition(
    programs: Programs, hub: TestHub, model_commit: str, first_edition: Path
) -> None:
    hub.create_repo("alice/space", "space", sdk="gradio")
    hub.commit_folder("alice/space", first_edition, repo_type="space")
    done = deploy(programs)
    assert done.returncode == 0, done.stderr
    files = hub.files("alice/space", repo_type="space")
    assert "core/model.py" not in files
    assert "core/model/model.py" in files
