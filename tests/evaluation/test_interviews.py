"""Interviews by hand: who is asked what, what it is answered with, and what counts."""

import json

import numpy as np
import pytest
from scipy import sparse
from small_data import SMALL

from core import Model, Ratings, train
from core.data.ratings import explicit
from core.evaluation.interviews import (
    RANDOM,
    Panel,
    in_order,
    interview,
    known_at_random,
    most_popular,
    outcomes_table,
    outcomes_to_dict,
    popular_and_disputed,
    simulate,
)
from core.evaluation.metrics import ndcg
from core.evaluation.splits import split_users


@pytest.fixture(scope="module")
def panel(ratings: Ratings) -> Panel:
    return Panel.of(ratings.matrix[:40], seed=1)


def test_a_panel_splits_the_ratings_in_two(ratings: Ratings, panel: Panel) -> None:
    whole = explicit(ratings.matrix[:40])
    assert np.array_equal((panel.pool + panel.judging).toarray(), whole.toarray())
    assert not panel.pool.multiply(panel.judging).nnz
    assert (np.abs(np.diff(panel.pool.indptr) - np.diff(panel.judging.indptr)) <= 1).all()
    assert np.array_equal((panel.seen + panel.judging).toarray(), ratings.matrix[:40].toarray())


def test_titles_are_asked_until_enough_are_told(model: Model, panel: Panel) -> None:
    order = most_popular_of(model)
    told = interview(model, panel, 0, in_order(order), 3)
    pool = set(panel.pool[[0]].indices.tolist())
    expected = [(at, number) for number, at in enumerate(order.tolist(), 1) if at in pool]
    assert list(zip(told.rated, told.questions, strict=True))[:3] == expected[:3]
    everything = interview(model, panel, 0, in_order(order), 1000)
    assert set(everything.rated) == pool & set(order.tolist())


def most_popular_of(model: Model) -> np.ndarray:
    return np.argsort(-model.catalogue.members, kind="stable")


def test_no_title_is_asked_twice_and_what_is_unknown_is_left_out(model: Model, panel: Panel) -> None:
    asked: list[int] = []

    def strategy(taste, k, left_out):  # type: ignore[no-untyped-def]
        assert set(asked) == {*taste.positions.tolist(), *left_out.tolist()}
        wall = np.setdiff1d(np.arange(60), asked)[:k]
        asked.extend(wall.tolist())
        return wall

    interview(model, panel, 3, strategy, 100)
    assert len(asked) == len(set(asked)) > 6


def test_random_ones_are_the_pool_without_questions_in_vain(panel: Panel) -> None:
    for user, told in enumerate(known_at_random(panel, 0)):
        assert sorted(told.rated) == panel.pool[[user]].indices.tolist()
        assert told.questions == list(range(1, len(told.rated) + 1))


def test_orders(ratings: Ratings) -> None:
    counts = np.bincount(ratings.matrix.indices, minlength=60)
    order = most_popular(ratings)
    assert (np.diff(counts[order]) <= 0).all()
    adult = ratings.catalogue.genre_matrix[:, ratings.catalogue.genres.index("Hentai")]
    for one in (order, popular_and_disputed(ratings)):
        assert not adult[one].any()
        assert len(one) == 60 - adult.sum()


def test_disputed_titles_come_before_those_that_all_rate_alike(ratings: Ratings) -> None:
    data = np.array([8, 8, 8, 8, 3, 10, 5, 8], dtype=np.float32)
    matrix = sparse.csr_array((data, (np.tile(np.arange(4), 2), np.repeat([1, 2], 4))), shape=(4, 60))
    assert popular_and_disputed(ratings.with_matrix(matrix))[0] == 2


def test_outcomes_are_measured_on_the_same_users(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=2)
    model = train(split.train, SMALL)
    asked = ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)]
    panel = Panel.of(asked, 0)
    order = most_popular(split.train)
    strategies = {"ours": lambda *told: order[::-1][:0], "popular": in_order(order)}
    assert simulate(model, panel, strategies, (1,)) == {}  # one strategy asks nothing: nobody counts
    stages: list[str] = []
    outcomes = simulate(
        model, panel, {"popular": in_order(order)}, (1, 3, 99), on_progress=lambda n, _: stages.append(n)
    )
    assert set(stages) == {"popular"}
    assert list(outcomes) == [1, 3]
    assert {len(one.ndcg.influence) for one in outcomes[3].values()} == {len(outcomes[3]["popular"].questions)}
    figures = json.loads(json.dumps(outcomes_to_dict(outcomes)))
    assert figures["3"][RANDOM]["questions"] == {"mean": 3.0, "median": 3.0}
    assert figures["1"]["popular"]["ndcg"]["difference"] == 0
    assert outcomes_table(outcomes).count("\n") == 1 + 2 * 2


def test_figures_are_those_of_lists_made_by_hand(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=2)
    model = train(split.train, SMALL)
    panel = Panel.of(ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)], 0)
    order = most_popular(split.train)
    outcome = simulate(model, panel, {"popular": in_order(order)}, (2,))[2]["popular"]
    by_user, first_parts, errors = [], [], []
    for user in range(30):
        pool, judging = panel.pool.toarray()[user], panel.judging.toarray()[user]
        rated = [at for at in order if pool[at]][:2]
        if len(rated) < 2:
            continue
        shown = sparse.csr_array(np.where(np.isin(np.arange(60), rated), pool, 0)[None])
        seen = np.flatnonzero(panel.seen.toarray()[user])
        later = np.flatnonzero(~model.franchises.first_unseen(seen))
        for masked, figures in ((seen, by_user), (later, first_parts)):
            scores = model.rank_scores(shown)[0]
            scores[masked] = -np.inf
            liked = np.setdiff1d(np.flatnonzero(judging >= 8), masked)
            top = np.argsort(-scores, kind="stable")[:10]
            figures.append(ndcg(np.isin(top, liked)[None], np.array([len(liked)]))[0])
        errors.extend((model.predict_ratings(shown)[0] - judging)[judging > 0] ** 2)
    assert outcome.ndcg.value == pytest.approx(np.nanmean(by_user))
    assert outcome.first_parts.value == pytest.approx(np.nanmean(first_parts))
    assert outcome.rmse.value == pytest.approx(np.sqrt(np.mean(errors)), rel=1e-5)
