import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from small_data import ROOT, SMALL

from core import WATCHED, Filters, InputError, Model, Ratings, train
from core.data.ratings import explicit
from core.model.config import TrainingConfig
from core.recommend.taste import history_row

TASTE = {103: 9, 105: 8, 104: WATCHED, 110: 2}
histories = st.dictionaries(st.integers(100, 159), st.sampled_from([WATCHED, 1, 4, 5, 8, 10]), max_size=30)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def row(model: Model, history: dict[int, float]) -> sparse.csr_array:
    return history_row(history, model.catalogue, model.rating_scale)[0]


@pytest.mark.parametrize("name", ["model", "textbook"])
def test_v_is_orthonormal_and_sigma_descends(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    v, sigma = model.item_factors, model.singular_values
    assert v.shape == (len(model.item_ids), len(sigma))
    assert np.allclose(v.T @ v, np.eye(len(sigma)), atol=2e-3)
    assert (np.diff(sigma) <= 0).all()
    assert (sigma > 0).all()


@pytest.mark.parametrize("name", ["model", "textbook"])
def test_a_training_row_folds_in_to_its_stored_row_of_u(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for at in range(0, len(model.user_ids), 7):
        taste = model.user_taste(int(model.user_ids[at]))
        again = model.fold_in(taste.ratings)
        assert np.array_equal(again.factors, taste.factors)
        assert np.allclose(taste.factors[:64], model.users.factors[at], atol=1e-3)


def test_rows_of_u_are_orthonormal_over_the_training_users(ratings: Ratings) -> None:
    config = replace(SMALL, ranking=replace(SMALL.ranking, franchise=0.0))  # whose rows are no users
    u = train(ratings, config).ranker.embed(ratings.matrix)
    assert np.allclose(u.T @ u, np.eye(u.shape[1]), atol=5e-3)


def test_at_full_rank_the_textbook_returns_the_training_matrix(textbook: Model, ratings: Ratings) -> None:
    known = explicit(ratings.matrix)
    cells = known.tocoo()
    predicted = textbook.predict_ratings(ratings.matrix)[cells.coords]
    assert np.allclose(predicted, cells.data, atol=1e-3)


def test_the_textbook_finds_a_planted_low_rank_structure(textbook: Model, ratings: Ratings) -> None:
    cut = train(ratings, TrainingConfig.textbook(factors=3))
    assert len(cut.singular_values) == 3
    assert cut.info.metrics["training_rmse"] > textbook.info.metrics["training_rmse"]


@quick
@given(history=histories, k=st.integers(1, 70), adult=st.booleans(), genre=st.sampled_from([None, "Comedy", "Drama"]))
@example(history={125: 1, 103: 1}, k=60, adult=True, genre=None)  # some expected ratings fall below the scale
def test_recommend_agrees_with_brute_force(
    history: dict[int, float], k: int, adult: bool, genre: str | None, model: Model
) -> None:
    filters = Filters(genres=(genre,) if genre else (), adult=adult)
    found = model.recommend(model.fold_in(history), k, filters)
    scores = model.rank_scores(row(model, history))[0]
    catalogue = model.catalogue
    qualified = [
        at
        for at in range(len(catalogue))
        if int(catalogue.anime_ids[at]) not in history
        and (genre is None or genre in catalogue.title(at).genres)
        and (adult or "Hentai" not in catalogue.title(at).genres)
    ]
    best = sorted(qualified, key=lambda at: (-scores[at], -catalogue.members[at], at))[:k]
    assert [item.anime_id for item in found] == catalogue.anime_ids[best].tolist()
    assert [item.rank for item in found] == list(range(1, len(best) + 1))
    predicted = model.predict_ratings(row(model, history))[0]
    for item in found:
        assert 1 <= item.predicted_rating <= 10
        assert item.predicted_rating == pytest.approx(predicted[catalogue.position(item.anime_id)], abs=1e-5)
        assert {reason.anime_id for reason in item.because} <= history.keys()
        shares = [reason.share for reason in item.because]
        assert all(0 < share <= 1 for share in shares)
        assert sum(shares) <= 1 + 1e-5
        assert shares == sorted(shares, reverse=True)


def test_contributions_add_up_to_the_score(model: Model) -> None:
    taste, nobody = model.fold_in(TASTE), row(model, {})
    targets = np.arange(len(model.catalogue))
    ranker = replace(model.ranker, config=replace(model.ranker.config, earlier_part=1.0))
    total = ranker.contributions(taste.row, targets).sum(axis=0)
    prior_alone = ranker.rank_scores(taste.row)[0] - total
    # What is left is the pull to the average visitor: popularity, the same for all histories of a length.
    other = model.fold_in({103: 2, 106: 8, 107: 9, 111: WATCHED})
    assert np.allclose(
        prior_alone, ranker.rank_scores(other.row)[0] - ranker.contributions(other.row, targets).sum(axis=0), atol=1e-4
    )
    assert nobody.nnz == 0


def test_a_high_rating_raises_a_neighbour_and_a_low_one_lowers_it(model: Model) -> None:
    """Titles with ids of one parity are liked by the same camp."""
    at = model.catalogue.positions(np.array([102, 104, 106, 108, 112, 114]))
    base = model.rank_scores(row(model, {110: 8, 116: 7}))[0, at]
    liked = model.rank_scores(row(model, {110: 8, 116: 10}))[0, at]
    disliked = model.rank_scores(row(model, {110: 8, 116: 1}))[0, at]
    assert liked.mean() > base.mean() > disliked.mean()


def test_predictions_follow_the_camp(model: Model) -> None:
    evens, odds = model.catalogue.anime_ids % 2 == 0, model.catalogue.anime_ids % 2 == 1
    fan = model.predict_ratings(row(model, {102: 9, 104: 9, 103: 4, 105: 5, 110: 9}))[0]
    assert fan[evens].mean() > fan[odds].mean() + 1


def test_an_empty_history_is_popularity_like(model: Model, ratings: Ratings) -> None:
    scores = model.rank_scores(row(model, {}))[0]
    liked = np.asarray((ratings.matrix > 6).sum(axis=0)).ravel()
    assert np.corrcoef(np.argsort(np.argsort(scores)), np.argsort(np.argsort(liked)))[0, 1] > 0.7
    recommendations = model.recommend(model.fold_in({}), k=5)
    assert len(recommendations) == 5
    assert all(item.because == () for item in recommendations)


@pytest.mark.parametrize("history", [{103: 7}, {103: WATCHED}, dict.fromkeys(range(100, 155), 7.0), {100: 1, 101: 1}])
def test_odd_histories_get_sane_answers(model: Model, history: dict[int, float]) -> None:
    assert np.isfinite(model.rank_scores(row(model, history))).all()
    assert np.isfinite(model.predict_ratings(row(model, history))).all()
    assert model.recommend(model.fold_in(history), k=3)


def test_unknown_ids_are_reported_and_count_for_nothing(model: Model) -> None:
    taste = model.fold_in(TASTE | {999_999: 10, 888_888: 3})
    assert sorted(taste.unknown_ids) == [888_888, 999_999]
    assert model.recommend(taste) == model.recommend(model.fold_in(TASTE))


@pytest.mark.parametrize(
    "history", [{103: 0}, {103: 11}, {103: float("nan")}, {103: True}, {103: 10**400}, {103: "9"}, {"103": 9}, {1.5: 9}]
)
def test_wrong_ratings_are_refused(model: Model, history: dict) -> None:
    with pytest.raises(InputError):
        model.fold_in(history)


def test_wrong_questions_are_refused(model: Model) -> None:
    taste = model.fold_in(TASTE)
    for k in (0, -1, 1.5, True, 10**6):
        with pytest.raises(InputError, match="k is"):
            model.recommend(taste, k)
    with pytest.raises(InputError, match="no user 5000"):
        model.user_taste(5000)
    with pytest.raises(InputError, match="expected"):
        model.rank_scores(sparse.csr_array((1, 3)))
    with pytest.raises(InputError, match=r"11\.0"):
        model.predict_ratings(sparse.csr_array(([11.0], [0], [0, 1]), shape=(1, len(model.item_ids))))


def test_many_rows_score_like_each_alone(model: Model, ratings: Ratings) -> None:
    matrix = ratings.matrix[:9]
    for answer in (model.rank_scores, model.predict_ratings):
        together = answer(matrix)
        assert together.dtype == np.float32
        assert together.shape == matrix.shape
        assert np.allclose(together, np.concatenate([answer(matrix[[at]]) for at in range(9)]), atol=1e-4)


def test_unsorted_and_int_matrices_are_understood(model: Model) -> None:
    shape = (1, len(model.item_ids))
    unsorted = sparse.csr_matrix((np.array([8, -1, 3]), np.array([9, 2, 5]), [0, 3]), shape=shape)
    ordered = sparse.csr_array((np.array([-1.0, 3, 8]), np.array([2, 5, 9]), [0, 3]), shape=shape)
    assert np.array_equal(model.rank_scores(unsorted), model.rank_scores(ordered))


def test_permuting_the_titles_permutes_the_textbook(ratings: Ratings) -> None:
    order = np.random.default_rng(0).permutation(len(ratings.catalogue))
    frame = ratings.catalogue.frame.iloc[order].reset_index(drop=True)
    permuted = Ratings(
        sparse.csr_array(ratings.matrix[:, order]),
        ratings.user_ids,
        type(ratings.catalogue)(frame),
        ratings.scale,
        ratings.report,
    )
    first = train(ratings, TrainingConfig.textbook(5)).predict_ratings(ratings.matrix)
    second = train(permuted, TrainingConfig.textbook(5)).predict_ratings(permuted.matrix)
    assert np.allclose(first[:, order], second, atol=1e-3)


def test_similar_titles_are_of_the_same_camp_and_never_the_title_itself(model: Model) -> None:
    found = model.similar(104, k=6)
    assert len(found) == 6
    assert all(item.anime_id != 104 for item in found)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert sum(item.anime_id % 2 == 0 for item in found) >= 4
    assert not any("Hentai" in item.genres for item in found)


DIGEST = """
import sys, json, dataclasses
from core import Model
model = Model.load(sys.argv[1])
taste = model.fold_in({103: 9, 105: 8, 104: -1, 110: 2})
lists = [model.recommend(taste, 20), model.recommend(model.user_taste(int(model.user_ids[3])), 20), model.similar(104)]
print(json.dumps([[(r.anime_id, r.score.hex(), r.predicted_rating.hex(), [b.share.hex() for b in r.because])
                   for r in each] for each in lists]))
"""


def test_another_process_gives_the_same_recommendations_bit_for_bit(model: Model, model_folder: Path) -> None:
    import json

    loaded = json.loads(
        subprocess.run(
            [sys.executable, "-c", DIGEST, str(model_folder)], cwd=ROOT, check=True, capture_output=True
        ).stdout
    )
    taste = model.fold_in(TASTE)
    lists = [
        model.recommend(taste, 20),
        model.recommend(model.user_taste(int(model.user_ids[3])), 20),
        model.similar(104),
    ]
    here = [
        [[r.anime_id, r.score.hex(), r.predicted_rating.hex(), [b.share.hex() for b in r.because]] for r in each]
        for each in lists
    ]
    assert loaded == here
