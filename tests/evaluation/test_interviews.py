"""Interviews, recomputed by hand: questions, replies and figures."""

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
    Reply,
    after_choices,
    choose,
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
def panel(ratings: Ratings, model: Model) -> Panel:
    return Panel.draw(ratings.matrix[:40], model.franchises.numbers, seed=1)


def test_panel_splits_the_franchises_of_each_user_in_two(ratings: Ratings, model: Model, panel: Panel) -> None:
    whole = explicit(ratings.matrix[:40])
    assert np.array_equal((panel.pool + panel.judging).toarray(), whole.toarray())
    assert not panel.pool.multiply(panel.judging).nnz
    for user in range(len(panel)):
        told, judging = (model.franchises.numbers[half[[user]].indices] for half in (panel.pool, panel.judging))
        assert not {*told} & {*judging}
    assert 0.4 < panel.pool.nnz / whole.nnz < 0.6
    assert np.array_equal((panel.seen + panel.judging).toarray(), ratings.matrix[:40].toarray())


def test_interview_asks_until_enough_titles_are_rated(model: Model, panel: Panel) -> None:
    order = np.argsort(-model.catalogue.members, kind="stable")
    replies = interview(model, panel, 0, in_order(order), 3)
    row = panel.pool[[0]]
    pool = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    expected = [Reply(title, pool[title], number) for number, title in enumerate(order.tolist(), 1) if title in pool]
    assert replies[:3] == expected[:3]
    everything = interview(model, panel, 0, in_order(order), 1000)
    assert {reply.position for reply in everything} == set(pool) & set(order.tolist())


def test_interviewer_gets_the_titles_asked_before(model: Model, panel: Panel) -> None:
    asked: list[int] = []

    def interviewer(taste, k, unknown):  # type: ignore[no-untyped-def]
        assert set(asked) == {*taste.positions.tolist(), *unknown.tolist()}
        wall = np.setdiff1d(np.arange(60), asked)[:k]
        asked.extend(wall.tolist())
        return wall

    interview(model, panel, 3, interviewer, 100)
    assert len(asked) == len(set(asked)) > 6


def test_random_interview_tells_the_whole_pool_one_title_a_question(panel: Panel) -> None:
    for user, replies in enumerate(known_at_random(panel, 0)):
        assert sorted(reply.position for reply in replies) == panel.pool[[user]].indices.tolist()
        assert [reply.question for reply in replies] == list(range(1, len(replies) + 1))


def test_orders_have_every_title_but_adult_ones(ratings: Ratings) -> None:
    counts = np.bincount(ratings.matrix.indices, minlength=60)
    popular = most_popular(ratings)
    assert (np.diff(counts[popular]) <= 0).all()
    adult = ratings.catalogue.genre_matrix[:, ratings.catalogue.genres.index("Hentai")]
    for order in (popular, popular_and_disputed(ratings)):
        assert not adult[order].any()
        assert len(order) == 60 - adult.sum()


def test_disputed_title_comes_before_a_title_that_all_rate_alike(ratings: Ratings) -> None:
    data = np.array([8, 8, 8, 8, 3, 10, 5, 8], dtype=np.float32)
    matrix = sparse.csr_array((data, (np.tile(np.arange(4), 2), np.repeat([1, 2], 4))), shape=(4, 60))
    assert popular_and_disputed(ratings.with_matrix(matrix))[0] == 2


def test_all_interviewers_are_measured_on_the_same_users(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=2)
    model = train(split.train, SMALL)
    panel = Panel.draw(ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)], model.franchises.numbers, 0)
    order = most_popular(split.train)
    interviewers = {"silent": lambda *arguments: order[:0], "popular": in_order(order)}
    assert simulate(model, panel, interviewers, (1,)) == {}  # one interviewer asks nothing: no user counts
    stages: list[str] = []
    outcomes = simulate(
        model, panel, {"popular": in_order(order)}, (1, 3, 99), on_progress=lambda n, _: stages.append(n)
    )
    assert set(stages) == {"popular"}
    assert list(outcomes) == [1, 3]
    n_users = len(outcomes[3].questions["popular"])
    assert {len(estimates["ndcg"].influence) for estimates in outcomes[3].estimates.values()} == {n_users}
    figures = json.loads(json.dumps(outcomes_to_dict(outcomes)))
    assert figures["3"][RANDOM]["questions"] == {"mean": 3.0, "median": 3.0}
    assert figures["1"]["popular"]["ndcg"]["difference"] == 0
    assert outcomes_table(outcomes).count("\n") == 1 + 2 * 2


def test_users_choose_the_group_that_they_rated_higher(model: Model, panel: Panel) -> None:
    pair = model.pairs[0]
    one, other = (model.catalogue.positions(np.array(group)) for group in pair)

    def panel_of(ratings: dict[int, float]) -> Panel:
        pool = np.zeros((1, 60), dtype=np.float32)
        pool[0, list(ratings)] = list(ratings.values())
        return Panel(sparse.csr_array(pool), panel.judging[[0]], sparse.csr_array(pool))

    def first_choice(liked: np.ndarray, disliked: np.ndarray) -> tuple[int, ...]:
        ratings = dict.fromkeys(liked.tolist(), 10.0) | dict.fromkeys(disliked.tolist(), 1.0)
        return choose(model, panel_of(ratings), 0, np.random.default_rng(0))[0]

    assert first_choice(one, other) == pair.one
    assert first_choice(other, one) == pair.other
    assert choose(model, panel_of({}), 0, np.random.default_rng(0))[0] == ()
    figures = after_choices(model, panel)
    assert list(figures) == list(range(len(model.pairs) + 1))
    assert figures[0].value != figures[1].value


def test_figures_agree_with_lists_made_by_hand(ratings: Ratings) -> None:
    split = split_users(ratings, 30, seed=2)
    model = train(split.train, SMALL)
    panel = Panel.draw(ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)], model.franchises.numbers, 0)
    order = most_popular(split.train)
    estimates = simulate(model, panel, {"popular": in_order(order)}, (2,))[2].estimates["popular"]
    by_user, first_parts, errors = [], [], []
    for user in range(30):
        pool, judging = panel.pool.toarray()[user], panel.judging.toarray()[user]
        rated = [title for title in order if pool[title]][:2]
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
    assert estimates["ndcg"].value == pytest.approx(np.nanmean(by_user))
    assert estimates["first_parts"].value == pytest.approx(np.nanmean(first_parts))
    assert estimates["rmse"].value == pytest.approx(np.sqrt(np.mean(errors)), rel=1e-5)
