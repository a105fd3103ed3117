"""Train a model from ratings and write it to a folder.

python scripts/train.py --ratings rating.csv --anime anime.csv [--titles titles.csv] --out DIR
"""

import argparse
import resource
import sys
import time
from dataclasses import replace

from _shared import StageBar, add_data_arguments, read_data, run

from core import InputError, Model, Ratings, TrainingConfig, train

RECIPES = {"default": TrainingConfig(), "textbook": TrainingConfig.textbook()}


def main() -> None:
    """Read, train, save, and say what came of it."""
    parser = argparse.ArgumentParser(description="Train a model and write it to a folder.")
    add_data_arguments(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the model; an older model is replaced")
    parser.add_argument("--recipe", choices=RECIPES, default="default", help="default: the tuned one")
    parser.add_argument("--factors", type=int, metavar="K", help="factors of the ranking head (default: the recipe's)")
    parser.add_argument("--stored-users", type=int, metavar="N", help="existing users in the model (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: 0)")
    arguments = parser.parse_args()

    started = time.perf_counter()
    ratings = read_data(arguments)
    read = time.perf_counter() - started
    bar = StageBar()
    try:
        model = train(ratings, _config(arguments), bar)
    finally:
        bar.close()
    model.save(arguments.out)
    _summarise(ratings, model, read, time.perf_counter() - started)
    print(f"model          {arguments.out}")


def _config(arguments: argparse.Namespace) -> TrainingConfig:
    config = RECIPES[arguments.recipe]
    if arguments.factors is not None:
        if arguments.recipe == "textbook":
            config = TrainingConfig.textbook(arguments.factors)
        else:
            config = replace(config, ranking=replace(config.ranking, factors=arguments.factors))
    if arguments.seed < 0:
        raise InputError(f"--seed is {arguments.seed}; expected 0 or more.")
    return replace(config, stored_users=arguments.stored_users, seed=arguments.seed)


def _summarise(ratings: Ratings, model: Model, reading: float, total: float) -> None:
    data, sigma = model.info.data, model.singular_values
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(
        f"""data           {ratings.report}
users          {data["users"]:,}
titles         {data["titles"]:,}, {data["rated_titles"]:,} of them rated
ratings        {data["ratings"]:,}, and {data["watched_only"]:,} watched without a rating
density        {data["density"]:.3%}
singular values {sigma[0]:.4g} … {sigma[len(sigma) // 2]:.4g} … {sigma[-1]:.4g} ({len(sigma)} factors)
training RMSE  {model.info.metrics["training_rmse"]:.4f} (how well it remembers, not how well it predicts)
seconds        {total:.1f}, {reading:.1f} of them reading
peak memory    {peak:,.0f} MB"""
    )


if __name__ == "__main__":
    run(main)
