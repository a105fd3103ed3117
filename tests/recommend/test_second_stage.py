"""The second stage against brute force, title by title, and against the design that it was fitted with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from small_data import catalogue_of

from core import WATCHED, Model, Ratings
from core.data.franchises import Franchises
from core.data.scale import RatingScale
from core.evaluation.tuning.second_stage_fit import LOWEST, columns, design, weights_of
from core.numerics.sparse import history_matrix
from core.recommend.novelty import POSITIONS, position_at
from core.recommend.second_stage import (
    GOOD_ENOUGH,
    KNOTS,
    LENGTHS_OF_LISTS,
    LENGTHS_OF_SAMPLES,
    MOST_PARTS,
    N_LENGTHS,
    ONE_VALUE,
    PARTS,
    TYPE_PRIOR,
    SecondStage,
    Values,
    length_weights,
    multiplied,
)  # fmt: skip

RATINGS = st.sampled_from([WATCHED, 1, 4, 6, 8, 10])
SEEDS = st.integers(0, 10**6)


def random_values(seed: int) -> Values:
    """Return values that look like nothing that was fitted, so that no fact may be confused with another."""
    random = np.random.default_rng(seed)
    knots = {**dict.fromkeys(ONE_VALUE, 1), **{fact: len(at) for fact, at in KNOTS.items()}}
    return Values({fact: random.normal(size=(n, N_LENGTHS)) for fact, n in knots.items()})


def known_titles(model: Model, n: int = 400) -> list[int]:
    """Return ids of the titles with most members, which share many franchises."""
    return model.item_ids[np.argsort(-model.catalogue.members)[:n]].tolist()


@settings(max_examples=25)
@given(data=st.data(), seed=SEEDS)
def test_parts_equal_the_design_times_the_values(bundled: Model, data: st.DataObject, seed: int) -> None:
    """The Space computes the parts of all titles at once; the fit computes a row of facts for each candidate."""
    ids = st.sampled_from(known_titles(bundled))
    taste = bundled.fold_in(data.draw(st.dictionaries(ids, RATINGS, max_size=30)))
    positions = np.random.default_rng(seed).choice(len(bundled.item_ids), 200, replace=False)
    for stage in (bundled.second_stage, replace(bundled.second_stage, values=random_values(seed))):
        by_column = weights_of(stage.values) @ length_weights(len(taste), taste.is_complete)
        matrix = design(stage, taste, positions)
        expected = matrix[:, 1:] @ by_column[1:]
        assert matrix.shape == (200, 1 + sum(len(knots) for _, knots in columns()))
        total = stage.parts(taste.row, taste.predicted, taste.is_complete)[:, positions].sum(axis=0)
        assert np.allclose(total, expected, atol=1e-4)
        scores = np.maximum(taste.linear_scores[positions], LOWEST)
        assert np.allclose(matrix[:, 0], np.maximum(np.log(scores / scores[0]), -5), atol=1e-4)


YEARS = (2000, 2005, 2005, 2011, 1980, np.nan, 2014)
KINDS = ("TV", "TV", "Movie", "TV", "OVA", "TV", "")
NUMBERS = np.array([0, 0, 0, 0, 1, 2, 3])
"""Four titles of one franchise, in watching order, and three alone."""


def hand_made(values: Values) -> SecondStage:
    rows = zip(YEARS, KINDS, (900, 700, 100, 300, 50, 20, 400), strict=True)
    catalogue = catalogue_of([{"year": year, "type": kind, "members": members} for year, kind, members in rows])
    return SecondStage(catalogue, Franchises(NUMBERS, np.arange(7)), RatingScale(), values)


@given(history=st.dictionaries(st.integers(0, 6), RATINGS, max_size=7), seed=SEEDS, complete=st.booleans())
def test_parts_equal_brute_force_on_a_hand_made_catalogue(history: dict[int, float], seed: int, complete: bool) -> None:
    stage, predicted = hand_made(random_values(seed)), np.random.default_rng(seed).uniform(1, 10, 7)
    seen = sorted(history)
    row = history_matrix([seen], [[history[position] for position in seen]], 7)
    parts = stage.parts(row, predicted.astype(np.float32), complete)
    # The values for a history of this length: linear on a logarithmic axis, of samples or, after them, of whole lists.
    log_n = np.log10(max(len(history), 1))
    value = {
        fact: np.array(
            [
                np.interp(log_n, [1, 2], knot[3:]) if complete else np.interp(log_n, [0, 1, 2], knot[:3])
                for knot in knots
            ]
        )
        for fact, knots in stage.values.by_fact.items()
    }
    newest = max((YEARS[position] for position in seen if not np.isnan(YEARS[position])), default=np.nan)
    by_members = sorted(range(7), key=lambda position: -stage.catalogue.members[position])
    weights = stage.catalogue.members + 1
    for title in range(7):
        franchise = [other for other in range(7) if NUMBERS[other] == NUMBERS[title]]
        before, after = [o for o in franchise if o < title], [o for o in franchise if o > title]
        told = [history[other] for other in franchise if other in history]
        if told:
            rated = [rating for rating in told if rating > 0]
            expected = float(
                np.interp(np.mean(rated), KNOTS["rating"], value["rating"]) if rated else value["unrated"][0]
            )
            expected += float(value["earlier part"][0]) * any(other in history for other in after)
            expected += float(value["skips parts"][0]) * len([o for o in before if o not in history]) / MOST_PARTS
        else:
            expected = float(value["later part"][0]) * len(before) / MOST_PARTS
        assert parts[PARTS.index("franchise"), title] == pytest.approx(expected, abs=1e-5)
        gap = max(GOOD_ENOUGH - predicted[title], 0)
        assert parts[PARTS.index("quality"), title] == pytest.approx(-float(value["quality"][0]) * gap**2, abs=1e-4)
        fame = np.log10(1 + by_members.index(title))
        assert parts[PARTS.index("fame"), title] == pytest.approx(
            np.interp(fame, KNOTS["fame"], value["fame"]), abs=1e-5
        )
        era = YEARS[title] - newest
        expected = np.interp(-3 if np.isnan(era) else era, KNOTS["era"], value["era"])
        assert parts[PARTS.index("era"), title] == pytest.approx(expected, abs=1e-5)
        base = weights[[kind == KINDS[title] for kind in KINDS]].sum() / weights.sum()
        share = (sum(KINDS[other] == KINDS[title] for other in seen) + TYPE_PRIOR * base) / (len(seen) + TYPE_PRIOR)
        expected = np.interp(np.log(share / base), KNOTS["type"], value["type"])
        assert parts[PARTS.index("type"), title] == pytest.approx(expected, abs=1e-4)


def test_no_value_beyond_the_knots_and_lengths() -> None:
    assert (LENGTHS_OF_SAMPLES, LENGTHS_OF_LISTS) == ((1, 10, 100), (10, 100))
    samples = [length_weights(n, complete=False).tolist() for n in (0, 1, 10, 100, 5000)]
    first, second, third = [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0]
    assert samples == [first, first, second, third, third]
    lists = [length_weights(n, complete=True).tolist() for n in (0, 10, 100, 5000)]
    assert lists == [[0, 0, 0, 1, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]]
    assert all(length_weights(31, complete).sum() == pytest.approx(1) for complete in (True, False))


def test_only_positive_scores_are_multiplied() -> None:
    scores = np.array([2.0, 0.0, -1.0], dtype=np.float32)
    parts = np.array([[1.0, 1.0, 1.0], [-0.5, 0.0, 2.0]], dtype=np.float32)
    assert multiplied(scores, parts.sum(axis=0)).tolist() == pytest.approx([2 * np.exp(0.5), 0, -1])


@settings(max_examples=20)
@given(data=st.data(), complete=st.sampled_from([True, False, None]))
def test_scores_at_the_left_end_are_rank_scores(bundled: Model, data: st.DataObject, complete: bool | None) -> None:
    history = data.draw(st.dictionaries(st.sampled_from(known_titles(bundled)), RATINGS, max_size=20))
    taste = bundled.fold_in(history, complete)
    left_end = taste.dialled(position_at(0))
    assert np.array_equal(left_end, bundled.rank_scores(taste.row, complete)[0])
    assert np.array_equal(left_end, multiplied(taste.linear_scores, taste.parts.sum(axis=0)))
    assert np.array_equal(
        taste.parts,
        bundled.second_stage.parts(taste.row, taste.predicted, taste.is_complete if complete is None else complete),
    )
    assert position_at(0) == POSITIONS[0.0]
    # The dial changes scores, and never turns the sign of one.
    for novelty in (-1, 0.25, 1):
        scores = taste.dialled(position_at(novelty))
        assert np.array_equal(np.sign(scores), np.sign(left_end))
        assert not np.array_equal(scores, left_end)


@settings(max_examples=15)
@given(data=st.data())
def test_order_of_ratings_changes_nothing(bundled: Model, data: st.DataObject) -> None:
    history = data.draw(st.dictionaries(st.sampled_from(known_titles(bundled)), RATINGS, min_size=2, max_size=20))
    permuted = dict(data.draw(st.permutations(list(history.items()))))
    one, other = bundled.fold_in(history), bundled.fold_in(permuted)
    assert bundled.recommend(one, 20) == bundled.recommend(other, 20)


def test_order_of_titles_changes_nothing(ratings: Ratings, model: Model) -> None:
    """The parts of a permuted catalogue are permuted."""
    order = np.random.default_rng(3).permutation(60)
    catalogue = type(ratings.catalogue)(ratings.catalogue.frame.iloc[order].reset_index(drop=True))
    stage = model.second_stage
    numbers = stage.franchises.numbers[order]
    watching = np.argsort(stage.franchises.order)[order]  # the order within each franchise, as before
    franchises = Franchises(numbers, np.lexsort((watching, numbers)))
    permuted = SecondStage(catalogue, franchises, stage.scale, random_values(5))
    taste = model.fold_in({103: 9, 104: 3, 117: WATCHED, 140: 7})
    row = sparse.csr_array(taste.row.toarray()[:, order])
    expected = replace(stage, values=random_values(5)).parts(taste.row, taste.predicted, taste.is_complete)[:, order]
    assert np.allclose(permuted.parts(row, taste.predicted[order], taste.is_complete), expected, atol=1e-5)


def test_textbook_model_has_no_second_stage(textbook: Model) -> None:
    taste = textbook.fold_in({103: 9, 105: 3})
    assert not taste.parts.any()
    assert np.array_equal(taste.scores, taste.linear_scores)


def test_ratings_on_another_scale_count_as_on_ten() -> None:
    stage = hand_made(random_values(2))
    five = replace(stage, scale=RatingScale(0.5, 5))
    predicted = np.array([9.5, 8, 7, 6, 5, 3, 1], dtype=np.float32)
    of_ten = RatingScale(0.5, 5).low + (predicted - 1) / 9 * 4.5
    row = history_matrix([[0, 4]], [[10, 7]], 7)
    row_of_five = history_matrix([[0, 4]], [[5, 0.5 + 6 / 9 * 4.5]], 7)
    expected = stage.parts(row, predicted, False)
    assert np.allclose(five.parts(row_of_five, of_ten.astype(np.float32), False), expected, atol=1e-4)


def test_fitted_values_are_complete() -> None:
    assert {*Values.fitted().by_fact} == {*ONE_VALUE, *KNOTS}
    for fact, values in Values.fitted().by_fact.items():
        assert values.shape == (len(KNOTS.get(fact, (1,))), N_LENGTHS)
        assert np.isfinite(values).all()
