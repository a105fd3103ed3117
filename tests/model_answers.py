"""Everything that the page and programs ask of a model, for tests of models that are unusual or damaged."""

import json
from datetime import UTC, datetime

import numpy as np

from core import WATCHED, Filters, InputError, Model
from core.insight.profile import profile
from core.model.card import model_card
from core.serving.model_source import ServedModel
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.state import TABS, PageState
from core.ui.routes.map_and_code import map_data
from core.ui.translations import LANGUAGES, texts_in

K = 8


def visitors(model: Model) -> list[dict[int, float]]:
    """Return the ratings of somebody without any, with one, with few, and with the whole catalogue but one title."""
    ids, scale = model.item_ids.tolist(), model.rating_scale
    values = (scale.high, WATCHED, scale.low, scale.at(0.5))
    ratings = [(anime_id, values[index % len(values)]) for index, anime_id in enumerate(ids)]
    famous = ids[int(np.argmax(model.catalogue.members))]
    return [{}, {famous: scale.high}, dict(ratings[:5]), dict(ratings[:-1])]


def ask(model: Model) -> None:
    """Ask a model for its lists, predictions and users. Raises what fails, and `AssertionError` for a wrong answer."""
    tastes = [model.fold_in(ratings) for ratings in visitors(model)]
    tastes += [model.user_taste(int(user_id)) for user_id in model.user_ids[:2]]
    for taste in tastes:
        for filters, novelty in ((Filters(), 0.0), (Filters(sequels="first", adult=True), 1.0)):
            listed = model.recommend(taste, K, filters, novelty)
            assert np.isfinite([(item.score, item.predicted_rating) for item in listed]).all()
            json.dumps([item.as_dict() for item in listed], allow_nan=False)
        assert np.isfinite(model.rank_scores(taste.row)).all()
        predicted = model.predict_ratings(taste.row)
        assert predicted.min() >= model.rating_scale.low
        assert predicted.max() <= model.rating_scale.high
        profile(model, taste)
        assert np.isfinite(taste.factors).all()
        assert np.isfinite(model.taste_coordinates(taste)).all()
    json.dumps([item.as_dict() for item in model.recommend_together(tastes[1:3], K)], allow_nan=False)
    for anime_id in model.item_ids[[0, -1]].tolist():
        model.is_known(anime_id)
        json.dumps([item.as_dict() for item in model.similar(anime_id, K)], allow_nan=False)
    for name in {*model.catalogue.frame["name"][[0, len(model.item_ids) - 1]], "show", "進撃"}:
        model.catalogue.search(name, K)
    model_card(model.info, model.catalogue)
    _ = model.franchises, model.regions, model.meanings


def ask_page(model: Model) -> None:
    """Ask for what only a model of the default recipe answers, and for each part of the page."""
    for ratings in visitors(model):
        taste = model.fold_in(ratings)
        model.suggest(taste, K, leave_out=[1])
        model.walkthrough(taste)
        certainty = model.certainty(taste)
        assert np.isfinite(certainty.expected_error)
        assert 0 <= certainty.share <= 1
    handlers = Handlers(lambda: ServedModel(model, "a test", "", datetime.now(UTC)))
    steps = model.rating_scale.steps
    ids = model.item_ids[:4].tolist()
    ratings = tuple((anime_id, steps[-1 - index % len(steps)]) for index, anime_id in enumerate(ids)) if steps else ()
    states = [PageState(), *(PageState(tab=tab, ratings=ratings) for tab in TABS)]
    states += [
        PageState(ratings=ratings, like=ids[0]),
        PageState(tab="together", ratings=ratings, others=(Person(ratings=ratings[1:]),)),
    ]
    states += [PageState(tab="user", user=user) for user in model.user_ids[:1].tolist()]
    states += [PageState(genres=model.catalogue.genres[:1], types=model.catalogue.types[:1], min_year=1990)]
    handlers.open({"query": "?rated=103:9"})
    handlers.search({"query": "show", "state": states[0].to_json()})
    for language, state in zip([*LANGUAGES] * len(states), states, strict=False):
        json.dumps(handlers.show({"state": state.to_json(), "language": language}))
    for adult in (False, True):
        json.dumps(map_data(model, texts_in("ja"), adult), allow_nan=False)


def answers(model: Model) -> None:
    """Ask a model everything. Raises what fails."""
    ask(model)
    try:
        _ = model.own_heads
    except InputError:  # a textbook model, which cannot be served
        return
    ask_page(model)
