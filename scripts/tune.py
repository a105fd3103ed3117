"""Search the settings of a recipe with Optuna; run it again to resume a search that stopped.

python scripts/tune.py --ratings rating.csv --anime anime.csv [--titles titles.csv] --recipe ranking --out DIR

The folder gets the study (study.db), its result (study.json), its charts, and, for AniSVD's own
recipes, config.json for `train.py --config`. The users that evaluate.py tests on are never used.
"""

import argparse
import json
from pathlib import Path

import optuna
from _shared import add_data_arguments, add_test_arguments, read_config, read_data, run
from tqdm import tqdm

from core import AniSVDError, TrainingConfig
from core.disk import try_to_write
from core.evaluation.report import write_json
from core.evaluation.splits import split_users
from core.evaluation.tuning.search_spaces import SEARCH_SPACES
from core.evaluation.tuning.study import SettingsSearch, result, tune
from core.evaluation.tuning.study_charts import draw_study


def main() -> None:
    """Search, and write the result after every trial."""
    parser = argparse.ArgumentParser(description="Search the settings of a recipe.")
    add_data_arguments(parser)
    add_test_arguments(parser)
    parser.add_argument("--recipe", choices=SEARCH_SPACES, default="ranking", help="what to tune (default: ranking)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the study, new or to resume")
    parser.add_argument("--trials", type=int, default=60, metavar="N", help="trials in all (default: 60)")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="search these settings alone")
    parser.add_argument("--spread", type=float, default=1.0, metavar="SHARE", help="of each range, around the start")
    parser.add_argument("--config", metavar="FILE", help="begin with this recipe (default: the default one)")
    parser.add_argument("--folds", type=int, default=3, metavar="N", help="sets of users held out (default: 3)")
    parser.add_argument("--users-per-fold", type=int, default=1000, metavar="N", help="default: 1000")
    arguments = parser.parse_args()

    space, folder = SEARCH_SPACES[arguments.recipe], Path(arguments.out)
    config = read_config(arguments.config) if arguments.config else TrainingConfig()
    base = config.to_recipe().get(space.name, {}) if arguments.config else {}
    search = SettingsSearch(
        space,
        base={name: value for name, value in base.items() if name in space.default},
        only=tuple(arguments.only),
        spread=arguments.spread,
        folds=arguments.folds,
        users_per_fold=arguments.users_per_fold,
        seed=arguments.seed,
    )
    try_to_write(folder / "study.json")
    ratings = split_users(read_data(arguments), arguments.test_users, arguments.seed).train
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    bar = tqdm(total=arguments.trials, unit="trial")

    def on_trial(study: optuna.Study) -> None:
        try:
            best = result(study)
        except AniSVDError:  # every trial so far was pruned or failed
            return
        bar.n = best["finished"]
        bar.set_postfix({space.metric: f"{best['figures']['combined']:.4f}"})
        write_json(folder / "study.json", best)
        if space.configure is not None:
            write_json(folder / "config.json", space.configure(config, best["settings"]).to_recipe())

    try:
        study = tune(search, ratings, folder, arguments.trials, on_trial)
    finally:
        bar.close()
    draw_study(study, folder)
    print(json.dumps(result(study), indent=2))


if __name__ == "__main__":
    run(main)
