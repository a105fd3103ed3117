"""Fit the second stage to users whom the heads are not trained on, and write its values.

python scripts/fit_second_stage.py --ratings rating.csv --anime anime.csv --titles titles.csv --out second_stage.json

A model is trained without the users to fit to and without the test users of `evaluate.py`. Copy the file to
`core/recommend/second_stage.json` to use it.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_data, run, save
from scipy import sparse

from core import TrainingConfig, train
from core.disk import try_to_write, write_file
from core.evaluation.metrics import mean
from core.evaluation.splits import HISTORIES, Holdout, hold_out, split_users
from core.evaluation.tuning.second_stage_fit import Queries, fit, weights_of
from core.recommend.second_stage import Values


def main() -> None:
    """Fit the second stage, and write its values."""
    parser = argparse.ArgumentParser(description="Fit the second stage.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument("--users", type=int, default=1500, metavar="N", help="users to fit to (default: 1500)")
    parser.add_argument("--out", default="second_stage.json", metavar="FILE", help="default: second_stage.json")
    arguments = parser.parse_args()
    try_to_write(Path(arguments.out))
    ratings = read_data(arguments)

    bar = StageBar()
    try:
        others = split_users(ratings, arguments.test_users, arguments.seed).train
        split = split_users(others, arguments.users, arguments.seed)
        model = train(split.train, replace(TrainingConfig(), stored_users=0, seed=arguments.seed), bar)
        held_out = np.isin(others.user_ids, split.train.user_ids, invert=True)
        queries = Queries.of(model, _histories(others.take(held_out).matrix, arguments.seed))
        values = fit(queries, arguments.seed, lambda done: bar("second stage", done))
    finally:
        bar.close()
    nothing = Values({fact: np.zeros_like(value) for fact, value in values.by_fact.items()})
    gain = mean(queries.ndcg(weights_of(values)) - queries.ndcg(weights_of(nothing)))
    print(f"NDCG@10 on the users fitted to: {gain.value:+.4f} ±{gain.standard_error:.4f}")
    stored = {fact: np.round(value, 3).tolist() for fact, value in values.by_fact.items()}
    content = json.dumps({"values": stored}, indent=1) + "\n"
    save(lambda path: write_file(path, content), arguments.out)


def _histories(matrix: sparse.csr_array, seed: int) -> list[tuple[Holdout, bool]]:
    """Return two draws of each of `HISTORIES`, and whether it shows whole lists: shares of them count as such."""
    draws = enumerate((*HISTORIES, *HISTORIES))
    return [(hold_out(matrix, history, seed + 100 + draw), history < 1) for draw, history in draws]


if __name__ == "__main__":
    run(main)
