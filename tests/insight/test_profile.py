"""A taste at a glance, against the same figures made by hand."""

import numpy as np
import pytest

from core import WATCHED, Model
from core.insight.profile import profile


def test_counts_and_histogram(model: Model) -> None:
    told = profile(model, model.fold_in({103: 9, 105: 9, 110: 2, 112: 7.6, 120: WATCHED}))
    assert (told.n_rated, told.n_watched) == (4, 1)
    assert told.mean == pytest.approx((9 + 9 + 2 + 7.6) / 4)
    assert told.histogram == (0, 1, 0, 0, 0, 0, 0, 1, 2, 0)


def test_genres_are_compared_with_what_everybody_lists(model: Model) -> None:
    catalogue = model.catalogue
    comedies = [title.anime_id for title in map(catalogue.title, range(60)) if "Comedy" in title.genres][:8]
    told = profile(model, model.fold_in(dict.fromkeys(comedies, 8)))
    shares = {one.genre: one for one in told.genres}
    assert shares["Comedy"].share == 1
    members = sum(title.members for title in map(catalogue.title, range(60)) if "Comedy" in title.genres)
    assert shares["Comedy"].average == pytest.approx(members / catalogue.members.sum())
    assert told.genres[0].genre == "Comedy"  # the most typical first
    differences = [one.share - one.average for one in told.genres]
    assert differences[0] > 0 > differences[-1]


def test_surprises_are_ratings_that_the_others_do_not_lead_to_expect(model: Model) -> None:
    history = {int(anime_id): 9.0 for anime_id in range(110, 130, 2)} | {132: 1.0}
    told = profile(model, model.fold_in(history))
    assert told.surprises[0].anime_id == 132
    others = {anime_id: rating for anime_id, rating in history.items() if anime_id != 132}
    expected = model.predict_ratings(model.fold_in(others).row)[0, model.catalogue.position(132)]
    assert told.surprises[0].expected == pytest.approx(expected)
    gaps = [abs(one.rating - one.expected) for one in told.surprises]
    assert gaps == sorted(gaps, reverse=True)


@pytest.mark.parametrize("name", ["model", "textbook"])
def test_every_taste_has_a_profile(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for taste in (model.fold_in({}), model.fold_in({103: WATCHED}), model.fold_in({103: 5})):
        told = profile(model, taste)
        assert (told.n_rated + told.n_watched, told.surprises) == (len(taste), ())
    for user_id in model.user_ids[::20].tolist():
        assert np.isfinite([one.expected for one in profile(model, model.user_taste(user_id)).surprises]).all()
