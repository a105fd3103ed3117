"""Search the settings of a recipe with Optuna; run it again to go on where it stopped.

python scripts/tune.py --ratings rating.csv --anime anime.csv [--titles titles.csv] --recipe ranking --out DIR

The folder gets the study (study.db), what it found (study.json), its pictures, and, for AniSVD's own
recipes, config.json for `train.py --config`. Users that evaluate.py tests on are never looked at.
"""

import argparse
import json
from pathlib import Path

import optuna
from _shared import add_data_arguments, add_test_arguments, read_config, read_data, run
from tqdm import tqdm

from core import AniSVDError, TrainingConfig
from core.evaluation.charts import draw_study
from core.evaluation.report import write_json
from core.evaluation.splits import split_users
from core.evaluation.tuning.search_spaces import SEARCH_SPACES
from core.evaluation.tuning.study import Search, result, tune


def main() -> None:
    """Search, and write what was found after every trial."""
    parser = argparse.ArgumentParser(description="Search the settings of a recipe.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument("--recipe", choices=SEARCH_SPACES, default="ranking", help="what to tune (default: ranking)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the study, new or to go on with")
    parser.add_argument("--trials", type=int, default=60, metavar="N", help="how many in all (default: 60)")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="search these settings alone")
    parser.add_argument("--spread", type=float, default=1.0, metavar="SHARE", help="of each range, around the start")
    parser.add_argument("--config", metavar="FILE", help="begin with this recipe (default: the default one)")
    parser.add_argument("--folds", type=int, default=3, metavar="N", help="sets of users held out (default: 3)")
    parser.add_argument("--users-per-fold", type=int, default=1000, metavar="N", help="default: 1000")
    arguments = parser.parse_args()

    space, folder = SEARCH_SPACES[arguments.recipe], Path(arguments.out)
    config = read_config(arguments.config) if arguments.config else TrainingConfig()
    base = config.to_recipe().get(space.name, {}) if arguments.config else {}
    search = Search(
        space,
        base={name: value for name, value in base.items() if name in space.default},
        only=tuple(arguments.only),
        spread=arguments.spread,
        folds=arguments.folds,
        users_per_fold=arguments.users_per_fold,
        seed=arguments.seed,
    )
    ratings = split_users(read_data(arguments), arguments.test_users, arguments.seed).train
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    bar = tqdm(total=arguments.trials, unit="trial")

    def on_trial(study: optuna.Study) -> None:
        try:
            found = result(study)
        except AniSVDError:  # every trial so far was pruned or failed
            return
        bar.n = found["finished"]
        bar.set_postfix({space.judged_by: f"{found['figures']['combined']:.4f}"})
        write_json(folder / "study.json", found)
        if space.configure is not None:
            write_json(folder / "config.json", space.configure(config, found["settings"]).to_recipe())

    try:
        study = tune(search, ratings, folder, arguments.trials, on_trial)
    finally:
        bar.close()
    draw_study(study, folder)
    print(json.dumps(result(study), indent=2))


if __name__ == "__main__":
    run(main)
