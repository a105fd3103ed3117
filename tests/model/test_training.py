"""Training by the script and by `train`: its files, its summary, its progress, and what it refuses."""

import errno
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_data import ROOT, SMALL, write_csv

from core import Catalogue, InputError, Model, OutputError, Ratings, TrainingConfig, train
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig
from core.heads.textbook import TextbookConfig
from core.model.files import try_folder


def run_training_script(
    data: Path, out: Path, *more: str, faults: Sequence[object] = ()
) -> subprocess.CompletedProcess[str]:
    """Run scripts/train.py on the CSV files of a folder, with ``faults`` by `faults.main`; return how it ended."""
    files = ["--ratings", data / "rating.csv", "--anime", data / "anime.csv", "--titles", data / "titles.csv"]
    programs = ["-m", "tests.faults", *map(str, faults)] if faults else []
    command = [sys.executable, *programs, "scripts/train.py", *map(str, files), "--out", str(out), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("recipe", ["default", "textbook"])
def test_same_data_and_seed_give_the_same_bytes(recipe: str, data_folder: Path, tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        done = run_training_script(data_folder, tmp_path / name, "--recipe", recipe, "--seed", "3")
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / name).glob("*.safetensors"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert len(digests[0]) == 2
    assert digests[0] == digests[1]


NAMES_OF_2020 = {
    "name": "Name", "genre": "Genres", "type": "Type", "episodes": "Episodes", "rating": "Score", "members": "Members",
}  # fmt: skip


def write_public_set(year: int, data: Path, folder: Path) -> list[str]:
    """Write the small data in the form of a public set; return the arguments that train on it."""
    ratings, anime = (pd.read_csv(data / name, keep_default_na=False) for name in ("rating.csv", "anime.csv"))
    if year == 2018:
        ratings = ratings.rename(columns={"user_id": "username", "rating": "my_score"}).assign(my_status=2)
        ratings["username"] = "reader" + ratings["username"].astype(str)
        ratings["my_score"] = ratings["my_score"].clip(lower=0)
        anime = anime.rename(columns={"name": "title", "rating": "score"}).assign(rating="PG-13", studio="Bones")
    elif year == 2020:
        ratings = ratings.assign(rating=ratings["rating"].clip(lower=0), watching_status=2, watched_episodes=3)
        anime = anime.rename(columns=NAMES_OF_2020 | {"anime_id": "MAL_ID"}).assign(Premiered="Spring 2001")
    elif year == 2023:
        ratings = ratings[ratings["rating"] > 0].assign(Username="reader").rename(columns={"note": "Anime Title"})
        anime = anime.rename(columns=NAMES_OF_2020).assign(Premiered="spring 2001", Rating="PG-13 - Teens")
    ratings[:900].to_csv(folder / "ratings-1.csv", index=False)
    ratings[900:].to_parquet(folder / "ratings-2.parquet")
    anime.to_csv(folder / "titles.csv", index=False)
    parts = [str(folder / name) for name in ("ratings-1.csv", "ratings-2.parquet")]
    return ["--ratings", *parts, "--anime", str(folder / "titles.csv")]


@pytest.mark.parametrize("year", [2016, 2018, 2020, 2023])
def test_files_of_each_public_set_train_a_model(year: int, data_folder: Path, ratings: Ratings, tmp_path: Path) -> None:
    files = write_public_set(year, data_folder, tmp_path)
    command = [sys.executable, "scripts/train.py", *files, "--out", str(tmp_path / "model"), "--factors", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rows read from 2 files" in done.stdout
    data = Model.load(tmp_path / "model").info.data
    assert data["ratings"] == (ratings.matrix.data > 0).sum()
    assert data["watched_only"] == (0 if year == 2023 else (ratings.matrix.data == -1).sum())


def test_summary_describes_data_and_model(data_folder: Path, tmp_path: Path) -> None:
    done = run_training_script(data_folder, tmp_path / "model", "--factors", "6")
    assert done.returncode == 0, done.stderr
    facts = "rows read", "dropped", "users", "titles", "density", "6 factors", "training RMSE", "seconds", "peak memory"
    for fact in facts:
        assert fact in done.stdout
    assert "100%" in done.stderr


def test_script_ends_with_one_error_sentence_and_leaves_no_files(tmp_path: Path) -> None:
    write_csv(tmp_path / "anime.csv", "anime_id,name", [(1, "A")])
    done = run_training_script(tmp_path, tmp_path / "model")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_place_for_the_model_is_tried_before_the_data_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file is a file"):
        try_folder(tmp_path / "file" / "model")
    done = run_training_script(tmp_path / "no data", tmp_path)
    assert done.returncode == 1
    assert "which is no part of a model" in done.stderr
    assert "Traceback" not in done.stderr


def test_trained_model_is_in_a_temporary_folder_if_the_disk_is_full(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is writable when it is tried, but not when the model is saved."""
    for name in ("out", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    done = run_training_script(
        data_folder, tmp_path / "out" / "model", "--factors", "6", faults=(6, errno.ENOSPC, tmp_path / "out")
    )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    (rescued,) = (tmp_path / "temporary").glob("anisvd-*")
    assert f"the result is in {rescued}." in done.stderr
    assert len(Model.load(rescued).singular_values) == 6
    assert list((tmp_path / "out").iterdir()) == []


def test_number_of_stored_users_is_a_setting(ratings: Ratings) -> None:
    config = TrainingConfig(SMALL.ranking, SMALL.prediction, stored_users=10)
    users = train(ratings, config).user_ids
    assert len(users) == 10
    assert set(users.tolist()) <= set(range(1, 121)) | {901}


def test_only_users_who_may_be_stored_are_stored(ratings: Ratings) -> None:
    storable = ratings.user_ids[::3]
    model = train(ratings, SMALL, storable=storable)
    assert np.array_equal(model.user_ids, storable)
    few = train(ratings, replace(SMALL, stored_users=5), storable=storable)
    assert len(few.user_ids) == 5
    assert set(few.user_ids.tolist()) <= set(storable.tolist())
    assert np.array_equal(few.item_factors, train(ratings, SMALL).item_factors)


def test_progress_is_reported_for_each_stage(ratings: Ratings) -> None:
    reports: list[tuple[str, float]] = []
    train(ratings, SMALL, lambda stage, share_done: reports.append((stage, share_done)))
    assert {"ranking", "prediction", "training error", "done"} <= {stage for stage, _ in reports}
    assert all(0 <= share_done <= 1 for _, share_done in reports)


def test_too_little_data_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", [(1, 100, 5)])
    with pytest.raises(InputError, match="at least two of each"):
        train(Ratings.read(path, catalogue))


def test_every_recipe_trains_on_tiny_data(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [(1, 100, 5), (1, 101, 9), (2, 100, 8), (2, 102, -1)]
    ratings = Ratings.read(write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", rows), catalogue)
    for config in (TrainingConfig(), TrainingConfig.textbook()):
        model = train(ratings, config)
        assert model.recommend(model.fold_in({100: 9}), 3)


def test_predictions_stay_on_the_scale_of_the_ratings(catalogue: Catalogue, data_folder: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(data_folder / "rating.csv")
    frame["rating"] = frame["rating"].where(frame["rating"] < 0, (frame["rating"] + 1) // 2)
    frame.to_csv(tmp_path / "rating.csv", index=False)
    ratings = Ratings.read(tmp_path / "rating.csv", catalogue, rating_scale=(1, 5))
    predicted = train(ratings, SMALL).predict_ratings(ratings.matrix)
    assert predicted.min() >= 1
    assert predicted.max() <= 5


@pytest.mark.parametrize(
    "create_settings",
    [
        lambda: RankingConfig(factors=0),
        lambda: RankingConfig(shrinkage=0),
        lambda: PredictionConfig(iterations=0),
        lambda: TextbookConfig(0),
        lambda: TrainingConfig(stored_users=-1),
    ],
)
def test_settings_out_of_range_are_refused(create_settings) -> None:
    with pytest.raises(InputError):
        create_settings()


@pytest.mark.parametrize("dataset", [[], ["--dataset", "2023"], ["--dataset", "azathoth42/myanimelist"]])
def test_download_without_network_ends_with_one_error_sentence(dataset: list[str], tmp_path: Path) -> None:
    proxy = "http://127.0.0.1:9"
    environment = {"PATH": "", "HOME": str(tmp_path), "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}
    command = [sys.executable, "scripts/download_data.py", *dataset, "--out", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: Kaggle could not be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
