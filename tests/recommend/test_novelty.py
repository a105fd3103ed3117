"""The dial: its formula, the chance that a title has been seen, and what the visitor says they haven't seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import WATCHED, InputError, Model
from core.recommend.novelty import (
    DEFAULT,
    HISTORY,
    INTERCEPT,
    POSITIONS,
    RANK,
    SCORE,
    Position,
    position_at,
    seen_chance,
)  # fmt: skip
from core.recommend.second_stage import PARTS

HISTORIES = st.dictionaries(st.integers(100, 159), st.sampled_from([WATCHED, 2, 5, 8, 10]), max_size=20)
NOVELTIES = st.floats(-1, 1)
quick = settings(max_examples=30)


@quick
@given(history=HISTORIES, novelty=NOVELTIES)
def test_scores_equal_the_formula(model: Model, history: dict[int, float], novelty: float) -> None:
    taste, position = model.fold_in(history), position_at(novelty)
    ranks = 1 + np.argsort(np.argsort(-model.catalogue.members, kind="stable"))
    scores = taste.scores.astype(float)
    n = max(len(history), 1)
    logit = INTERCEPT + SCORE * np.log(np.maximum(scores, 0.01)) + RANK * np.log10(ranks) + HISTORY * np.log(n)
    chance = 1 / (1 + np.exp(-logit))
    assert taste.seen_chance == pytest.approx(chance, abs=1e-6)
    quality = position.quality * (model.predict_ratings(taste.row)[0] - np.sqrt(model.predictor.item_variances) - 8)
    era = (position.era - 1) * taste.parts[PARTS.index("era")]
    factor = np.exp(quality + position.newness * np.log(1 - chance) + era)
    assert taste.dialled(position) == pytest.approx(np.where(scores > 0, scores * factor, scores), rel=1e-3, abs=1e-6)


@given(novelty=NOVELTIES)
def test_positions_between_two_of_the_table_are_linear(novelty: float) -> None:
    below = max(at for at in POSITIONS if at <= novelty)
    above = min(at for at in POSITIONS if at >= novelty)
    share = (novelty - below) / (above - below) if above > below else 0.0
    expected = [a + share * (b - a) for a, b in zip(POSITIONS[below], POSITIONS[above], strict=True)]
    assert position_at(novelty) == pytest.approx(Position(*expected), abs=1e-9)


def test_chance_of_having_seen_a_title_falls_with_the_history_and_rises_with_fame_and_score() -> None:
    scores, fame = np.array([0.5, 2.0, 2.0], np.float32), np.array([1.0, 1.0, 3.0])
    chance = seen_chance(scores, fame, 5)
    assert chance[0] < chance[1]
    assert chance[2] < chance[1]
    assert (seen_chance(scores, fame, 50) < chance).all()
    assert np.array_equal(seen_chance(scores, fame, 0), seen_chance(scores, fame, 1))
    assert (seen_chance(np.array([-5, 1e6], np.float32), np.zeros(2), 1) > 0).all()


@quick
@given(history=HISTORIES, unseen=st.lists(st.integers(95, 159), max_size=6), novelty=st.sampled_from([0.1, DEFAULT, 1]))
def test_titles_said_to_be_unseen_are_new_and_rank_no_lower(
    model: Model, history: dict[int, float], unseen: list[int], novelty: float
) -> None:
    plain, told = model.fold_in(history), model.fold_in(history, unseen=unseen)
    named = model.catalogue.positions(np.array(unseen, dtype=np.int64))
    named = named[named >= 0]
    assert not told.seen_chance[named].any()
    others = np.setdiff1d(np.arange(60), named)
    assert np.array_equal(told.seen_chance[others], plain.seen_chance[others])
    # Their scores do not fall, and nobody else's moves.
    position = position_at(novelty)
    before, after = plain.dialled(position), told.dialled(position)
    assert (after[named] >= before[named]).all()
    assert np.array_equal(after[others], before[others])
    for item in model.recommend(told, 60, novelty=novelty):
        assert 0 <= item.new_chance <= 1
        if item.anime_id in unseen:
            assert item.new_chance == 1
    # They count for nothing else: neither as seen, nor at the left end.
    assert np.array_equal(told.dialled(position_at(0)), plain.dialled(position_at(0)))
    assert np.array_equal(told.seen, plain.seen)


def test_famous_title_said_to_be_unseen_comes_first(bundled: Model) -> None:
    """What nearly everybody has seen is held back, until the visitor says that they have not."""
    ratings, famous = {4224: 9, 2167: 8, 853: 8}, 1535
    hidden = [item.anime_id for item in bundled.recommend(bundled.fold_in(ratings), 20, novelty=0.5)]
    told = [item.anime_id for item in bundled.recommend(bundled.fold_in(ratings, unseen=[famous]), 20, novelty=0.5)]
    assert famous not in hidden
    assert famous in told[:10]


def test_lists_are_less_famous_at_each_step_of_the_dial(bundled: Model) -> None:
    popular = bundled.item_ids[np.argsort(-bundled.catalogue.members)[:300]].tolist()
    random = np.random.default_rng(4)
    visitors = [dict.fromkeys(random.choice(popular, 5, replace=False).tolist(), 8) for _ in range(10)]
    tastes = [bundled.fold_in(visitor) for visitor in visitors]

    def fame(novelty: float) -> float:
        items = [item for taste in tastes for item in bundled.recommend(taste, 10, novelty=novelty)]
        return float(np.median([item.members for item in items]))

    by_position = [fame(novelty) for novelty in POSITIONS]
    assert by_position[2:] == sorted(by_position[2:], reverse=True)
    assert by_position[1] > by_position[3]
    rated = [item.mean_rating or 0 for taste in tastes for item in bundled.recommend(taste, 10, novelty=1)]
    assert np.mean(rated) > np.nanmean(bundled.catalogue.frame["mean_rating"]) + 0.5  # hidden, and still good


@pytest.mark.parametrize("novelty", [1.1, -1.01, True, "much", float("nan"), None])
def test_position_off_the_dial_is_refused(novelty: object) -> None:
    with pytest.raises(InputError, match=r"novelty is .*; expected a number from 0"):
        position_at(novelty)  # type: ignore[arg-type]
