"""The energy that factors keep, compared with that of the users' rows themselves."""

from dataclasses import replace

import numpy as np
import pytest
from small_data import N_USERS, SMALL

from core import Model, Ratings, train
from core.heads.preference_matrix import damped_rows, weighted
from core.insight.spectrum import spectrum
from core.numerics.sparse import scale_columns


@pytest.mark.parametrize("changed", [{}, {"franchise": 0.0}, {"uniqueness": 0.0}, {"column_scaling": 1.0}])
def test_energy_equals_that_of_the_users_rows_in_the_subspace(ratings: Ratings, changed: dict[str, float]) -> None:
    head = train(ratings, replace(SMALL, ranking=replace(SMALL.ranking, facts=0.0, past_weight=1.0, **changed))).ranker
    config, factors = head.config, head.factors
    rows = damped_rows(weighted(factors.restrict(ratings.matrix), config.watched_weight, ratings.scale), 0.65)
    rows = scale_columns(rows, head.norms ** (config.column_scaling - 1) / head.uniqueness)
    expected = np.square(rows @ factors.v32).sum(axis=0) / np.square(rows.data).sum()
    result = spectrum(head, ratings.catalogue, len(ratings.user_ids))
    assert np.allclose(result.energy, np.cumsum(expected), atol=2e-3)
    assert result.singular_values == pytest.approx(factors.singular_values.tolist())


def test_energy_excludes_the_rows_of_franchises(model: Model) -> None:
    head = model.ranker
    squares = np.cumsum(head.factors.singular_values.astype(float) ** 2) / head.total_energy
    energy = np.array(spectrum(head, model.catalogue, N_USERS + 3).energy)
    assert (energy <= squares + 1e-6).all()
    assert squares[-1] - energy[-1] > 1e-3


def test_a_chart_gets_few_points_with_both_ends(model: Model) -> None:
    result = spectrum(model.ranker, model.catalogue, N_USERS + 3)
    points = result.thinned()
    assert points == list(zip(range(1, 13), result.singular_values, result.energy, strict=True))
    assert [number for number, _, _ in result.thinned(4)] == [1, 2, 5, 12]
    assert len(replace(result, singular_values=result.singular_values * 50, energy=result.energy * 50).thinned()) <= 128
