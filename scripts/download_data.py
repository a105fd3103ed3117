"""Download the Kaggle data set that the default model is trained on (CC0, 112 MB).

python scripts/download_data.py --out data/
"""

import argparse
import shutil
from pathlib import Path

from _shared import run

from core import DataError
from core.disk import try_to_write, whole_file

DATASET = "CooperUnion/anime-recommendations-database"
FILES = ("anime.csv", "rating.csv")


def main() -> None:
    """Download to the cache of kagglehub, and copy the files to a folder."""
    parser = argparse.ArgumentParser(description="Download the Anime Recommendations Database from Kaggle.")
    parser.add_argument("--out", default="data", metavar="DIR", help="folder for the files (default: data)")
    out = Path(parser.parse_args().out)
    for name in FILES:
        try_to_write(out / name)
    cache = _download()
    missing = [name for name in FILES if not (cache / name).is_file()]
    if missing:
        raise DataError(
            f"The data set has no file {missing[0]}; it may have changed. See kaggle.com/datasets/{DATASET}."
        )
    for name in FILES:
        with (cache / name).open("rb") as source, whole_file(out / name) as target:
            shutil.copyfileobj(source, target)
        print(out / name)


def _download() -> Path:
    try:
        import kagglehub
    except ImportError as error:
        raise DataError("kagglehub is not installed; `pip install -r requirements-train.txt` brings it.") from error
    try:
        return Path(kagglehub.dataset_download(DATASET))
    except Exception as error:  # kagglehub passes on whatever its HTTP client raises
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise DataError(
            f"Kaggle could not be reached or refused the download ({reason}). Check the network, or download "
            f"kaggle.com/datasets/{DATASET} in a browser and unpack it."
        ) from error


if __name__ == "__main__":
    run(main)
