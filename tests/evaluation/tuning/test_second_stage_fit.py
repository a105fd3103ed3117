"""Fitting the second stage: its gradient against a loop, and a toy problem with one useful fact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import SMALL

from core import Ratings, train
from core.evaluation.metrics import ndcg
from core.evaluation.splits import hold_out, split_users
from core.evaluation.tuning import second_stage_fit
from core.evaluation.tuning.second_stage_fit import (
    PAIRED,
    SIGMA,
    SLOPE,
    Queries,
    columns,
    fit,
    pair_gradients,
    weights_of,
)  # fmt: skip
from core.recommend.second_stage import KNOTS, N_LENGTHS, ONE_VALUE, Values, length_weights


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(PAIRED, 40), more=st.integers(0, 20))
def test_gradients_equal_a_loop_over_pairs(seed: int, n: int, more: int) -> None:
    random = np.random.default_rng(seed)
    scores, relevant = random.normal(size=n).astype(np.float32), random.random(n) < 0.3
    relevant[0] = True
    n_relevant = int(relevant.sum()) + more  # some are not among the candidates
    rank = np.argsort(np.argsort(-scores))

    def discount(position: int) -> float:
        return float(1 / np.log2(position + 2))

    ideal = sum(discount(position) for position in range(min(n_relevant, 10)))
    expected = np.zeros(n)
    for i in range(n):
        for j in range(n):
            if relevant[i] and not relevant[j] and min(rank[i], rank[j]) < PAIRED:
                change = abs(discount(rank[i]) - discount(rank[j])) / ideal
                push = SIGMA * change / (1 + np.exp(SIGMA * (scores[i] - scores[j])))
                expected[i] -= push
                expected[j] += push
    found = pair_gradients(scores[None], relevant[None], np.array([n_relevant]))[0]
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)


def toy_queries(n_queries: int = 300, seed: int = 1) -> Queries:
    """Return queries of 30 candidates, whose head says a little and whose type says more; nothing else says a thing."""
    random = np.random.default_rng(seed)
    n_columns = 1 + sum(len(knots) for _, knots in columns())
    features = np.zeros((n_queries, 30, n_columns), dtype=np.float32)
    features[:, :, 0] = -np.sort(random.exponential(0.5, (n_queries, 30)), axis=1)
    at = 1
    for fact, knots in columns():
        if fact == "type":
            kind = random.integers(0, 2, (n_queries, 30)) * 4  # the first or the last of five knots
            np.put_along_axis(features[:, :, at : at + 5], kind[:, :, None], 1, axis=2)
        else:
            features[:, :, at] = random.random((n_queries, 30)) < 0.5
        at += len(knots)
    chance = 1 / (1 + np.exp(2.5 - features[:, :, 0] - 3 * (kind == 4)))
    relevant = random.random((n_queries, 30)) < chance
    relevant[:, 0] |= ~relevant.any(axis=1)
    lengths = np.stack([length_weights(n, n > 40) for n in random.integers(1, 100, n_queries).tolist()])
    return Queries(features, lengths, relevant, relevant.sum(axis=1))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rounds of large steps: the toy problem is easy."""
    monkeypatch.setattr(second_stage_fit, "ROUNDS", 30)
    monkeypatch.setattr(second_stage_fit, "BATCH", 100)


@pytest.mark.usefixtures("quick")
def test_fit_finds_the_fact_that_helps() -> None:
    queries, fresh, progress = toy_queries(), toy_queries(seed=2), []
    values = fit(queries, on_progress=progress.append)
    by_fact = values.by_fact
    gap = by_fact["type"][-1] - by_fact["type"][0]
    assert (gap > 0.3).all()  # at each length of a history
    others = [np.abs(by_fact[fact][0]).max() for fact, _ in columns() if fact != "type"]
    assert max(others) < gap.min() / 2
    assert [fact for fact, _ in columns()] == [*ONE_VALUE, *KNOTS] == [*by_fact]
    # Better lists for users it was not fitted to.
    nothing = Values({fact: np.zeros_like(value) for fact, value in by_fact.items()})
    before, after = (fresh.ndcg(weights_of(some)) for some in (nothing, values))
    gain = after - before
    assert gain.mean() > 5 * gain.std() / np.sqrt(len(gain))
    assert progress[-1] == 1
    assert progress == sorted(progress)


@pytest.mark.usefixtures("quick")
def test_fit_gives_the_same_values_for_the_same_seed() -> None:
    queries = toy_queries(60)
    one, same, other = (fit(queries, seed).by_fact["type"] for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_values_survive_the_way_to_weights_and_back() -> None:
    random = np.random.default_rng(0)
    values = Values({fact: random.normal(size=(len(knots), N_LENGTHS)) for fact, knots in columns()})
    weights = weights_of(values)
    assert (weights[0] == 1).all()
    back = second_stage_fit._values(weights)
    assert all(np.array_equal(back.by_fact[fact], values.by_fact[fact]) for fact in values.by_fact)
    scaled = second_stage_fit._values(SLOPE * weights / (SLOPE * weights)[0])
    assert all(np.allclose(scaled.by_fact[fact], values.by_fact[fact]) for fact in values.by_fact)


def test_queries_hold_the_candidates_of_users_that_nothing_was_trained_on(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_stage_fit, "CANDIDATES", 40)
    split = split_users(ratings, 30, seed=2)
    model = train(split.train, SMALL)
    matrix = ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)]
    holdout = hold_out(matrix, 5, 0)
    queries = Queries.of(model, [(holdout, True)])
    liked = (holdout.held_out.toarray() >= 8) & (holdout.held_out.toarray() > 0)
    users = np.flatnonzero(liked.any(axis=1))
    assert queries.n_relevant.tolist() == liked.sum(axis=1)[users].tolist()
    assert queries.features.shape[:2] == queries.relevant.shape == (len(users), 40)
    assert np.allclose(queries.lengths, length_weights(5, complete=True))
    # The candidates are the best unseen titles by the head; without values their NDCG is that of the head.
    for index, user in enumerate(users.tolist()):
        shown = holdout.shown[[user]]
        taste = model.fold_in(dict(zip(model.item_ids[shown.indices].tolist(), shown.data.tolist(), strict=True)), True)
        masked = taste.linear_scores.copy()
        masked[shown.indices] = -np.inf
        best = np.argsort(-masked, kind="stable")[:40]
        assert queries.relevant[index].tolist() == liked[user][best].tolist()
        head_alone = np.zeros((queries.features.shape[2], N_LENGTHS))
        head_alone[0] = 1
        top = liked[user][best[:10]]
        expected = ndcg(top[None], queries.n_relevant[[index]])[0]
        assert queries.take(np.array([index])).ndcg(head_alone)[0] == pytest.approx(expected)
