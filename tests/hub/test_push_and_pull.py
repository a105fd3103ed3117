"""The scripts and the unmodified client against the test Hub, each in a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_server import TestHub
from huggingface_hub import ModelCard
from programs import REPO, TOKEN, Programs
from small_data import ROOT

from core import InputError, Model
from core.model.files import FILES
from core.serving.deploy import check_front_matter, space_files

RECOMMEND = """
import json
model = Model.from_hub(REPO, **OPTIONS)
print(json.dumps([[item.anime_id, item.score] for item in model.recommend(model.fold_in({103: 9}), 5)]))
"""


def recommend(programs: Programs, options: str = "{}", **more: str) -> subprocess.CompletedProcess[str]:
    return programs.python(f"OPTIONS = {options}\n{RECOMMEND}", **more)


def test_what_was_pushed_is_what_is_pulled(programs: Programs, hub: TestHub, model_folder: Path, model: Model) -> None:
    done = programs.push(model_folder)
    assert done.returncode == 0, done.stderr
    newest, _initial = hub.commits(REPO)
    assert f"pushed         {hub.endpoint}/{REPO}/commit/{newest['sha']}" in done.stdout
    assert "unchanged" in programs.push(model_folder, "--create-pr").stdout
    assert len(hub.commits(REPO)) == 2
    pushed = {name: path.read_bytes() for name, path in hub.files(REPO).items() if name != ".gitattributes"}
    assert f'Model.from_hub("{REPO}")'.encode() in pushed.pop("README.md")
    assert pushed == {path.name: path.read_bytes() for path in model_folder.iterdir() if path.name != "README.md"}
    pulled = recommend(programs, token="")
    assert pulled.returncode == 0, pulled.stderr
    expected = [[item.anime_id, item.score] for item in model.recommend(model.fold_in({103: 9}), 5)]
    assert json.loads(pulled.stdout) == expected


def test_a_dry_run_shows_every_file_and_asks_nobody(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    done = programs.push(model_folder, "--dry-run")
    assert done.returncode == 0
    assert all(name in done.stdout for name in FILES)
    assert "nothing was pushed" in done.stdout
    assert not hub.requests


def test_training_can_push_at_once(programs: Programs, hub: TestHub, data_folder: Path, tmp_path: Path) -> None:
    files = ["--ratings", data_folder / "rating.csv", "--anime", data_folder / "anime.csv", "--out", tmp_path / "out"]
    done = programs.run("scripts/train.py", *files, "--factors", "6", "--push", REPO, "--private")
    assert done.returncode == 0, done.stderr
    assert hub.info(REPO)["private"]
    assert set(hub.files(REPO)) >= set(FILES)


def test_branches_and_pull_requests_leave_main_alone(
    programs: Programs, hub: TestHub, version: Callable[[str], Path]
) -> None:
    assert programs.push(version("one")).returncode == 0
    main = hub.refs(REPO)["refs/heads/main"]
    for more, ref in ((["--revision", "next"], "refs/heads/next"), (["--create-pr"], "refs/pr/1")):
        done = programs.push(version(f"v{len(more)}"), *more)
        assert done.returncode == 0, done.stderr
        assert hub.refs(REPO)["refs/heads/main"] == main
        assert hub.refs(REPO)[ref] != main
    on_branch = programs.python("print(Model.from_hub(REPO, 'next').catalogue[103].english)")
    assert on_branch.stdout.strip() == "v2"


def test_users_are_fetched_when_first_needed(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    before = len(hub.requests)
    recommend(programs)
    fetched = {request.path.rsplit("/", 1)[-1] for request in hub.requests[before:] if request.method == "GET"}
    assert "users.safetensors" not in fetched
    assert {"config.json", "model.safetensors", "catalogue.parquet"} <= fetched
    done = programs.python("print(len(Model.from_hub(REPO).user_ids))")
    assert int(done.stdout) == 123
    assert any("users.safetensors" in request.path for request in hub.requests)


def test_a_pinned_revision_in_the_cache_makes_no_request(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    sha = hub.refs(REPO)["refs/heads/main"]
    assert recommend(programs, f"{{'revision': {sha!r}}}").returncode == 0
    before = len(hub.requests)
    assert recommend(programs, f"{{'revision': {sha!r}}}").returncode == 0
    assert len(hub.requests) == before
    hub.stop()
    assert recommend(programs, f"{{'revision': {sha!r}}}").returncode == 0
    assert recommend(programs, "{'cached': True}").returncode == 0


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "the token is missing, wrong"), (403, "does not have the right"), (409, "at the same moment"),
        (412, "at the same moment"), (429, "slow down"), (500, "status 500"),
    ],
)  # fmt: skip
def test_a_refused_push_is_a_sentence_and_changes_nothing(
    status: int, message: str, programs: Programs, hub: TestHub, version: Callable[[str], Path]
) -> None:
    assert programs.push(version("one")).returncode == 0
    before = hub.refs(REPO)
    hub.misbehave("/commit/main", method="POST", what="status", status=status, times=None)
    done = programs.push(version("two"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: {REPO} could not be pushed to: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert hub.refs(REPO) == before


@pytest.mark.parametrize(
    ("token", "repo", "message"),
    [
        ("hf_read", REPO, "does not have the right"),
        ("hf_nobody", REPO, "the token is missing, wrong"),
        ("hf_nobody\n", REPO, "the token is missing, wrong"),
        (None, REPO, "the token is missing, wrong"),
        (TOKEN, "anisvd", "expected owner/name"),
        (TOKEN, "alice/..", "the Hub allows"),
        (TOKEN, "bob/anisvd", "does not have the right"),
    ],
)
def test_who_may_not_push_is_told_why(
    token: str | None, repo: str, message: str, programs: Programs, model_folder: Path
) -> None:
    done = programs.run("scripts/push_to_hub.py", model_folder, repo, token=token)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "hf_" not in (done.stdout + done.stderr).replace("hf auth", "")


def test_trouble_of_this_machine_is_told_as_such(programs: Programs, model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    programs.push(model_folder)
    done = programs.python("try: Model.from_hub(REPO)\nexcept HubError as error: print(error)", home="file/home")
    assert "this machine says: Not a directory" in done.stdout, done.stderr
    done = programs.push(model_folder, token="hf_\u00e4")
    assert "the token has characters" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_hub_is_a_sentence(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    hub.stop()
    done = programs.push(model_folder)
    assert done.returncode == 1
    assert "the Hub cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_push_leaves_the_old_model(programs: Programs, hub: TestHub, version: Callable[[str], Path]) -> None:
    assert programs.push(version("one")).returncode == 0
    before = hub.refs(REPO)
    slow = hub.misbehave("", method="PUT", what="slow", rate=2_000, times=None)
    command = [sys.executable, "scripts/push_to_hub.py", str(version("two")), REPO]
    process = subprocess.Popen(command, cwd=ROOT, env=programs.environment(), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not slow.hits and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert slow.hits
    assert hub.refs(REPO) == before
    hub.rules.clear()
    assert programs.push(version("three")).returncode == 0
    assert programs.python("print(Model.from_hub(REPO).catalogue[103].english)").stdout.strip() == "three"


def test_a_killed_pull_does_not_spoil_the_next(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    slow = hub.misbehave("model.safetensors", method="GET", what="slow", rate=1_000, times=None)
    process = subprocess.Popen(
        [sys.executable, "-c", f"from core import Model; Model.from_hub({REPO!r})"],
        cwd=ROOT, env=programs.environment(), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not slow.hits and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hub.rules.clear()
    assert recommend(programs).returncode == 0


def test_a_byte_that_went_wrong_is_noticed_and_fetched_again(
    programs: Programs, hub: TestHub, model_folder: Path
) -> None:
    programs.push(model_folder)
    hub.misbehave("model.safetensors", method="GET", what="flip", times=1)
    assert recommend(programs).returncode == 0
    hub.misbehave("config.json", method="GET", what="flip", times=None)
    done = programs.python("try: Model.from_hub(REPO)\nexcept HubError as error: print(error)", home="other")
    assert "config.json was damaged on its way" in done.stdout


@pytest.mark.parametrize("what", ["cut", "truncated", "short"])
def test_a_broken_download_is_repeated_or_told(what: str, programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    hub.misbehave("catalogue.parquet", method="GET", what=what, nbytes=500, times=1)
    code = "try: Model.from_hub(REPO); print('whole')\nexcept HubError as error: print(error)"
    first = programs.python(code)
    assert first.stdout.strip() == "whole" or "could not be pulled" in first.stdout, first.stderr
    assert programs.python(code).stdout.strip() == "whole"


def test_missing_things_are_named(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    code = "try: Model.from_hub({})\nexcept HubError as error: print(error)"
    assert "no such revision" in programs.python(code.format("REPO, 'nowhere'")).stdout
    assert "no such repository" in programs.python(code.format("'alice/nothing'")).stdout
    hub.commit_folder("alice/empty", model_folder.parent / "nothing-here")
    assert "a file is missing" in programs.python(code.format("'alice/empty'")).stdout


def test_the_card_is_valid_and_tells_the_figures_of_the_config(model: Model, tmp_path: Path) -> None:
    model.with_quality(
        {"NDCG@10, 3 shown": 0.4567, "NDCG@10, 80% shown": 0.51, "RMSE, known users": 1.08},
        {"Popularity": {"NDCG@10, 3 shown": 0.1234, "NDCG@10, 80% shown": 0.1}},
    ).save(tmp_path / "model")
    card = ModelCard.load(tmp_path / "model" / "README.md")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == config["metrics"]
    assert card.data.library_name == "anisvd"
    assert card.data.datasets
    assert (tmp_path / "model" / "quality.svg").read_text().count("<polyline") == 2


def test_a_space_is_deployed_with_what_it_needs(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    sha = hub.refs(REPO)["refs/heads/main"]
    deploy = ["scripts/deploy_space.py", "alice/space", "--model", REPO]
    shown = programs.run(*deploy, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert not hub.info("alice/space", "space")
    done = programs.run(*deploy)
    assert done.returncode == 0, done.stderr
    files = hub.files("alice/space", repo_type="space")
    assert {"app.py", "README.md", "requirements.txt", "core/model/model.py", "core/ui/page/layout.py"} <= set(files)
    assert not {name for name in files if name.startswith(("tests/", "scripts/", "docs/"))}
    assert "core/evaluation/tuning/study.py" not in files
    front = files["README.md"].read_text().split("---")[1]
    assert f"{REPO} config.json,model.safetensors,catalogue.parquet,users.safetensors {sha}" in front
    variables = hub.info("alice/space", "space")["variables"]
    assert variables["MODEL_REPO_ID"]["value"] == REPO
    pinned = programs.run(*deploy, "--revision", sha)
    assert pinned.returncode == 0, pinned.stderr
    assert hub.info("alice/space", "space")["variables"]["MODEL_REVISION"]["value"] == sha


def test_a_space_of_something_else_is_left_alone(
    programs: Programs, hub: TestHub, model_folder: Path, tmp_path: Path
) -> None:
    programs.push(model_folder)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "precious.txt").write_text("years of work")
    hub.create_repo("alice/space", "space", sdk="docker")
    hub.commit_folder("alice/space", tmp_path / "theirs", repo_type="space")
    done = programs.run("scripts/deploy_space.py", "alice/space", "--model", REPO)
    assert done.returncode == 1
    assert "holds something else, such as 'precious.txt'" in done.stderr
    assert "precious.txt" in hub.files("alice/space", repo_type="space")


def test_a_failed_deploy_changes_no_variable(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    programs.push(model_folder)
    hub.misbehave("/commit/main", method="POST", what="status", status=500, times=None)
    done = programs.run("scripts/deploy_space.py", "alice/space", "--model", REPO)
    assert done.returncode == 1
    assert not hub.info("alice/space", "space").get("variables")
    hub.rules.clear()
    done = programs.run("scripts/deploy_space.py", "alice/space", "--model", "alice/nothing")
    assert done.returncode == 1
    assert "no such repository" in done.stderr


def test_a_deployed_space_starts_by_itself(
    programs: Programs, hub: TestHub, model_folder: Path, tmp_path: Path
) -> None:
    """Its files alone, in an empty folder, are enough to load the app's modules and a model."""
    programs.push(model_folder)
    assert programs.run("scripts/deploy_space.py", "alice/space", "--model", REPO).returncode == 0
    for name, path in hub.files("alice/space", repo_type="space").items():
        (tmp_path / "space" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "space" / name).write_bytes(path.read_bytes())
    code = "import app, os; from core.serving.model_source import ModelSource; from core.ui import build_page; "
    code += "source = ModelSource(os.environ); build_page(source.current); print(source.current().source)"
    environment = programs.environment(MODEL_REPO_ID=REPO)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "space",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == f"{REPO} on the Hugging Face Hub", done.stderr


