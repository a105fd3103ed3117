"""What moved a title adds up to its score, whoever asks, whatever for."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import WATCHED, Filters, InputError, Model
from core.recommend.explanation import AVERAGE, KINDS, NEW, OTHER_RATINGS, RATING, RATINGS_SHOWN, VARIETY
from core.recommend.novelty import DEFAULT, POSITIONS, position_at
from core.recommend.second_stage import PARTS
from core.recommend.top_k import Recommendation

RATINGS = st.sampled_from([WATCHED, 1, 4, 5, 8, 10])
HISTORIES = st.dictionaries(st.integers(100, 159), RATINGS, max_size=20)
NOVELTIES = st.one_of(st.sampled_from([*POSITIONS]), st.floats(-1, 1))
COMPLETE = st.sampled_from([True, False, None])
FILTERS = st.sampled_from([
    Filters(), Filters(sequels="first"), Filters(sequels="new", adult=True), Filters(genres=("Comedy",), extras=True)
])  # fmt: skip


def check_sums(listed: list[Recommendation], n_ratings: int) -> None:
    """Compare the sum of each explanation with the score, and see that it names each thing once."""
    for item in listed:
        amounts = [part.amount for part in item.why]
        size = sum(map(abs, amounts))
        assert sum(amounts) == pytest.approx(item.score, rel=1e-4, abs=1e-5 * size + 1e-6)
        kinds = [part.kind for part in item.why]
        others = [kind for kind in kinds if kind != RATING]
        assert len(set(others)) == len(others)
        assert AVERAGE in kinds
        assert {*kinds} <= {*KINDS}
        assert kinds.count(RATING) == min(n_ratings, RATINGS_SHOWN)
        assert (OTHER_RATINGS in kinds) == (n_ratings > RATINGS_SHOWN)
        ratings = [abs(part.amount) for part in item.why if part.kind == RATING]
        assert ratings == sorted(ratings, reverse=True)
        assert all((part.anime_id is None) == (part.kind != RATING) for part in item.why)


@settings(max_examples=80)
@given(history=HISTORIES, novelty=NOVELTIES, filters=FILTERS, complete=COMPLETE)
@example(history={}, novelty=DEFAULT, filters=Filters(), complete=None)
@example(history=dict.fromkeys(range(100, 130), 1), novelty=1.0, filters=Filters(), complete=True)
def test_explanations_add_up(
    model: Model, history: dict[int, float], novelty: float, filters: Filters, complete: bool | None
) -> None:
    listed = model.recommend(model.fold_in(history, complete), 60, filters, novelty)
    check_sums(listed, len(history))


@settings(max_examples=25)
@given(data=st.data(), novelty=NOVELTIES, complete=COMPLETE)
def test_explanations_of_the_bundled_model_add_up(
    bundled: Model, data: st.DataObject, novelty: float, complete: bool | None
) -> None:
    ids = st.sampled_from(bundled.item_ids[np.argsort(-bundled.catalogue.members)[:400]].tolist())
    history = data.draw(st.dictionaries(ids, RATINGS, max_size=40))
    unseen = data.draw(st.lists(ids, max_size=5))
    taste = bundled.fold_in(history, complete, unseen)
    first = data.draw(st.lists(ids, max_size=2))
    for filters in (Filters(), Filters(sequels="first"), Filters(types=("Movie",), max_year=2000)):
        check_sums(bundled.recommend(taste, 30, filters, novelty, first), len(history))
    narrowed = taste.narrowed([*history][:1])
    check_sums(bundled.recommend(narrowed, 10, novelty=novelty), len(narrowed))


@settings(max_examples=30)
@given(history=HISTORIES, novelty=NOVELTIES, complete=COMPLETE)
def test_explanations_of_a_textbook_model_add_up(
    textbook: Model, history: dict[int, float], novelty: float, complete: bool | None
) -> None:
    listed = textbook.recommend(textbook.fold_in(history, complete), 60, Filters(adult=True), novelty)
    check_sums(listed, len(history))
    # It has no second stage; what the dial adds is left.
    assert {part.kind for item in listed for part in item.why} <= {
        RATING, OTHER_RATINGS, AVERAGE, NEW, VARIETY, "quality"
    }  # fmt: skip


def test_explanation_of_an_existing_user_adds_up(model: Model) -> None:
    for user_id in model.user_ids[::20].tolist():
        taste = model.user_taste(user_id)
        check_sums(model.recommend(taste, 30), len(taste))


def test_each_part_moves_the_score_in_its_direction(bundled: Model) -> None:
    """A part above 0 adds, one below 0 takes; the ratio of two amounts is that of the parts."""
    taste, position = bundled.fold_in({5114: 10, 9253: 9, 199: 3}), position_at(0)
    for item in bundled.recommend(taste, 20, novelty=0):
        parts = dict(zip(PARTS, taste.parts[:, bundled.catalogue.position(item.anime_id)].tolist(), strict=True))
        amounts = {part.kind: part.amount for part in item.why if part.kind in ("quality", "fame", "era", "type")}
        for kind, amount in amounts.items():
            assert np.sign(amount) == np.sign(parts[kind])
            assert amount / amounts["fame"] == pytest.approx(parts[kind] / parts["fame"], rel=1e-3)
        assert not {NEW, VARIETY} & {part.kind for part in item.why}
    assert not position.newness


def test_lifted_earlier_part_counts_as_the_franchise(bundled: Model) -> None:
    """Who likes Brotherhood gets Fullmetal Alchemist, and is told so."""
    taste = bundled.fold_in({5114: 10, 1535: 8})
    listed = {item.anime_id: item for item in bundled.recommend(taste, 300)}
    check_sums([*listed.values()], 2)
    franchise = next(part.amount for part in listed[121].why if part.kind == "franchise")
    own = taste.parts[PARTS.index("franchise"), bundled.catalogue.position(121)]
    lifted = np.log(bundled.ranker.config.earlier_part) + own
    fame = next(part.amount for part in listed[121].why if part.kind == "fame")
    of_fame = taste.parts[PARTS.index("fame"), bundled.catalogue.position(121)]
    assert franchise / fame == pytest.approx(lifted / of_fame, rel=1e-3)


def scores_from_scratch(model: Model, ratings: dict[int, float], novelty: float) -> Callable[[int], float]:
    scores = model.fold_in(ratings).dialled(position_at(novelty))
    return lambda anime_id: float(scores[model.catalogue.position(anime_id)])


@settings(max_examples=30)
@given(history=HISTORIES, novelty=st.sampled_from([-1, 0, DEFAULT, 1]), data=st.data())
def test_rank_without_a_rating_equals_the_rank_from_scratch(
    model: Model, history: dict[int, float], novelty: float, data: st.DataObject
) -> None:
    without = data.draw(st.sampled_from([*history, 150]))
    taste = model.fold_in(history)
    listed = [item.anime_id for item in model.recommend(taste, 60, novelty=novelty)]
    if not listed:
        return
    anime_id = data.draw(st.sampled_from(listed))
    rest = {rated: rating for rated, rating in history.items() if rated != without}
    score = scores_from_scratch(model, rest, novelty)
    # Of the titles that were allowed before: the one that is left out of the ratings stays seen.
    allowed = model.item_ids[taste.allowed(Filters())].tolist()
    expected = 1 + sum(score(other) > score(anime_id) for other in allowed)
    assert model.rank_without(taste, anime_id, without, novelty=novelty) == expected


def test_rank_without_is_worse_without_the_reason(bundled: Model) -> None:
    taste = bundled.fold_in({4224: 10, 2167: 9, 5114: 10, 11061: 9, 16498: 8})
    for item in bundled.recommend(taste, 10, Filters(sequels="first")):
        strongest = max((part for part in item.why if part.kind == RATING), key=lambda part: part.amount)
        assert strongest.anime_id is not None
        assert bundled.rank_without(taste, item.anime_id, strongest.anime_id) >= item.rank
        assert bundled.rank_without(taste, item.anime_id, 20) >= 1  # a title that was not rated
    for anime_id, without in ((0, 4224), (4224, 0)):
        with pytest.raises(InputError, match="no title with the id 0"):
            bundled.rank_without(taste, anime_id, without)
