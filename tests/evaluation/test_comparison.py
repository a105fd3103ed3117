import json
from collections import Counter

import numpy as np
import pytest
from small_data import SMALL

from core import InputError, Ratings, TrainingConfig
from core.evaluation.baselines import EASE, Biases, Popularity, PureSVD, confidences
from core.evaluation.comparison import compare
from core.evaluation.recipes import RECIPES, Recipe, anisvd, recipe_named
from core.evaluation.report import comparison_to_dict, markdown, quality
from core.evaluation.splits import split_users, user_folds
from core.model.card import quality_table


def test_settings_are_chosen_on_inner_users_and_fitted_to_the_whole_training_part(ratings: Ratings) -> None:
    fitted: Counter[tuple[int, int]] = Counter()

    def fit(train: Ratings, seed: int, factors: int) -> PureSVD:
        fitted[len(train.user_ids), factors] += 1
        return PureSVD.fit(train, seed, factors=factors)

    split = split_users(ratings, 20)
    grid = ({"factors": 1}, {"factors": 4}, {"factors": 40})
    comparison = compare([Recipe("svd", "SVD", fit, grid)], [split], lambda train: split_users(train, 20, seed=1))
    n = len(ratings.user_ids)
    assert {key for key in fitted if key[0] == n - 40} == {(n - 40, factors) for factors in (1, 4, 40)}
    whole = {factors for users, factors in fitted if users == n - 20}
    assert whole == {result["svd"].chosen[0]["ndcg"]["factors"] for result in comparison.results.values()}


def test_report_pairs_differences_and_pools_folds(ratings: Ratings) -> None:
    recipes = [anisvd(SMALL), recipe_named("popularity"), recipe_named("biases")]
    splits = list(user_folds(ratings, 3))
    comparison = compare(recipes, splits, lambda train: split_users(train, 20))
    for holdout, results in comparison.results.items():
        assert len(results["default"].measured) == 3
        own, other = (results[name].estimate("ndcg") for name in ("default", "popularity"))
        difference = comparison.difference(holdout, "popularity", "ndcg")
        assert difference.value == pytest.approx(other.value - own.value)
        assert difference.standard_error <= own.standard_error + other.standard_error
        assert comparison.difference(holdout, "default", "ndcg").standard_error == 0
        assert results["popularity"].estimate("rmse") is None
        folds = [fold.estimates["ndcg"].value for fold in results["default"].measured]
        assert own.value == pytest.approx(np.mean(folds))
    # Two camps have opposite tastes, so AniSVD beats popularity.
    difference = comparison.difference("10", "popularity", "ndcg")
    assert difference.value < -2 * difference.standard_error
    content = json.loads(json.dumps(comparison_to_dict(comparison)))
    assert content["results"]["10"]["default"]["ndcg"]["folds"]
    page = markdown(comparison, {"Data": "small"}, ["quality.png"], {"als": "the package `implicit` is not installed"})
    assert "did not take part" in page
    assert f"{comparison.results['5']['biases'].estimate('rmse').value:.3f} ±" in page
    with pytest.raises(InputError, match="another recipe"):
        quality(content | {"recipe": SMALL.to_recipe()}, TrainingConfig().to_recipe())
    with pytest.raises(InputError, match="not a report"):
        quality({"results": 3}, SMALL.to_recipe())
    own, peers = quality(content | {"recipe": SMALL.to_recipe()}, SMALL.to_recipe())
    assert own["NDCG@10, 10 shown"] == comparison.results["10"]["default"].estimate("ndcg").value
    assert set(peers) == {"Popularity", "Damped biases"}
    table = quality_table({"AniSVD": own} | peers).splitlines()
    assert len(table) == 5
    assert len({line.count("|") for line in table}) == 1


def test_recipe_for_known_users_only_is_not_fitted_for_visitors(ratings: Ratings) -> None:
    def fit(train: Ratings, seed: int) -> Popularity:
        raise AssertionError("fitted in vain")

    recipes = [recipe_named("popularity"), Recipe("known", "Known", fit, known_users_only=True)]
    comparison = compare(recipes, [split_users(ratings, 20)], lambda train: split_users(train, 20))
    assert "known" not in comparison.results["3"]
    assert comparison.difference("3", "known", "ndcg") is None
    assert "Known" not in markdown(comparison, {}, [], {})


def test_ease_solves_a_ridge_regression_for_each_column(ratings: Ratings) -> None:
    """Solve the regression of each column on the others, without the title itself."""
    fitted = EASE.fit(ratings, shrinkage=20.0, watched=0.5, scaling=1.0, output=0.0)
    x = confidences(ratings.matrix, ratings.scale, 0.5).toarray()[:, fitted.columns].astype(float)
    for j in (0, 5, 17):
        others = np.delete(x, j, axis=1)
        solved = np.linalg.solve(others.T @ others + 20 * np.eye(others.shape[1]), others.T @ x[:, j])
        assert np.allclose(np.delete(fitted.weights[:, j], j), solved, atol=1e-3)
        assert fitted.weights[j, j] == 0


def test_pure_svd_popularity_and_biases_follow_their_formulas(ratings: Ratings) -> None:
    dense = np.maximum(ratings.matrix.toarray(), 0)
    v = np.linalg.svd(dense)[2][:5].T
    assert np.allclose(PureSVD.fit(ratings, factors=5).rank_scores(ratings.matrix), dense @ v @ v.T, atol=1e-2)
    assert np.array_equal(Popularity.fit(ratings).rank_scores(ratings.matrix[:1])[0], (dense >= 8).sum(axis=0))
    biases = Biases.fit(ratings, item_damping=2.0, user_damping=3.0)
    row = ratings.matrix[[0]]
    rated, positions = row.data[row.data > 0], row.indices[row.data > 0]
    user = (rated - biases.items[positions]).sum() / (len(rated) + 3)
    assert np.allclose(biases.predict_ratings(row)[0], biases.items + user, atol=1e-4)


@pytest.mark.parametrize("name", ["als", "surprise"])
def test_peers_from_libraries_fit_the_training_ratings(name: str, ratings: Ratings) -> None:
    peer = recipe_named(name)
    if not peer.installed:
        pytest.skip(f"{peer.package} is not installed")
    settings = dict(peer.grid[0]) | ({"epochs": 200} if name == "surprise" else {})
    fitted = peer.fit(ratings, 0, **settings)
    if name == "als":
        scores = fitted.rank_scores(ratings.matrix)
        seen = ratings.matrix.toarray() != 0
        assert scores[seen].mean() > scores[~seen].mean() + 0.2
    else:
        known = ratings.matrix.tocoo()
        rated = known.data > 0
        predicted = fitted.predict_users(np.arange(len(ratings.user_ids)))
        error = predicted[known.row[rated], known.col[rated]] - known.data[rated]
        assert np.sqrt(np.mean(error**2)) < 0.6 * known.data[rated].std()


def test_error_for_an_unknown_recipe_lists_the_known_recipes() -> None:
    with pytest.raises(InputError, match="expected default, popularity"):
        recipe_named("xgboost")
    assert all(recipe.grid for recipe in RECIPES.values())
