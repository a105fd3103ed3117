"""The fold-in solves the problem of the module's docstring, and the head predicts held-out ratings."""

import numpy as np
import pytest
from scipy import sparse
from small_data import SMALL

from core import WATCHED, Model, Ratings, TrainingConfig, train
from core.data.ratings import explicit
from core.numerics.factor_analysis import analyse


@pytest.mark.parametrize("history", [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}])
def test_theta_is_where_the_gradient_vanishes(model: Model, history: dict[int, float]) -> None:
    head = model.predictor
    row = model.fold_in(history).row
    theta = head.embed(row)[0].astype(float)
    seen = [model.catalogue.position(anime_id) for anime_id in history]
    expected = head.expected.astype(float)[seen].sum(axis=0) / (len(seen) + head.config.damping)
    rated = [model.catalogue.position(anime_id) for anime_id, rating in history.items() if rating != WATCHED]
    given = np.array([rating for rating in history.values() if rating != WATCHED])
    w = head.factors.v.astype(float) * head.factors.singular_values
    q = np.c_[np.ones(len(rated)), w[rated]]
    noise = float(head.noise) * (1 + head.config.doubt / len(rated))
    precision = np.r_[1 / float(head.bias_variance), np.ones(w.shape[1])]
    pull = q.T @ (given - head.biases[rated] - q @ theta)
    assert np.allclose(pull, noise * precision * (theta - expected), atol=1e-3)


def test_who_rated_nothing_is_placed_by_what_they_watched(model: Model) -> None:
    head = model.predictor
    taste = model.fold_in({103: WATCHED, 105: WATCHED})
    expected = head.expected.astype(np.float32)[taste.positions].sum(axis=0) / (2 + head.config.damping)
    assert np.allclose(head.embed(taste.row)[0], expected, atol=1e-6)


def test_held_out_ratings_are_predicted_better_than_by_means(ratings: Ratings) -> None:
    cells = explicit(ratings.matrix)
    hidden = np.random.default_rng(0).random(cells.nnz) < 0.15
    row = np.repeat(np.arange(cells.shape[0]), np.diff(cells.indptr))
    matrix = ratings.matrix.copy().tolil()
    matrix[row[hidden], cells.indices[hidden]] = 0
    rest = Ratings(matrix.tocsr(), ratings.user_ids, ratings.catalogue, ratings.scale, ratings.report)

    def error(config: TrainingConfig) -> float:
        predicted = train(rest, config).predict_ratings(rest.matrix)[row[hidden], cells.indices[hidden]]
        return float(np.sqrt(np.mean((predicted - cells.data[hidden]) ** 2)))

    mean = explicit(rest.matrix).data.mean()
    of_means = float(np.sqrt(np.mean((mean - cells.data[hidden]) ** 2)))
    assert error(SMALL) < 0.75 * of_means
    assert error(SMALL) < error(TrainingConfig.textbook(3))


def test_factor_analysis_learns_the_noise_it_was_given() -> None:
    random = np.random.default_rng(1)
    users, items = random.standard_normal((400, 2)), random.standard_normal((80, 2))
    full = 7 + random.standard_normal((1, 80)) + users @ items.T + 0.5 * random.standard_normal((400, 80))
    full[random.random(full.shape) < 0.5] = 0
    fitted = analyse(sparse.csr_array(full), np.ones((80, 1), np.float32), 2, 12, seed=0)
    assert fitted.noise == pytest.approx(0.25, rel=0.15)
    assert fitted.mean == pytest.approx(full[full != 0].mean())
