from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import mean_absolute_error, mean_squared_error, ndcg_score, root_mean_squared_error

from core import Model, Ratings
from core.data.scale import RatingScale
from core.evaluation.measure import RANKING_METRICS, RATING_METRICS, measure, top_lists
from core.evaluation.splits import Holdout, split_ratings, split_users


@dataclass(frozen=True)
class Fixed:
    """The same scores and predicted ratings for everybody."""

    values: np.ndarray

    def rank_scores(self, matrix: sparse.csr_array) -> np.ndarray:
        return np.tile(self.values, (matrix.shape[0], 1)).astype(np.float32)

    predict_ratings = rank_scores


@dataclass(frozen=True)
class Oracle:
    """Predicts the held-out ratings, and ranks by them."""

    holdout: Holdout

    def rank_scores(self, matrix: sparse.csr_array) -> np.ndarray:
        assert matrix.shape[0] == len(self.holdout.rows)
        return self.holdout.held_out.toarray()

    predict_ratings = rank_scores


def test_oracle_has_perfect_figures(ratings: Ratings) -> None:
    split = split_users(ratings, 20)
    for holdout in split.holdouts.values():
        estimates = measure(Oracle(holdout), holdout, split.train).estimates
        assert set(estimates) == {*RANKING_METRICS, *RATING_METRICS}
        for metric in ("ndcg", "map", "hit rate"):
            assert estimates[metric].value == pytest.approx(1)
        for metric in RATING_METRICS:
            assert estimates[metric].value == 0


def test_figures_of_a_model_agree_with_scikit_learn(ratings: Ratings, model: Model) -> None:
    """Recompute the figures user by user, over the whole catalogue without the shown titles."""
    split = split_users(ratings, 25, seed=2)
    holdout = split.holdouts["3"]
    estimates = measure(model, holdout, split.train).estimates
    scores, predicted = model.rank_scores(holdout.shown), model.predict_ratings(holdout.shown)
    ndcgs, truth, guess = [], [], []
    for user in range(len(holdout.rows)):
        held_out = holdout.held_out[[user]].toarray()[0]
        unseen = np.setdiff1d(np.arange(len(held_out)), holdout.shown[[user]].indices)
        if (held_out >= 8).any():
            ndcgs.append(ndcg_score([held_out[unseen] >= 8], [scores[user, unseen]], k=10, ignore_ties=True))
        truth += held_out[held_out > 0].tolist()
        guess += predicted[user, held_out > 0].tolist()
    assert estimates["ndcg"].value == pytest.approx(np.mean(ndcgs))
    assert estimates["rmse"].value == pytest.approx(root_mean_squared_error(truth, guess), rel=1e-5)
    assert estimates["mse"].value == pytest.approx(mean_squared_error(truth, guess), rel=1e-5)
    assert estimates["mae"].value == pytest.approx(mean_absolute_error(truth, guess), rel=1e-5)


def test_lists_have_unseen_titles_best_first() -> None:
    random = np.random.default_rng(0)
    scores = random.random((50, 40)).astype(np.float32)
    seen = sparse.csr_array(random.random((50, 40)) < 0.5)
    top = top_lists(scores, seen, 5)
    for row, listed in enumerate(top):
        unseen = np.setdiff1d(np.arange(40), seen[[row]].indices)
        assert listed.tolist() == unseen[np.argsort(-scores[row, unseen])[:5]].tolist()


def test_disliked_counts_only_titles_whose_rating_is_known(ratings: Ratings) -> None:
    shape = (2, ratings.matrix.shape[1])
    held_out = sparse.csr_array(
        (np.array([3, 9, 10], np.float32), (np.array([0, 0, 1]), np.array([0, 1, 0]))), shape=shape
    )
    holdout = Holdout(np.arange(2), sparse.csr_array(shape, dtype=np.float32), held_out)
    best_first = Fixed(-np.arange(shape[1], dtype=float))
    estimates = measure(best_first, holdout, ratings).estimates
    assert estimates["disliked"].value == pytest.approx(1 / 3)
    assert estimates["coverage"].value == pytest.approx(10 / shape[1])


def test_calibration_counts_every_held_out_rating(ratings: Ratings, model: Model) -> None:
    holdout = split_users(ratings, 25).holdouts["80%"]
    number, predicted, true = measure(model, holdout, ratings).calibration.T
    assert number.sum() == holdout.held_out.nnz
    assert true.sum() == pytest.approx(holdout.held_out.sum())
    filled = number > 0
    assert (np.diff(predicted[filled] / number[filled]) > 0).all()


def test_upper_part_of_another_scale_is_relevant(ratings: Ratings) -> None:
    """Treat 4 and 5 of 5 like 8 to 10 of 10."""
    held_out = sparse.csr_array((np.array([4, 3], np.float32), ([0, 1], [0, 0])), shape=(2, ratings.matrix.shape[1]))
    holdout = Holdout(np.arange(2), sparse.csr_array(held_out.shape, dtype=np.float32), held_out)
    on_five = replace(ratings, scale=RatingScale(1, 5))
    estimates = measure(Fixed(-np.arange(held_out.shape[1], dtype=float)), holdout, on_five).estimates
    assert estimates["ndcg"].value == 1  # of the only user with a relevant title


def test_known_users_are_predicted_by_their_rows(ratings: Ratings) -> None:
    split = split_ratings(ratings)
    (holdout,) = split.holdouts.values()

    class KnowsRows:
        def predict_users(self, rows: np.ndarray) -> np.ndarray:
            return ratings.matrix[rows].toarray()

    estimates = measure(KnowsRows(), holdout, split.train).estimates
    assert set(estimates) == set(RATING_METRICS)
    assert estimates["rmse"].value == 0
    users = split_users(ratings, 20)
    assert not measure(KnowsRows(), users.holdouts["3"], users.train).estimates  # visitors have no row
