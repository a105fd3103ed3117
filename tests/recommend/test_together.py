"""One list for several people: by brute force, the same taste twice, any order, nobody made to suffer."""

import json
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core import WATCHED, Filters, InputError, Model, Taste
from core.data.scale import RatingScale
from core.recommend.listing import tilted
from core.recommend.together import OWN_BEST, TOLERANCE, joint_scores, recommend_together, utility

IDS = st.integers(100, 159)
histories = st.dictionaries(IDS, st.sampled_from([WATCHED, 2, 5, 8, 10]), max_size=20)
balances = st.sampled_from([0, 0.25, 0.6, 1])
quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVENS, ODDS = {102: 9, 104: 9, 103: 4, 108: 10}, {103: 9, 105: 10, 107: 9, 106: 2, 109: WATCHED}


@quick
@given(people=st.lists(histories, min_size=2, max_size=3), k=st.integers(1, 60), balance=balances)
@example(people=[EVENS, ODDS], k=10, balance=0.6)
def test_it_agrees_with_brute_force(model: Model, people: list[dict[int, float]], k: int, balance: float) -> None:
    tastes = [model.fold_in(history) for history in people]
    catalogue, unseen = model.catalogue, [at for at in range(60) if not any(at in taste.seen for taste in tastes)]

    def ordered(scores: np.ndarray) -> list[int]:
        return sorted(unseen, key=lambda at: (-scores[at], -catalogue.members[at], at))

    utilities, waits = [], []
    for taste in tastes:
        own = model.rank_scores(taste.row)[0].astype(float)
        predicted = model.predict_ratings(taste.row)[0]
        best = ordered(own)
        utilities.append(own / np.sqrt(np.mean(own[best[:OWN_BEST]] ** 2)))
        floor = min(predicted[best[:OWN_BEST]].mean() - 9 * TOLERANCE, 7.75) if best else 1
        waits.append({at: 0 if predicted[at] >= floor else place for place, at in enumerate(best)})
    scores = (1 - balance) * np.mean(utilities, axis=0) + balance * np.min(utilities, axis=0)
    left, expected = ordered(scores), []
    while left and len(expected) < k:
        passing = [at for at in left if all(one[at] <= len(expected) for one in waits)]
        expected.append((passing or left)[0])
        left.remove(expected[-1])
    found = model.recommend_together(tastes, k, Filters(adult=True), balance)
    listed = [catalogue.position(item.anime_id) for item in found]
    assert [item.rank for item in found] == list(range(1, len(expected) + 1))
    assert [item.score for item in found] == pytest.approx(scores[expected], abs=1e-9)
    assert listed == expected


@quick
@given(
    history=histories,
    times=st.integers(2, 3),
    k=st.integers(1, 60),
    balance=balances,
    novelty=st.sampled_from([-0.5, 0, 1]),
    sequels=st.sampled_from(["all", "first"]),
)
@example(history={125: 1, 103: 1}, times=2, k=60, balance=0.25, novelty=0, sequels="all")
def test_the_same_taste_again_gets_the_list_of_one(
    model: Model, history: dict[int, float], times: int, k: int, balance: float, novelty: float, sequels: str
) -> None:
    taste, filters = model.fold_in(history), Filters(sequels=sequels)
    alone = model.recommend(taste, k, filters, novelty)
    together = model.recommend_together([taste] * times, k, filters, balance, novelty)
    assert [item.anime_id for item in together] == [item.anime_id for item in alone]
    for one, all_of_them in zip(alone, together, strict=True):
        assert all_of_them.predicted_ratings == (one.predicted_rating,) * times
        assert all_of_them.because == (one.because,) * times


@quick
@given(people=st.lists(histories, min_size=2, max_size=3), k=st.integers(1, 60), balance=balances)
def test_another_order_of_people_swaps_the_tuples_alone(
    model: Model, people: list[dict[int, float]], k: int, balance: float
) -> None:
    tastes = [model.fold_in(history) for history in people]
    first = model.recommend_together(tastes, k, None, balance)
    for order in permutations(range(len(people))):
        other = model.recommend_together([tastes[at] for at in order], k, None, balance)
        for one, again in zip(first, other, strict=True):
            assert (one.rank, one.anime_id, one.score) == (again.rank, again.anime_id, again.score)
            assert tuple(one.predicted_ratings[at] for at in order) == again.predicted_ratings
            assert tuple(one.because[at] for at in order) == again.because


