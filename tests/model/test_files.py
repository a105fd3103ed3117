"""The files of a model: damaged ones are refused, failed writes keep the old model."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, load_file, save_file
from small_data import SMALL

from core import ArtifactError, Model, Ratings, train
from core.model.files import FILES, tensors_to_bytes


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def edit_config(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Return a function that applies a change to the config.json of a folder."""

    def edit(folder: Path) -> None:
        content = json.loads((folder / "config.json").read_text())
        change(content)
        (folder / "config.json").write_text(json.dumps(content))

    return edit


def edit_tensors(change: Callable[[dict], object], file: str = "model.safetensors") -> Callable[[Path], None]:
    """Return a function that applies a change to the tensors of a file in a folder."""

    def edit(folder: Path) -> None:
        tensors = load_file(folder / file)
        change(tensors)
        save_file({name: np.ascontiguousarray(x) if x.ndim else x for name, x in tensors.items()}, folder / file)

    return edit


def set_value(name: str, index: object, value: object) -> Callable[[dict], None]:
    """Return a function that changes a tensor at an index."""

    def change(tensors: dict) -> None:
        tensors[name] = tensors[name].copy()
        tensors[name][index] = value

    return change


def edit_column(name: str, change: Callable[[pd.Series], object]) -> Callable[[Path], None]:
    """Return a function that replaces a column of the catalogue in a folder, or adds one."""

    def edit(folder: Path) -> None:
        frame = pd.read_parquet(folder / "catalogue.parquet")
        frame[name] = change(frame[name] if name in frame else frame["name"])
        frame.to_parquet(folder / "catalogue.parquet", index=False, compression="zstd")

    return edit


def edit_cell(name: str, value: object) -> Callable[[Path], None]:
    """Return a function that replaces a cell of the catalogue in a folder."""
    return edit_column(name, lambda column: column.where(column.index != 5, value))


def cut_prediction(folder: Path) -> None:
    """Leave only one title in the prediction head, in all files that say so."""
    edit_config(lambda c: c["shapes"].update({"prediction.trained": 1, "prediction.factors": 1}))(folder)
    whole = np.ones((1, 1), np.float16)
    edit_tensors(
        lambda t: t.update(
            {
                "prediction.columns": np.zeros(1, np.int32),
                "prediction.item_factors": whole,
                "prediction.singular_values": t["prediction.singular_values"][:1],
                "prediction.expected": t["prediction.expected"][:, :2],
                "prediction.bias_covariance": t["prediction.bias_covariance"][:1],
            }
        )
    )(folder)


