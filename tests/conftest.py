"""Fixtures that all tests share: an invented data set, and models trained from it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from core import Catalogue, Model, Ratings, TrainingConfig, train
from tests.synthetic import RATING_HEADER, Files, write_csv, write_files

# Reproducible, and no example database left in the working folder.
settings.register_profile("anisvd", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("anisvd")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the project."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data, beside the repository. In CI it has to be there."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not (folder / "rating.csv").is_file():
        reason = f"the real data is not at ../shared/data: no {folder.name}/rating.csv"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The small data set as CSV files: see `tests.synthetic`."""
    return write_files(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def catalogue(files: Files) -> Catalogue:
    """The small data set's titles."""
    return Catalogue.read(files.anime, titles=files.titles)


@pytest.fixture(scope="session")
def ratings(files: Files, catalogue: Catalogue) -> Ratings:
    """The small data set's ratings."""
    return Ratings.read(files.ratings, catalogue)


@pytest.fixture(scope="session")
def textbook_model(ratings: Ratings) -> Model:
    """Trained by the textbooks' recipe."""
    return train(ratings, TrainingConfig.textbook(factors=8))


@pytest.fixture(scope="session")
def default_model(ratings: Ratings) -> Model:
    """Trained by the default recipe."""
    return train(ratings, TrainingConfig())


@pytest.fixture(scope="session", params=["textbook", "default"])
def model(request: pytest.FixtureRequest) -> Model:
    """A model of each recipe: what is tested with it must hold for all of them."""
    trained: Model = request.getfixturevalue(f"{request.param}_model")
    return trained


@pytest.fixture
def read_rating_rows(tmp_path: Path, catalogue: Catalogue) -> Callable[..., Ratings]:
    """Rows of user, title and rating, written to a file and read back."""

    def read(*rows: tuple[object, object, object]) -> Ratings:
        return Ratings.read(write_csv(tmp_path / "rating.csv", RATING_HEADER, rows), catalogue)

    return read
