"""Figures of several strategies on the same users, compared with those of the first strategy: for JSON and tables."""

from collections.abc import Iterable, Mapping

from ..model.card import markdown_table
from .metrics import Estimate, Estimates


def estimate_to_dict(estimate: Estimate, baseline: Estimate | None = None) -> dict[str, float]:
    """Return a figure, and its paired difference to a baseline if there is one, with standard errors."""
    figure = {"value": estimate.value, "standard error": estimate.standard_error}
    if baseline is None:
        return figure
    difference = estimate - baseline
    return figure | {"difference": difference.value, "its standard error": difference.standard_error}


def figures_to_dict(by_strategy: Mapping[str, Estimates]) -> dict[str, dict[str, dict[str, float]]]:
    """Return every figure and its difference to the first strategy, by strategy and metric, ready for JSON."""
    baseline = next(iter(by_strategy.values()))
    return {
        name: {metric: estimate_to_dict(estimate, baseline[metric]) for metric, estimate in estimates.items()}
        for name, estimates in by_strategy.items()
    }


def figure_rows(by_strategy: Mapping[str, Estimates], metrics: Iterable[str]) -> list[list[str]]:
    """Return table rows of names and figures: those of the first strategy, and the differences of the others to it."""
    (first, baseline), *others = by_strategy.items()
    rows = [[first, *(f"{baseline[metric].value:.3f}" for metric in metrics)]]
    for name, estimates in others:
        differences = [estimates[metric] - baseline[metric] for metric in metrics]
        rows.append([name, *(f"{figure.value:+.3f} ±{figure.standard_error:.3f}" for figure in differences)])
    return rows


def figures_table(label: str, by_strategy: Mapping[str, Estimates], titles: Mapping[str, str]) -> str:
    """Return the rows of `figure_rows` as a Markdown table; ``titles`` by metric, ``label`` is that of the names."""
    return markdown_table([[label, *titles.values()], *figure_rows(by_strategy, titles)])
