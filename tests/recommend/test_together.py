"""One list for several people: equals brute force, ignores their order, delays what somebody dislikes."""

import json
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import WATCHED, Filters, InputError, Model, Taste
from core.data.scale import RatingScale
from core.recommend.novelty import DEFAULT, position_at
from core.recommend.together import OWN_BEST, TOLERANCE, joint_scores, recommend_together, utility
from core.recommend.variety import FRANCHISE, STUDIO, Variety

IDS = st.integers(100, 159)
HISTORIES = st.dictionaries(IDS, st.sampled_from([WATCHED, 2, 5, 8, 10]), max_size=20)
BALANCES = st.sampled_from([0, 0.25, 0.6, 1])
NOVELTIES = st.sampled_from([-0.5, 0, DEFAULT, 1])
quick = settings(max_examples=30)
EVENS, ODDS = {102: 9, 104: 9, 103: 4, 108: 10}, {103: 9, 105: 10, 107: 9, 106: 2, 109: WATCHED}


@quick
@given(people=st.lists(HISTORIES, min_size=2, max_size=3), k=st.integers(1, 60), balance=BALANCES, novelty=NOVELTIES)
@example(people=[EVENS, ODDS], k=10, balance=0.6, novelty=DEFAULT)
def test_recommendations_equal_brute_force(
    model: Model, people: list[dict[int, float]], k: int, balance: float, novelty: float
) -> None:
    tastes = [model.fold_in(history) for history in people]
    catalogue, franchises, studios = model.catalogue, model.franchises.numbers, model.variety.studios
    unseen = [position for position in range(60) if not any(position in taste.seen for taste in tastes)]

    def best_first(scores: np.ndarray) -> list[int]:
        return sorted(unseen, key=lambda position: (-scores[position], -catalogue.members[position], position))

    # Each person's utility of all titles, [60], and the earliest rank at which they accept each title.
    utilities, earliest_ranks = [], []
    for taste in tastes:
        own = taste.dialled(position_at(novelty)).astype(float)
        predicted = model.predict_ratings(taste.row)[0]
        for other in tastes:
            taste = taste.with_seen(other)
        listed = model.recommend(taste, 60, Filters(adult=True), novelty)
        best = [catalogue.position(item.anime_id) for item in listed]
        utilities.append(own / np.sqrt(np.mean(own[best[:OWN_BEST]] ** 2)))
        floor = min(predicted[best[:OWN_BEST]].mean() - 9 * TOLERANCE, 7.75) if best else 1
        accepted = predicted >= floor
        earliest_ranks.append({position: 0 if accepted[position] else rank for rank, position in enumerate(best)})
    # The joint scores, [60], and for each rank the best title that everybody accepts, or else the best one.
    scores = (1 - balance) * np.mean(utilities, axis=0) + balance * np.min(utilities, axis=0)
    remaining, expected = best_first(scores), []

    def lowered(title: int) -> float:
        """Return the score after the penalties for variety."""
        same = [sum(of[title] == of[chosen] for chosen in expected) for of in (franchises, studios)]
        penalty = position_at(novelty).variety * (FRANCHISE * same[0] ** 2 + STUDIO * same[1] ** 2)
        return float(scores[title] * np.exp(-penalty)) if scores[title] > 0 else float(scores[title])

    final = []
    while remaining and len(expected) < k:
        acceptable = [title for title in remaining if all(ranks[title] <= len(expected) for ranks in earliest_ranks)]
        best_title = max(acceptable or remaining, key=lambda title: round(lowered(title), 12))
        final.append(lowered(best_title))
        expected.append(best_title)
        remaining.remove(best_title)
    recommendations = model.recommend_together(tastes, k, Filters(adult=True), balance, novelty)
    assert [item.rank for item in recommendations] == list(range(1, len(expected) + 1))
    assert [item.score for item in recommendations] == pytest.approx(final, abs=1e-9)
    assert [catalogue.position(item.anime_id) for item in recommendations] == expected


@quick
@given(
    history=HISTORIES,
    n_people=st.integers(2, 6),
    k=st.integers(1, 60),
    balance=BALANCES,
    novelty=NOVELTIES,
    sequels=st.sampled_from(["all", "first"]),
)
@example(history={125: 1, 103: 1}, n_people=2, k=60, balance=0.25, novelty=0, sequels="all")
def test_equal_tastes_get_the_recommendations_of_one_person(
    model: Model, history: dict[int, float], n_people: int, k: int, balance: float, novelty: float, sequels: str
) -> None:
    taste, filters = model.fold_in(history), Filters(sequels=sequels)
    together = model.recommend_together([taste] * n_people, k, filters, balance, novelty)
    alone = model.recommend(taste, k, filters, novelty)
    assert [item.anime_id for item in together] == [item.anime_id for item in alone]
    for item, joint_item in zip(alone, together, strict=True):
        assert joint_item.predicted_ratings == (item.predicted_rating,) * n_people
        assert joint_item.because == (item.because,) * n_people


