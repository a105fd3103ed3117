"""Bring the titles of a model up to date, without training it again.

python scripts/refresh.py --repo owner/name [--revision BRANCH] [--release FILE] [--since YEAR] [--dry-run]
python scripts/refresh.py --model DIR [--out DIR] ...

The newest release of the anime-offline-database (github.com/cedya77/anime-offline-database) adds titles, which the
model places by what is known of them, and newer details. The result is checked against the model as it was. The Hub
gets one commit if anything has changed, and none otherwise. Run it every week: README.md says how.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from _shared import run

from core import Catalogue, InputError, Model
from core.data.catalogue_columns import FIRST_YEAR, LAST_YEAR
from core.data.enrich.new_titles import Changes, current_catalogue
from core.data.enrich.newest_release import download_newest_release
from core.data.enrich.release import ATTRIBUTION
from core.hub.client import push
from core.model.files import trial, try_folder
from core.serving.model_source import ServedModel
from core.serving.refreshed_model import check_refreshed
from core.ui import rehearse


def main() -> None:
    """Take the model and the release, make the new model, check it, and push or write it."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="anisvd-") as folder:
        if arguments.repo:
            old = Model.from_hub(arguments.repo, revision=arguments.revision)
        else:
            try_folder(arguments.out or arguments.model)
            old = Model.load(arguments.model)
        release = arguments.release or download_newest_release(folder)
        catalogue, changes = current_catalogue(old.catalogue, release, arguments.since)
        _summarise(changes, catalogue)
        if not changes:
            print("unchanged      the model has all of this already")
            return
        new = _checked(old, catalogue, Path(folder) / "model", arguments.repo or arguments.model)
        message = changes.message(catalogue)
        if arguments.dry_run:
            print("dry run: nothing was pushed or written")
        elif arguments.repo:
            _push(new, old.revision, message, arguments)
        else:
            new.save(arguments.out or arguments.model)
            print(f"model          {arguments.out or arguments.model}")
        print(f"Say where you publish it: {ATTRIBUTION}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Bring the titles of a model up to date, without training it again.")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--repo", metavar="owner/name", help="the model on the Hub; it gets a commit")
    model.add_argument("--model", metavar="DIR", help="a model in a folder, which is replaced")
    parser.add_argument("--out", metavar="DIR", help="with --model: another folder for the new model")
    parser.add_argument("--revision", metavar="BRANCH", help="with --repo: the branch to read and push to (main)")
    parser.add_argument("--release", metavar="FILE", help="a release that you have (default: download the newest)")
    parser.add_argument(
        "--since", type=int, metavar="YEAR",
        help="add titles of this year or later that the model lacks (default: the year before the release's)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="check everything, and push or write nothing")
    arguments = parser.parse_args()
    if arguments.since is not None and not FIRST_YEAR <= arguments.since <= LAST_YEAR:
        raise InputError(f"--since is {arguments.since}; expected a year from {FIRST_YEAR} to {LAST_YEAR}.")
    if arguments.repo and arguments.out:
        parser.error("--out belongs to --model: a model on the Hub is replaced there")
    return arguments


def _checked(old: Model, catalogue: Catalogue, folder: Path, name: str) -> Model:
    """Return the model with these titles, as it is read from disk, after it answered what visitors will ask."""
    old.with_titles(catalogue).save(folder)
    new = Model.load(folder)
    check_refreshed(old, new)
    with trial(folder):
        rehearse(ServedModel(new, name, "", datetime.now(UTC)))
    print("checked        it loads, ranks and predicts old titles as before, and passes the rehearsal")
    return new


def _push(model: Model, parent: str, message: str, arguments: argparse.Namespace) -> None:
    files = model.files(repo_id=arguments.repo)
    pushed = push(files, arguments.repo, message=message, revision=arguments.revision, parent=parent)
    print(f"{'pushed' if pushed.changed else 'unchanged':<14} {pushed.url}")
    print(f"revision       {pushed.revision}")


def _summarise(changes: Changes, catalogue: Catalogue) -> None:
    print(f"release        {changes.source}")
    print(f"changes        {changes.message(catalogue)}")
    for reason, count in changes.left_out.items():
        print(f"left out       {count:,} {reason}")


if __name__ == "__main__":
    run(main)
