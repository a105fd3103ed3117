"""A refreshed model is refused unless it answers like the model before it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from offline_database_files import MAL, anime, whole_release
from scipy import sparse

from core import ArtifactError, Model
from core.data.enrich.new_titles import current_catalogue
from core.serving.refreshed_model import check_lists, check_refreshed


@pytest.fixture(scope="module")
def refreshed(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Model:
    new = [
        anime(f"{MAL}{70_000 + number}", title=f"New {number}", animeSeason={"season": "FALL", "year": 2026})
        for number in range(5)
    ]
    path: Path = tmp_path_factory.mktemp("release") / "release.jsonl"
    path.write_bytes(whole_release(model.catalogue, *new))
    catalogue, _changes = current_catalogue(model.catalogue, path)
    return model.with_titles(catalogue)


def test_model_with_more_titles_passes(model: Model, refreshed: Model) -> None:
    assert len(refreshed.catalogue) == len(model.catalogue) + 5
    check_refreshed(model, refreshed)
    check_refreshed(model, model)


def test_other_titles_are_refused(model: Model, refreshed: Model) -> None:
    with pytest.raises(ArtifactError, match="other titles"):
        check_refreshed(refreshed, model)


def test_changed_order_is_refused(model: Model, refreshed: Model) -> None:
    unpopular = replace(refreshed.ranker, mean=-100 * refreshed.ranker.mean)
    with pytest.raises(ArtifactError, match="of the best 20 old titles"):
        check_refreshed(model, replace(refreshed, ranker=unpopular))


@pytest.mark.parametrize("by", [0.2, np.nan])
def test_changed_ratings_are_refused(by: float, model: Model, refreshed: Model) -> None:
    biases = refreshed.predictor.biases.copy()
    biases[5] += by
    with pytest.raises(ArtifactError, match="changes the predicted rating of an old title"):
        check_refreshed(model, replace(refreshed, predictor=replace(refreshed.predictor, biases=biases)))


def test_lists_of_mostly_new_titles_are_refused(model: Model) -> None:
    histories = sparse.csr_array(([9.0], ([0], [3])), shape=(1, len(model.catalogue)), dtype=np.float32)
    check_lists(model, histories, n_old=len(model.catalogue))
    with pytest.raises(ArtifactError, match="at most 50% new ones"):
        check_lists(model, histories, n_old=10)