@quick
@given(people=st.lists(HISTORIES, min_size=2, max_size=3), k=st.integers(1, 60), balance=BALANCES)
def test_order_of_people_only_permutes_the_values_per_person(
    model: Model, people: list[dict[int, float]], k: int, balance: float
) -> None:
    tastes = [model.fold_in(history) for history in people]
    recommendations = model.recommend_together(tastes, k, None, balance)
    for order in permutations(range(len(people))):
        permuted = model.recommend_together([tastes[person] for person in order], k, None, balance)
        for item, permuted_item in zip(recommendations, permuted, strict=True):
            assert item.rank == permuted_item.rank
            assert (item.anime_id, item.score) == (permuted_item.anime_id, permuted_item.score)
            assert tuple(item.predicted_ratings[person] for person in order) == permuted_item.predicted_ratings
            assert tuple(item.because[person] for person in order) == permuted_item.because


@quick
@given(first=HISTORIES, second=HISTORIES, k=st.integers(1, 59), balance=BALANCES)
def test_longer_list_extends_the_shorter_one_and_contains_every_unseen_title(
    model: Model, first: dict[int, float], second: dict[int, float], k: int, balance: float
) -> None:
    tastes = [model.fold_in(first), model.fold_in(second)]
    longer = model.recommend_together(tastes, 60, Filters(adult=True), balance)
    assert {item.anime_id for item in longer} == {*range(100, 160)} - {*first} - {*second}
    shorter = model.recommend_together(tastes, k, Filters(adult=True), balance)
    assert [(item.anime_id, item.score) for item in shorter] == [(item.anime_id, item.score) for item in longer[:k]]


def test_franchise_is_excluded_if_one_person_is_ahead_of_another(model: Model) -> None:
    def recommended(first: dict[int, float], second: dict[int, float], sequels: str = "first") -> set[int]:
        tastes = [model.fold_in(first), model.fold_in(second)]
        recommendations = model.recommend_together(tastes, 60, Filters(sequels=sequels))
        return {item.anime_id for item in recommendations} & {103, 104, 105}  # one franchise, in this order

    assert recommended({}, {}) == {103}
    assert recommended({103: 9}, {103: 8}) == {104}
    assert recommended({103: 9}, {}) == recommended({}, {103: 9}) == set()
    assert recommended({103: 9, 104: 9}, {103: 9}) == set()
    assert recommended({103: 9}, {103: 3}) == set()  # disliked
    assert recommended({103: 9}, {}, "new") == set()
    assert recommended({103: 9}, {105: 9}, "all") == {104}


def test_predicted_ratings_and_reasons_belong_to_each_person(model: Model) -> None:
    tastes = [model.fold_in(EVENS), model.fold_in(ODDS)]
    recommendations = model.recommend_together(tastes, 10)
    assert {reason.anime_id for item in recommendations for reason in item.because[0]} <= {*EVENS}
    assert {reason.anime_id for item in recommendations for reason in item.because[1]} <= {*ODDS}
    assert all(item.because[0] and item.because[1] for item in recommendations[:3])
    for person, taste in enumerate(tastes):
        expected = model.predict_ratings(taste.row)[0]
        for item in recommendations:
            assert item.predicted_ratings[person] == expected[model.catalogue.position(item.anime_id)]


def recommended_positions(
    model: Model, scores: list[list[float]], predicted: list[list[float]], n_titles: int, **options: float
) -> list[int]:
    """Return the joint list of people with these scores and predicted ratings of the first titles."""

    def padded(values: list[float]) -> np.ndarray:
        return np.pad(np.float32(values), (0, 60 - len(values)))

    own_franchises = SimpleNamespace(numbers=np.arange(60))
    fixed_model = SimpleNamespace(
        catalogue=model.catalogue,
        ranker=SimpleNamespace(rated=np.ones(60, dtype=bool)),
        variety=Variety(model.catalogue, own_franchises),  # type: ignore[arg-type]
    )
    people = [
        SimpleNamespace(
            positions=np.zeros(0, dtype=np.int32), scale=RatingScale(), model=fixed_model, predicted=padded(ratings),
            dialled=lambda position, own=own: padded(own), allowed=lambda filters: np.arange(60) < n_titles,
            contributions=lambda targets: np.zeros((0, len(targets)), dtype=np.float32),
        )
        for own, ratings in zip(scores, predicted, strict=True)
    ]  # fmt: skip
    recommendations = recommend_together(people, 60, Filters(), **options)  # type: ignore[arg-type]
    return [model.catalogue.position(item.anime_id) for item in recommendations]


def test_balance_weighs_the_person_whom_a_title_suits_least(model: Model) -> None:
    equal_ratings = [[8.0] * 4] * 2
    scores = [8, 3, 0, 2.5], [0, 3, 8, 2.5]
    assert recommended_positions(model, scores, equal_ratings, 4, balance=0.0) == [0, 2, 1, 3]
    assert recommended_positions(model, scores, equal_ratings, 4, balance=1.0) == [1, 3, 0, 2]


