"""Create or update a Hugging Face Space that serves a model from the Hub.

python scripts/deploy_space.py owner/space --model owner/name [--revision BRANCH_OR_COMMIT] [--private] [--dry-run]

Without `--revision` the Space follows the newest model on main; a full commit id pins it.
"""

import argparse

from _shared import run

from core.hub import client as hub
from core.serving.deploy import deploy, space_files


def main() -> None:
    """Check the files, push them as one commit, and set the variables of the Space."""
    parser = argparse.ArgumentParser(description="Create or update a Space that serves a model from the Hub.")
    parser.add_argument("space_id", metavar="owner/space")
    parser.add_argument("--model", required=True, metavar="owner/name", help="the model's repository")
    parser.add_argument("--revision", metavar="REVISION", help="branch or commit of the model (default: follow main)")
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument("--dry-run", action="store_true", help="check, show every file and its size, and push nothing")
    arguments = parser.parse_args()

    if arguments.dry_run:
        files = space_files(arguments.model, hub.newest_commit(arguments.model, arguments.revision, timeout=10))
        for name, content in sorted(files.items()):
            print(f"{len(content) / 1e3:10.1f} kB  {name}")
        print(f"{sum(map(len, files.values())) / 1e6:10.1f} MB  in all; dry run: nothing was pushed")
        return
    pushed = deploy(arguments.space_id, arguments.model, arguments.revision, private=arguments.private)
    print(f"pushed         {pushed.url}")
    print(f"serves         {arguments.model}, {arguments.revision or 'the newest on main'}")


if __name__ == "__main__":
    run(main)
