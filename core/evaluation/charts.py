"""Pictures of comparisons and studies, drawn with matplotlib: files that open anywhere."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import optuna
from matplotlib import pyplot as plt
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.visualization import matplotlib as study_plots

from ..insight.spectrum import Spectrum
from .comparison import Comparison
from .curves import Curve
from .splits import KNOWN

mpl.use("Agg")  # no window
STYLE: dict[Any, Any] = {
    "figure.figsize": (8, 4.8), "figure.dpi": 110, "figure.constrained_layout.use": True, "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "lines.linewidth": 1.6, "legend.frameon": False, "legend.fontsize": 9,
}  # fmt: skip
OWN_COLOUR = "#c2185b"
COLOURS = ("#37474f", "#1976d2", "#00897b", "#f9a825", "#8e24aa", "#6d4c41", "#78909c")
MARKERS = "os^Dv<>P"


def draw_comparison(comparison: Comparison, folder: str | Path) -> list[str]:
    """``quality.png``, ``calibration.png`` and ``long-tail.png``; returns their names."""
    histories = [name for name in comparison.results if name != KNOWN]
    drawn = {"calibration.png": lambda: _calibration(comparison)}
    if histories:
        drawn = {"quality.png": lambda: _quality(comparison, histories)} | drawn
        drawn["long-tail.png"] = lambda: _long_tail(comparison, histories[-1])
    for name, draw in drawn.items():
        _save(draw, Path(folder) / name)
    return list(drawn)


def draw_curves(ranking: Curve, prediction: Curve, folder: str | Path) -> list[str]:
    """``factors.png``: NDCG and RMSE against the number of factors."""
    _save(lambda: _curves({"NDCG@10": ranking, "RMSE": prediction}), Path(folder) / "factors.png")
    return ["factors.png"]


def draw_spectrum(found: Spectrum, folder: str | Path) -> list[str]:
    """``spectrum.png``: singular values, and the share of the users' energy that the leading ones keep."""
    _save(lambda: _spectrum(found), Path(folder) / "spectrum.png")
    return ["spectrum.png"]


def draw_study(study: optuna.Study, folder: str | Path) -> list[str]:
    """``history.png``, ``slices.png`` and, from ten completed trials on, ``importances.png``."""
    plots: dict[str, Callable[[], Any]] = {
        "history.png": lambda: study_plots.plot_optimization_history(study),
        "slices.png": lambda: study_plots.plot_slice(study),
    }
    if len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))) >= 10:
        evaluator = PedAnovaImportanceEvaluator()
        plots["importances.png"] = lambda: study_plots.plot_param_importances(study, evaluator=evaluator)
    for name, plot in plots.items():
        _save(plot, Path(folder) / name)
    return list(plots)


def _save(draw: Callable[[], Any], path: Path) -> None:
    with plt.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        draw()
        plt.savefig(path)
        plt.close("all")


def _looks(comparison: Comparison) -> Mapping[str, dict[str, Any]]:
    """Label, colour and marker of each recipe; the first, which the others are compared with, stands out."""
    looks = {}
    for index, recipe in enumerate(comparison.recipes):
        own = index == 0
        looks[recipe.name] = {
            "label": recipe.title.strip("*"),
            "color": OWN_COLOUR if own else COLOURS[(index - 1) % len(COLOURS)],
            "marker": MARKERS[index % len(MARKERS)],
            "linewidth": 2.6 if own else 1.4,
            "zorder": 3 if own else 2,
        }
    return looks


def _quality(comparison: Comparison, histories: list[str]) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(11, 5))
    for metric, title, axis in zip(
        ("ndcg", "rmse"), ("NDCG@10 (higher is better)", "RMSE (lower is better)"), axes, strict=True
    ):
        for name, look in _looks(comparison).items():
            estimates = [comparison.estimate(history, name, metric) for history in histories]
            points = [(at, estimate) for at, estimate in enumerate(estimates) if estimate]
            if points:
                at, found = zip(*points, strict=True)
                errors = [estimate.standard_error for estimate in found]
                axis.errorbar(at, [estimate.value for estimate in found], yerr=errors, capsize=2, **look)
        axis.set_xticks(range(len(histories)), histories)
        axis.set(title=title, xlabel="ratings shown (% of the whole history)")
    lines = {line: label for axis in axes for line, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    by_label = {label: line for line, label in reversed(lines.items())}
    labels = [look["label"] for look in _looks(comparison).values() if look["label"] in by_label]
    figure.legend([by_label[label] for label in labels], labels, loc="outside lower center", ncols=len(labels))


def _calibration(comparison: Comparison) -> None:
    first = comparison.recipes[0].name
    _, axis = plt.subplots(figsize=(5.6, 5.2))
    low, high = np.inf, -np.inf
    for index, (name, results) in enumerate(comparison.results.items()):
        number, predicted, true = np.sum([fold.calibration for fold in results[first].measured], axis=0).T
        enough = number >= 50
        if enough.any():
            x, y = predicted[enough] / number[enough], true[enough] / number[enough]
            axis.plot(x, y, marker=MARKERS[index], markersize=4, color=(*COLOURS, OWN_COLOUR)[index % 8], label=name)
            low, high = min(low, *x, *y), max(high, *x, *y)
    if np.isfinite([low, high]).all():
        axis.plot([low, high], [low, high], color="#999", linestyle="--", linewidth=1, zorder=1)
    axis.set(title="Calibration", xlabel="predicted rating", ylabel="mean of the true ratings")
    axis.legend(title="ratings shown")


def _long_tail(comparison: Comparison, history: str) -> None:
    _, axis = plt.subplots(figsize=(6.4, 4.8))
    for name, look in _looks(comparison).items():
        result = comparison.results[history].get(name)
        counts = np.sum([fold.counts for fold in result.measured], axis=0) if result else np.zeros(0)
        if counts.any():
            share = np.cumsum(np.sort(counts)[::-1]) / counts.sum()
            axis.plot(np.arange(len(share)) + 1, share, **{**look, "marker": ""})
    axis.set(
        xscale="log", title=f"How many titles fill the lists ({history} of the history shown)",
        xlabel="titles, the most recommended first", ylabel="share of all places on lists",
    )  # fmt: skip
    axis.legend()


def _curves(curves: Mapping[str, Curve]) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(11, 5))
    for (metric, curve), axis in zip(curves.items(), axes, strict=True):
        factors = list(curve)
        for index, name in enumerate(curve[factors[0]]):
            values = [curve[k][name].value for k in factors]
            axis.plot(factors, values, marker=MARKERS[index], color=(*COLOURS, OWN_COLOUR)[index % 8], label=name)
        axis.set_xscale("log", base=2)
        axis.set_xticks(factors, [str(k) for k in factors])
        axis.set(title=metric, xlabel="factors")
    lines, labels = axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, title="ratings shown", loc="outside lower center", ncols=len(labels))


def _spectrum(found: Spectrum) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    place = np.arange(len(found.energy)) + 1
    left.plot(place, found.singular_values, color=OWN_COLOUR)
    left.set(xscale="log", yscale="log", title="Singular values of the ranking head", xlabel="factor", ylabel="σ")
    right.plot(place, found.energy, color=OWN_COLOUR)
    right.set(title="Energy that the leading factors keep", xlabel="factors", ylabel="share", ylim=(0, 1))