@quick
@given(one=histories, other=histories, k=st.integers(1, 59), balance=balances)
def test_a_longer_list_begins_like_a_shorter_one_and_none_is_cut_short(
    model: Model, one: dict[int, float], other: dict[int, float], k: int, balance: float
) -> None:
    tastes = [model.fold_in(one), model.fold_in(other)]
    whole = model.recommend_together(tastes, 60, Filters(adult=True), balance)
    assert {item.anime_id for item in whole} == {*range(100, 160)} - {*one} - {*other}
    shorter = model.recommend_together(tastes, k, Filters(adult=True), balance)
    assert [(item.anime_id, item.score) for item in shorter] == [(item.anime_id, item.score) for item in whole[:k]]


def test_a_franchise_waits_where_one_is_further_on(model: Model) -> None:
    def offered(one: dict[int, float], other: dict[int, float], sequels: str = "first") -> set[int]:
        tastes = [model.fold_in(one), model.fold_in(other)]
        listed = model.recommend_together(tastes, 60, Filters(sequels=sequels))
        return {item.anime_id for item in listed} & {103, 104, 105}  # one franchise, in this order

    assert offered({}, {}) == {103}
    assert offered({103: 9}, {103: 8}) == {104}
    assert offered({103: 9}, {}) == offered({}, {103: 9}) == set()
    assert offered({103: 9, 104: 9}, {103: 9}) == set()
    assert offered({103: 9}, {103: 3}) == set()  # disliked
    assert offered({103: 9}, {}, "new") == set()
    assert offered({103: 9}, {105: 9}, "all") == {104}


def test_predicted_ratings_and_reasons_are_each_ones_own(model: Model) -> None:
    tastes = [model.fold_in(EVENS), model.fold_in(ODDS)]
    listed = model.recommend_together(tastes, 10)
    assert {reason.anime_id for item in listed for reason in item.because[0]} <= {*EVENS}
    assert {reason.anime_id for item in listed for reason in item.because[1]} <= {*ODDS}
    assert all(item.because[0] and item.because[1] for item in listed[:3])
    for side, taste in enumerate(tastes):
        expected = model.predict_ratings(taste.row)[0]
        for item in listed:
            assert item.predicted_ratings[side] == expected[model.catalogue.position(item.anime_id)]


class Silent:
    """A head that gives no reasons."""

    def contributions(self, row: object, targets: np.ndarray) -> np.ndarray:
        return np.zeros((0, len(targets)), dtype=np.float32)


def by_hand(
    model: Model, scores: list[list[float]], predicted: list[list[float]], n_titles: int, **options: float
) -> list[int]:
    """The list for people whose scores and predicted ratings are written down."""

    def padded(values: list[float]) -> np.ndarray:
        return np.pad(np.float32(values), (0, 60 - len(values)))

    fixed = SimpleNamespace(catalogue=model.catalogue, ranker=Silent())
    people = [
        SimpleNamespace(
            row=None, positions=np.zeros(0, dtype=np.int32), scale=RatingScale(), model=fixed, scores=padded(own),
            predicted=padded(ratings), allowed=lambda filters: np.arange(60) < n_titles,
        )
        for own, ratings in zip(scores, predicted, strict=True)
    ]  # fmt: skip
    listed = recommend_together(people, 60, Filters(), **options)  # type: ignore[arg-type]
    return [model.catalogue.position(item.anime_id) for item in listed]


def test_the_more_balance_the_more_counts_whom_a_title_suits_least(model: Model) -> None:
    alike = [[8.0] * 4] * 2
    scores = [8, 3, 0, 2.5], [0, 3, 8, 2.5]
    assert by_hand(model, scores, alike, 4, balance=0.0) == [0, 2, 1, 3]
    assert by_hand(model, scores, alike, 4, balance=1.0) == [1, 3, 0, 2]


def test_scores_of_who_told_more_do_not_count_more(model: Model) -> None:
    scores, louder = ([3, 2, 1], [1, 2.5, 2.8]), ([3, 2, 1], [100, 250, 280])
    alike = [[8.0] * 3] * 2
    for balance in (0.0, 0.5):
        assert by_hand(model, scores, alike, 3, balance=balance) == by_hand(model, louder, alike, 3, balance=balance)


