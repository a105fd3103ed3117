"""Certainty equals the dense formula, and more ratings never lower it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import N_TITLES

from core import WATCHED, InputError, Model

IDS = st.integers(100, 100 + N_TITLES - 1)


def test_posterior_equals_the_dense_formula(model: Model) -> None:
    head = model.predictor
    # Coordinates of the two rated titles, [2, 1 + k], and the prior covariance of θ, [1 + k, 1 + k].
    q = np.c_[np.ones(2), (head.factors.v32.astype(float) * head.factors.singular_values)[[3, 10]]]
    noise = float(head.noise) * (1 + head.config.doubt / 2)
    prior = np.eye(q.shape[1])
    prior[0, 0] = head.bias_variance
    prior[0, 1:] = prior[1:, 0] = head.bias_covariance
    # The covariance after both ratings, by the identity of Woodbury.
    expected = prior - prior @ q.T @ np.linalg.inv(q @ prior @ q.T + noise * np.eye(2)) @ q @ prior
    row = model.fold_in({103: 9, 110: 2, 120: WATCHED}).row
    assert np.allclose(head.posterior(row), expected, atol=1e-5)
    assert np.allclose(head.posterior(model.fold_in({120: WATCHED}).row), prior)


@settings(max_examples=40)
@given(history=st.dictionaries(IDS, st.integers(1, 10), max_size=30), more=st.dictionaries(IDS, st.integers(1, 10)))
def test_more_ratings_never_lower_the_certainty(model: Model, history: dict[int, int], more: dict[int, int]) -> None:
    head = model.predictor
    tastes = model.fold_in(history), model.fold_in(history | more)
    covariance_before, covariance_after = (head.posterior(taste.row) for taste in tastes)
    assert np.linalg.eigvalsh(covariance_before - covariance_after).min() > -1e-6
    before, after = (model.certainty(taste) for taste in tastes)
    assert 0 <= before.share <= after.share + 1e-9 <= 1 + 1e-9
    assert after.expected_error >= np.sqrt(float(head.noise)) - 1e-6


def test_empty_history_has_no_certainty(model: Model) -> None:
    certainty = model.certainty(model.fold_in({}))
    assert certainty.share == pytest.approx(0, abs=1e-9)


def test_expected_error_is_that_of_the_recommended_titles(model: Model) -> None:
    taste = model.fold_in({103: 9, 104: 4})
    certainty = model.certainty(taste)
    head = model.predictor
    positions = [model.catalogue.position(item.anime_id) for item in model.recommend(taste, 10, novelty=0)]
    q = head.item_coordinates[positions]
    of_titles = float(head.fact_variance) / (1 + head.counts[positions] / 10)
    variance = np.diag(q @ head.posterior(taste.row) @ q.T) + of_titles
    assert certainty.expected_error == pytest.approx(np.sqrt(float(head.noise) + variance.mean()), rel=1e-5)


def test_textbook_model_has_no_certainty(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.certainty(textbook.fold_in({103: 9}))
