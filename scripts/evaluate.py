"""Compare recipes on users and ratings that none of them was trained on.

python scripts/evaluate.py --ratings rating.csv --anime anime.csv [--recipes a,b,c] [--out report/]

users: whole users are held out; 1 to 40 or 80 % of their ratings are folded in, and the others are predicted.
ratings: 10 % of the ratings of known users are held out. `--folds` makes both k-fold.
discovery, planned: the finished lists of AniSVD along the dial `novelty`, judged by what held-out users like
among the titles that they have yet to see, and by what the users of `--planned` really plan to see.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from _shared import StageBar, add_data_arguments, add_test_arguments, read_config, read_data, run, save

from core import InputError, Ratings, TrainingConfig, train
from core.disk import try_to_write, write_file
from core.evaluation.charts import Charts, comparison_charts, factor_charts, save_charts
from core.evaluation.comparison import Comparison, compare
from core.evaluation.curves import prediction_curve, ranking_curve
from core.evaluation.lists.dial import POSITIONS, DialCurve, ListUsers, curve_of_dial_to_dict, dial_curve
from core.evaluation.lists.dial_report import dial_charts, dial_markdown
from core.evaluation.lists.plans import Plans
from core.evaluation.lists.visits import MIN_PLANNED, MIN_SEEN
from core.evaluation.recipes import RECIPES, Recipe, anisvd, recipe_named
from core.evaluation.report import comparison_to_dict, curve_to_dict, markdown, write_json
from core.evaluation.splits import Split, rating_folds, split_ratings, split_users, user_folds
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig
from core.insight.spectrum import spectrum

COMPARED, LISTS = ("users", "ratings"), ("discovery", "planned")
PROTOCOLS = (*COMPARED, *LISTS)


def main() -> None:
    """Compare the recipes, and write the report."""
    arguments = _parser().parse_args()
    config = read_config(arguments.config) if arguments.config else TrainingConfig()
    recipes, left_out = _recipes(arguments.recipes, config)
    protocols = _protocols(arguments)
    try_to_write(Path(arguments.out) / "report.json")
    ratings = read_data(arguments)
    plans = Plans.read(arguments.planned, ratings.catalogue) if arguments.planned else None
    is_planner = np.isin(ratings.user_ids, plans.user_ids if plans else [])
    planners, ratings = ratings.take(is_planner), ratings.take(~is_planner)

    bar, sections = StageBar(), []
    try:
        comparison = _compare(recipes, ratings, protocols, arguments, bar)
        charts, content = dict(comparison_charts(comparison)), comparison_to_dict(comparison)
        split = split_users(ratings, arguments.test_users, arguments.seed)
        if {*protocols} & {*LISTS}:
            users, without = _list_users(ratings, split, planners, plans, protocols)
            left_out |= without
            if users.histories is not None or users.planners is not None:
                curve = _dial(config, split.train, users, arguments, bar)
                content["lists"], sections = curve_of_dial_to_dict(curve), [dial_markdown(curve)]
                charts |= dial_charts(curve)
        if not arguments.no_curves:
            figures, more_charts = _curves(split, config, arguments.seed, bar)
            content |= figures
            charts |= more_charts
    finally:
        bar.close()
    facts = _facts(ratings, planners, arguments)
    page = markdown(comparison, facts, list(charts), left_out, sections)

    def write(folder: Path) -> None:
        write_json(folder / "report.json", {"facts": facts, "recipe": config.to_recipe(), **content})
        write_file(folder / "README.md", page)
        save_charts(charts, folder)

    sys.stdout.write(page.split("## Charts")[0])
    save(write, arguments.out)
    print(f"report: {Path(arguments.out) / 'README.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Compare recipes.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument(
        "--recipes", default=",".join(RECIPES), metavar="A,B,…", help=f"default: all, {', '.join(RECIPES)}"
    )
    parser.add_argument("--config", metavar="FILE", help="AniSVD by this recipe instead of the default one")
    parser.add_argument("--out", default="report", metavar="DIR", help="folder of the report (default: report)")
    parser.add_argument(
        "--protocols", metavar="A,B", help=f"of {','.join(PROTOCOLS)} (default: all, planned only with --planned)"
    )
    parser.add_argument(
        "--planned", metavar="FILE", help="user_id,anime_id of planned titles; nothing is trained on these users"
    )
    parser.add_argument(
        "--positions", type=float, nargs="+", default=POSITIONS, metavar="NOVELTY",
        help=f"of the dial, for the lists (default: {' '.join(f'{position:g}' for position in POSITIONS)})",
    )  # fmt: skip
    parser.add_argument(
        "--folds", type=int, default=1, metavar="K", help="k-fold cross-validation (default: one split)"
    )
    parser.add_argument("--no-curves", action="store_true", help="leave out the curves over the number of factors")
    return parser


def _protocols(arguments: argparse.Namespace) -> list[str]:
    """Return the protocols that the arguments ask for. Raises `InputError`."""
    if arguments.protocols is None:
        return [name for name in PROTOCOLS if name != "planned" or arguments.planned]
    protocols = list(arguments.protocols.split(","))
    if not {*protocols} <= {*PROTOCOLS}:
        raise InputError(f"--protocols is {arguments.protocols}; expected {', '.join(PROTOCOLS)}, or some of them.")
    if "planned" in protocols and not arguments.planned:
        raise InputError("The protocol planned needs --planned FILE, with what users plan to see.")
    return protocols


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
    """Return the results under the protocols that compare recipes, in one comparison."""
    seed, n_users, folds = arguments.seed, arguments.test_users, arguments.folds
    merged = Comparison(tuple(recipes))
    for protocol in [name for name in protocols if name in COMPARED]:
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


def _list_users(
    ratings: Ratings, split: Split, planners: Ratings, plans: Plans | None, protocols: list[str]
) -> tuple[ListUsers, dict[str, str]]:
    """Return the users to judge lists by, and why protocols are left out: some data sets have no such users."""
    is_tested = ~np.isin(ratings.user_ids, split.train.user_ids)
    users, left_out = ListUsers(split.holdouts), {}
    if "discovery" in protocols:
        histories = ratings.matrix[is_tested]
        if (np.diff(histories.indptr) >= MIN_SEEN).any():
            users = replace(users, histories=histories)
        else:
            left_out["discovery"] = f"none of the users held out has seen {MIN_SEEN} titles"
    if plans and "planned" in protocols:
        planned = plans.of(planners.user_ids)
        if (np.diff(planned.indptr) >= MIN_PLANNED).any():
            users = replace(users, planners=planners.matrix, plans=planned)
        else:
            left_out["planned"] = f"none of the users with ratings has planned {MIN_PLANNED} titles"
    return users, left_out


def _dial(
    config: TrainingConfig, ratings: Ratings, users: ListUsers, arguments: argparse.Namespace, bar: StageBar
) -> DialCurve:
    """Return the curve of the dial of AniSVD, trained once."""
    recipe = replace(config, stored_users=0, seed=arguments.seed)
    model = train(ratings, recipe, lambda stage, done: bar(f"lists {stage}", done / 2))
    return dial_curve(model, users, arguments.positions, arguments.seed, lambda stage, done: bar(stage, (1 + done) / 2))


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


def _facts(ratings: Ratings, planners: Ratings, arguments: argparse.Namespace) -> dict[str, str]:
    folds = f"{arguments.folds}-fold" if arguments.folds > 1 else "one split"
    return {
        "Data": f"{len(ratings.user_ids):,} users, {ratings.matrix.nnz:,} entries on a scale of {ratings.scale}, "
        f"fingerprint `{ratings.fingerprint[:16]}`"
        + (f"; and {len(planners.user_ids):,} users with plans, never trained on" if len(planners.user_ids) else ""),
        "By user": f"At most {arguments.test_users:,} users are held out ({folds}, seed {arguments.seed}). The number "
        "of ratings in the heading (or that share of the history) is shown, drawn at random; the other ratings judge",
        "By rating": "10 % of the explicit ratings are held out at random" if arguments.folds == 1 else folds,
        "Ranking": "The whole catalogue without the shown titles; relevant are titles rated in the upper part of the "
        "scale (8 of 10)",
        "Lists": "AniSVD alone, trained once without the users held out of one split; adult titles are left out of its "
        "lists, all parts of a franchise may be listed",
        "Peers": "Every column has the best settings of a small grid, chosen on users or ratings set aside inside the "
        "training part; AniSVD has one setting for everything",
    }


if __name__ == "__main__":
    run(main)
