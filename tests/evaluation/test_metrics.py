"""Compare the metrics with scikit-learn and trec_eval on random input, and with their definitions."""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from core.evaluation.measure import metrics

quick = settings(max_examples=40, deadline=None)


def lists(seed: int, k: int, n_items: int = 30, n_users: int = 12):
    """Return random scores, relevant titles, lists of the k best, their hits, and the numbers of relevant titles."""
    random = np.random.default_rng(seed)
    scores = random.permutation(n_users * n_items).reshape(n_users, n_items).astype(float)
    relevant = random.random((n_users, n_items)) < random.choice([0.05, 0.2, 0.6])
    top = np.argsort(-scores, axis=1)[:, :k]
    return scores, relevant, top, np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1)


@quick
@given(seed=st.integers(0, 10**6), k=st.integers(1, 20))
def test_ndcg_agrees_with_scikit_learn(seed: int, k: int) -> None:
    scores, relevant, _, hits, n_relevant = lists(seed, k)
    values = metrics.ndcg(hits, n_relevant)
    for user in range(len(scores)):
        if n_relevant[user]:
            assert values[user] == pytest.approx(ndcg_score(relevant[[user]], scores[[user]], k=k))
        else:
            assert np.isnan(values[user])


@quick
@given(seed=st.integers(0, 10**6), k=st.integers(1, 20))
def test_recall_precision_and_hits_agree_with_trec_eval(seed: int, k: int) -> None:
    scores, relevant, _, hits, n_relevant = lists(seed, k)
    truth = {f"u{u}": {f"t{t}": int(hit) for t, hit in enumerate(row)} for u, row in enumerate(relevant)}
    run = {f"u{u}": {f"t{t}": float(score) for t, score in enumerate(row)} for u, row in enumerate(scores)}
    measures = {f"recall.{k}", f"map_cut.{k}", f"success.{k}"}
    trec = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)
    recall, precision, hit = (
        f(hits, n_relevant) for f in (metrics.recall, metrics.average_precision, metrics.hit_rate)
    )
    for user in np.flatnonzero(n_relevant):
        expected = trec[f"u{user}"]
        assert recall[user] == pytest.approx(expected[f"recall_{k}"])
        assert hit[user] == expected[f"success_{k}"]
        # trec_eval divides by the number of all relevant titles, even if the list is shorter.
        scale = n_relevant[user] / min(k, n_relevant[user])
        assert precision[user] == pytest.approx(expected[f"map_cut_{k}"] * scale)
    assert np.isnan(recall[n_relevant == 0]).all()


@quick
@given(seed=st.integers(0, 10**6), k=st.integers(2, 10))
def test_diversity_is_the_mean_over_all_pairs(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    features = (random.random((20, 5)) < 0.4).astype(np.float32)
    top = np.array([random.choice(20, k, replace=False) for _ in range(4)])
    for user, value in enumerate(metrics.diversity(top, features)):
        pairs = [(a, b) for a in top[user] for b in top[user] if a != b]
        lengths = np.linalg.norm(features, axis=1)
        cosines = [
            features[a] @ features[b] / (lengths[a] * lengths[b]) if lengths[a] * lengths[b] else 0.0 for a, b in pairs
        ]
        assert value == pytest.approx(1 - np.mean(cosines), abs=1e-5)


def test_novelty_is_the_mean_information() -> None:
    assert metrics.novelty(np.array([[0, 1]]), np.array([8, 2, 0]), 16)[0] == pytest.approx((1 + 3) / 2)
    assert metrics.novelty(np.array([[2]]), np.array([8, 2, 0]), 16)[0] == pytest.approx(
        4
    )  # no user counts as one user


@quick
@given(st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(any))
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    array = np.array(counts)
    differences = np.abs(array[:, None] - array).mean()
    assert metrics.gini(array) == pytest.approx(differences / (2 * array.mean()))


def test_coverage_counts_titles_on_any_list() -> None:
    assert metrics.coverage(np.array([3, 0, 1, 0])) == 0.5


@quick
@given(seed=st.integers(0, 10**6), n=st.integers(3, 60))
def test_standard_error_of_a_mean_follows_the_formula(seed: int, n: int) -> None:
    values = np.random.default_rng(seed).normal(size=n)
    estimate = metrics.mean(values)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(n))
    with_gaps = metrics.mean(np.append(values, [np.nan] * 5))
    assert with_gaps.value == pytest.approx(values.mean())


def test_standard_errors_agree_with_the_bootstrap() -> None:
    """Check RMSE, and the difference of two, over users with different numbers of ratings."""
    random = np.random.default_rng(0)
    n = random.integers(1, 40, 400).astype(float)
    errors = random.gamma(2, size=(2, 400)) * random.gamma(2, size=400)  # of two models, correlated

    def rmse(model: int, users: np.ndarray) -> metrics.Estimate:
        return metrics.root(metrics.mean(errors[model][users], n[users]))

    everyone = np.arange(400)
    draws = [random.integers(0, 400, 400) for _ in range(1500)]
    for estimate, replicas in (
        (rmse(0, everyone), [rmse(0, draw).value for draw in draws]),
        (rmse(0, everyone) - rmse(1, everyone), [rmse(0, draw).value - rmse(1, draw).value for draw in draws]),
    ):
        assert estimate.standard_error == pytest.approx(np.std(replicas), rel=0.1)


def test_pooling_folds_keeps_the_mean_and_shrinks_the_error() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(4, 250))
    pooled = metrics.pooled([metrics.mean(fold) for fold in values])
    assert pooled.value == pytest.approx(values.mean())
    assert pooled.standard_error == pytest.approx(values.std() / np.sqrt(1000), rel=0.02)


def test_average_of_figures_is_paired_over_their_users() -> None:
    """The error is that of the users' own means: two figures that agree are no surer than one."""
    values = np.random.default_rng(2).normal(size=(3, 80))
    average = metrics.average([metrics.mean(row) for row in values])
    assert average.value == pytest.approx(values.mean())
    assert average.standard_error == pytest.approx(metrics.mean(values.mean(axis=0)).standard_error)
    twice = metrics.average([metrics.mean(values[0])] * 2)
    assert twice.standard_error == metrics.mean(values[0]).standard_error
