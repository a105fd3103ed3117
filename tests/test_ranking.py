"""The scores against the formula of the module's docstring, written out densely."""

import numpy as np
import pytest

from core import WATCHED, Model
from core.ranking import LAMBDA_STEPS, preference

HISTORIES = [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}, dict.fromkeys(range(100, 145), 8.0), {}]


@pytest.mark.parametrize("history", HISTORIES, ids=["one", "four", "many", "none"])
def test_scores_follow_the_formula(model: Model, history: dict[int, float]) -> None:
    head, config = model.ranker, model.ranker.config
    v, sigma = head.factors.v.astype(float), head.factors.singular_values.astype(float)
    norms, n = head.norms.astype(float), max(len(history), 1)
    short = 1 / (1 + (n / config.turning) ** config.steepness)
    damping = short * config.short_damping + (1 - short) * config.long_damping
    x = np.zeros(len(norms))
    for anime_id, rating in history.items():
        at = model.catalogue.position(anime_id)
        weight = config.watched_weight if rating < 0 else (rating - 4) / 4 if rating >= 5 else (rating - 5) / 8
        x[at] = weight * norms[at] ** (config.column_scaling - 1 - damping)
    x += config.prior * head.mean * norms ** (config.column_scaling - 1 - config.short_damping)
    shrinkage = config.shrinkage * (1 + (config.shrinkage_turning / n) ** config.shrinkage_steepness)
    rounded = np.exp(np.round(LAMBDA_STEPS * np.log(shrinkage)) / LAMBDA_STEPS)
    operator = v @ np.diag(sigma**2 / (sigma**2 + rounded * float(head.energy))) @ v.T
    leverage = np.minimum(np.diag(operator), 0.99)
    expected = x @ operator / (1 - leverage) * norms**config.output_scaling
    scores = head.scores(model.fold_in(history).row)[0]
    assert np.allclose(scores, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_preferences_fall_below_zero_for_low_ratings() -> None:
    ratings = np.array([1, 3, 4, 5, 8, 10, WATCHED], dtype=np.float32)
    assert np.allclose(preference(ratings, 0.3, (1, 10)), [-0.5, -0.25, -0.125, 0.25, 1, 1.5, 0.3])
    assert np.allclose(preference(np.array([1, 5], np.float32), 0.3, (1, 5)), [-0.5, 1.5])
