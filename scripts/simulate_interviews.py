"""Measure ways to choose the titles that a visitor is asked about, by interviews with held-out users.

python scripts/simulate_interviews.py --ratings rating.csv --anime anime.csv [--titles titles.csv] [--out report/]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_data, run, save

from core import TrainingConfig, train
from core.disk import try_to_write, write_file
from core.evaluation.interviews import (
    Interviewer,
    Panel,
    after_choices,
    in_order,
    most_popular,
    outcomes_table,
    outcomes_to_dict,
    popular_and_disputed,
    simulate,
)
from core.evaluation.report import write_json
from core.evaluation.splits import split_users
from core.model.card import markdown_table


def main() -> None:
    """Train without the test users, interview them, and write the figures."""
    parser = argparse.ArgumentParser(description="Measure what to ask a visitor.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument("--out", default="report", metavar="DIR", help="folder of the figures (default: report)")
    arguments = parser.parse_args()

    try_to_write(Path(arguments.out) / "interviews.json")
    ratings = read_data(arguments)
    known = split_users(ratings, arguments.test_users, arguments.seed).train
    bar = StageBar()
    try:
        model = train(known, TrainingConfig(stored_users=0), bar)
        suggester = model.suggester
        interviewers: dict[str, Interviewer] = {
            "what AniSVD suggests": suggester.suggest,
            "the same without later seasons": replace(suggester, later_seasons=False).suggest,
            "the most popular": in_order(most_popular(known)),
            "popular and disputed": in_order(popular_and_disputed(known)),
        }
        hidden = ratings.matrix[~np.isin(ratings.user_ids, known.user_ids)]
        panel = Panel.draw(hidden, model.franchises.numbers, arguments.seed)
        choices = after_choices(model, panel, arguments.seed)
        outcomes = simulate(model, panel, interviewers, seed=arguments.seed, on_progress=bar)
    finally:
        bar.close()
    gains = {n: figure - choices[0] for n, figure in choices.items()}
    rows = [
        [str(n), f"{choices[n].value:.3f}", f"{gain.value:+.3f} ±{gain.standard_error:.3f}"]
        for n, gain in gains.items()
    ]
    by_covers = markdown_table([["choices", "without sequels", "gain"], *rows])
    table = f"{outcomes_table(outcomes)}\n\nChoices between covers:\n\n{by_covers}"

    def write(folder: Path) -> None:
        write_json(folder / "interviews.json", outcomes_to_dict(outcomes))
        write_file(folder / "interviews.md", f"# What to ask a visitor\n\n{table}\n")

    print(table)
    save(write, arguments.out)


if __name__ == "__main__":
    run(main)
