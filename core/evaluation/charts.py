"""Charts of comparisons, drawn with matplotlib into PNG files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..disk import whole_file
from ..insight.spectrum import Spectrum
from .comparison import Comparison
from .curves import MetricCurve
from .splits import KNOWN

STYLE: dict[Any, Any] = {
    "figure.figsize": (8, 4.8), "figure.dpi": 110, "figure.constrained_layout.use": True, "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "lines.linewidth": 1.6, "legend.frameon": False, "legend.fontsize": 9,
}  # fmt: skip
OWN_COLOUR = "#c2185b"
COLOURS = ("#37474f", "#1976d2", "#00897b", "#f9a825", "#8e24aa", "#6d4c41", "#78909c", "#d84315")
HISTORY_COLOURS = (*COLOURS, OWN_COLOUR)
"""For all of `core.evaluation.splits.HISTORIES`, and known users."""
MARKERS = "os^Dv<>PX"
WIDE = (11, 5)
MIN_PREDICTIONS = 50  # of a point of the calibration


Charts = Mapping[str, Callable[[], Figure]]
"""Functions that draw a chart, by the name of its file."""


def comparison_charts(comparison: Comparison) -> Charts:
    """Return the charts of quality by history, calibration, and the long tail of titles; none without results."""
    if not comparison.results:
        return {}
    histories = [name for name in comparison.results if name != KNOWN]
    calibration = {"calibration.png": lambda: _calibration(comparison)}
    if not histories:
        return calibration
    quality = {"quality.png": lambda: _quality(comparison, histories)}
    return quality | calibration | {"long-tail.png": lambda: _long_tail(comparison, histories[-1])}


def factor_charts(ranking: MetricCurve, prediction: MetricCurve, spectrum: Spectrum) -> Charts:
    """Return the charts of NDCG and RMSE by the number of factors, and of the spectrum."""
    curves = {"NDCG@10": ranking, "RMSE": prediction}
    return {"factors.png": lambda: _curves(curves), "spectrum.png": lambda: _spectrum(spectrum)}


def save_charts(charts: Charts, folder: Path) -> list[str]:
    """Draw charts in our style, write them to the folder, and return the names of the files. Raises `OutputError`."""
    for name, draw in charts.items():
        with mpl.rc_context(STYLE), whole_file(folder / name) as stream:
            draw().savefig(stream, format="png")
    return list(charts)


def _looks(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Return label, colour and marker by recipe. The first recipe, with which the others are compared, stands out."""
    looks = {}
    for index, recipe in enumerate(comparison.recipes):
        line = {"color": COLOURS[(index - 1) % len(COLOURS)], "linewidth": 1.4, "zorder": 2}
        if index == 0:
            line = {"color": OWN_COLOUR, "linewidth": 2.6, "zorder": 3}
        looks[recipe.name] = {"label": recipe.title.strip("*"), "marker": MARKERS[index % len(MARKERS)], **line}
    return looks


def _look_of_history(index: int, name: str) -> dict[str, Any]:
    return {"label": name, "color": HISTORY_COLOURS[index % 9], "marker": MARKERS[index % 9]}


def _quality(comparison: Comparison, histories: list[str]) -> Figure:
    figure = Figure(figsize=WIDE)
    titles = {"ndcg": "NDCG@10 (higher is better)", "rmse": "RMSE (lower is better)"}
    lines: dict[str, Any] = {}
    for (metric, title), axes in zip(titles.items(), figure.subplots(1, 2), strict=True):
        for name, look in _looks(comparison).items():
            estimates = {x: comparison.estimate(history, name, metric) for x, history in enumerate(histories)}
            points = {x: estimate for x, estimate in estimates.items() if estimate}
            if points:
                values = [estimate.value for estimate in points.values()]
                errors = [estimate.standard_error for estimate in points.values()]
                line = axes.errorbar([*points], values, yerr=errors, capsize=2, **look)
                lines.setdefault(look["label"], line)
        axes.set_xticks(range(len(histories)), histories)
        axes.set(title=title, xlabel="ratings shown (% of the whole history)")
    labels = [look["label"] for look in _looks(comparison).values() if look["label"] in lines]
    figure.legend([lines[label] for label in labels], labels, loc="outside lower center", ncols=len(labels))
    return figure


def _calibration(comparison: Comparison) -> Figure:
    figure = Figure(figsize=(5.6, 5.2))
    axes: Axes = figure.subplots()
    drawn: list[float] = []
    for index, (history, results) in enumerate(comparison.results.items()):
        # Mean predicted and mean true rating in every part of the scale with enough predictions.
        folds = results[comparison.recipes[0].name].measured
        table = np.sum([fold.calibration for fold in folds], axis=0)
        number, predicted, true = table[table[:, 0] >= MIN_PREDICTIONS].T
        if len(number):
            x, y = predicted / number, true / number
            axes.plot(x, y, markersize=4, **_look_of_history(index, history))
            drawn += [*x, *y]
    if drawn:
        ends = [min(drawn), max(drawn)]
        axes.plot(ends, ends, color="#999", linestyle="--", linewidth=1, zorder=1)
    axes.set(title="Calibration", xlabel="predicted rating", ylabel="mean of the true ratings")
    axes.legend(title="ratings shown")
    return figure


def _long_tail(comparison: Comparison, history: str) -> Figure:
    figure = Figure(figsize=(6.4, 4.8))
    axes: Axes = figure.subplots()
    for name, look in _looks(comparison).items():
        result = comparison.results[history].get(name)
        counts = np.sum([fold.counts for fold in result.measured], axis=0) if result else np.zeros(0)
        if counts.any():
            share = np.cumsum(np.sort(counts)[::-1]) / counts.sum()
            axes.plot(np.arange(len(share)) + 1, share, **{**look, "marker": ""})
    axes.set(
        xscale="log", title=f"How many titles fill the lists ({history} of the history shown)",
        xlabel="titles, the most recommended first", ylabel="share of all list entries",
    )  # fmt: skip
    axes.legend()
    return figure


def _curves(curves: Mapping[str, MetricCurve]) -> Figure:
    figure = Figure(figsize=WIDE)
    both = figure.subplots(1, 2)
    for (title, curve), axes in zip(curves.items(), both, strict=True):
        factors = list(curve)
        for index, history in enumerate(curve[factors[0]]):
            values = [curve[k][history].value for k in factors]
            axes.plot(factors, values, **_look_of_history(index, history))
        axes.set_xscale("log", base=2)
        axes.set_xticks(factors, [str(k) for k in factors])
        axes.set(title=title, xlabel="factors")
    lines, labels = both[0].get_legend_handles_labels()
    figure.legend(lines, labels, title="ratings shown", loc="outside lower center", ncols=len(labels))
    return figure


def _spectrum(spectrum: Spectrum) -> Figure:
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2)
    factors = np.arange(len(spectrum.energy)) + 1
    left.plot(factors, spectrum.singular_values, color=OWN_COLOUR)
    left.set(xscale="log", yscale="log", title="Singular values of the ranking head", xlabel="factor", ylabel="σ")
    right.plot(factors, spectrum.energy, color=OWN_COLOUR)
    right.set(title="Energy that the leading factors keep", xlabel="factors", ylabel="share", ylim=(0, 1))
    return figure
