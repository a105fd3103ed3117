"""Measure lists for two, on pairs of users that the model was not trained on.

python scripts/evaluate_together.py --ratings rating.csv --anime anime.csv [--titles titles.csv] [--out report/]
"""

import argparse
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_data, run

from core import TrainingConfig, train
from core.evaluation.pairs import HISTORIES, Pairs, measure, outcomes_table, outcomes_to_dict, strategies
from core.evaluation.report import write_json
from core.evaluation.splits import split_users


def main() -> None:
    """Train without the users of the pairs, make lists for these, and write what came of it."""
    parser = argparse.ArgumentParser(description="Measure lists for two.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument(
        "--tuning-users", type=int, metavar="N", help="pair so many others than the test users, to choose settings by"
    )
    parser.add_argument("--out", default="report", metavar="DIR", help="folder of the figures (default: report)")
    arguments = parser.parse_args()

    ratings = read_data(arguments)
    known = split_users(ratings, arguments.test_users, arguments.seed).train
    if arguments.tuning_users:
        ratings, known = known, split_users(known, arguments.tuning_users, arguments.seed + 1).train
    bar = StageBar()
    try:
        model = train(known, TrainingConfig(stored_users=0), bar)
        paired = ratings.matrix[~np.isin(ratings.user_ids, known.user_ids)]
        figures, tables = {}, ["# Two people"]
        for histories in HISTORIES:
            pairs = Pairs.of(paired, histories, arguments.seed)
            shown = " and ".join(f"{one:.0%}" if isinstance(one, float) else str(one) for one in histories)
            outcomes = measure(model, pairs, strategies(model), bar)
            figures[shown] = {"pairs": len(pairs), "lists": outcomes_to_dict(outcomes)}
            tables += [f"{shown} shown, {len(pairs):,} pairs:", outcomes_table(outcomes)]
    finally:
        bar.close()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "together.json", figures)
    (folder / "together.md").write_text("\n\n".join(tables) + "\n", encoding="utf-8")
    print("\n\n".join(tables))


if __name__ == "__main__":
    run(main)
