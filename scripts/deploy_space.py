"""Create or update a Hugging Face Space that serves a model from the Hub.

python scripts/deploy_space.py owner/space --model owner/name [--hardware cpu-basic|zero-a10g]
    [--revision BRANCH_OR_COMMIT] [--private] [--dry-run]

`cpu-basic` (for new Spaces) needs a PRO subscription; a free personal account can have up to two Spaces on `zero-a10g`.
Without `--revision` the Space follows the newest model on main; a full commit id pins it.
"""

import argparse

from _shared import run

from core.hub import client as hub
from core.serving.deploy import CPU_BASIC, ZERO_GPU, chosen_hardware, deploy, space_files


def main() -> None:
    """Check the files, push them as one commit, and set the variables of the Space."""
    parser = argparse.ArgumentParser(description="Create or update a Space that serves a model from the Hub.")
    parser.add_argument("space_id", metavar="owner/space")
    parser.add_argument("--model", required=True, metavar="owner/name", help="the model's repository")
    parser.add_argument("--revision", metavar="REVISION", help="branch or commit of the model (default: follow main)")
    parser.add_argument(
        "--hardware", choices=(CPU_BASIC, ZERO_GPU), help="default: what the Space has; a new one: cpu-basic, needs PRO"
    )
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument("--dry-run", action="store_true", help="check, show every file and its size, and push nothing")
    arguments = parser.parse_args()

    if arguments.dry_run:
        commit = hub.newest_commit(arguments.model, arguments.revision, timeout=10)
        hardware = chosen_hardware(arguments.space_id, arguments.hardware)
        files = space_files(arguments.model, commit, hardware)
        for name, content in sorted(files.items()):
            print(f"{len(content) / 1e3:10.1f} kB  {name}")
        print(f"{sum(map(len, files.values())) / 1e6:10.1f} MB  in all; dry run: nothing was pushed")
        return
    pushed = deploy(
        arguments.space_id,
        arguments.model,
        arguments.revision,
        hardware=arguments.hardware,
        private=arguments.private,
    )
    print(f"pushed         {pushed.url}")
    print(f"serves         {arguments.model}, {arguments.revision or 'the newest on main'}")


if __name__ == "__main__":
    run(main)
