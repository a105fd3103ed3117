"""The scripts and the unmodified client against the test Hub, each in its own process."""

import json
from pathlib import Path

import pytest
from hub_server import TestHub
from huggingface_hub import ModelCard
from programs import REPO, TOKEN, Done, Programs, Versions
from waiting import wait_until

from core import Model
from core.model.files import FILES
from core.model.sources import KAGGLE_2016

RECOMMEND = """
import json
model = Model.from_hub(REPO, **OPTIONS)
print(json.dumps([[item.anime_id, item.score] for item in model.recommend(model.fold_in({103: 9}), 5)]))
"""


def recommend(programs: Programs, options: str = "{}", **environment: str) -> Done:
    return programs.python(f"OPTIONS = {options}\n{RECOMMEND}", **environment)


def test_pulled_model_is_the_pushed_one(programs: Programs, hub: TestHub, model_folder: Path, model: Model) -> None:
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


def test_dry_run_lists_every_file_and_sends_no_request(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    done = programs.push(model_folder, "--dry-run")
    assert done.returncode == 0
    assert all(name in done.stdout for name in FILES)
    assert "nothing was pushed" in done.stdout
    assert not hub.requests


def test_train_pushes_when_asked(programs: Programs, hub: TestHub, data_folder: Path, tmp_path: Path) -> None:
    files = ["--ratings", data_folder / "rating.csv", "--anime", data_folder / "anime.csv", "--out", tmp_path / "out"]
    done = programs.run("scripts/train.py", *files, "--factors", "6", "--push", REPO, "--private")
    assert done.returncode == 0, done.stderr
    assert hub.info(REPO)["private"]
    assert set(hub.files(REPO)) >= set(FILES)


def test_push_elsewhere_does_not_change_main(programs: Programs, hub: TestHub, version: Versions) -> None:
    main = hub.commit_folder(REPO, version("one"))
    for name, options, ref in (("v2", ["--revision", "next"], "refs/heads/next"), ("v1", ["--create-pr"], "refs/pr/1")):
        done = programs.push(version(name), *options)
        assert done.returncode == 0, done.stderr
        assert hub.refs(REPO)["refs/heads/main"] == main
        assert hub.refs(REPO)[ref] != main
    on_branch = programs.python("print(Model.from_hub(REPO, 'next').catalogue[103].english)")
    assert on_branch.stdout.strip() == "v2"


def test_users_file_is_fetched_when_first_needed(programs: Programs, hub: TestHub, model_commit: str) -> None:
    recommend(programs)
    fetched = {request.path.rsplit("/", 1)[-1] for request in hub.requests if request.method == "GET"}
    assert "users.safetensors" not in fetched
    assert {"config.json", "model.safetensors", "catalogue.parquet"} <= fetched
    done = programs.python("print(len(Model.from_hub(REPO).user_ids))")
    assert int(done.stdout) == 123
    assert any("users.safetensors" in request.path for request in hub.requests)


def test_pinned_revision_in_the_cache_needs_no_request(programs: Programs, hub: TestHub, model_commit: str) -> None:
    assert recommend(programs, f"{{'revision': {model_commit!r}}}").returncode == 0
    n_requests = len(hub.requests)
    for arguments in (f"{{'revision': {model_commit!r}}}", "{'cached': True}"):
        assert recommend(programs, arguments).returncode == 0
    assert len(hub.requests) == n_requests


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "the token is missing, wrong"), (403, "does not have the right"), (409, "at the same moment"),
        (412, "at the same moment"), (429, "slow down"), (500, "status 500"),
    ],
)  # fmt: skip
def test_refused_push_prints_the_reason_and_changes_nothing(
    status: int, message: str, programs: Programs, hub: TestHub, version: Versions
) -> None:
    hub.commit_folder(REPO, version("one"))
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
def test_push_without_the_right_to_prints_the_reason(
    token: str | None, repo: str, message: str, programs: Programs, model_folder: Path
) -> None:
    done = programs.run("scripts/push_to_hub.py", model_folder, repo, token=token)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "hf_" not in (done.stdout + done.stderr).replace("hf auth", "")


