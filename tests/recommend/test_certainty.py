"""How sure the model says it is: the dense formula, and no rating makes it less sure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import N_TITLES

from core import WATCHED, InputError, Model

IDS = st.integers(100, 100 + N_TITLES - 1)


def test_the_posterior_is_the_inverse_of_the_summed_precisions(model: Model) -> None:
    head = model.predictor
    q = np.c_[np.ones(2), (head.factors.v.astype(float) * head.factors.singular_values)[[3, 10]]]
    noise = float(head.noise) * (1 + head.config.doubt / 2)
    prior = np.diag(np.r_[float(head.bias_variance), np.ones(q.shape[1] - 1)])
    expected = prior - prior @ q.T @ np.linalg.inv(q @ prior @ q.T + noise * np.eye(2)) @ q @ prior
    row = model.fold_in({103: 9, 110: 2, 120: WATCHED}).row
    assert np.allclose(head.posterior(row), expected, atol=1e-5)
    assert np.allclose(head.posterior(model.fold_in({120: WATCHED}).row), prior)


@settings(deadline=None, max_examples=40)
@given(history=st.dictionaries(IDS, st.integers(1, 10), max_size=30), more=st.dictionaries(IDS, st.integers(1, 10)))
def test_more_ratings_never_make_it_less_sure(model: Model, history: dict[int, int], more: dict[int, int]) -> None:
    head = model.predictor
    before, after = (head.posterior(model.fold_in(ratings).row) for ratings in (history, history | more))
    assert np.linalg.eigvalsh(before - after).min() > -1e-6
    sure, surer = (model.certainty(model.fold_in(ratings)) for ratings in (history, history | more))
    assert 0 <= sure.share <= surer.share + 1e-9 <= 1 + 1e-9
    assert surer.expected_error >= np.sqrt(float(head.noise)) - 1e-6


def test_nothing_is_known_of_nobody(model: Model) -> None:
    certainty = model.certainty(model.fold_in({}))
    assert certainty.share == pytest.approx(0, abs=1e-9)


def test_the_error_is_that_of_the_listed_titles(model: Model) -> None:
    taste = model.fold_in({103: 9, 104: 4})
    certainty = model.certainty(taste)
    head = model.predictor
    q = head.item_coordinates[[model.catalogue.position(item.anime_id) for item in model.recommend(taste, 10)]]
    spread = np.diag(q @ head.posterior(taste.row) @ q.T)
    assert certainty.expected_error == pytest.approx(np.sqrt(float(head.noise) + spread.mean()), rel=1e-5)


def test_textbook_model_has_no_certainty(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.certainty(textbook.fold_in({103: 9}))
