"""The fold-in solves the equations of the module's docstring, and the head predicts held-out ratings."""

from dataclasses import replace

import numpy as np
import pytest
from small_data import SMALL

from core import WATCHED, Model, Ratings, TrainingConfig, train
from core.data.ratings import explicit
from core.data.scale import RatingScale
from core.errors import ArtifactError
from core.heads.prediction import PredictionHead


def prior_covariance(head: PredictionHead) -> np.ndarray:
    """Return P, [1 + k, 1 + k]."""
    prior = np.eye(1 + len(head.bias_covariance))
    prior[0, 0] = head.bias_variance
    prior[0, 1:] = prior[1:, 0] = head.bias_covariance
    return prior


def error_covariance(head: PredictionHead, rated: list[int]) -> np.ndarray:
    """Return the covariance of the errors of ratings, [n_rated, n_rated]."""
    franchises = head.franchises[rated]
    correlations = np.where(franchises[:, None] == franchises, head.config.franchise, 0.0)
    np.fill_diagonal(correlations, 1)
    return float(head.noise) * (1 + head.config.doubt / len(rated)) * correlations


HISTORIES = [{103: 9}, {103: 9, 104: WATCHED, 110: 2, 117: 10}, {103: 9, 104: 8, 110: 2, 117: 10}]


@pytest.fixture(scope="module")
def head(model: Model) -> PredictionHead:
    """Return a head in which the titles 103, 110 and 117 are of one franchise."""
    franchises = np.arange(len(model.catalogue), dtype=np.int32)
    franchises[[3, 10, 17]] = 3
    return replace(model.predictor, franchises=franchises)


@pytest.mark.parametrize("history", HISTORIES)
def test_gradient_is_zero_at_theta(model: Model, head: PredictionHead, history: dict[int, float]) -> None:
    theta = head.embed(model.fold_in(history).row)[0].astype(float)
    # θ expected from which titles were seen, [1 + k].
    seen = [model.catalogue.position(anime_id) for anime_id in history]
    expected = head.expected.numbers.astype(float)[seen].sum(axis=0) / (len(seen) + head.config.damping)
    # The ratings, [n_rated], and the coordinates of their titles, a one before each row of VΣ, [n_rated, 1 + k].
    rated = [model.catalogue.position(anime_id) for anime_id, rating in history.items() if rating != WATCHED]
    ratings = np.array([rating for rating in history.values() if rating != WATCHED])
    q = np.c_[np.ones(len(rated)), (head.factors.v32.astype(float) * head.factors.singular_values)[rated]]
    # The gradient of the likelihood equals that of the prior.
    errors = ratings - head.biases[rated] - q @ theta
    likelihood_gradient = q.T @ np.linalg.solve(error_covariance(head, rated), errors)
    assert np.allclose(likelihood_gradient, np.linalg.solve(prior_covariance(head), theta - expected), atol=1e-3)


@pytest.mark.parametrize("history", HISTORIES)
def test_franchise_effect_is_the_expectation_given_the_errors(
    model: Model, head: PredictionHead, history: dict[int, float]
) -> None:
    row = model.fold_in(history).row
    rated = row.indices[row.data > 0].tolist()
    theta = head.embed(row)[0].astype(float)
    linear = head.item_coordinates @ theta + head.biases
    errors = row.data[row.data > 0] - linear[rated]
    # Another title of the franchise has the covariance ρσ² with each rated one of it, [n_rated].
    shared = np.where(head.franchises[rated] == 3, head.config.franchise * float(head.noise), 0.0)
    doubt = 1 + head.config.doubt / len(rated)
    effect = doubt * shared @ np.linalg.solve(error_covariance(head, rated), errors)
    predicted = replace(head, scale=RatingScale(0.01, 1000)).predict_ratings(row)[0]
    assert predicted[3] - linear[3] == pytest.approx(effect, abs=1e-4)
    assert predicted[20] == pytest.approx(linear[20], abs=1e-4)


def test_predictions_are_within_the_scale_and_in_the_order_of_linear_ones(model: Model) -> None:
    head = model.predictor
    row = model.fold_in(dict.fromkeys(range(103, 133, 2), 10)).row
    linear = replace(head, scale=RatingScale(0.01, 1000)).predict_ratings(row)[0]
    predicted = head.predict_ratings(row)[0]
    assert linear.max() > 10
    assert predicted.max() < 10
    assert (np.diff(predicted[np.argsort(linear)]) > -1e-5).all()


def test_model_of_an_earlier_version_has_no_correlations(model: Model) -> None:
    head = model.predictor
    tensors = {name: tensor for name, tensor in head.tensors().items() if name not in ("bias_covariance", "franchises")}
    earlier = PredictionHead.restore(tensors, len(model.catalogue), head.config, head.scale)
    assert not earlier.bias_covariance.any()
    assert len(np.unique(earlier.franchises)) == len(model.catalogue)


def test_covariance_that_is_not_positive_definite_is_refused(model: Model) -> None:
    head = model.predictor
    tensors = head.tensors() | {"bias_covariance": np.full_like(head.bias_covariance, 2 * head.bias_variance**0.5)}
    with pytest.raises(ArtifactError, match="bias_covariance is too large"):
        PredictionHead.restore(tensors, len(model.catalogue), head.config, head.scale)


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
