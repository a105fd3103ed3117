"""The report of a comparison: a Markdown page to read and JSON to compute with."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..disk import write_file
from ..errors import InputError
from ..model.card import markdown_table
from .comparison import CHOOSING_METRICS, Comparison
from .curves import MetricCurve
from .figures import estimate_to_dict
from .measure import LOWER_IS_BETTER, RANKING_METRICS, RATING_METRICS
from .splits import KNOWN

METRICS = (*RANKING_METRICS, *RATING_METRICS)
CARD_TITLES = {"ndcg": "NDCG@10", "rmse": "RMSE"}
"""The metrics on a model's card."""

Cell = Callable[[Comparison, str, str, str], str]
"""Returns the text of a table's cell from a comparison, a holdout, a recipe's name and a metric."""


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """Return every figure with its standard error, paired difference and folds, ready for JSON."""
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
    figures: dict[str, Any] = {"settings": [dict(choice) for choice in result.chosen]}
    for metric in METRICS:
        estimate = result.estimate(metric)
        if estimate is not None:
            baseline = comparison.estimate(holdout, comparison.recipes[0].name, metric)
            folds = [fold.estimates[metric].value for fold in result.measured]
            figures[metric] = estimate_to_dict(estimate, baseline) | {"folds": folds}
    return figures


def curve_to_dict(curve: MetricCurve) -> dict[str, Any]:
    """Return value and standard error by number of factors and holdout, ready for JSON."""
    return {
        str(k): {holdout: estimate_to_dict(estimate) for holdout, estimate in estimates.items()}
        for k, estimates in curve.items()
    }


def markdown(
    comparison: Comparison,
    facts: Mapping[str, str],
    charts: Sequence[str],
    left_out: Mapping[str, str],
    sections: Sequence[str] = (),
) -> str:
    """Return the report as a page.

    ``facts``, by label, say what was measured and how. ``charts`` are files beside the page. ``left_out``
    are the recipes and protocols that did not take part, with the reasons. ``sections`` come before the charts.
    """
    holdouts = list(comparison.results)
    histories = [name for name in holdouts if name != KNOWN]
    parts = ["# Evaluation", "\n".join(f"- **{label}**: {text}" for label, text in facts.items())]
    parts += [f"`{name}` did not take part: {reason}." for name, reason in left_out.items()]
    if histories:
        parts += [
            "## Rankings",
            "NDCG@10 by the number of ratings shown (or the share of the whole history), ± its standard error. Users "
            "with too few ratings to show that many and hold one out are left out of a column.",
            _table(comparison, histories, "ndcg", _figure_cell),
            f"Paired differences to {comparison.recipes[0].title.strip('*')} on the same users; in bold where it "
            "is ahead by more than two standard errors.",
            _table(comparison, histories, "ndcg", _difference_cell),
        ]
    if holdouts:
        parts += [
            "## Ratings",
            "RMSE over all held-out ratings, ± its standard error over users.",
            _table(comparison, holdouts, "rmse", _figure_cell),
            "Paired differences.",
            _table(comparison, holdouts, "rmse", _difference_cell),
        ]
    parts += sections
    parts += ["## Charts", *(f"![{Path(name).stem}]({name})" for name in charts)] if charts else []
    if holdouts:
        parts.append("## Every metric")
        for holdout in holdouts:
            parts += [f"### {_heading(holdout)}", _all_metrics(comparison, holdout)]
        parts += ["## Settings that the peers' grids took", _chosen_settings(comparison)]
    return "\n\n".join(part for part in parts if part) + "\n"


def quality(
    report: Mapping[str, Any], recipe: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return the figures of a ``report.json`` for a model's card: AniSVD's by metric, its peers' by title and metric.

    Raises `InputError` if it is no report, or a report on another recipe.
    """
    try:
        measured = report["recipe"]
        figures: dict[str, dict[str, float]] = {name: {} for name in report["recipes"]}
        for metric, title in CARD_TITLES.items():
            for holdout, results in report["results"].items():
                for name, result in results.items():
                    if metric in result and (holdout != KNOWN or metric == "rmse"):
                        figures[name][f"{title}, {_heading(holdout)}"] = float(result[metric]["value"])
        own = figures.pop(report["compared with"])
        peers = {report["recipes"][name]["title"]: by_metric for name, by_metric in figures.items() if by_metric}
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"This is not a report of evaluate.py: {error!r} is missing or of another kind.") from error
    changed = [role for role in ("ranking", "prediction") if measured[role] != recipe[role]]
    if changed:
        raise InputError(
            f"The report measured another recipe: its {' and '.join(changed)} settings differ. Run it again."
        )
    return own, peers


def write_json(path: Path, content: object) -> None:
    """Write a JSON file whole or not at all. Raises `OutputError`."""
    write_file(path, json.dumps(content, indent=2) + "\n")


def _heading(holdout: str) -> str:
    return holdout if holdout == KNOWN else f"{holdout} shown"


def _table(comparison: Comparison, holdouts: Sequence[str], metric: str, cell: Cell) -> str:
    rows = [["shown", *holdouts]]
    for recipe in comparison.recipes:
        if any(comparison.estimate(holdout, recipe.name, metric) for holdout in holdouts):
            rows.append([recipe.title, *(cell(comparison, holdout, recipe.name, metric) for holdout in holdouts)])
    return markdown_table(rows)


def _figure_cell(comparison: Comparison, holdout: str, name: str, metric: str) -> str:
    """Return a figure ± its standard error, in bold if it is the best of the holdout."""
    estimates = {other: comparison.estimate(holdout, other, metric) for other in comparison.results[holdout]}
    estimate = estimates.get(name)
    if estimate is None:
        return "–"
    text = f"{estimate.value:.3f}" + (f" ±{estimate.standard_error:.3f}" if estimate.influence.any() else "")
    values = [other.value for other in estimates.values() if other]
    best = min(values) if metric in LOWER_IS_BETTER else max(values)
    return f"**{text}**" if estimate.value == best else text


def _difference_cell(comparison: Comparison, holdout: str, name: str, metric: str) -> str:
    """Return the difference to the first recipe, in bold where the first is ahead by two standard errors."""
    difference = comparison.difference(holdout, name, metric)
    if difference is None or name == comparison.recipes[0].name:
        return "–"
    text = f"{difference.value:+.3f} ±{difference.standard_error:.3f}"
    lead = difference.value if metric in LOWER_IS_BETTER else -difference.value
    return f"**{text}**" if lead > 2 * difference.standard_error else text


def _all_metrics(comparison: Comparison, holdout: str) -> str:
    rows = [["", *METRICS]]
    for recipe in comparison.recipes:
        estimates = [comparison.estimate(holdout, recipe.name, metric) for metric in METRICS]
        if any(estimates):
            rows.append([recipe.title, *(f"{estimate.value:.4f}" if estimate else "–" for estimate in estimates)])
    return markdown_table(rows)


def _chosen_settings(comparison: Comparison) -> str:
    lines = []
    for recipe in comparison.recipes:
        if len(recipe.grid) > 1:
            lines.append(f"- {recipe.title}, of {len(recipe.grid)} settings:")
            for holdout, results in comparison.results.items():
                for metric in CHOOSING_METRICS:
                    if comparison.estimate(holdout, recipe.name, metric):
                        taken = "; ".join(_listed(choice[metric]) for choice in results[recipe.name].chosen)
                        lines.append(f"  - {_heading(holdout)}, by {metric}: {taken}")
    return "\n".join(lines)


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in settings.items())