# The expected message, and the change of the folder that causes it.
VIOLATIONS = {
    "format is 'other'": edit_config(lambda c: c.update(format="other")),
    "format_version is 99": edit_config(lambda c: c.update(format_version=99)),
    "no entry 'recipe'": edit_config(lambda c: c.pop("recipe")),
    "rating_scale is": edit_config(lambda c: c.update(rating_scale=[10, 1])),
    "expected two positive numbers": edit_config(lambda c: c.update(rating_scale=["one", None])),
    "singular_values has values from -1": edit_tensors(set_value("ranking.singular_values", -1, -1)),
    "valid JSON": lambda folder: (folder / "config.json").write_text("[" * 100_000),
    "shapes['items'] is 'many'": edit_config(lambda c: c.update(shapes={"items": "many"})),
    "no entry 'ranking.factors'": edit_config(lambda c: c["shapes"].pop("ranking.factors")),
    "recipe.ranking.kind is 'magic'": edit_config(lambda c: c["recipe"]["ranking"].update(kind="magic")),
    "recipe.prediction does not fit": edit_config(lambda c: c["recipe"]["prediction"].update(surprise=1)),
    "data is None": edit_config(lambda c: c.update(data=None)),
    "no titles in order": edit_tensors(set_value("ranking.later", slice(None), 60)),
    "not valid JSON": lambda folder: (folder / "config.json").write_text("{"),
    "is not an AniSVD model": lambda folder: (folder / "config.json").write_text("[]"),
    "'ranking.norms' is missing": edit_tensors(lambda t: t.pop("ranking.norms")),
    "'more' is not part": edit_tensors(lambda t: t.update(more=np.zeros(1, np.float32))),
    "norms has the dtype float64": edit_tensors(lambda t: t.update({"ranking.norms": t["ranking.norms"].astype("f8")})),
    "norms has the shape": edit_tensors(lambda t: t.update({"ranking.norms": t["ranking.norms"][:-1]})),
    "not finite": edit_tensors(set_value("prediction.biases", 3, np.nan)),
    "not orthonormal": edit_tensors(
        lambda t: t.update({"ranking.item_factors": t["ranking.item_factors"] * np.float16(1.1)})
    ),
    "in descending order": edit_tensors(
        lambda t: t.update({"ranking.singular_values": t["ranking.singular_values"][::-1]})
    ),
    "columns are not ascending": edit_tensors(
        lambda t: t.update({"textbook.columns": np.arange(60, dtype=np.int32)[::-1]})
    ),
    "are not the item_ids": edit_tensors(set_value("item_ids", 0, 7)),
    "not a valid safetensors file": lambda folder: (folder / "model.safetensors").write_bytes(
        (folder / "model.safetensors").read_bytes()[:-9]
    ),
    "catalogue.parquet": lambda folder: (folder / "catalogue.parquet").write_bytes(b"PAR1"),
    "recipe.ranking does not fit its kind 'ridge-in-svd': factors is": edit_config(
        lambda c: c["recipe"]["ranking"].update(factors=10**9)
    ),
    "rating_scale is [1000": edit_config(lambda c: c.update(rating_scale=[10**400, 1])),
    "two whole numbers on the scale": edit_config(lambda c: c.update(rating_scale=[0.1, 0.9])),
    "shapes['items'] is 1000": edit_config(lambda c: c["shapes"].update(items=10**12)),
    "data.users is 0": edit_config(lambda c: c["data"].update(users=0)),
    "data.fingerprint is 7": edit_config(lambda c: c["data"].update(fingerprint=7)),
    "metrics['training_rmse'] is inf": edit_config(lambda c: c["metrics"].update(training_rmse=float("inf"))),
    "trained_at is 'yesterday'": edit_config(lambda c: c.update(trained_at="yesterday")),
    "config.json: has": edit_config(lambda c: c.update(trained_at="x" * 2**20)),
    "its header has": lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 100),
    "places has values": edit_tensors(set_value("places", (0, 0), 7)),
    "prediction: 1 of 60 titles have factors": cut_prediction,
    "ranking: Scores may reach": edit_tensors(set_value("ranking.mean", slice(None), 0)),
    "textbook: The columns are not ascending": edit_tensors(
        lambda t: t.update({"textbook.columns": np.arange(1, 61, dtype=np.int32)})
    ),
    "ranking: The pairs": edit_tensors(set_value("ranking.earlier", 0, 60)),
    "prediction: The noise 1e-12 is too small": edit_tensors(set_value("prediction.noise", (), 1e-12)),
    "found 'http://example.org'": edit_cell("picture", "http://example.org"),
    "found 'javascript:alert(1)'": edit_cell("picture", "javascript:alert(1)"),
    "expected ids joined by '|'": edit_cell("related_ids", "1|two"),
    "found ''; expected text of 1 to 500 letters": edit_cell("name", ""),
    "found inf; expected a whole number": edit_cell("episodes", np.inf),
    "found 2050.5; expected": edit_cell("year", 2050.5),
    "found -1; expected a whole number from 0": edit_cell("members", -1),
    "'related_ids' has the type int64": edit_column("related_ids", lambda column: column.str.len()),
    "found anime_id, name": edit_column("more", lambda column: 0),
    "texts of the catalogue have 1": edit_column("synonyms", lambda column: "x" * 3_000_000),
    "model.safetensors: No such file": lambda folder: (folder / "model.safetensors").unlink(),
    "config.json: No such file": lambda folder: (folder / "config.json").unlink(),
}


@pytest.mark.parametrize("message", VIOLATIONS)
def test_each_violation_has_its_own_error_message(message: str, folder: Path) -> None:
    Model.load(folder)
    VIOLATIONS[message](folder)
    with pytest.raises(ArtifactError, match=re.escape(message)):
        Model.load(folder)


