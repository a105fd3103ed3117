"""Tuning: the settings of one recipe searched with Optuna, on users or ratings held out for it.

The study is kept in a file, so that a search that was stopped, or killed, goes on where it was. A
trial is measured fold by fold and history by history and given up as soon as a Wilcoxon test says
that it will not become the best: the noise between users is larger than that between settings.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import WilcoxonPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState

from ...data.ratings import Ratings
from ...errors import DataError, InputError
from ..measure import LOWER_IS_BETTER, Scorer, measure
from ..recipes import Settings
from ..splits import Split, rating_folds, user_folds
from .search_spaces import Range, SearchSpace

STUDY = "study.db"
STARTUP_TRIALS = 12
RATING_FOLDS = 10


@dataclass(frozen=True)
class Search:
    """What to search, and how it is judged.

    Attributes
    ----------
    space
        The recipe, its settings and their ranges.
    base
        Settings in place of the space's defaults: where the search begins.
    only
        Search these settings alone and leave the others at ``base``; empty: all.
    spread
        How much of each range is searched, around ``base``, 0..1.
    folds, users_per_fold
        How many disjoint sets of users are held out in turn, and how large each is.
    seed
        Of folds and sampler.
    """

    space: SearchSpace
    base: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    spread: float = 1.0
    folds: int = 3
    users_per_fold: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.only:
            if name not in self.space.ranges:
                raise InputError(
                    f"{self.space.name} has no setting {name!r} to search; it has {', '.join(self.space.ranges)}."
                )
        if not 0 < self.spread <= 1:
            raise InputError(f"spread is {self.spread}; expected more than 0 and at most 1.")
        if self.folds < 2 or self.users_per_fold < 1:
            raise InputError(f"{self.folds} folds of {self.users_per_fold} users; expected 2 or more, and 1 or more.")

    @property
    def ranges(self) -> dict[str, Range]:
        """The settings that are searched."""
        return {
            name: of.around(self.start[name], self.spread)
            for name, of in self.space.ranges.items()
            if not self.only or name in self.only
        }

    @property
    def start(self) -> dict[str, Any]:
        """All settings of the first trial."""
        return {**self.space.default, **self.base}


def tune(
    search: Search,
    ratings: Ratings,
    folder: str | Path,
    trials: int,
    on_trial: Callable[[optuna.Study], None] = lambda study: None,
) -> optuna.Study:
    """Search until the study in ``folder`` has this many finished trials, and return it.

    The figure of a trial is the mean over folds of half the mean over short histories and half
    the figure of the longest: visitors who told little and fans who told all count alike.

    Raises
    ------
    DataError
        The folder has a study of something else.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    splits = _splits(search, ratings)
    study = _open(search, ratings, folder / STUDY)
    fit = _Fits(search, splits)

    def objective(trial: optuna.Trial) -> float:
        settings = search.start | {name: _suggest(trial, name, of) for name, of in search.ranges.items()}
        trial.set_user_attr("settings", settings)
        figures: dict[str, list[float]] = {}
        for fold, split in enumerate(splits):
            recommender = fit(fold, settings)
            for index, (name, holdout) in enumerate(split.holdouts.items()):
                value = measure(recommender, holdout, split.train).estimates[search.space.judged_by].value
                figures.setdefault(name, []).append(value)
                trial.report(value, step=fold * len(split.holdouts) + index)
            if trial.should_prune():
                raise optuna.TrialPruned
        means = {name: float(np.mean(values)) for name, values in figures.items()}
        trial.set_user_attr("figures", means)
        return _combined(list(means.values()))

    study.optimize(
        objective, n_trials=max(0, trials - _finished(study)), callbacks=[lambda study, trial: on_trial(study)]
    )
    return study


def result(study: optuna.Study) -> dict[str, Any]:
    """What a study found, ready for JSON: the best settings, their figures and those of the first
    trial by history, and what was searched on what. Raises `InputError` for an empty study.
    """
    completed = study.get_trials(states=(TrialState.COMPLETE,))
    if not completed:
        raise InputError("The study has no completed trial yet; expected at least one.")
    first, best = completed[0], study.best_trial
    return {
        "settings": best.user_attrs["settings"],
        "figures": best.user_attrs["figures"] | {"combined": best.value},
        "figures of the first trial": first.user_attrs["figures"] | {"combined": first.value},
        "finished": _finished(study),
        "pruned": len(study.get_trials(states=(TrialState.PRUNED,))),
        **study.user_attrs["facts"],
    }


def _finished(study: optuna.Study) -> int:
    return len(study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _open(search: Search, ratings: Ratings, path: Path) -> optuna.Study:
    """The study in a file, made if there is none; trials that were cut off are tried again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        pruner = WilcoxonPruner(p_threshold=0.1)
    study = optuna.create_study(
        storage=f"sqlite:///{path}",
        study_name="anisvd",
        pruner=pruner,
        direction="minimize" if search.space.judged_by in LOWER_IS_BETTER else "maximize",
        load_if_exists=True,
    )
    study.sampler = TPESampler(n_startup_trials=STARTUP_TRIALS, multivariate=True, seed=search.seed + len(study.trials))
    facts = {
        "recipe": search.space.name,
        "searched": sorted(search.ranges),
        "spread": search.spread,
        "first settings": search.start,
        "data fingerprint": ratings.fingerprint,
        "folds": search.folds,
        "users per fold": search.users_per_fold,
        "seed": search.seed,
    }
    known = study.user_attrs.get("facts")
    if known is None:
        study.set_user_attr("facts", facts)
        study.enqueue_trial({name: search.start[name] for name in search.ranges})
    elif known != facts:
        changed = ", ".join(name for name in facts if known.get(name) != facts[name])
        raise DataError(f"{path}: is a study with another {changed}. Choose an empty folder, or delete the file.")
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    return study


def _splits(search: Search, ratings: Ratings) -> Sequence[Split]:
    if search.space.by_rating:
        return list(islice(rating_folds(ratings, RATING_FOLDS, search.seed), search.folds))
    return list(user_folds(ratings, search.folds, search.seed, n_users=search.users_per_fold))


def _suggest(trial: optuna.Trial, name: str, of: Range) -> int | float:
    if isinstance(of.low, int) and isinstance(of.high, int):
        return trial.suggest_int(name, of.low, of.high, log=of.log)
    return trial.suggest_float(name, of.low, of.high, log=of.log)


def _combined(figures: Sequence[float]) -> float:
    """Half the mean of all but the last, half the last; a single figure as it is."""
    return float(np.mean([np.mean(figures[:-1]), figures[-1]])) if len(figures) > 1 else figures[0]


class _Fits:
    """Fits recommenders. Where only settings differ that need no new fit, the last one is changed."""

    def __init__(self, search: Search, splits: Sequence[Split]) -> None:
        self._search, self._splits = search, splits
        self._last: dict[int, tuple[Settings, Scorer]] = {}

    def __call__(self, fold: int, settings: Settings) -> Scorer:
        space = self._search.space
        if fold in self._last and space.refit is not None:
            before, recommender = self._last[fold]
            if all(settings[name] == before[name] for name in space.fitted):
                return space.refit(recommender, settings)
        recommender = space.fit(self._splits[fold].train, self._search.seed, **settings)
        self._last[fold] = (settings, recommender)
        return recommender
