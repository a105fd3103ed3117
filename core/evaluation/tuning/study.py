"""Studies: the search for the settings of one recipe with Optuna, on users or ratings held out for it.

The study is kept in a file, so that a search that was stopped or killed can be resumed. A trial is
measured fold by fold and history by history. It is pruned as soon as a Wilcoxon test says that it will
not become the best: the noise between users is larger than that between settings.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import WilcoxonPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from ...data.ratings import Ratings
from ...errors import DataError, InputError, OutputError
from ..measure import LOWER_IS_BETTER, Scorer, measure_split
from ..recipes import Settings
from ..splits import HISTORIES, KNOWN, Split, history_name, rating_folds, user_folds
from .search_spaces import Range, SearchSpace

STUDY = "study.db"
STARTUP_TRIALS = 12
RATING_FOLDS = 10


@dataclass(frozen=True)
class SettingsSearch:
    """A search space, the part of it to search, and how a trial is measured.

    Attributes
    ----------
    base
        Settings of the first trial, in place of the space's defaults.
    only
        Names of the settings to search; the others stay as in the first trial. Empty: all.
    spread
        The share of each range that is searched, around the first trial, 0..1.
    folds, users_per_fold
        How many disjoint sets of users are held out in turn, and their size.
    seed
        The seed of folds and sampler.
    """

    space: SearchSpace
    base: Settings = field(default_factory=dict)
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
    def start(self) -> dict[str, Any]:
        """All settings of the first trial."""
        return {**self.space.default, **self.base}

    @property
    def ranges(self) -> dict[str, Range]:
        """The settings that are searched."""
        ranges, start = self.space.ranges, self.start
        return {name: ranges[name].around(start[name], self.spread) for name in ranges if name in (self.only or ranges)}

    def splits(self, ratings: Ratings) -> list[Split]:
        """Return the folds to measure on."""
        if self.space.by_rating:
            return list(islice(rating_folds(ratings, RATING_FOLDS, self.seed), self.folds))
        return list(user_folds(ratings, self.folds, self.seed, n_users=self.users_per_fold))


def tune(
    search: SettingsSearch,
    ratings: Ratings,
    folder: Path,
    trials: int,
    on_trial: Callable[[optuna.Study], None] = lambda study: None,
) -> optuna.Study:
    """Search until the study in ``folder`` has this many finished trials, and return it.

    The figure of a trial is the mean over folds of half the mean over short histories plus half the
    figure of the longest: visitors with few and fans with many ratings count alike. Raises `DataError` if the
    folder has a study of something else, and `OutputError` if the study cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    splits = search.splits(ratings)
    with _storage_in_words(folder / STUDY):
        study = _open(search, ratings, folder / STUDY)
    fitted: dict[int, tuple[Settings, Scorer]] = {}

    def objective(trial: optuna.Trial) -> float:
        settings = search.start | {name: _suggest(trial, name, values) for name, values in search.ranges.items()}
        trial.set_user_attr("settings", settings)
        # The figures by history, one for each fold that has users with so long a history.
        figures: dict[str, list[float]] = {name: [] for name in (*map(history_name, HISTORIES), KNOWN)}
        for fold, split in enumerate(splits):
            scorer = _refitted(search.space, settings, fitted.get(fold))
            if scorer is None:
                scorer = search.space.fit(split.train, search.seed, **settings)
                fitted[fold] = settings, scorer
            for history, measured in measure_split(scorer, split).items():
                value = measured.estimates[search.space.metric].value
                trial.report(value, step=sum(map(len, figures.values())))
                figures[history].append(value)
            if trial.should_prune():
                raise optuna.TrialPruned
        means = {history: float(np.mean(values)) for history, values in figures.items() if values}
        trial.set_user_attr("figures", means)
        return _combined(list(means.values()))

    with _storage_in_words(folder / STUDY):
        remaining = max(0, trials - _finished(study))
        study.optimize(objective, n_trials=remaining, callbacks=[lambda study, trial: on_trial(study)])
    return study


def result(study: optuna.Study) -> dict[str, Any]:
    """Return the result of a study, ready for JSON. Raises `InputError` for a study without a completed trial.

    It has the best settings, their figures and those of the first trial by history, and what was searched.
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


@contextmanager
def _storage_in_words(path: Path) -> Iterator[None]:
    """Raise an error of the study's database as an `OutputError`."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise OutputError(
            f"{path} cannot be written: {reason}. The trials that finished are kept. Mend that, and run it again."
        ) from error


def _open(search: SettingsSearch, ratings: Ratings, path: Path) -> optuna.Study:
    """Return the study in a file, new if there is none. Trials that were cut off are queued again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        pruner = WilcoxonPruner(p_threshold=0.1)
    study = optuna.create_study(
        storage=f"sqlite:///{path}",
        study_name="anisvd",
        pruner=pruner,
        direction="minimize" if search.space.metric in LOWER_IS_BETTER else "maximize",
        load_if_exists=True,
    )
    study.sampler = TPESampler(n_startup_trials=STARTUP_TRIALS, multivariate=True, seed=search.seed + len(study.trials))
    facts = {
        "recipe": search.space.name,
        "searched": sorted(search.ranges),
        "spread": search.spread,
        "first settings": search.start,
        "data fingerprint": ratings.fingerprint,
        "histories": [history_name(history) for history in HISTORIES],
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


def _suggest(trial: optuna.Trial, name: str, values: Range) -> int | float:
    if values.whole:
        return trial.suggest_int(name, int(values.low), int(values.high), log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _refitted(space: SearchSpace, settings: Settings, last: tuple[Settings, Scorer] | None) -> Scorer | None:
    """Return the last scorer with other settings, or None if they need a new fit."""
    if last is None or space.refit is None or any(settings[name] != last[0][name] for name in space.fitted):
        return None
    return space.refit(last[1], settings)


def _combined(figures: Sequence[float]) -> float:
    """Return half the mean of all figures but the last plus half the last; a single figure as it is."""
    return float(np.mean([np.mean(figures[:-1]), figures[-1]])) if len(figures) > 1 else figures[0]