def test_error_names_a_problem_of_this_machine(
    programs: Programs, model_folder: Path, model_commit: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = programs.python("try: Model.from_hub(REPO)\nexcept HubError as error: print(error)", home="file/home")
    assert "this machine says: Not a directory" in done.stdout, done.stderr
    done = programs.push(model_folder, token="hf_\u00e4")
    assert "the token has characters" in done.stderr
    assert "Traceback" not in done.stderr


def test_push_to_an_unreachable_hub_prints_one_sentence(programs: Programs, hub: TestHub, model_folder: Path) -> None:
    hub.stop()
    done = programs.push(model_folder)
    assert done.returncode == 1
    assert "the Hub cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_push_leaves_the_old_model(programs: Programs, hub: TestHub, version: Versions) -> None:
    hub.commit_folder(REPO, version("one"))
    before = hub.refs(REPO)
    slow = hub.misbehave("", method="PUT", what="slow", rate=200, times=None)
    with programs.killed("scripts/push_to_hub.py", version("two"), REPO):
        wait_until(lambda: slow.hits)
    assert hub.refs(REPO) == before
    hub.rules.clear()
    assert programs.push(version("three")).returncode == 0
    assert programs.python("print(Model.from_hub(REPO).catalogue[103].english)").stdout.strip() == "three"


def test_pull_works_after_a_killed_one(programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path) -> None:
    slow = hub.misbehave("model.safetensors", method="GET", what="slow", rate=100, times=None)
    with programs.killed("-c", f"from core import Model; Model.from_hub({REPO!r})"):
        wait_until(lambda: slow.hits and list(tmp_path.rglob("*.incomplete")))
    hub.rules.clear()
    assert recommend(programs).returncode == 0


def test_damaged_file_is_noticed_and_fetched_again(programs: Programs, hub: TestHub, model_commit: str) -> None:
    hub.misbehave("model.safetensors", method="GET", what="flip", times=1)
    assert recommend(programs).returncode == 0
    hub.misbehave("config.json", method="GET", what="flip", times=None)
    done = programs.python("try: Model.from_hub(REPO)\nexcept HubError as error: print(error)", home="other")
    assert "config.json was damaged on its way" in done.stdout


@pytest.mark.parametrize("what", ["cut", "truncated", "short"])
def test_broken_pull_is_repeated_or_reported(what: str, programs: Programs, hub: TestHub, model_commit: str) -> None:
    hub.misbehave("catalogue.parquet", method="GET", what=what, nbytes=500, times=1)
    code = "try: Model.from_hub(REPO); print('whole')\nexcept HubError as error: print(error)"
    first = programs.python(code)
    assert first.stdout.strip() == "whole" or "could not be pulled" in first.stdout, first.stderr
    assert programs.python(code).stdout.strip() == "whole"


def test_error_names_what_is_missing(programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path) -> None:
    code = "try: Model.from_hub({})\nexcept HubError as error: print(error)"
    assert "no such revision" in programs.python(code.format("REPO, 'nowhere'")).stdout
    assert "no such repository" in programs.python(code.format("'alice/nothing'")).stdout
    hub.commit_folder("alice/empty", tmp_path / "nothing-here")
    assert "a file is missing" in programs.python(code.format("'alice/empty'")).stdout


def test_model_card_is_valid_and_has_the_figures_of_the_config(model: Model, tmp_path: Path) -> None:
    model.with_sources([KAGGLE_2016]).with_quality(
        {"NDCG@10, 3 shown": 0.4567, "NDCG@10, 80% shown": 0.51, "RMSE, known users": 1.08},
        {"Popularity": {"NDCG@10, 3 shown": 0.1234, "NDCG@10, 80% shown": 0.1}},
    ).save(tmp_path / "model")
    card = ModelCard.load(tmp_path / "model" / "README.md")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == config["metrics"]
    assert card.data.library_name == "anisvd"
    assert card.data.datasets
    assert (tmp_path / "model" / "quality.svg").read_text().count("<polyline") == 2
