"""Fixtures with the small data set and its models, and the folder of the real data set."""

import os

# Set before numpy is imported, here and in the apps that tests start: with several processes,
# threads cost more time by waiting for each other than they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings
from skipping import skip_unless_ci
from small_data import ROOT, SMALL, anime_rows, rating_rows, write_csv

from core import Catalogue, Model, Ratings, TrainingConfig, train

# Fixed examples give the same verdict every time. `--hypothesis-profile=fresh` tries new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("fresh", deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_csv(folder / "anime.csv", "anime_id,name,genre,type,episodes,rating,members", anime_rows())
    write_csv(folder / "rating.csv", "user_id,anime_id,rating", rating_rows())
    titles = [(103, "Third Show", "3rd|San", "三番目", 2003, "https://example.org/3.jpg", "104|105", "Bones|Arms")]
    titles += [(102, "", "", "", 2001, "", "104", "Bones")]  # 104 is its sequel
    titles += [(104, "Épisode Zéro!", "", "進撃", 2013, "javascript:alert(1)", "", "")]
    write_csv(folder / "titles.csv", "anime_id,english,synonyms,japanese,year,picture,related_ids,studios", titles)
    return folder


@pytest.fixture(scope="session")
def catalogue(data_folder: Path) -> Catalogue:
    return Catalogue.read(data_folder / "anime.csv", titles=data_folder / "titles.csv")


@pytest.fixture(scope="session")
def ratings(data_folder: Path, catalogue: Catalogue) -> Ratings:
    return Ratings.read(data_folder / "rating.csv", catalogue)


@pytest.fixture(scope="session")
def model(ratings: Ratings) -> Model:
    return train(ratings, SMALL)


@pytest.fixture(scope="session")
def textbook(ratings: Ratings) -> Model:
    return train(ratings, TrainingConfig.textbook(factors=200))


@pytest.fixture(scope="session")
def model_folder(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "small"
    model.save(folder)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    return shared_folder("data", "the full data set")


@pytest.fixture(scope="session")
def cases() -> Path:
    return shared_folder("cases", "files like those of real people")


def shared_folder(name: str, content: str) -> Path:
    """Return a folder beside the project; skip the test where it is absent."""
    folder = ROOT.parent / "shared" / name
    if not folder.is_dir():
        skip_unless_ci(f"the folder ../shared/{name} with {content} is absent")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the page last: Playwright leaves an event loop running, beside which no other can be started."""
    items.sort(key=lambda item: "browser" in item.path.parts)