GOOD = {"sdk": "gradio", "sdk_version": "6.31.0", "python_version": "3.12", "app_file": "app.py"}


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
def test_front_matter_and_requirements_have_to_fit(change: dict, requirements: str, message: str) -> None:
    check_front_matter(GOOD, "gradio[mcp]==6.31.0", {"app.py"})
    with pytest.raises(InputError, match=message):
        check_front_matter(GOOD | change, requirements, {"app.py"})


def test_space_ships_the_packages_that_the_app_needs() -> None:
    names = set(space_files("alice/model", "0" * 40))
    assert {"app.py", "core/numerics/truncated_svd.py", "core/ui/page/handlers.py", "core/ui/assets/page.js"} <= names
    assert {f"core/bundled/{name}" for name in FILES} <= names
    assert not [name for name in names if "evaluation" in name or "enrich" in name or name.endswith(".pyc")]


def test_space_of_the_first_edition_is_recognised(
    programs: Programs, hub: TestHub, model_folder: Path, tmp_path: Path
) -> None:
    programs.push(model_folder)
    (tmp_path / "first" / "core").mkdir(parents=True)
    (tmp_path / "first" / "core" / "model.py").write_text("# of the first edition")
    hub.create_repo("alice/space", "space", sdk="gradio")
    hub.commit_folder("alice/space", tmp_path / "first", repo_type="space")
    done = programs.run("scripts/deploy_space.py", "alice/space", "--model", REPO)
    assert done.returncode == 0, done.stderr
    files = hub.files("alice/space", repo_type="space")
    assert "core/model.py" not in files
    assert "core/model/model.py" in files