def test_what_one_would_suffer_from_waits_for_their_own_list(model: Model) -> None:
    first = [60.0, *range(14, 0, -1)]
    second = [5.5, *range(14, 0, -1)]  # title 0 is ten places down on their own list
    liked, suffered = [8.0] * 15, [3.0] + [8.0] * 14
    scores = first, second
    assert by_hand(model, scores, [liked, liked], 15)[0] == 0
    spared = by_hand(model, scores, [liked, suffered], 15)
    assert spared.index(0) == 9
    assert by_hand(model, scores, [suffered, liked], 15)[0] == 0  # the first one's own best
    assert by_hand(model, scores, [liked, suffered], 15, tolerance=1.0)[0] == 0
    assert by_hand(model, scores, [liked, [7.1] + [8.0] * 14], 15)[0] == 0  # less than one point below
    assert by_hand(model, scores, [liked, [7.8] + [10.0] * 14], 15)[0] == 0  # more, but they would like it
    assert by_hand(model, scores, [liked, [7.7] + [10.0] * 14], 15)[0] == 1


def test_joint_scores() -> None:
    one, other = np.array([1.0, 0.5]), np.array([0.2, 0.5])
    assert joint_scores([one, other], 0.0) == pytest.approx([0.6, 0.5])
    assert joint_scores([one, other], 1.0) == pytest.approx([0.2, 0.5])
    assert joint_scores([one, other], 0.25) == pytest.approx([0.5, 0.5])
    assert joint_scores([one, one, other], 0.0) == pytest.approx([2.2 / 3, 0.5])


def test_a_utility_keeps_the_order_also_where_nothing_speaks_for_anything() -> None:
    own_list = np.arange(10)
    for scores in (np.linspace(3, -1, 20), np.linspace(-1, -3, 20), np.zeros(20)):
        told = utility(scores.astype(np.float32), own_list)
        assert np.isfinite(told).all()
        assert np.array_equal(np.argsort(-told, kind="stable"), np.arange(20))


def test_the_textbook_makes_lists_together_too(textbook: Model) -> None:
    tastes = [textbook.fold_in(EVENS), textbook.fold_in({}), textbook.fold_in({103: WATCHED})]
    assert len(textbook.recommend_together(tastes, 10)) == 10


def test_novelty_leads_to_what_few_know(model: Model) -> None:
    tastes = [model.fold_in({103: 9}), model.fold_in({105: 8})]
    mainstream, gems = (model.recommend_together(tastes, 10, novelty=novelty) for novelty in (-1, 1))
    assert np.mean([item.members for item in mainstream]) > np.mean([item.members for item in gems])
    assert np.array_equal(tilted(np.ones(60, np.float32), model.catalogue, 0), np.ones(60))


def test_a_line_turns_into_plain_json(model: Model) -> None:
    item = model.recommend_together([model.fold_in(EVENS), model.fold_in(ODDS)], 1)[0]
    told = json.loads(json.dumps(item.as_dict()))
    assert list(told) == [
        "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
        "predicted_ratings", "score", "because",
    ]  # fmt: skip
    assert told["predicted_ratings"] == list(item.predicted_ratings)
    assert [len(reasons) for reasons in told["because"]] == [len(reasons) for reasons in item.because]
    assert list(told["because"][0][0]) == ["anime_id", "name", "english", "share"]


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
def test_wrong_wishes_are_named(model: Model, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        model.recommend_together([model.fold_in(EVENS), model.fold_in(ODDS)], **options)  # type: ignore[arg-type]


def test_one_is_not_enough(model: Model) -> None:
    tastes: list[Taste] = []
    for _ in range(2):
        with pytest.raises(InputError, match=f"There are {len(tastes)} tastes"):
            model.recommend_together(tastes)
        tastes.append(model.fold_in(EVENS))


def test_no_title_left_makes_an_empty_list(model: Model) -> None:
    everything = model.fold_in(dict.fromkeys(range(100, 160), WATCHED))
    assert model.recommend_together([everything, model.fold_in(EVENS)]) == []
