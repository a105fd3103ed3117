"""Compare recipes on users and ratings that none of them was trained on.

python scripts/evaluate.py --ratings rating.csv --anime anime.csv [--recipes a,b,c] [--out report/]

By user: whole users are held out; 1 to 40 or 80 % of their ratings are folded in, and the others are
predicted. By rating: 10 % of the ratings of known users are held out. `--folds` makes both k-fold.
"""

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_config, read_data, run, save

from core import InputError, Ratings, TrainingConfig
from core.disk import try_to_write, write_file
from core.evaluation.charts import Charts, comparison_charts, factor_charts, save_charts
from core.evaluation.comparison import Comparison, compare
from core.evaluation.curves import prediction_curve, ranking_curve
from core.evaluation.recipes import RECIPES, Recipe, anisvd, recipe_named
from core.evaluation.report import comparison_to_dict, curve_to_dict, markdown, write_json
from core.evaluation.splits import Split, rating_folds, split_ratings, split_users, user_folds
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig
from core.insight.spectrum import spectrum

PROTOCOLS = ("users", "ratings")


def main() -> None:
    """Compare the recipes, and write the report."""
    parser = argparse.ArgumentParser(description="Compare recipes.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument(
        "--recipes", default=",".join(RECIPES), metavar="A,B,…", help=f"default: all, {', '.join(RECIPES)}"
    )
    parser.add_argument("--config", metavar="FILE", help="AniSVD by this recipe instead of the default one")
    parser.add_argument("--out", default="report", metavar="DIR", help="folder of the report (default: report)")
    parser.add_argument("--protocols", default=",".join(PROTOCOLS), metavar="A,B", help="default: users,ratings")
    parser.add_argument(
        "--folds", type=int, default=1, metavar="K", help="k-fold cross-validation (default: one split)"
    )
    parser.add_argument("--no-curves", action="store_true", help="leave out the curves over the number of factors")
    arguments = parser.parse_args()

    config = read_config(arguments.config) if arguments.config else TrainingConfig()
    recipes, left_out = _recipes(arguments.recipes, config)
    protocols = arguments.protocols.split(",")
    if not protocols or not {*protocols} <= {*PROTOCOLS}:
        raise InputError(f"--protocols is {arguments.protocols}; expected {' or '.join(PROTOCOLS)}, or both.")
    try_to_write(Path(arguments.out) / "report.json")
    ratings = read_data(arguments)

    bar = StageBar()
    try:
        comparison = _compare(recipes, ratings, protocols, arguments, bar)
        charts, content = dict(comparison_charts(comparison)), comparison_to_dict(comparison)
        if not arguments.no_curves:
            split = split_users(ratings, arguments.test_users, arguments.seed)
            figures, more_charts = _curves(split, config, arguments.seed, bar)
            content |= figures
            charts |= more_charts
    finally:
        bar.close()
    facts = _facts(ratings, arguments)
    page = markdown(comparison, facts, list(charts), left_out)

    def write(folder: Path) -> None:
        write_json(folder / "report.json", {"facts": facts, "recipe": config.to_recipe(), **content})
        write_file(folder / "README.md", page)
        save_charts(charts, folder)

    sys.stdout.write(page.split("## Charts")[0])
    save(write, arguments.out)
    print(f"report: {Path(arguments.out) / 'README.md'}")


def _recipes(names: str, config: TrainingConfig) -> tuple[list[Recipe], dict[str, str]]:
    """Return the recipes that can run, AniSVD's own first, and why others cannot."""
    chosen = [recipe_named(name) for name in dict.fromkeys(names.split(","))]
    left_out = {
        recipe.name: f"the package `{recipe.package}` is not installed" for recipe in chosen if not recipe.installed
    }
    runnable = [anisvd(config) if recipe.name == "default" else recipe for recipe in chosen if recipe.installed]
    if not runnable:
        raise InputError(f"None of the recipes {names} can run: {'; '.join(left_out.values())}.")
    return sorted(runnable, key=lambda recipe: recipe.name != "default"), left_out


def _compare(
    recipes: list[Recipe], ratings: Ratings, protocols: list[str], arguments: argparse.Namespace, bar: StageBar
) -> Comparison:
    """Return the results under every protocol in one comparison."""
    seed, n_users, folds = arguments.seed, arguments.test_users, arguments.folds
    merged = Comparison(tuple(recipes))
    for protocol in protocols:
        splits: Iterable[Split]
        if protocol == "users":
            split_again = partial(split_users, n_users=n_users, seed=seed + 1)
            splits = user_folds(ratings, folds, seed) if folds > 1 else [split_users(ratings, n_users, seed)]
        else:
            split_again = partial(split_ratings, seed=seed + 1)
            splits = rating_folds(ratings, folds, seed) if folds > 1 else [split_ratings(ratings, seed=seed)]
        comparison = compare(recipes, splits, split_again, seed, bar)
        merged.results |= comparison.results
        merged.seconds = comparison.seconds | merged.seconds
    return merged


def _curves(split: Split, config: TrainingConfig, seed: int, bar: StageBar) -> tuple[dict[str, object], Charts]:
    """Return the figures of AniSVD by the number of factors, and their charts."""
    if not isinstance(config.ranking, RankingConfig) or not isinstance(config.prediction, PredictionConfig):
        return {}, {}
    head = config.ranking.fit(split.train, seed, lambda done: bar("curves", done / 3))
    ranking = ranking_curve(head, split)
    bar("curves", 0.5)
    prediction = prediction_curve(split, config.prediction, seed=seed)
    bar("curves", 1.0)
    sigma = head.factors.singular_values
    figures = {
        "ndcg by factors": curve_to_dict(ranking),
        "rmse by factors": curve_to_dict(prediction),
        "singular values": np.round(sigma.astype(float), 4).tolist(),
    }
    energies = spectrum(head, split.train.catalogue, len(split.train.user_ids))
    return figures, factor_charts(ranking, prediction, energies)


def _facts(ratings: Ratings, arguments: argparse.Namespace) -> dict[str, str]:
    folds = f"{arguments.folds}-fold" if arguments.folds > 1 else "one split"
    return {
        "Data": f"{len(ratings.user_ids):,} users, {ratings.matrix.nnz:,} entries on a scale of {ratings.scale}, "
        f"fingerprint `{ratings.fingerprint[:16]}`",
        "By user": f"At most {arguments.test_users:,} users are held out ({folds}, seed {arguments.seed}). The number "
        "of ratings in the heading (or that share of the history) is shown, drawn at random; the other ratings judge",
        "By rating": "10 % of the explicit ratings are held out at random" if arguments.folds == 1 else folds,
        "Ranking": "The whole catalogue without the shown titles; relevant are titles rated in the upper part of the "
        "scale (8 of 10)",
        "Peers": "Every column has the best settings of a small grid, chosen on users or ratings set aside inside the "
        "training part; AniSVD has one setting for everything",
    }


if __name__ == "__main__":
    run(main)
