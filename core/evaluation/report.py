"""The report of a comparison: Markdown to read, JSON to compute with, pictures to see."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..model.card import markdown_table
from .comparison import Comparison
from .curves import Curve
from .measure import LOWER_IS_BETTER, RANKING_METRICS, RATING_METRICS
from .splits import KNOWN

METRIC_NAMES = {"ndcg": "NDCG@10", "rmse": "RMSE"}

Cell = Callable[[str, str], str]
"""From holdout and recipe to the text of a table's cell."""


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """Every figure with its standard error, paired difference and folds, ready for JSON."""
    return {
        "recipes": {
            recipe.name: {"title": recipe.title.strip("*"), "seconds to train": comparison.seconds.get(recipe.name)}
            for recipe in comparison.recipes
        },
        "compared with": comparison.recipes[0].name,
        "results": {
            holdout: {name: _result(comparison, holdout, name) for name in by_recipe}
            for holdout, by_recipe in comparison.results.items()
        },
    }


def _result(comparison: Comparison, holdout: str, name: str) -> dict[str, Any]:
    result = comparison.results[holdout][name]
    figures: dict[str, Any] = {"settings": [dict(chosen) for chosen in result.chosen]}
    for metric in (*RANKING_METRICS, *RATING_METRICS):
        estimate, difference = result.estimate(metric), comparison.difference(holdout, name, metric)
        if estimate is not None:
            figures[metric] = {
                "value": estimate.value,
                "standard error": estimate.standard_error,
                "folds": [fold.estimates[metric].value for fold in result.measured],
            }
        if estimate is not None and difference is not None:
            figures[metric] |= {"difference": difference.value, "its standard error": difference.standard_error}
    return figures


def curve_to_dict(curve: Curve) -> dict[str, Any]:
    """Value and standard error by number of factors and holdout."""
    return {
        str(k): {name: {"value": of.value, "standard error": of.standard_error} for name, of in by_holdout.items()}
        for k, by_holdout in curve.items()
    }


def markdown(
    comparison: Comparison, facts: Mapping[str, str], pictures: Sequence[str], left_out: Mapping[str, str]
) -> str:
    """The report as a page.

    Parameters
    ----------
    facts
        What was measured on what, by label.
    pictures
        Names of files beside the page.
    left_out
        Recipes that did not take part, and why.
    """
    histories = [name for name in comparison.results if name != KNOWN]
    parts = ["# Evaluation", "\n".join(f"- **{label}**: {text}" for label, text in facts.items())]
    parts += [f"`{name}` did not take part: {why}." for name, why in left_out.items()]
    if histories:
        parts += [
            "## Rankings",
            "NDCG@10 by the number of ratings shown (or the share of the whole history), ± its standard error.",
            _table(comparison, histories, "ndcg", _figure(comparison, "ndcg", best=True)),
            f"Paired differences to {comparison.recipes[0].title.strip('*')} on the same users; in bold where it "
            "is ahead by more than two standard errors.",
            _table(comparison, histories, "ndcg", _difference(comparison, "ndcg")),
        ]
    holdouts = list(comparison.results)
    parts += [
        "## Ratings",
        "RMSE over all held-out ratings, ± its standard error over users.",
        _table(comparison, holdouts, "rmse", _figure(comparison, "rmse", best=True)),
        "Paired differences.",
        _table(comparison, holdouts, "rmse", _difference(comparison, "rmse")),
    ]
    parts += ["## Pictures", *(f"![{Path(name).stem}]({name})" for name in pictures)] if pictures else []
    parts.append("## Every metric")
    for holdout in holdouts:
        parts += [f"### {_shown(holdout)}", _all_metrics(comparison, holdout)]
    parts += ["## Settings that the peers' grids took", _settings(comparison)]
    return "\n\n".join(part for part in parts if part) + "\n"


