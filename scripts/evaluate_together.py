"""Measure lists for two, three and four people, on users that the model was not trained on.

python scripts/evaluate_together.py --ratings rating.csv --anime anime.csv [--titles titles.csv] [--out report/]
"""

import argparse
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_data, run, save

from core import TrainingConfig, train
from core.disk import try_to_write, write_file
from core.evaluation.figures import figures_table, figures_to_dict
from core.evaluation.joint_lists import HISTORIES, JOINT_METRICS, GroupSample, compare_lists, list_makers
from core.evaluation.report import write_json
from core.evaluation.splits import history_name, split_users


def main() -> None:
    """Train without the users of the groups, make lists for these, and write the figures."""
    parser = argparse.ArgumentParser(description="Measure lists for several people.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument(
        "--tuning-users", type=int, metavar="N", help="group N other users than the test users, to choose settings by"
    )
    parser.add_argument("--out", default="report", metavar="DIR", help="folder of the figures (default: report)")
    arguments = parser.parse_args()

    try_to_write(Path(arguments.out) / "together.json")
    ratings = read_data(arguments)
    known = split_users(ratings, arguments.test_users, arguments.seed).train
    if arguments.tuning_users:
        ratings, known = known, split_users(known, arguments.tuning_users, arguments.seed + 1).train
    bar = StageBar()
    try:
        model = train(known, TrainingConfig(stored_users=0), bar)
        grouped = ratings.matrix[~np.isin(ratings.user_ids, known.user_ids)]
        content, parts = {}, ["# Lists for several people"]
        for histories in HISTORIES:
            groups = GroupSample.draw(grouped, histories, arguments.seed)
            figures = compare_lists(model, groups, list_makers(model), bar)
            shown = " and ".join(map(history_name, histories))
            content[shown] = {"groups": len(groups), "lists": figures_to_dict(figures)}
            parts += [f"{shown} shown, {len(groups):,} groups:", figures_table("list", figures, JOINT_METRICS)]
    finally:
        bar.close()
    page = "\n\n".join(parts)

    def write(folder: Path) -> None:
        write_json(folder / "together.json", content)
        write_file(folder / "together.md", page + "\n")

    print(page)
    save(write, arguments.out)


if __name__ == "__main__":
    run(main)
