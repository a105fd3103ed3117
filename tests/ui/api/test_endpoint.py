"""The web API without a server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import WATCHED, Filters, InputError, Model
from core.serving.model_source import ServedModel
from core.ui.api.endpoint import Endpoint
from core.ui.api.endpoints import endpoints

Api = dict[str, Endpoint]
GOOD: dict[str, dict[str, Any]] = {
    "search": {"query": "show"},
    "recommend": {"ratings": {"103": 9}},
    "recommend_for_user": {"user_id": 1},
    "recommend_together": {"ratings": {"103": 9}, "other_ratings": {"105": 8}},
    "similar": {"anime_id": 103},
}
# Anything that a JSON parser returns, including 1e400 and NaN.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([10**400, -(10**400)]) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("103"), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def api(model: Model) -> Api:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return {endpoint.name: endpoint for endpoint in endpoints(lambda: served)}


def dicts(titles: list) -> list[dict]:
    return [title.as_dict() for title in titles]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_argument_is_answered_or_refused_with_a_sentence(api: Api, data: st.DataObject) -> None:
    endpoint = api[data.draw(st.sampled_from(sorted(api)))]
    name = data.draw(st.sampled_from([*endpoint.parameters, "nonsense"]))
    arguments = GOOD[endpoint.name] | {name: data.draw(JSON)}
    try:
        answer = endpoint(arguments)
    except InputError as error:
        answer = [{"error": str(error)}]
    assert len(json.dumps(answer, allow_nan=False)) < 100_000


@pytest.mark.parametrize(
    ("arguments", "filters"),
    [
        ({}, Filters()),
        ({"genres": ["Drama"], "exclude_genres": ["Comedy"]}, Filters(genres=("Drama",), exclude_genres=("Comedy",))),
        ({"types": ["TV"], "min_members": 500}, Filters(types=("TV",), min_members=500)),
        ({"min_year": 2002, "max_year": 2003}, Filters(min_year=2002, max_year=2003)),
        ({"adult": True}, Filters(adult=True)),
        ({"extras": True}, Filters(extras=True)),
        ({"themes": ["Drama"], "exclude_themes": ["action"]}, Filters(themes=("Drama",), exclude_themes=("Action",))),
        ({"studios": ["Bones"]}, Filters(studios=("Bones",))),
        ({"exclude_studios": '["Bones"]', "themes": None}, Filters(exclude_studios=("Bones",))),
        ({"sequels": "first"}, Filters(sequels="first")),
        ({"sequels": "new", "exclude_ids": [102]}, Filters(sequels="new", exclude_ids=(102,))),
        ({"exclude_ids": [10**30, 105]}, Filters(exclude_ids=(105,))),
        ({"exclude_ids": [105.0], "min_year": 2002.0}, Filters(exclude_ids=(105,), min_year=2002)),
        ({"exclude_ids": "[105]", "genres": '["Drama"]'}, Filters(exclude_ids=(105,), genres=("Drama",))),
        ({"genres": None, "sequels": None, "adult": None, "min_members": None}, Filters()),
    ],
)
def test_filters_reach_the_model(api: Api, model: Model, arguments: dict, filters: Filters) -> None:
    taste = model.fold_in({103: 9, 105: -1})
    expected = dicts(model.recommend(taste, 50, filters, novelty=0.5))
    ratings = {"103": 9, "105": -1}
    assert api["recommend"]({"ratings": ratings, "k": 50, "novelty": 0.5, **arguments}) == expected
    user = int(model.user_ids[0])
    expected = dicts(model.recommend(model.user_taste(user), 50, filters))
    for user_id in (user, str(user)):
        assert api["recommend_for_user"]({"user_id": user_id, "k": 50, **arguments}) == expected
    assert api["similar"]({"anime_id": 103, "k": 50, **arguments}) == dicts(model.similar(103, 50, filters))


def test_taste_reaches_the_model(api: Api, model: Model) -> None:
    ratings = {103: 9, 105: 8, 110: 3}
    first = model.recommend(model.fold_in(ratings), 1)[0].anime_id
    arguments = {"ratings": {str(anime_id): rating for anime_id, rating in ratings.items()}}
    answers = []
    for complete, unseen in ((None, None), (True, []), (False, [first]), (False, [first, 10**30, -1])):
        expected = dicts(model.recommend(model.fold_in(ratings, complete, [first] if unseen else ())))
        answers.append(api["recommend"](arguments | {"complete": complete, "unseen": unseen}))
        assert answers[-1] == expected
    assert answers[1] != answers[2]
    (line,) = (line for line in answers[2] if line["anime_id"] == first)
    assert line["new_chance"] == 1
    assert sum(part["amount"] for part in line["why"]) == pytest.approx(line["score"], rel=1e-4)


def test_people_of_a_group_have_their_own_facts(api: Api, model: Model) -> None:
    people = [{103: 9}, {105: 8}, {107: 3, 108: WATCHED}]
    sent = [{str(anime_id): rating for anime_id, rating in ratings.items()} for ratings in people]
    group = {"ratings": sent[0], "other_ratings": sent[1], "more_ratings": sent[2:]}
    facts = {"complete": [True, False], "unseen": [[], [], [110, 10**9]], "names": ["Aki", "B" * 30]}
    tastes = [model.fold_in(people[0], True), model.fold_in(people[1], False), model.fold_in(people[2], None, [110])]
    answer = api["recommend_together"](group | facts)
    expected = dicts(model.recommend_together(tastes))
    assert answer == [line | {"names": ("Aki", "B" * 20)} for line in expected]
    assert api["recommend_together"](group) == dicts(model.recommend_together([model.fold_in(one) for one in people]))
    assert len(answer[0]["predicted_ratings"]) == 3
    with pytest.raises(InputError, match="more_ratings has 5 people; expected 4 at most"):
        api["recommend_together"](group | {"more_ratings": sent[2:] * 5})
    with pytest.raises(InputError, match="names has 4 entries; there are 3 people"):
        api["recommend_together"](group | {"names": ["A"] * 4})


def test_calls_by_position_mean_what_they_meant(api: Api) -> None:
    former = ["genres", "exclude_genres", "types", "min_members", "min_year", "max_year", "adult", "sequels"]
    former += ["exclude_ids", "themes", "exclude_themes", "studios", "exclude_studios"]
    names = {name: list(endpoint.parameters) for name, endpoint in api.items()}
    assert names["recommend"] == ["ratings", "k", *former, "novelty", "complete", "unseen", "extras"]
    assert names["recommend_for_user"] == ["user_id", "k", *former, "novelty", "extras"]
    added = ["more_ratings", "complete", "unseen", "names", "extras"]
    assert names["recommend_together"] == ["ratings", "other_ratings", "k", "balance", *former, "novelty", *added]
    assert names["similar"] == ["anime_id", "k", *former, "extras"]


def test_titles_similar_to_an_adult_title_may_be_adult(api: Api, model: Model) -> None:
    adult = next(int(anime_id) for anime_id in model.item_ids if "Hentai" in model.catalogue[int(anime_id)].genres)
    assert api["similar"]({"anime_id": adult}) == dicts(model.similar(adult))
    popular = api["similar"]({"anime_id": adult, "k": 50, "min_members": 1})
    assert popular == dicts(model.similar(adult, 50, Filters(adult=True, min_members=1)))


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("recommend", {}, "/recommend needs ratings: By MyAnimeList id"),
        ("recommend", {"ratings": {}, "sequel": "first"}, "no parameter 'sequel'; it has ratings, k, genres"),
        ("recommend", {"ratings": {"103": 9}, "k": "ten"}, "k is 'ten'; expected a whole number. How many"),
        ("recommend", {"ratings": {"103": 9}, "k": True}, "k is True; expected a whole number"),
        ("recommend", {"ratings": None}, "ratings is None; expected an object"),
        ("recommend", {"ratings": "103"}, "ratings is '103'; expected an object"),
        ("recommend", {"ratings": {"103": 9}, "k": 2.5}, "k is 2.5; expected a whole number"),
        ("recommend", {"ratings": {"103": None}}, "ratings: 103 is None; expected a number"),
        ("recommend", {"ratings": [103]}, "expected an object"),
        ("recommend", {"ratings": {"103": 9}, "adult": "no"}, "adult is 'no'; expected true or false"),
        ("recommend", {"ratings": {"103": 9}, "sequels": "none"}, "expected 'all', 'first' or 'new'"),
        ("recommend", {"ratings": {"103": 9}, "min_year": 10**400}, "expected a whole number up to"),
        ("recommend", {"ratings": {"9" * 5000: 9}}, "is not a MyAnimeList id"),
        ("recommend", {"ratings": {"103": 9}, "studios": ["Nobody"]}, "no studio 'Nobody' in this catalogue"),
        ("similar", {"anime_id": 103, "themes": ["Gore"]}, "no theme 'Gore' in this catalogue"),
        ("recommend_for_user", {"user_id": "somebody"}, "no user 'somebody'.*for example"),
        ("recommend_for_user", {"user_id": 1.5}, "user_id is 1.5; expected a whole number"),
    ],
)
def test_wrong_argument_is_named_in_a_sentence(api: Api, name: str, arguments: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        api[name](arguments)


def test_arguments_may_come_as_text_and_as_whole_floats(api: Api) -> None:
    expected = api["recommend"]({"ratings": {"103": 9}, "k": 2})
    assert api["recommend"]({"ratings": '{"103": 9.0}', "k": 2.0}) == expected
    assert api["search"]({"query": "[1]"}) == api["search"]({"query": "[1]", "limit": None})  # a text stays one


def test_no_schema_of_a_parameter_is_a_choice(api: Api) -> None:
    schemas = api["recommend"].schemas
    assert list(schemas) == list(api["recommend"].parameters)
    assert (schemas["k"], schemas["min_year"]) == ({"type": "integer"}, {"type": "integer"})
    assert schemas["genres"] == {"type": "array", "items": {"type": "string"}}
    assert schemas["ratings"] == {"type": "object", "additionalProperties": {"type": "number"}}
    assert schemas["sequels"] == {"type": "string", "enum": ["all", "first", "new"]}
    assert all(schema.get("type") for endpoint in api.values() for schema in endpoint.schemas.values())
