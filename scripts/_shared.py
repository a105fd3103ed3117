"""Common parts of the scripts: arguments, files, a progress bar, and errors as sentences."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

# So that `python scripts/train.py` finds the package, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import AniSVDError, Catalogue, DataError, InputError, Model, Ratings, TrainingConfig

OTHER_PLACES = ("/var/tmp", "/dev/shm", str(Path.home()))  # noqa: S108
"""Folders for a result that can be written neither where it belongs nor among the temporary files."""


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--ratings``, ``--anime``, ``--titles`` and ``--scale``: see `read_data`."""
    parser.add_argument(
        "--ratings", required=True, nargs="+", metavar="PATH",
        help="ratings in a known form: .csv (also .gz, .zip) or .parquet, several parts, or a folder of parts",
    )  # fmt: skip
    parser.add_argument("--anime", required=True, metavar="FILE", help="titles in a known form, such as anime.csv")
    parser.add_argument(
        "--titles", metavar="FILE", help="English names, synonyms, years, covers, franchises (optional)"
    )
    parser.add_argument(
        "--scale", type=float, nargs=2, default=(1, 10), metavar=("LOW", "HIGH"), help="of the ratings (default: 1 10)"
    )


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--test-users`` and ``--seed``, which choose the users that only the evaluation sees."""
    parser.add_argument(
        "--test-users", type=int, default=1500, metavar="N", help="held out for the report alone (default: 1500)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of splits and everything else random (default: 0)")


def read_data(arguments: argparse.Namespace) -> Ratings:
    """Return the ratings in the files of the arguments."""
    catalogue = Catalogue.read(arguments.anime, titles=arguments.titles)
    return Ratings.read(arguments.ratings, catalogue, rating_scale=tuple(arguments.scale))


def read_json(path: str) -> Any:
    """Return the content of a JSON file. Raises `DataError`."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}. Expected a JSON file.") from error
    except ValueError as error:
        raise DataError(f"{path}: is not valid JSON: {error}") from error


def read_config(path: str) -> TrainingConfig:
    """Return the recipe in a file from ``tune.py``, or in a model's ``config.json``. Raises `DataError`."""
    content = read_json(path)
    recipe = content.get("recipe", content) if isinstance(content, dict) else content
    try:
        return TrainingConfig.from_recipe(recipe)
    except InputError as error:
        raise DataError(f"{path}: {error}") from error


def save(write: Callable[[Path], object], folder: str | Path) -> None:
    """Write a result to a folder. If that fails, write it to a temporary folder, which the `OutputError` names."""
    try:
        write(Path(folder))
    except AniSVDError as error:
        for place in (tempfile.gettempdir(), *OTHER_PLACES):
            with suppress(OSError, AniSVDError):
                rescued = tempfile.mkdtemp(prefix="anisvd-", dir=place)
                write(Path(rescued))
                raise SystemExit(f"error: {error} Nothing is lost: the result is in {rescued}.") from error
        raise


def add_push_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--private``, ``--revision``, ``--create-pr`` and ``--dry-run``: see `push`."""
    parser.add_argument("--private", action="store_true", help="make a new repository private")
    parser.add_argument("--revision", metavar="BRANCH", help="push to this branch (default: main)")
    parser.add_argument("--create-pr", action="store_true", help="open a pull request instead of changing the branch")
    parser.add_argument("--dry-run", action="store_true", help="show every file and its size, and push nothing")


def push(model: Model, repo_id: str, arguments: argparse.Namespace) -> None:
    """Push a model with the options of the arguments, and print its files and its address."""
    files = model.files(repo_id=repo_id)
    for name, content in files.items():
        print(f"{len(content) / 1e6:9.3f} MB  {name}")
    print(f"{sum(map(len, files.values())) / 1e6:9.3f} MB  in all, for {repo_id}")
    if arguments.dry_run:
        print("dry run: nothing was pushed")
        return
    pushed = model.push_to_hub(
        repo_id, private=arguments.private, revision=arguments.revision, create_pr=arguments.create_pr
    )
    status = "pushed" if pushed.changed else "unchanged"  # the Hub has exactly these files already
    print(f"{status:<14} {pushed.pull_request or pushed.url}")
    print(f"revision       {pushed.revision}")


class StageBar:
    """A progress bar on standard error, for one stage after the other."""

    def __init__(self) -> None:
        self._bar = tqdm(total=100, unit="%", bar_format="{desc:<16}{percentage:3.0f}% |{bar:30}| {elapsed}")

    def __call__(self, stage: str, done: float) -> None:
        """Show a stage, and its share that is done, 0..1."""
        self._bar.set_description_str(stage, refresh=False)
        self._bar.n = round(100 * done)
        self._bar.refresh()

    def close(self) -> None:
        """Leave the last state on the terminal."""
        self._bar.close()


def run(main: Callable[[], None]) -> None:
    """Run a script. An `AniSVDError` ends it with its sentence and exit code 1, without a traceback."""
    try:
        main()
    except AniSVDError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was left half-written")
