"""The fold-in solves the equations of the module's docstring, and the head predicts held-out ratings."""

import numpy as np
import pytest
from small_data import SMALL

from core import WATCHED, Model, Ratings, TrainingConfig, train
from core.data.ratings import explicit


@pytest.mark.parametrize("history", [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}])
def test_gradient_is_zero_at_theta(model: Model, history: dict[int, float]) -> None:
    head = model.predictor
    theta = head.embed(model.fold_in(history).row)[0].astype(float)
    # θ expected from which titles were seen, [1 + k].
    seen = [model.catalogue.position(anime_id) for anime_id in history]
    expected = head.expected.numbers.astype(float)[seen].sum(axis=0) / (len(seen) + head.config.damping)
    # The ratings, [n_rated], and the coordinates of their titles, a one before each row of VΣ, [n_rated, 1 + k].
    rated = [model.catalogue.position(anime_id) for anime_id, rating in history.items() if rating != WATCHED]
    ratings = np.array([rating for rating in history.values() if rating != WATCHED])
    q = np.c_[np.ones(len(rated)), (head.factors.v32.astype(float) * head.factors.singular_values)[rated]]
    # The gradient of the likelihood equals that of the prior.
    noise = float(head.noise) * (1 + head.config.doubt / len(rated))
    precision = np.r_[1 / float(head.bias_variance), np.ones(q.shape[1] - 1)]
    likelihood_gradient = q.T @ (ratings - head.biases[rated] - q @ theta)
    assert np.allclose(likelihood_gradient, noise * precision * (theta - expected), atol=1e-3)


def test_watched_titles_alone_determine_theta_without_ratings(model: Model) -> None:
    head = model.predictor
    taste = model.fold_in({103: WATCHED, 105: WATCHED})
    expected = head.expected.numbers[taste.positions].sum(axis=0) / (2 + head.config.damping)
    assert np.allclose(head.embed(taste.row)[0], expected, atol=1e-6)


def test_held_out_ratings_are_predicted_better_than_by_the_mean_and_the_textbook(ratings: Ratings) -> None:
    cells = explicit(ratings.matrix).tocoo()
    hidden = np.random.default_rng(0).random(cells.nnz) < 0.15
    hidden_cells, truth = tuple(index[hidden] for index in cells.coords), cells.data[hidden]
    matrix = ratings.matrix.copy().tolil()
    matrix[hidden_cells] = 0
    rest = Ratings(matrix.tocsr(), ratings.user_ids, ratings.catalogue, ratings.scale, ratings.report)

    def rmse(predicted: np.ndarray) -> float:
        return float(np.sqrt(np.mean((predicted - truth) ** 2)))

    def rmse_of_recipe(config: TrainingConfig) -> float:
        return rmse(train(rest, config).predict_ratings(rest.matrix)[hidden_cells])

    assert rmse_of_recipe(SMALL) < 0.75 * rmse(explicit(rest.matrix).data.mean())
    assert rmse_of_recipe(SMALL) < rmse_of_recipe(TrainingConfig.textbook(3))
