"""Train a model from ratings and write it to a folder.

python scripts/train.py --ratings rating.csv --anime anime.csv [--titles titles.csv] --out DIR
"""

import argparse
import resource
import sys
import time
from dataclasses import replace

from _shared import StageBar, add_data_arguments, add_push_arguments, push, read_config, read_data, read_json, run, save

from core import Model, Ratings, TrainingConfig, train
from core.evaluation.report import quality
from core.model.files import try_folder
from core.model.sources import SOURCES

RECIPES = {"default": TrainingConfig(), "textbook": TrainingConfig.textbook()}


def main() -> None:
    """Read the data, train, save the model, and print a summary."""
    parser = argparse.ArgumentParser(description="Train a model and write it to a folder.")
    add_data_arguments(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the model; an older model is replaced")
    recipe = parser.add_mutually_exclusive_group()
    recipe.add_argument("--recipe", choices=RECIPES, default="default", help="default: the tuned one")
    recipe.add_argument("--config", metavar="FILE", help="a recipe that tune.py wrote, or a model's config.json")
    parser.add_argument("--report", metavar="FILE", help="report.json of evaluate.py: its figures go on the model card")
    parser.add_argument("--factors", type=int, metavar="K", help="factors of the ranking head (default: the recipe's)")
    parser.add_argument("--stored-users", type=int, metavar="N", help="existing users in the model (default: all)")
    parser.add_argument(
        "--store-users-of", metavar="FILE",
        help="ratings whose users alone may be stored as existing users, for example the part that may be published",
    )  # fmt: skip
    parser.add_argument(
        "--sources", default="", metavar="NAME,NAME",
        help=f"where the ratings come from, for the card and the page: {', '.join(SOURCES)}, or any words",
    )  # fmt: skip
    parser.add_argument("--push", metavar="owner/name", help="push the model to the Hugging Face Hub, too")
    add_push_arguments(parser)
    parser.add_argument("--seed", type=int, help="of everything random (default: the recipe's, 0)")
    arguments = parser.parse_args()

    config = _config(arguments)
    try_folder(arguments.out)
    figures = quality(read_json(arguments.report), config.to_recipe()) if arguments.report else None
    started = time.perf_counter()
    ratings = read_data(arguments)
    storable = None
    if arguments.store_users_of:
        storable = Ratings.read(arguments.store_users_of, ratings.catalogue, ratings.scale).user_ids
    reading_seconds = time.perf_counter() - started
    bar = StageBar()
    try:
        model = train(ratings, config, bar, storable)
    finally:
        bar.close()
    if figures:
        model = model.with_quality(*figures)
    model = model.with_sources(filter(None, map(str.strip, arguments.sources.split(","))))
    save(model.save, arguments.out)
    _summarise(ratings, model, reading_seconds, time.perf_counter() - started)
    print(f"model          {arguments.out}")
    if arguments.push:
        push(model, arguments.push, arguments)


def _config(arguments: argparse.Namespace) -> TrainingConfig:
    config = read_config(arguments.config) if arguments.config else RECIPES[arguments.recipe]
    if arguments.factors is not None:
        is_one_head = config.prediction == config.ranking  # as in the textbook recipe
        config = replace(config, ranking=replace(config.ranking, factors=arguments.factors))
        if is_one_head:
            config = replace(config, prediction=config.ranking)  # type: ignore[arg-type]
    seed = config.seed if arguments.seed is None else arguments.seed
    return replace(config, stored_users=arguments.stored_users, seed=seed)


def _summarise(ratings: Ratings, model: Model, reading_seconds: float, seconds: float) -> None:
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
seconds        {seconds:.1f}, {reading_seconds:.1f} of them reading
peak memory    {peak:,.0f} MB"""
    )


if __name__ == "__main__":
    run(main)
