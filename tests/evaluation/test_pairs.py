"""Pairs by hand: who is paired, what is shown, and how a list is judged."""

import json

import numpy as np
import pytest
from scipy import sparse
from small_data import SMALL

from core import Filters, Model, Ratings, train
from core.data.ratings import explicit
from core.data.scale import RatingScale
from core.evaluation.metrics import ndcg
from core.evaluation.pairs import METRICS, Pairs, judged, measure, outcomes_table, outcomes_to_dict, strategies
from core.evaluation.splits import split_users
from core.recommend.together import BALANCE


@pytest.fixture(scope="module")
def held_out(ratings: Ratings) -> tuple[Model, sparse.csr_array]:
    split = split_users(ratings, 30, seed=2)
    return train(split.train, SMALL), ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)]


def test_each_user_is_in_one_pair(ratings: Ratings) -> None:
    matrix = explicit(ratings.matrix[:41])
    pairs = Pairs.of(ratings.matrix[:41], (3, 0.8), seed=1)
    assert len(pairs) == 20
    wholes = [(shown + held_out).toarray() for shown, held_out in zip(pairs.shown, pairs.held_out, strict=True)]
    known = [tuple(row) for row in matrix.toarray().tolist()]
    first = [known.index(tuple(row)) for row in wholes[0].tolist()]
    assert len(set(first)) == 20
    assert (np.diff(pairs.shown[0].indptr) == 3).all()
    second = [np.flatnonzero(((ratings.matrix[:41].toarray() == row) | (row == 0)).all(axis=1)) for row in wholes[1]]
    assert all(len(found) == 1 for found in second)
    assert not {*first} & {int(found[0]) for found in second}
    for shown, judging in zip(pairs.shown, pairs.held_out, strict=True):
        assert not shown.multiply(judging).nnz
        assert (np.diff(judging.indptr) > 0).all()


def test_pairs_without_anything_to_judge_by_are_left_out(ratings: Ratings) -> None:
    few = sparse.csr_array(np.vstack([np.eye(4, 60) * 8, ratings.matrix[:4].toarray()]).astype(np.float32))
    for seed in range(5):  # who has one rating has none left when that is shown
        pairs = Pairs.of(few, (1, 1), seed)
        assert len(pairs) == len(pairs.shown[1].toarray()) <= 2
        assert all((np.diff(side.indptr) > 1).all() for side in pairs.held_out)


def test_a_list_is_judged_by_both() -> None:
    one = sparse.csr_array(np.array([[9, 8, 4, 0, 10, 0, 0, 0]], dtype=np.float32))
    other = sparse.csr_array(np.array([[5, 8, 0, 6, 0, 10, 0, 0]], dtype=np.float32))
    listed, seen = np.array([1, 0, 2, 6]), np.array([4])  # 4 could not be listed
    mean, lower, both, nothing, disliked, known = judged(listed, [one, other], seen, RatingScale())
    first = ndcg(np.array([[True, True, False, False]]), np.array([2]))[0]
    second = ndcg(np.array([[True, False, False, False]]), np.array([2]))[0]
    assert (mean, lower) == pytest.approx(((first + second) / 2, second))
    assert both == 1.0  # title 1, in the first place
    assert (nothing, disliked, known) == (0.0, 2, 5)
    assert judged(np.array([0]), [one, other], seen, RatingScale())[3] == 1.0  # the other one finds nothing
    nobody = sparse.csr_array(np.array([[5, 0, 0, 0, 0, 0, 0, 0]], dtype=np.float32))
    assert np.isnan(judged(listed, [one, nobody], seen, RatingScale())[:4]).all()


def test_figures_are_those_of_lists_that_the_model_makes(held_out: tuple[Model, sparse.csr_array]) -> None:
    model, users = held_out
    pairs = Pairs.of(users, (3, 3), seed=0)
    by_name = strategies(model)
    outcomes = measure(model, pairs, by_name)
    assert list(outcomes) == list(by_name)
    figures, alone = [], []
    for at in range(len(pairs)):
        rows = [side[[at]] for side in pairs.shown]
        tastes = [model.fold_in(dict(zip(model.item_ids[row.indices], row.data, strict=True))) for row in rows]
        seen = np.concatenate([row.indices for row in rows])
        held = [side[[at]] for side in pairs.held_out]
        for lists, listed in (
            (figures, model.recommend_together(tastes, 10, Filters(adult=True))),
            (alone, model.recommend(tastes[0].with_seen(tastes[1]), 10, Filters(adult=True))),
        ):
            positions = np.array([model.catalogue.position(item.anime_id) for item in listed])
            lists.append(judged(positions, held, seen, RatingScale()))
    for name, expected in ((f"balance {BALANCE:g}", figures), ("the list of one of them", alone)):
        by_pair = np.array(expected)
        for column, metric in enumerate(("ndcg", "lower", "both", "without_hit")):
            assert getattr(outcomes[name], metric).value == pytest.approx(np.nanmean(by_pair[:, column]))
        assert outcomes[name].disliked.value == pytest.approx(by_pair[:, 4].sum() / by_pair[:, 5].sum())
    assert outcomes["averaging"].ndcg.value > outcomes["the list of one of them"].lower.value

    told = json.loads(json.dumps(outcomes_to_dict(outcomes)))
    assert told["averaging"]["ndcg"]["difference"] == 0
    name = f"balance {BALANCE:g}"
    difference = outcomes[name].both - outcomes["averaging"].both
    assert told[name]["both"]["its standard error"] == difference.standard_error
    lines = outcomes_table(outcomes).splitlines()
    assert len(lines) == 2 + len(outcomes)
    assert lines[0].count("|") == lines[1].count("|") == 2 + len(METRICS)
    assert f"{difference.value:+.3f} ±{difference.standard_error:.3f}" in next(one for one in lines if name in one)
