"""The algebra of a model, its recommendations, and what it refuses."""

import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from small_data import ROOT, SMALL

from core import WATCHED, Filters, InputError, Model, Ratings, train
from core.data.ratings import explicit
from core.model.config import TrainingConfig
from core.recommend.fold_in import history_row

TASTE = {103: 9, 105: 8, 104: WATCHED, 110: 2}
HISTORIES = st.dictionaries(st.integers(100, 159), st.sampled_from([WATCHED, 1, 4, 5, 8, 10]), max_size=30)


def row_of(model: Model, history: dict[int, float]) -> sparse.csr_array:
    """Return the history as a row, csr [1, n_items]."""
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
def test_training_row_folds_in_to_its_stored_row_of_u(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for index in range(0, len(model.user_ids), 7):
        taste = model.user_taste(int(model.user_ids[index]))
        folded_in = model.fold_in(taste.ratings)
        assert np.array_equal(folded_in.factors, taste.factors)
        assert np.allclose(taste.factors[:64], model.users.factors[index], atol=1e-3)


def test_without_franchises_facts_and_weights_rows_of_u_are_orthonormal(ratings: Ratings) -> None:
    config = replace(SMALL, ranking=replace(SMALL.ranking, franchise=0.0, facts=0.0, past_weight=1.0))
    u = train(ratings, config).ranker.embed(ratings.matrix)
    assert np.allclose(u.T @ u, np.eye(u.shape[1]), atol=5e-3)


def test_textbook_of_full_rank_reconstructs_the_training_matrix(textbook: Model, ratings: Ratings) -> None:
    cells = explicit(ratings.matrix).tocoo()
    predicted = textbook.predict_ratings(ratings.matrix)[cells.coords]
    assert np.allclose(predicted, cells.data, atol=1e-3)


def test_truncating_the_textbook_increases_its_training_error(textbook: Model, ratings: Ratings) -> None:
    truncated = train(ratings, TrainingConfig.textbook(factors=3))
    assert len(truncated.singular_values) == 3
    assert truncated.info.metrics["training_rmse"] > textbook.info.metrics["training_rmse"]


@settings(max_examples=40)
@given(history=HISTORIES, k=st.integers(1, 70), adult=st.booleans(), genre=st.sampled_from([None, "Comedy", "Drama"]))
@example(history={125: 1, 103: 1}, k=60, adult=True, genre=None)  # some predictions are clipped to the scale
def test_recommend_agrees_with_brute_force(
    history: dict[int, float], k: int, adult: bool, genre: str | None, model: Model
) -> None:
    filters = Filters(genres=(genre,) if genre else (), adult=adult)
    recommendations = model.recommend(model.fold_in(history), k, filters, novelty=0)
    scores = model.rank_scores(row_of(model, history))[0]
    catalogue = model.catalogue
    allowed = [
        position
        for position, title in enumerate(map(catalogue.title, range(len(catalogue))))
        if title.anime_id not in history
        and (genre is None or genre in title.genres)
        and (adult or "Hentai" not in title.genres)
    ]
    best = sorted(allowed, key=lambda position: (-scores[position], -catalogue.members[position], position))[:k]
    assert [item.anime_id for item in recommendations] == catalogue.anime_ids[best].tolist()
    assert [item.rank for item in recommendations] == list(range(1, len(best) + 1))
    predicted = model.predict_ratings(row_of(model, history))[0]
    for item in recommendations:
        assert 1 <= item.predicted_rating <= 10
        assert item.predicted_rating == pytest.approx(predicted[catalogue.position(item.anime_id)], abs=1e-5)
        assert {reason.anime_id for reason in item.because} <= history.keys()
        shares = [reason.share for reason in item.because]
        assert all(0 < share <= 1 for share in shares)
        assert sum(shares) <= 1 + 1e-5
        assert shares == sorted(shares, reverse=True)


def test_scores_are_contributions_plus_the_prior(model: Model) -> None:
    ranker = replace(model.ranker, config=replace(model.ranker.config, earlier_part=1.0))

    def prior(history: dict[int, float]) -> np.ndarray:
        row = row_of(model, history)
        return ranker.rank_scores(row)[0] - ranker.contributions(row, np.arange(len(model.catalogue))).sum(axis=0)

    # The prior is the pull to the average visitor, the same for all histories of a length.
    assert np.allclose(prior(TASTE), prior({103: 2, 106: 8, 107: 9, 111: WATCHED}), atol=1e-4)
    assert row_of(model, {}).nnz == 0


def test_high_rating_raises_similar_titles_and_low_rating_lowers_them(model: Model) -> None:
    """Titles whose ids are both even, or both odd, are liked by the same camp."""
    similar = model.catalogue.positions(np.array([102, 104, 106, 108, 112, 114]))
    base = model.rank_scores(row_of(model, {110: 8, 116: 7}))[0, similar]
    liked = model.rank_scores(row_of(model, {110: 8, 116: 10}))[0, similar]
    disliked = model.rank_scores(row_of(model, {110: 8, 116: 1}))[0, similar]
    assert liked.mean() > base.mean() > disliked.mean()


def test_predictions_are_higher_for_titles_of_the_own_camp(model: Model) -> None:
    evens, odds = model.catalogue.anime_ids % 2 == 0, model.catalogue.anime_ids % 2 == 1
    fan = model.predict_ratings(row_of(model, {102: 9, 104: 9, 103: 4, 105: 5, 110: 9}))[0]
    assert fan[evens].mean() > fan[odds].mean() + 1


def test_empty_history_ranks_by_popularity(model: Model, ratings: Ratings) -> None:
    scores = model.rank_scores(row_of(model, {}))[0]
    liked = np.asarray((ratings.matrix > 6).sum(axis=0)).ravel()
    assert np.corrcoef(np.argsort(np.argsort(scores)), np.argsort(np.argsort(liked)))[0, 1] > 0.7
    recommendations = model.recommend(model.fold_in({}), k=5)
    assert len(recommendations) == 5
    assert all(item.because == () for item in recommendations)


@pytest.mark.parametrize("history", [{103: 7}, {103: WATCHED}, dict.fromkeys(range(100, 155), 7.0), {100: 1, 101: 1}])
def test_unusual_histories_get_finite_scores_and_recommendations(model: Model, history: dict[int, float]) -> None:
    assert np.isfinite(model.rank_scores(row_of(model, history))).all()
    assert np.isfinite(model.predict_ratings(row_of(model, history))).all()
    assert model.recommend(model.fold_in(history), k=3)


def test_unknown_ids_are_reported_and_ignored(model: Model) -> None:
    taste = model.fold_in(TASTE | {999_999: 10, 888_888: 3})
    assert sorted(taste.unknown_ids) == [888_888, 999_999]
    assert model.recommend(taste) == model.recommend(model.fold_in(TASTE))


@pytest.mark.parametrize(
    "history", [{103: 0}, {103: 11}, {103: float("nan")}, {103: True}, {103: 10**400}, {103: "9"}, {"103": 9}, {1.5: 9}]
)
def test_invalid_ratings_are_refused(model: Model, history: dict) -> None:
    with pytest.raises(InputError):
        model.fold_in(history)


def test_invalid_arguments_are_refused(model: Model) -> None:
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


def test_rows_are_scored_independently(model: Model, ratings: Ratings) -> None:
    matrix = ratings.matrix[:9]
    for score in (model.rank_scores, model.predict_ratings):
        scores = score(matrix)
        assert scores.dtype == np.float32
        assert scores.shape == matrix.shape
        assert np.allclose(scores, np.concatenate([score(matrix[[row]]) for row in range(9)]), atol=1e-4)


def test_unsorted_integer_matrix_scores_like_the_sorted_one(model: Model) -> None:
    shape = (1, len(model.item_ids))
    unsorted = sparse.csr_matrix((np.array([8, -1, 3]), np.array([9, 2, 5]), [0, 3]), shape=shape)
    sorted_matrix = sparse.csr_array((np.array([-1.0, 3, 8]), np.array([2, 5, 9]), [0, 3]), shape=shape)
    assert np.array_equal(model.rank_scores(unsorted), model.rank_scores(sorted_matrix))


def test_permuting_titles_permutes_predictions_of_the_textbook(ratings: Ratings) -> None:
    order = np.random.default_rng(0).permutation(len(ratings.catalogue))
    catalogue = type(ratings.catalogue)(ratings.catalogue.frame.iloc[order].reset_index(drop=True))
    permuted = replace(ratings, matrix=sparse.csr_array(ratings.matrix[:, order]), catalogue=catalogue)
    predicted, predicted_permuted = (
        train(data, TrainingConfig.textbook(5)).predict_ratings(data.matrix) for data in (ratings, permuted)
    )
    assert np.allclose(predicted[:, order], predicted_permuted, atol=1e-3)


def test_similar_titles_are_of_the_same_camp_without_the_title_itself(model: Model) -> None:
    similar = model.similar(104, k=6)
    assert len(similar) == 6
    assert all(item.anime_id != 104 for item in similar)
    assert [item.score for item in similar] == sorted((item.score for item in similar), reverse=True)
    assert sum(item.anime_id % 2 == 0 for item in similar) >= 4
    assert not any("Hentai" in item.genres for item in similar)


def digest(model: Model) -> list[list[list[object]]]:
    """Return three lists of recommendations with their numbers in hexadecimal, which is exact."""
    taste = model.fold_in({103: 9, 105: 8, 104: -1, 110: 2})
    user = model.user_taste(int(model.user_ids[3]))
    return [
        [
            [r.anime_id, r.score.hex(), r.predicted_rating.hex(), [reason.share.hex() for reason in r.because]]
            for r in recommendations
        ]
        for recommendations in (model.recommend(taste, 20), model.recommend(user, 20), model.similar(104))
    ]


def test_another_process_gives_the_same_recommendations_bit_for_bit(model: Model, model_folder: Path) -> None:
    imports = "import json, sys\nfrom core import Model\n"
    program = imports + inspect.getsource(digest) + "print(json.dumps(digest(Model.load(sys.argv[1]))))"
    command = [sys.executable, "-c", program, str(model_folder)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    assert json.loads(output) == digest(model)
