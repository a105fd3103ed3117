"""A model with more titles than it was trained on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import Catalogue, InputError, Model

TASTES = ({103: 9, 104: 8}, {105: 10}, {})


def more(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue with a second part of title 102, in front, and an unrelated title, at the end."""
    frame = catalogue.frame
    second = frame.iloc[[2]].assign(anime_id=5001, name="A second part", related_ids="102", members=0)
    other = frame.iloc[[9]].assign(anime_id=5002, name="Another one", members=90_000)
    return Catalogue(pd.concat([second, frame, other], ignore_index=True))


@pytest.fixture(scope="module")
def larger(model: Model) -> Model:
    return model.with_titles(more(model.catalogue))


def test_rated_titles_keep_their_order_and_their_ratings(model: Model, larger: Model) -> None:
    positions = larger.catalogue.positions(model.item_ids)
    for ratings in TASTES:
        old, new = model.fold_in(ratings), larger.fold_in(ratings)
        assert np.corrcoef(old.scores, new.scores[positions])[0, 1] > 0.99
        assert np.allclose(old.predicted, new.predicted[positions], atol=0.02)
        best = {item.anime_id for item in model.recommend(old, 10)}
        assert len(best & {item.anime_id for item in larger.recommend(new, 12)}) >= 8


def test_new_titles_are_listed_as_estimated(larger: Model) -> None:
    listed = {item.anime_id: item.estimated for item in larger.recommend(larger.fold_in({103: 9}), 100)}
    assert [anime_id for anime_id, estimated in listed.items() if estimated] != []
    assert {5001, 5002} <= {anime_id for anime_id, estimated in listed.items() if estimated}
    assert (larger.is_known(5001), larger.is_known(102)) == (False, True)
    assert 102 in [item.anime_id for item in larger.similar(5001, 3)]


def test_the_error_of_an_estimated_title_is_wider(larger: Model) -> None:
    new, old = (larger.catalogue.position(anime_id) for anime_id in (5001, 102))
    assert larger.predictor.item_variances[new] > 5 * larger.predictor.item_variances[old]
    taste = larger.fold_in({103: 9})
    q = larger.predictor.item_coordinates[new]
    variance = q @ larger.predictor.posterior(taste.row) @ q
    expected = np.sqrt(larger.predictor.noise + larger.predictor.fact_variance + variance)
    assert larger.expected_error(taste, 5001) == pytest.approx(float(expected), rel=1e-5)


def test_existing_users_keep_their_histories(model: Model, larger: Model) -> None:
    for user_id in model.user_ids[:5].tolist():
        assert larger.user_taste(user_id).ratings == model.user_taste(user_id).ratings
        taste = larger.user_taste(user_id)
        assert np.allclose(taste.factors[:64], larger.users.factors[larger.users.row(user_id)], atol=1e-3)


def test_it_can_be_saved_and_loaded(larger: Model, tmp_path: Path) -> None:
    larger.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    ratings = {103: 9, 5001: 8}
    assert np.array_equal(loaded.fold_in(ratings).scores, larger.fold_in(ratings).scores)
    assert np.abs(loaded.coordinates).max() <= 1


def test_equal_titles_give_an_equal_model(model: Model) -> None:
    renamed = model.with_titles(Catalogue(model.catalogue.frame.assign(english="New")))
    assert renamed.ranker is model.ranker
    assert renamed.catalogue[102].english == "New"


def test_changed_facts_move_titles_without_ratings_alone(larger: Model) -> None:
    frame = larger.catalogue.frame
    changed = frame.assign(members=frame["members"].where(~frame["anime_id"].isin([5001, 103]), 80_000))
    moved = larger.with_titles(Catalogue(changed))
    position, rated = (larger.catalogue.position(anime_id) for anime_id in (5001, 103))
    norms = moved.ranker.norms, larger.ranker.norms
    assert abs(norms[0][position] / norms[1][position] - 1) > 0.02
    assert norms[0][rated] == pytest.approx(norms[1][rated], rel=1e-3)


def test_catalogue_that_lacks_a_title_is_refused(model: Model) -> None:
    fewer = Catalogue(model.catalogue.frame.iloc[1:].reset_index(drop=True))
    with pytest.raises(InputError, match=r"lacks 1 of the model's 60 titles, first .*\(100\); expected all"):
        model.with_titles(fewer)


def test_textbook_model_takes_no_more_titles(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.with_titles(more(textbook.catalogue))


def test_shapes_and_facts_of_the_model_tell_of_the_new_titles(model: Model, larger: Model) -> None:
    assert larger.info.data == model.info.data | {"titles": 62}
    assert larger.info.shapes["items"] == 62
    assert replace(larger.info, data=model.info.data, shapes=model.info.shapes) == model.info
