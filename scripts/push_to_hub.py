"""Push a trained model to the Hugging Face Hub, as one commit.

python scripts/push_to_hub.py MODEL_FOLDER owner/name [--private] [--revision BRANCH] [--create-pr] [--dry-run]

The token is the one of `hf auth login`, or HF_TOKEN.
"""

import argparse

from _shared import add_push_arguments, push, run

from core import Model


def main() -> None:
    """Load the model, which validates it, and push it."""
    parser = argparse.ArgumentParser(description="Push a trained model to the Hugging Face Hub.")
    parser.add_argument("folder", metavar="MODEL_FOLDER", help="what train.py wrote")
    parser.add_argument("repo_id", metavar="owner/name", help="the repository, created if it doesn't exist")
    add_push_arguments(parser)
    arguments = parser.parse_args()
    push(Model.load(arguments.folder), arguments.repo_id, arguments)


if __name__ == "__main__":
    run(main)
