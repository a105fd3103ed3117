"""Joint lists, recomputed by hand: groups of users, shown ratings and the figures of lists."""

import json

import numpy as np
import pytest
from scipy import sparse
from small_data import SMALL

from core import Model, Ratings, train
from core.data.ratings import explicit
from core.data.scale import RatingScale
from core.evaluation.figures import figures_table, figures_to_dict
from core.evaluation.joint_lists import JOINT_METRICS, WHOLE_CATALOGUE, GroupSample, compare_lists, judge, list_makers
from core.evaluation.metrics import ndcg
from core.evaluation.splits import split_users
from core.recommend.together import BALANCE


@pytest.fixture(scope="module")
def held_out(ratings: Ratings) -> tuple[Model, sparse.csr_array]:
    split = split_users(ratings, 30, seed=2)
    return train(split.train, SMALL), ratings.matrix[~np.isin(ratings.user_ids, split.train.user_ids)]


def test_each_user_is_in_one_pair(ratings: Ratings) -> None:
    matrix = explicit(ratings.matrix[:41])
    pairs = GroupSample.draw(ratings.matrix[:41], (3, 0.8), seed=1)
    assert len(pairs) == 20
    wholes = [(shown + held_out).toarray() for shown, held_out in zip(pairs.shown, pairs.held_out, strict=True)]
    known = [tuple(row) for row in matrix.toarray().tolist()]
    first = [known.index(tuple(row)) for row in wholes[0].tolist()]
    assert len(set(first)) == 20
    assert (np.diff(pairs.shown[0].indptr) == 3).all()
    second = [np.flatnonzero(((ratings.matrix[:41].toarray() == row) | (row == 0)).all(axis=1)) for row in wholes[1]]
    assert all(len(users) == 1 for users in second)
    assert not {*first} & {int(users[0]) for users in second}
    for shown, judging in zip(pairs.shown, pairs.held_out, strict=True):
        assert not shown.multiply(judging).nnz
        assert (np.diff(judging.indptr) > 0).all()


def test_each_user_is_in_one_group(ratings: Ratings) -> None:
    groups = GroupSample.draw(ratings.matrix[:41], (3, 3, 0.8, 3), seed=1)
    assert len(groups) == 10
    assert [side.shape[0] for side in (*groups.shown, *groups.held_out)] == [10] * 8
    wholes = [shown + judging for shown, judging in zip(groups.shown, groups.held_out, strict=True)]
    assert len({tuple(row) for whole in wholes for row in whole.toarray().tolist()}) == 40


def test_pair_without_ratings_to_judge_by_is_dropped(ratings: Ratings) -> None:
    few = sparse.csr_array(np.vstack([np.eye(4, 60) * 8, ratings.matrix[:4].toarray()]).astype(np.float32))
    for seed in range(5):  # four users have one rating, which is shown
        pairs = GroupSample.draw(few, (1, 1), seed)
        assert len(pairs) == len(pairs.shown[1].toarray()) <= 2
        assert all((np.diff(side.indptr) > 1).all() for side in pairs.held_out)


def test_list_is_judged_by_the_ratings_of_both_people() -> None:
    first_person = sparse.csr_array(np.array([[9, 8, 4, 0, 10, 0, 0, 0]], dtype=np.float32))
    second_person = sparse.csr_array(np.array([[5, 8, 0, 6, 0, 10, 0, 0]], dtype=np.float32))
    listed, seen = np.array([1, 0, 2, 6]), np.array([4])  # 4 could not be listed
    people, scale = [first_person, second_person], RatingScale()
    mean, lower, both, without_hit, disliked, known = judge(listed, people, seen, scale)
    first = ndcg(np.array([[True, True, False, False]]), np.array([2]))[0]
    second = ndcg(np.array([[True, False, False, False]]), np.array([2]))[0]
    assert (mean, lower) == pytest.approx(((first + second) / 2, second))
    assert both == 1.0  # title 1 is listed first
    assert (without_hit, disliked, known) == (0.0, 2, 5)
    assert judge(np.array([0]), people, seen, scale).without_hit == 1.0  # the second person finds nothing
    third_person = sparse.csr_array(np.array([[0, 0, 9, 10, 0, 0, 0, 0]], dtype=np.float32))
    three = judge(np.array([2, 1, 3]), [*people, third_person], seen, scale)
    assert three.shared == pytest.approx(ndcg(np.array([[False, True, False]]), np.array([1]))[0])
    nobody = sparse.csr_array(np.array([[5, 0, 0, 0, 0, 0, 0, 0]], dtype=np.float32))
    assert np.isnan(judge(listed, [first_person, nobody], seen, scale)[:4]).all()


def test_figures_agree_with_lists_that_the_model_makes(held_out: tuple[Model, sparse.csr_array]) -> None:
    model, users = held_out
    pairs = GroupSample.draw(users, (3, 3), seed=0)
    makers = list_makers(model)
    figures = compare_lists(model, pairs, makers)
    assert list(figures) == list(makers)
    together, alone = [], []
    for pair in range(len(pairs)):
        rows = [side[[pair]] for side in pairs.shown]
        tastes = [model.fold_in(dict(zip(model.item_ids[row.indices], row.data, strict=True))) for row in rows]
        seen = np.concatenate([row.indices for row in rows])
        held_out = [side[[pair]] for side in pairs.held_out]
        for judgements, listed in (
            (together, model.recommend_together(tastes, 10, WHOLE_CATALOGUE, novelty=0)),
            (alone, model.recommend(tastes[0].with_seen(tastes[1]), 10, WHOLE_CATALOGUE, novelty=0)),
        ):
            positions = np.array([model.catalogue.position(item.anime_id) for item in listed])
            judgements.append(judge(positions, held_out, seen, RatingScale()))
    for name, expected in ((f"balance {BALANCE:g}", together), ("the list of one of them", alone)):
        by_pair = np.array(expected)
        for column, metric in enumerate(("ndcg", "lowest", "shared", "without_hit")):
            assert figures[name][metric].value == pytest.approx(np.nanmean(by_pair[:, column]))
        assert figures[name]["disliked"].value == pytest.approx(by_pair[:, 4].sum() / by_pair[:, 5].sum())
    assert figures["averaging"]["ndcg"].value > figures["the list of one of them"]["lowest"].value

    content = json.loads(json.dumps(figures_to_dict(figures)))
    assert content["averaging"]["ndcg"]["difference"] == 0
    name = f"balance {BALANCE:g}"
    difference = figures[name]["shared"] - figures["averaging"]["shared"]
    assert content[name]["shared"]["its standard error"] == difference.standard_error
    lines = figures_table("list", figures, JOINT_METRICS).splitlines()
    assert len(lines) == 2 + len(figures)
    assert lines[0].count("|") == lines[1].count("|") == 2 + len(JOINT_METRICS)
    assert f"{difference.value:+.3f} ±{difference.standard_error:.3f}" in next(line for line in lines if name in line)