USER_VIOLATIONS = {
    "ascending and unique": edit_tensors(set_value("user_ids", 1, 1), "users.safetensors"),
    "indptr": edit_tensors(set_value("indptr", 1, 60_000), "users.safetensors"),
    "outside of the 60 titles": edit_tensors(set_value("positions", 1, 60), "users.safetensors"),
    "positions are not ascending": edit_tensors(
        lambda t: t.update(positions=t["positions"][::-1]), "users.safetensors"
    ),
    "off the scale": edit_tensors(set_value("values", 1, 10.5), "users.safetensors"),
    "not finite": edit_tensors(set_value("factors", (1, 1), np.inf), "users.safetensors"),
    "No such file": lambda folder: (folder / "users.safetensors").unlink(),
}


@pytest.mark.parametrize("message", USER_VIOLATIONS)
def test_stored_users_are_validated_when_first_needed(message: str, folder: Path) -> None:
    USER_VIOLATIONS[message](folder)
    model = Model.load(folder)
    assert model.recommend(model.fold_in({103: 9}))
    with pytest.raises(ArtifactError, match=message):
        _ = model.user_ids


def test_loaded_model_keeps_its_users_when_its_folder_is_replaced(folder: Path, ratings: Ratings) -> None:
    model, users = Model.load(folder), Model.load(folder).user_ids
    train(ratings, replace(SMALL, stored_users=3)).save(folder)
    assert np.array_equal(model.user_ids, users)
    assert len(Model.load(folder).user_ids) == 3


def test_ratings_between_half_points_are_stored_exactly(ratings: Ratings, tmp_path: Path) -> None:
    matrix = ratings.matrix.copy()
    matrix.data = np.where(matrix.data > 0, np.minimum(matrix.data + np.float32(0.3), 10), matrix.data)
    model = train(replace(ratings, matrix=matrix), SMALL)
    model.save(tmp_path / "model")
    assert np.array_equal(Model.load(tmp_path / "model").users.history.data, matrix.data)


def test_repeated_title_is_refused(folder: Path) -> None:
    frame = pd.read_parquet(folder / "catalogue.parquet")
    frame.loc[1, "anime_id"] = frame.loc[0, "anime_id"]
    frame.to_parquet(folder / "catalogue.parquet")
    with pytest.raises(ArtifactError, match="stands twice"):
        Model.load(folder)


def test_arrays_of_every_memory_layout_are_stored_unchanged() -> None:
    matrix = np.arange(24, dtype=np.float32).reshape(4, 6)
    layouts = {
        "transposed": matrix.T,
        "columns": matrix[:, 1::2],
        "fortran": np.asfortranarray(matrix),
        "scalar": np.float32(3) * np.ones(()),
    }
    stored = load(tensors_to_bytes(layouts))
    for name, array in layouts.items():
        assert np.array_equal(stored[name], array), name
        assert stored[name].shape == array.shape


def test_saving_replaces_all_files_of_an_older_model(model: Model, textbook: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    textbook.save(tmp_path / "model")
    assert Model.load(tmp_path / "model").info.recipe["ranking"]["kind"] == "textbook"
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == sorted(FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_saving_refuses_to_replace_anything_but_a_model(model: Model, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match=r"holds 'thesis\.txt'"):
        model.save(tmp_path)
    with pytest.raises(ArtifactError, match="is a file"):
        model.save(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_card_names_recipe_data_and_limits(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    for text in ("library_name: anisvd", "ridge-in-svd", "bias-svd", "Limits", "RMSE on the ratings"):
        assert text in card


def test_measured_quality_is_written_to_card_and_config(model: Model, tmp_path: Path) -> None:
    measured = model.with_quality({"NDCG@10, 3 shown": 0.4567}, {"Popularity": {"NDCG@10, 3 shown": 0.1234}})
    measured.save(tmp_path / "model")
    info = Model.load(tmp_path / "model").info
    assert info.metrics["NDCG@10, 3 shown"] == 0.4567
    assert "training_rmse" in info.metrics
    card = (tmp_path / "model" / "README.md").read_text()
    assert "| **AniSVD** | 0.457 |" in card
    assert "| Popularity | 0.123 |" in card