def test_larger_scores_of_one_person_do_not_count_more(model: Model) -> None:
    scores, scaled_scores = ([3, 2, 1], [1, 2.5, 2.8]), ([3, 2, 1], [100, 250, 280])
    equal_ratings = [[8.0] * 3] * 2
    for balance in (0.0, 0.5):
        positions, positions_of_scaled = (
            recommended_positions(model, own_scores, equal_ratings, 3, balance=balance)
            for own_scores in (scores, scaled_scores)
        )
        assert positions == positions_of_scaled


def test_title_one_person_dislikes_is_delayed(model: Model) -> None:
    scores = [60.0, *range(14, 0, -1)], [5.5, *range(14, 0, -1)]  # title 0 ranks first, and tenth
    liked, disliked = [8.0] * 15, [3.0] + [8.0] * 14
    assert recommended_positions(model, scores, [liked, liked], 15)[0] == 0
    assert recommended_positions(model, scores, [liked, disliked], 15).index(0) == 9
    assert recommended_positions(model, scores, [disliked, liked], 15)[0] == 0  # their own best title
    assert recommended_positions(model, scores, [liked, disliked], 15, tolerance=1.0)[0] == 0
    assert recommended_positions(model, scores, [liked, [7.1] + [8.0] * 14], 15)[0] == 0  # less than one point below
    assert recommended_positions(model, scores, [liked, [7.8] + [10.0] * 14], 15)[0] == 0  # further below, but liked
    assert recommended_positions(model, scores, [liked, [7.7] + [10.0] * 14], 15)[0] == 1


def test_joint_scores_lie_between_mean_and_minimum() -> None:
    first, second = np.array([1.0, 0.5]), np.array([0.2, 0.5])
    assert joint_scores([first, second], 0.0) == pytest.approx([0.6, 0.5])
    assert joint_scores([first, second], 1.0) == pytest.approx([0.2, 0.5])
    assert joint_scores([first, second], 0.25) == pytest.approx([0.5, 0.5])
    assert joint_scores([first, first, second], 0.0) == pytest.approx([2.2 / 3, 0.5])


def test_utility_keeps_the_order_of_scores_even_if_none_is_positive() -> None:
    own_list = np.arange(10)
    for scores in (np.linspace(3, -1, 20), np.linspace(-1, -3, 20), np.zeros(20)):
        utilities = utility(scores.astype(np.float32), own_list)
        assert np.isfinite(utilities).all()
        assert np.array_equal(np.argsort(-utilities, kind="stable"), np.arange(20))


def test_textbook_model_recommends_for_several_people(textbook: Model) -> None:
    tastes = [textbook.fold_in(EVENS), textbook.fold_in({}), textbook.fold_in({103: WATCHED})]
    assert len(textbook.recommend_together(tastes, 10)) == 10


def test_novelty_leads_to_little_known_titles(model: Model) -> None:
    tastes = [model.fold_in({103: 9}), model.fold_in({105: 8})]
    popular, little_known = (model.recommend_together(tastes, 10, novelty=novelty) for novelty in (-1, 1))
    assert np.mean([item.members for item in popular]) > np.mean([item.members for item in little_known])


def test_recommendation_converts_to_plain_json(model: Model) -> None:
    item = model.recommend_together([model.fold_in(EVENS), model.fold_in(ODDS)], 1)[0]
    content = json.loads(json.dumps(item.as_dict()))
    assert list(content) == [
        "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
        "estimated", "predicted_ratings", "score", "because", "names",
    ]  # fmt: skip
    assert content["predicted_ratings"] == list(item.predicted_ratings)
    assert [len(reasons) for reasons in content["because"]] == [len(reasons) for reasons in item.because]
    assert list(content["because"][0][0]) == ["anime_id", "name", "english", "share"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"balance": 1.1}, "balance is 1.1; expected a number from 0"),
        ({"balance": float("nan")}, "balance is nan"),
        ({"balance": True}, "balance is True"),
        ({"balance": "half"}, "balance is 'half'"),
        ({"k": 0}, "k is 0"),
        ({"k": "ten"}, "k is 'ten'"),
        ({"k": 1001}, "from 1 to 1000"),
        ({"novelty": 2}, "novelty is 2"),
    ],
)
def test_error_names_the_wrong_option(model: Model, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        model.recommend_together([model.fold_in(EVENS), model.fold_in(ODDS)], **options)  # type: ignore[arg-type]


def test_fewer_than_two_tastes_are_refused(model: Model) -> None:
    tastes: list[Taste] = []
    for _ in range(2):
        with pytest.raises(InputError, match=f"There are {len(tastes)} tastes"):
            model.recommend_together(tastes)
        tastes.append(model.fold_in(EVENS))


def test_list_is_empty_if_one_person_has_seen_everything(model: Model) -> None:
    everything = model.fold_in(dict.fromkeys(range(100, 160), WATCHED))
    assert model.recommend_together([everything, model.fold_in(EVENS)]) == []
