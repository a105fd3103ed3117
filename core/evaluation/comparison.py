"""Comparison of several recipes on the same splits, with paired differences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from ..data.ratings import Ratings
from ..model.training import Progress
from .measure import LOWER_IS_BETTER, RANKING_METRICS, RATING_METRICS, Measured, measure, measure_split
from .metrics import Estimate, Estimates, pooled
from .recipes import Recipe, Settings
from .splits import Split

CHOOSING_METRICS = ("ndcg", "rmse")
"""The metrics that choose settings: NDCG for rankings, RMSE for predicted ratings."""

Choice = Mapping[str, Settings]
"""The chosen settings by metric, of `CHOOSING_METRICS`."""


@dataclass(frozen=True)
class RecipeResult:
    """The figures of one recipe on one holdout, by fold, and the settings that were chosen."""

    measured: list[Measured] = field(default_factory=list)
    chosen: list[Choice] = field(default_factory=list)

    def estimate(self, metric: str) -> Estimate | None:
        """Return the mean of a metric over folds, or None where the recipe doesn't have it."""
        estimates = [fold.estimates.get(metric) for fold in self.measured]
        return pooled([estimate for estimate in estimates if estimate]) if all(estimates) else None


@dataclass
class Comparison:
    """The results of several recipes, compared with those of the first.

    ``results`` are by holdout and recipe: ``results["10"]["default"]``. ``seconds`` is the median time of one
    training, by recipe.
    """

    recipes: tuple[Recipe, ...]
    results: dict[str, dict[str, RecipeResult]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def estimate(self, holdout: str, name: str, metric: str) -> Estimate | None:
        """Return a recipe's figure, or None where the recipe doesn't have it."""
        result = self.results[holdout].get(name)
        return result.estimate(metric) if result else None

    def difference(self, holdout: str, name: str, metric: str) -> Estimate | None:
        """Return a recipe's figure minus that of the first recipe, paired over the same users."""
        own, first = self.estimate(holdout, name, metric), self.estimate(holdout, self.recipes[0].name, metric)
        return own - first if own and first else None


def compare(
    recipes: Sequence[Recipe],
    splits: Iterable[Split],
    split_again: Callable[[Ratings], Split],
    seed: int = 0,
    on_progress: Progress = lambda stage, done: None,
) -> Comparison:
    """Fit every recipe to every split and measure it.

    The settings of a recipe's grid are first fitted to the inner training part that ``split_again`` makes.
    For every holdout the settings with the best NDCG rank titles and those with the best RMSE predict ratings,
    both fitted anew to the whole training part. Holdouts that only one of the two splits has are left out.
    """
    comparison = Comparison(tuple(recipes))
    seconds: dict[str, list[float]] = {}
    splits = list(splits)
    for fold, split in enumerate(splits):
        validation = split_again(split.train) if any(len(recipe.grid) > 1 for recipe in recipes) else split
        for index, recipe in enumerate(recipes):
            if recipe.known_users_only and not any(holdout.trained_on for holdout in split.holdouts.values()):
                continue
            # Choose the settings for each holdout, and measure them on it.
            report = _reporter(on_progress, recipe.name, (fold + index / len(recipes)) / len(splits))
            choices = choose_settings(recipe, validation, seed, report)
            chosen = {name: choice for name, choice in choices.items() if name in split.holdouts}
            measured, times = measure_chosen(recipe, split, chosen, seed, report)
            seconds.setdefault(recipe.name, []).extend(times)
            for name in chosen:
                result = comparison.results.setdefault(name, {}).setdefault(recipe.name, RecipeResult())
                result.measured.append(measured[name])
                result.chosen.append(chosen[name])
    comparison.seconds.update({name: float(np.median(times)) for name, times in seconds.items()})
    on_progress("done", 1.0)
    return comparison


def _reporter(on_progress: Progress, name: str, done: float) -> Callable[[str], None]:
    """Return a function that reports a step of one recipe."""
    return lambda step: on_progress(f"{name} {step}", done)


def choose_settings(recipe: Recipe, split: Split, seed: int, report: Callable[[str], None]) -> dict[str, Choice]:
    """Return the settings of the recipe's grid with the best figures on each holdout of the split."""
    if len(recipe.grid) == 1:
        return {name: dict.fromkeys(CHOOSING_METRICS, recipe.grid[0]) for name in split.holdouts}
    # The figures by settings and holdout.
    trials: list[dict[str, Measured]] = []
    for number, settings in enumerate(recipe.grid, 1):
        report(f"grid {number}/{len(recipe.grid)}")
        scorer = recipe.fit(split.train, seed, **settings)
        trials.append(measure_split(scorer, split))

    def best(name: str, metric: str) -> Settings:
        figures = [_goodness(trial[name].estimates, metric) for trial in trials]
        return recipe.grid[figures.index(max(figures))]

    return {name: {metric: best(name, metric) for metric in CHOOSING_METRICS} for name in split.holdouts}


def _goodness(estimates: Estimates, metric: str) -> float:
    """Return a figure, negative if lower is better; -∞ if there is none."""
    if metric not in estimates:
        return -np.inf
    value = estimates[metric].value
    return -value if metric in LOWER_IS_BETTER else value


def measure_chosen(
    recipe: Recipe, split: Split, chosen: Mapping[str, Choice], seed: int, report: Callable[[str], None]
) -> tuple[dict[str, Measured], list[float]]:
    """Return the figures of the chosen settings by holdout, and the seconds of every training."""
    # The figures by holdout and choosing metric. Each of the settings is fitted once.
    measured: dict[str, dict[str, Measured]] = {name: {} for name in chosen}
    seconds = []
    wanted = [settings for settings in recipe.grid if any(settings in choice.values() for choice in chosen.values())]
    for number, settings in enumerate(wanted, 1):
        report(f"{number}/{len(wanted)}")
        started = perf_counter()
        scorer = recipe.fit(split.train, seed, **settings)
        seconds.append(perf_counter() - started)
        for name, choice in chosen.items():
            metrics = [metric for metric in CHOOSING_METRICS if choice[metric] == settings]
            if metrics:
                measured[name] |= dict.fromkeys(metrics, measure(scorer, split.holdouts[name], split.train))
    return {name: _combined(by["ndcg"], by["rmse"]) for name, by in measured.items()}, seconds


def _combined(ranked: Measured, predicted: Measured) -> Measured:
    """Return the ranking figures of one and the rating figures of the other."""
    rankings = {metric: ranked.estimates[metric] for metric in RANKING_METRICS if metric in ranked.estimates}
    ratings = {metric: predicted.estimates[metric] for metric in RATING_METRICS if metric in predicted.estimates}
    return replace(ranked, estimates=rankings | ratings, calibration=predicted.calibration)
