import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from small_data import ROOT, SMALL
from waiting import wait_until

from core import DataError, InputError, Ratings, TrainingConfig
from core.evaluation.tuning.search_spaces import SEARCH_SPACES, Range
from core.evaluation.tuning.study import SettingsSearch, result, tune
from core.heads.ranking import RankingConfig

optuna.logging.set_verbosity(optuna.logging.WARNING)


def small_search(**changes: object) -> SettingsSearch:
    """Return a search with twelve factors, so that trials are quick."""
    space = SEARCH_SPACES["ranking"]
    ranges = {name: values for name, values in space.ranges.items() if name != "factors"}
    default = {**space.default, "factors": 12, "min_count": 1}
    return SettingsSearch(replace(space, ranges=ranges, default=default), folds=2, users_per_fold=20, **changes)


def test_study_result_is_no_worse_than_the_start(ratings: Ratings, tmp_path: Path) -> None:
    best = result(tune(small_search(), ratings, tmp_path, 8))
    assert best["finished"] == 8
    assert best["figures"]["combined"] >= best["figures of the first trial"]["combined"]
    figures = best["figures"]
    short = np.mean([figures[name] for name in figures if name not in ("80%", "combined")])
    assert figures["combined"] == pytest.approx((short + figures["80%"]) / 2)
    RankingConfig(**best["settings"])


def test_study_resumes_where_it_stopped(ratings: Ratings, tmp_path: Path) -> None:
    tune(small_search(), ratings, tmp_path, 3)
    n_trials = []
    study = tune(small_search(), ratings, tmp_path, 5, lambda study: n_trials.append(len(study.trials)))
    assert len(n_trials) == 2
    assert len(study.trials) == 5
    assert len(tune(small_search(), ratings, tmp_path, 5).trials) == 5  # nothing is left to do


def test_study_of_another_search_is_refused(ratings: Ratings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tune(small_search(), ratings, tmp_path, 1)
    with pytest.raises(DataError, match="another seed"):
        tune(small_search(seed=1), ratings, tmp_path, 1)
    with pytest.raises(DataError, match="another searched"):
        tune(small_search(only=("prior",)), ratings, tmp_path, 1)
    monkeypatch.setattr("core.evaluation.tuning.study.HISTORIES", (1, 3, 5, 10, 0.8))
    with pytest.raises(DataError, match="another histories"):
        tune(small_search(), ratings, tmp_path, 1)


def test_search_of_the_rules_for_visitors_decomposes_once_per_fold(ratings: Ratings, tmp_path: Path) -> None:
    fits = []
    search = small_search(only=("shrinkage", "prior"))
    space = search.space
    counted = replace(space, fit=lambda *args, **settings: fits.append(1) or space.fit(*args, **settings))
    study = tune(replace(search, space=counted), ratings, tmp_path, 4)
    assert len(fits) == 2
    best = study.best_trial.user_attrs["settings"]
    assert best["row_damping"] == RankingConfig().row_damping
    assert len({trial.params["shrinkage"] for trial in study.trials}) == 4


@pytest.mark.parametrize("name", ["prediction", "textbook", "biases", "surprise"])
def test_every_kind_of_search_space_can_be_searched(name: str, ratings: Ratings, tmp_path: Path) -> None:
    space = SEARCH_SPACES[name]
    small = {"factors": Range(2, 6), "embedding": Range(4, 8), "epochs": Range(2, 5)}
    ranges = {setting: small.get(setting, values) for setting, values in space.ranges.items()}
    default = {**space.default, **{setting: values.low for setting, values in small.items() if setting in ranges}}
    search = SettingsSearch(replace(space, ranges=ranges, default=default), folds=2, users_per_fold=20)
    assert set(result(tune(search, ratings, tmp_path, 2))["settings"]) == set(space.default)


def test_search_can_stay_around_its_start() -> None:
    ranges = small_search(spread=0.2).ranges
    assert ranges["output_scaling"].low == pytest.approx(RankingConfig().output_scaling - 0.06)
    assert ranges["prior"].low * ranges["prior"].high == pytest.approx(RankingConfig().prior ** 2)  # by ratios
    assert Range(1, 9).around(9, 0.5) == Range(7, 9)
    assert Range(1, 9).around(30, 0.1) == Range(9, 9)


def test_impossible_searches_are_refused() -> None:
    with pytest.raises(InputError, match="no setting 'depth'"):
        SettingsSearch(SEARCH_SPACES["ranking"], only=("depth",))
    with pytest.raises(InputError, match="spread"):
        SettingsSearch(SEARCH_SPACES["ranking"], spread=0.0)
    with pytest.raises(InputError, match="folds"):
        SettingsSearch(SEARCH_SPACES["ranking"], folds=1)


def script(name: str, data: Path, out: Path, *more: str) -> list[str]:
    files = ["--ratings", data / "rating.csv", "--anime", data / "anime.csv", "--out", out]
    return [sys.executable, f"scripts/{name}.py", *map(str, files), *more]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_killed_study_resumes_and_its_config_trains(data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text(json.dumps(SMALL.to_recipe()))
    more = ["--config", str(tmp_path / "base.json"), "--only", "prior", "shrinkage", "--folds", "2"]
    more += ["--users-per-fold", "20", "--test-users", "20"]
    command = script("tune", data_folder, tmp_path / "study", *more)
    report = tmp_path / "study" / "study.json"
    with subprocess.Popen([*command, "--trials", "500"], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: report.exists() and json.loads(report.read_text())["finished"] >= 2)
        finally:
            process.kill()
    with sqlite3.connect(tmp_path / "study" / "study.db") as database:
        (before,) = database.execute("select count(*) from trials where state in ('COMPLETE', 'PRUNED')").fetchone()

    done = subprocess.run(
        [*command, "--trials", str(before + 2)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["finished"] == before + 2
    assert {"study.json", "config.json", "history.png", "slices.png"} <= {
        path.name for path in (tmp_path / "study").iterdir()
    }
    config = TrainingConfig.from_recipe(json.loads((tmp_path / "study" / "config.json").read_text()))
    assert config.prediction == SMALL.prediction

    trained = script("train", data_folder, tmp_path / "model", "--config", str(tmp_path / "study" / "config.json"))
    done = run(trained)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "model" / "config.json").read_text())["recipe"] == config.to_recipe()


def test_report_is_a_folder(data_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text(json.dumps(SMALL.to_recipe()))
    more = ["--config", str(tmp_path / "base.json"), "--test-users", "20", "--recipes", "default,popularity,biases"]
    done = subprocess.run(
        script("evaluate", data_folder, tmp_path / "report", *more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    charts = {"quality.png", "calibration.png", "long-tail.png", "factors.png", "spectrum.png"}
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"README.md", "report.json"} | charts
    page = (tmp_path / "report" / "README.md").read_text()
    assert all(f"]({name})" in page for name in charts)
    content = json.loads((tmp_path / "report" / "report.json").read_text())
    assert set(content["results"]) == {"1", "3", "5", "10", "15", "20", "80%", "known users"}
    assert done.stdout.count("| **AniSVD**") == 4


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--recipes", "default,magic"], "There is no recipe 'magic'"), (["--protocols", "weeks"], "expected users")],
)
def test_wrong_arguments_end_in_a_sentence(more: list[str], message: str, data_folder: Path, tmp_path: Path) -> None:
    command = script("evaluate", data_folder, tmp_path / "report", *more)
    done = run(command)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "report").exists()
