"""Expectations of ratings that are cut at the ends of the scale."""

import numpy as np
import pytest

from core.data.scale import RatingScale


@pytest.mark.parametrize("spread", [0.1, 0.5])
@pytest.mark.parametrize("scale", [RatingScale(1, 10), RatingScale(0.5, 5)])
def test_expectation_is_that_of_a_logistic_distribution_cut_at_the_ends(scale: RatingScale, spread: float) -> None:
    means = np.linspace(scale.low - 1, scale.high + 1, 45, dtype=np.float32)
    # Quantiles in the middle of 20,000 equally likely parts.
    levels = (np.arange(20_000) + 0.5) / 20_000
    deviations = spread * np.log(levels / (1 - levels))
    cut = [np.clip(mean + deviations, scale.low, scale.high).mean() for mean in means]
    given = means.copy()
    assert np.allclose(scale.expected(means, spread), cut, atol=2e-3 * spread)
    assert np.array_equal(means, given)


def test_ratings_far_inside_the_scale_stay_as_they_are() -> None:
    means = np.array([5, 6, 7], dtype=np.float32)
    assert np.array_equal(RatingScale().expected(means, 0.2), means)