def quality(
    report: Mapping[str, Any], recipe: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The figures of a ``report.json`` that go on a model's card: AniSVD's by metric, and those of
    its peers by title and metric.

    Raises
    ------
    InputError
        It is no report, or one of another recipe than this.
    """
    try:
        first, measured = report["compared with"], report["recipe"]
        titles = {name: of["title"] for name, of in report["recipes"].items()}
        wanted = [(holdout, metric) for metric in ("ndcg", "rmse") for holdout in report["results"]]
        figures: dict[str, dict[str, float]] = {name: {} for name in titles}
        for holdout, metric in wanted:
            for name, found in report["results"][holdout].items():
                if metric in found and (holdout != KNOWN or metric == "rmse"):
                    figures[name][f"{METRIC_NAMES[metric]}, {_shown(holdout)}"] = float(found[metric]["value"])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"This is not a report of evaluate.py: {error!r} is missing or of another kind.") from error
    changed = [role for role in ("ranking", "prediction") if measured[role] != recipe[role]]
    if changed:
        raise InputError(
            f"The report measured another recipe: its {' and '.join(changed)} settings differ. Run it again."
        )
    own = figures.pop(first)
    return own, {titles[name]: found for name, found in figures.items() if found}


def write_json(path: Path, content: object) -> None:
    """Write, or replace whole."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def _shown(holdout: str) -> str:
    return holdout if holdout == KNOWN else f"{holdout} shown"


def _figure(comparison: Comparison, metric: str, best: bool = False) -> Cell:
    def cell(holdout: str, name: str) -> str:
        estimates = {other: comparison.estimate(holdout, other, metric) for other in comparison.results[holdout]}
        estimate = estimates.get(name)
        if estimate is None:
            return "–"
        text = f"{estimate.value:.4f}" + (f" ±{estimate.standard_error:.4f}" if estimate.influence.any() else "")
        values = [of.value for of in estimates.values() if of]
        leading = estimate.value == (min(values) if metric in LOWER_IS_BETTER else max(values))
        return f"**{text}**" if best and leading else text

    return cell


def _difference(comparison: Comparison, metric: str) -> Cell:
    sign = -1 if metric in LOWER_IS_BETTER else 1

    def cell(holdout: str, name: str) -> str:
        difference = comparison.difference(holdout, name, metric)
        if difference is None or name == comparison.recipes[0].name:
            return "–"
        text = f"{difference.value:+.4f} ±{difference.standard_error:.4f}"
        return f"**{text}**" if sign * difference.value < -2 * difference.standard_error else text

    return cell


def _table(comparison: Comparison, holdouts: Sequence[str], metric: str, cell: Cell) -> str:
    rows = [["", *map(_shown, holdouts)]]
    for recipe in comparison.recipes:
        if any(comparison.estimate(holdout, recipe.name, metric) for holdout in holdouts):
            rows.append([recipe.title, *(cell(holdout, recipe.name) for holdout in holdouts)])
    return markdown_table(rows)


def _all_metrics(comparison: Comparison, holdout: str) -> str:
    metrics = [*RANKING_METRICS, *RATING_METRICS]
    rows = [["", *metrics]]
    for recipe in comparison.recipes:
        found = [comparison.estimate(holdout, recipe.name, metric) for metric in metrics]
        if any(found):
            rows.append([recipe.title, *(f"{of.value:.4f}" if of else "–" for of in found)])
    return markdown_table(rows)


def _settings(comparison: Comparison) -> str:
    lines = []
    for recipe in comparison.recipes:
        if len(recipe.grid) > 1:
            lines.append(f"- {recipe.title}, of {len(recipe.grid)} settings:")
            for holdout, by_recipe in comparison.results.items():
                for metric in ("ndcg", "rmse"):
                    if recipe.name in by_recipe and by_recipe[recipe.name].estimate(metric):
                        taken = "; ".join(_listed(chosen[metric]) for chosen in by_recipe[recipe.name].chosen)
                        lines.append(f"  - {_shown(holdout)}, by {metric}: {taken}")
    return "\n".join(lines)


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in settings.items())
