import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from small_data import ROOT, SMALL, write_csv

from core import Catalogue, InputError, Ratings, TrainingConfig, train
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig
from core.heads.textbook import TextbookConfig

TRAIN = [sys.executable, "scripts/train.py"]


def run_train(data: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    files = ["--ratings", data / "rating.csv", "--anime", data / "anime.csv", "--titles", data / "titles.csv"]
    command = [*TRAIN, *map(str, files), "--out", str(out), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("recipe", ["default", "textbook"])
def test_the_same_data_gives_the_same_bytes(recipe: str, data_folder: Path, tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        done = run_train(data_folder, tmp_path / name, "--recipe", recipe, "--seed", "3")
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / name).glob("*.safetensors"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert len(digests[0]) == 2
    assert digests[0] == digests[1]


def test_the_summary_tells_what_was_read_and_what_came_of_it(data_folder: Path, tmp_path: Path) -> None:
    done = run_train(data_folder, tmp_path / "model", "--factors", "6")
    assert done.returncode == 0, done.stderr
    for part in (
        "rows read",
        "dropped",
        "users",
        "titles",
        "density",
        "6 factors",
        "training RMSE",
        "seconds",
        "peak memory",
    ):
        assert part in done.stdout
    assert "100%" in done.stderr


def test_the_script_ends_with_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "anime.csv", "anime_id,name", [(1, "A")])
    done = run_train(tmp_path, tmp_path / "model")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_stored_users_are_as_many_as_asked_for(ratings: Ratings) -> None:
    config = TrainingConfig(SMALL.ranking, SMALL.prediction, stored_users=10)
    users = train(ratings, config).user_ids
    assert len(users) == 10
    assert set(users.tolist()) <= set(range(1, 121)) | {901}


def test_progress_is_told_for_each_stage(ratings: Ratings) -> None:
    told: list[tuple[str, float]] = []
    train(ratings, SMALL, lambda stage, done: told.append((stage, done)))
    assert {"ranking", "prediction", "training error", "done"} <= {stage for stage, _ in told}
    assert all(0 <= done <= 1 for _, done in told)


def test_too_little_data_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", [(1, 100, 5)])
    with pytest.raises(InputError, match="at least two of each"):
        train(Ratings.read(path, catalogue))


def test_tiny_data_trains_by_every_recipe(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [(1, 100, 5), (1, 101, 9), (2, 100, 8), (2, 102, -1)]
    ratings = Ratings.read(write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", rows), catalogue)
    for config in (TrainingConfig(), TrainingConfig.textbook()):
        model = train(ratings, config)
        assert model.recommend(model.fold_in({100: 9}), 3)


def test_another_scale_predicts_on_that_scale(catalogue: Catalogue, data_folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(data_folder / "rating.csv")
    frame["rating"] = frame["rating"].where(frame["rating"] < 0, (frame["rating"] + 1) // 2)
    frame.to_csv(tmp_path / "rating.csv", index=False)
    ratings = Ratings.read(tmp_path / "rating.csv", catalogue, rating_scale=(1, 5))
    predicted = train(ratings, SMALL).predict_ratings(ratings.matrix)
    assert predicted.min() >= 1
    assert predicted.max() <= 5


@pytest.mark.parametrize(
    "make",
    [
        lambda: RankingConfig(factors=0),
        lambda: RankingConfig(shrinkage=0),
        lambda: PredictionConfig(iterations=0),
        lambda: TextbookConfig(0),
        lambda: TrainingConfig(stored_users=-1),
    ],
)
def test_settings_are_checked(make) -> None:
    with pytest.raises(InputError):
        make()


def test_download_without_a_network_ends_in_one_sentence(tmp_path: Path) -> None:
    environment = {
        "PATH": "",
        "HOME": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "scripts/download_data.py", "--out", str(tmp_path / "data")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error: Kaggle could not be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
