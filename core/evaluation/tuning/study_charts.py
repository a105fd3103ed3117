"""Charts of a study, drawn by Optuna with matplotlib into PNG files."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from matplotlib.figure import Figure
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState

from ..charts import save_charts

MIN_TRIALS = 10  # of the importances


def draw_study(study: optuna.Study, folder: Path) -> list[str]:
    """Draw ``history.png``, ``slices.png`` and, from ten completed trials on, ``importances.png``; return the names."""
    from matplotlib import pyplot as plt  # Optuna draws with it; with Agg no window opens
    from optuna.visualization import matplotlib as plots

    def figure(plot: Callable[..., Any], **options: Any) -> Callable[[], Figure]:
        return lambda: np.ravel(plot(study, **options))[0].figure

    plt.switch_backend("Agg")
    charts = {"history.png": figure(plots.plot_optimization_history), "slices.png": figure(plots.plot_slice)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if len(study.get_trials(states=(TrialState.COMPLETE,))) >= MIN_TRIALS:
            charts["importances.png"] = figure(plots.plot_param_importances, evaluator=PedAnovaImportanceEvaluator())
        names = save_charts(charts, folder)
    plt.close("all")
    return names
