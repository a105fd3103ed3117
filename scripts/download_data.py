"""Download a public data set from Kaggle: ratings and titles, as `train.py` takes them.

python scripts/download_data.py --dataset 2016 --out data/
"""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from _shared import run

from core import DataError
from core.disk import try_to_write, whole_file


@dataclass(frozen=True)
class KaggleDataset:
    """A data set on Kaggle, with the names of its files of ratings and of titles, and what to know about it."""

    handle: str
    ratings: str
    anime: str
    about: str


DATASETS = {
    "2016": KaggleDataset(
        "CooperUnion/anime-recommendations-database", "rating.csv", "anime.csv", "7.8 M rows, 112 MB, CC0"
    ),
    "2018": KaggleDataset("azathoth42/myanimelist", "UserAnimeList.csv", "AnimeList.csv", "80 M rows"),
    "2020": KaggleDataset(
        "hernan4444/anime-recommendation-database-2020", "rating_complete.csv", "anime.csv",
        "58 M ratings; its animelist.csv, 109 M rows with what was watched without a rating, is read as well",
    ),
    "2023": KaggleDataset(
        "dbdmobile/myanimelist-dataset", "users-score-2023.csv", "anime-dataset-2023.csv", "24 M ratings"
    ),
}  # fmt: skip
NAMES = DATASETS | {dataset.handle: dataset for dataset in DATASETS.values()}


def main() -> None:
    """Download to the cache of kagglehub, copy the files to a folder, and say how to train with them."""
    parser = argparse.ArgumentParser(description="Download a data set from Kaggle.")
    parser.add_argument(
        "--dataset", choices=NAMES, default="2016", metavar="NAME",
        help="year or name on Kaggle (default: 2016): "
        + "; ".join(f"{year}: {dataset.handle} ({dataset.about})" for year, dataset in DATASETS.items()),
    )  # fmt: skip
    parser.add_argument("--out", default="data", metavar="DIR", help="folder for the files (default: data)")
    arguments = parser.parse_args()
    dataset, out = NAMES[arguments.dataset], Path(arguments.out)
    names = (dataset.anime, dataset.ratings)
    for name in names:
        try_to_write(out / name)
    for name in names:
        with _download(dataset.handle, name).open("rb") as source, whole_file(out / name) as target:
            shutil.copyfileobj(source, target)
        print(out / name)
    print(f"\npython scripts/train.py --ratings {out / dataset.ratings} --anime {out / dataset.anime} --out my-model")


def _download(handle: str, name: str) -> Path:
    """Return a file of a data set in the cache."""
    try:
        import kagglehub
    except ImportError as error:
        raise DataError("kagglehub is not installed; `pip install -r requirements-train.txt` brings it.") from error
    try:
        path = Path(kagglehub.dataset_download(handle, path=name))
    except Exception as error:  # kagglehub passes on whatever its HTTP client raises
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise DataError(
            f"Kaggle could not be reached or refused the download of {name} ({reason}). Check the network, or download "
            f"kaggle.com/datasets/{handle} in a browser and unpack it."
        ) from error
    if not path.is_file():
        raise DataError(f"The data set has no file {name}; it may have changed. See kaggle.com/datasets/{handle}.")
    return path


if __name__ == "__main__":
    run(main)
