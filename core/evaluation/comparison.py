"""Comparison: several recipes on the same splits, with paired differences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from ..data.ratings import Ratings
from .measure import LOWER_IS_BETTER, RANKING_METRICS, RATING_METRICS, Measured, measure
from .metrics import Estimate, pooled
from .recipes import Recipe, Settings
from .splits import Split

Progress = Callable[[str, float], None]
"""Called with what is being done and the part of the whole that is done, 0..1."""
CHOSEN_BY = ("ndcg", "rmse")
"""What settings are chosen by, for rankings and for ratings."""


@dataclass(frozen=True)
class Result:
    """One recipe on one holdout, over all folds.

    Attributes
    ----------
    measured
        By fold.
    chosen
        ``{"ndcg": settings, "rmse": settings}`` that the grid search took, by fold.
    """

    measured: tuple[Measured, ...]
    chosen: tuple[Mapping[str, Settings], ...]

    def estimate(self, metric: str) -> Estimate | None:
        """The mean over folds, or None where the recipe doesn't do that."""
        estimates = [fold.estimates.get(metric) for fold in self.measured]
        return pooled([estimate for estimate in estimates if estimate]) if all(estimates) else None


@dataclass
class Comparison:
    """Results by holdout and recipe: ``results["10"]["default"]``; the first recipe is the one that
    others are compared with. ``seconds`` is the median time of one training.
    """

    recipes: tuple[Recipe, ...]
    results: dict[str, dict[str, Result]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def difference(self, holdout: str, name: str, metric: str) -> Estimate | None:
        """A recipe's figure minus that of the first recipe, paired over the same users."""
        own, first = (self.estimate(holdout, of, metric) for of in (name, self.recipes[0].name))
        return own - first if own and first else None

    def estimate(self, holdout: str, name: str, metric: str) -> Estimate | None:
        """A recipe's figure, or None where it doesn't do that."""
        result = self.results[holdout].get(name)
        return result.estimate(metric) if result else None


def compare(
    recipes: Sequence[Recipe],
    splits: Iterable[Split],
    inner: Callable[[Ratings], Split],
    seed: int = 0,
    on_progress: Progress = lambda doing, done: None,
) -> Comparison:
    """Fit every recipe to every split and measure it.

    Parameters
    ----------
    inner
        Splits a training part again: a recipe with several settings is fitted to the inner
        training part with each, and for each holdout the best by NDCG ranks, and the best by RMSE
        predicts, fitted anew to the whole training part.
    """
    comparison = Comparison(tuple(recipes))
    splits = list(splits)
    folds: dict[tuple[str, str], list[tuple[Measured, Mapping[str, Settings]]]] = {}
    seconds: dict[str, list[float]] = {recipe.name: [] for recipe in recipes}
    steps, done = len(splits) * len(recipes), 0
    for split in splits:
        validation = inner(split.train) if any(len(recipe.grid) > 1 for recipe in recipes) else split
        for recipe in recipes:
            if recipe.known_users_only and not any(holdout.trained_on for holdout in split.holdouts.values()):
                continue

            def told(part: str, recipe: Recipe = recipe, done: int = done) -> None:
                on_progress(f"{recipe.name} {part}", done / steps)

            chosen = _choose(recipe, validation, seed, told)
            for name, measured in _measure_chosen(recipe, split, chosen, seed, seconds[recipe.name], told).items():
                folds.setdefault((name, recipe.name), []).append((measured, chosen[name]))
            done += 1
    for (holdout, name), parts in folds.items():
        measured_parts, chosen_parts = zip(*parts, strict=True)
        comparison.results.setdefault(holdout, {})[name] = Result(measured_parts, chosen_parts)
    comparison.seconds.update({name: float(np.median(taken)) for name, taken in seconds.items() if taken})
    on_progress("done", 1.0)
    return comparison


def _choose(
    recipe: Recipe, split: Split, seed: int, on_progress: Callable[[str], None]
) -> dict[str, dict[str, Settings]]:
    """For each holdout the best settings by NDCG and by RMSE."""
    if len(recipe.grid) == 1:
        return {name: dict.fromkeys(CHOSEN_BY, recipe.grid[0]) for name in split.holdouts}
    best: dict[tuple[str, str], tuple[float, Settings]] = {}
    for index, settings in enumerate(recipe.grid):
        on_progress(f"grid {index + 1}/{len(recipe.grid)}")
        recommender = recipe.fit(split.train, seed, **settings)
        for name, holdout in split.holdouts.items():
            estimates = measure(recommender, holdout, split.train).estimates
            for metric in CHOSEN_BY:
                value = estimates[metric].value if metric in estimates else -np.inf
                figure = -value if metric in LOWER_IS_BETTER and metric in estimates else value
                if (name, metric) not in best or figure > best[name, metric][0]:
                    best[name, metric] = (figure, settings)
    return {name: {metric: best[name, metric][1] for metric in CHOSEN_BY} for name in split.holdouts}


def _measure_chosen(
    recipe: Recipe,
    split: Split,
    chosen: Mapping[str, Mapping[str, Settings]],
    seed: int,
    seconds: list[float],
    on_progress: Callable[[str], None],
) -> dict[str, Measured]:
    """By holdout: the ranking of the settings chosen for rankings, the ratings of those for ratings."""
    ranked: dict[str, Measured] = {}
    predicted: dict[str, Measured] = {}
    wanted = [settings for settings in recipe.grid if any(settings in by.values() for by in chosen.values())]
    for index, settings in enumerate(wanted):
        on_progress(f"{index + 1}/{len(wanted)}")
        started = perf_counter()
        recommender = recipe.fit(split.train, seed, **settings)
        seconds.append(perf_counter() - started)
        for name, by in chosen.items():
            if settings in by.values():
                measured = measure(recommender, split.holdouts[name], split.train)
                ranked |= {name: measured} if by["ndcg"] == settings else {}
                predicted |= {name: measured} if by["rmse"] == settings else {}
    return {
        name: replace(
            ranked[name],
            estimates={metric: of for metric, of in ranked[name].estimates.items() if metric in RANKING_METRICS}
            | {metric: of for metric, of in predicted[name].estimates.items() if metric in RATING_METRICS},
            calibration=predicted[name].calibration,
        )
        for name in chosen
    }
