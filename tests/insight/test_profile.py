"""A profile, compared with figures computed by hand."""

import numpy as np
import pytest

from core import WATCHED, Model
from core.insight.profile import profile


def test_counts_and_histogram(model: Model) -> None:
    result = profile(model, model.fold_in({103: 9, 105: 9, 110: 2, 112: 7.6, 120: WATCHED}))
    assert (result.n_rated, result.n_watched) == (4, 1)
    assert result.mean == pytest.approx((9 + 9 + 2 + 7.6) / 4)
    assert result.histogram == (0, 1, 0, 0, 0, 0, 0, 1, 2, 0)


def test_genres_are_compared_with_everybodys_titles(model: Model) -> None:
    catalogue = model.catalogue
    comedies = [title.anime_id for title in map(catalogue.title, range(60)) if "Comedy" in title.genres][:8]
    result = profile(model, model.fold_in(dict.fromkeys(comedies, 8)))
    shares = {share.genre: share for share in result.genres}
    assert shares["Comedy"].share == 1
    members = sum(title.members for title in map(catalogue.title, range(60)) if "Comedy" in title.genres)
    assert shares["Comedy"].average == pytest.approx(members / catalogue.members.sum())
    assert result.genres[0].genre == "Comedy"  # the most typical first
    differences = [share.share - share.average for share in result.genres]
    assert differences[0] > 0 > differences[-1]


def test_surprises_are_ratings_far_from_their_predictions_by_the_others(model: Model) -> None:
    history = {int(anime_id): 9.0 for anime_id in range(110, 130, 2)} | {132: 1.0}
    result = profile(model, model.fold_in(history))
    assert result.surprises[0].anime_id == 132
    others = {anime_id: rating for anime_id, rating in history.items() if anime_id != 132}
    expected = model.predict_ratings(model.fold_in(others).row)[0, model.catalogue.position(132)]
    assert result.surprises[0].expected == pytest.approx(expected)
    gaps = [abs(surprise.rating - surprise.expected) for surprise in result.surprises]
    assert gaps == sorted(gaps, reverse=True)


@pytest.mark.parametrize("name", ["model", "textbook"])
def test_every_taste_has_a_profile(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for taste in (model.fold_in({}), model.fold_in({103: WATCHED}), model.fold_in({103: 5})):
        result = profile(model, taste)
        assert (result.n_rated + result.n_watched, result.surprises) == (len(taste), ())
    for user_id in model.user_ids[::20].tolist():
        assert np.isfinite(
            [surprise.expected for surprise in profile(model, model.user_taste(user_id)).surprises]
        ).all()
