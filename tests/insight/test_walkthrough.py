"""The steps add up to the scores of the ranking head."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import N_TITLES, ROOT

from core import WATCHED, Filters, InputError, Model
from core.data.catalogue import Title
from core.insight.steps import Walkthrough
from core.insight.walkthrough import textbook_list
from core.recommend.fold_in import Taste
from core.recommend.top_k import top_k

HISTORIES = st.dictionaries(
    st.integers(100, 100 + N_TITLES - 1), st.one_of(st.just(WATCHED), st.integers(1, 10)), max_size=30
)


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


def best_titles(model: Model, taste: Taste, k: int) -> list[Title]:
    """Return the best titles by the ranking head alone: the walkthrough ends before the second stage."""
    best = top_k(taste.linear_scores, taste.allowed(Filters()), model.catalogue, k)
    return [model.catalogue.title(position) for position in best.tolist()]


def walked(model: Model, taste: Taste, count: int = 5) -> Walkthrough:
    return model.walkthrough(taste, count)


def check_sums(model: Model, taste: Taste, count: int = 5) -> Walkthrough:
    """Compare all figures with `Taste.linear_scores`, `RankingHead.contributions` and the formulas."""
    steps, head = walked(model, taste, count), model.ranker
    scores = taste.linear_scores
    size = float(np.abs(scores).max())
    for scored in steps.scores:
        position = model.catalogue.position(scored.title.anime_id)
        assert scored.score == scores[position]
        assert scored.by_factors[-1] == (steps.n_factors, pytest.approx(scored.score, rel=1e-4, abs=1e-5 * size))
        assert sum(scored.by_titles) + scored.prior == pytest.approx(scored.score, rel=1e-4, abs=1e-5 * size)
        contributions = taste.contributions(np.array([position]))[:, 0] * scored.earlier_part
        assert scored.by_titles == pytest.approx(contributions.tolist(), rel=1e-4, abs=1e-5 * size)
    for rated in steps.rated:
        if rated.scaled is not None:
            assert rated.norm is not None
            assert rated.uniqueness is not None
            expected = rated.weight * rated.norm**steps.norm_power * rated.uniqueness**steps.uniqueness_power
            assert rated.scaled == pytest.approx(expected, rel=1e-4)
    sigma = head.factors.singular_values.astype(float)
    assert steps.effective_factors == pytest.approx(np.sum(sigma**2 / (sigma**2 + steps.shrinkage)), rel=1e-4)
    for coordinate in steps.point:
        assert coordinate.singular_value == sigma[coordinate.index]
        squared = coordinate.singular_value**2
        assert coordinate.filter_factor == pytest.approx(squared / (squared + steps.shrinkage), rel=1e-4)
        term = (coordinate.own + coordinate.prior) * coordinate.filter_factor * coordinate.loading
        assert coordinate.term == pytest.approx(term, rel=1e-4, abs=1e-9)
    product, first = steps.product, steps.scores[:3]
    assert list(product.factors) == sorted(product.factors)
    assert product.sigma == tuple(sigma[list(product.factors)])
    for scored, row, rest in zip(first, product.v, product.rest, strict=True):
        terms = [u * s * v for u, s, v in zip(product.u, product.sigma, row, strict=True)]
        assert sum(terms) + rest == pytest.approx(scored.score, rel=1e-4, abs=1e-5 * size)
    known = {coordinate.index: coordinate for coordinate in steps.point}
    for index, u, s in zip(product.factors, product.u, product.sigma, strict=True):
        if index in known:
            expected = (known[index].own + known[index].prior) * known[index].filter_factor / s
            assert u == pytest.approx(expected, rel=1e-6, abs=1e-12)
    sizes = [abs(coordinate.term) for coordinate in steps.point]
    assert sizes == sorted(sizes, reverse=True)
    return steps


@settings(deadline=None, max_examples=40)
@given(history=HISTORIES)
def test_steps_add_up_to_the_scores(model: Model, history: dict[int, int]) -> None:
    taste = model.fold_in(history)
    steps = check_sums(model, taste)
    assert [rated.title.anime_id for rated in steps.rated] == taste.anime_ids.tolist()
    assert [scored.title for scored in steps.scores] == best_titles(model, taste, 5)


def test_steps_add_up_with_the_bundled_model(bundled: Model) -> None:
    steps = check_sums(bundled, bundled.fold_in({5114: 10, 9253: 9, 32281: 8, 199: 10, 20: 3, 1535: WATCHED}))
    assert [k for k, _ in steps.scores[0].by_factors] == [2, 8, 32, 128, 512]
    assert any(scored.earlier_part > 1 for scored in steps.scores)  # Brotherhood continues Fullmetal Alchemist
    assert len(steps.point) == 8
    assert (len(steps.product.factors), len(steps.product.v)) == (6, 3)
    first = steps.point[0]  # the factor that adds most to the best title
    assert first.loading == steps.product.v[0][steps.product.factors.index(first.index)]
    assert [truncated.factors for truncated in steps.truncated] == [2, 8, 32, 128, 512]


def test_a_coordinate_is_the_sum_of_scaled_ratings_times_v(model: Model) -> None:
    steps = walked(model, model.fold_in({103: 9, 110: 2, 112: WATCHED}))
    v = model.item_factors
    for coordinate in steps.point:
        positions = [model.catalogue.position(rated.title.anime_id) for rated in steps.rated]
        scaled = [float(rated.scaled or 0) for rated in steps.rated]
        own = sum(x * v[position, coordinate.index] for x, position in zip(scaled, positions, strict=True))
        assert coordinate.own == pytest.approx(own, rel=1e-4, abs=1e-6)
    best = steps.scores[0]
    position = model.catalogue.position(best.title.anime_id)
    first = next(coordinate for coordinate in steps.point if coordinate.index == 0)
    second = next(coordinate for coordinate in steps.point if coordinate.index == 1)
    assert first.term + second.term == pytest.approx(best.by_factors[0][1])
    factor = best.lift * best.earlier_part
    assert first.loading == pytest.approx(v[position, 0] * factor, rel=1e-4)
    everything = walked(model, model.fold_in(dict.fromkeys(range(100, 160), 7)))
    assert {coordinate.loading for coordinate in everything.point} == {1.0}  # nothing is left to recommend


def test_weights_are_negative_for_low_ratings(model: Model) -> None:
    weights = dict(walked(model, model.fold_in({})).weights)
    assert list(weights) == list(range(1, 11))
    assert weights[1] == -0.5
    assert weights[4] == -0.125
    assert weights[5] == 0.25
    assert weights[10] == 1.5


def test_lists_by_fewer_factors_equal_those_of_a_truncated_head(model: Model) -> None:
    taste = model.fold_in({103: 9, 105: 8, 110: 2})
    steps = walked(model, taste)
    assert [truncated.factors for truncated in steps.truncated] == [2, 8, 12]
    for truncated in steps.truncated:
        fewer = replace(model, ranker=replace(model.ranker, factors=model.ranker.factors.truncated(truncated.factors)))
        assert list(truncated.titles) == best_titles(fewer, fewer.fold_in(taste.ratings), 5)
        assert truncated.energy == steps.spectrum.energy[truncated.factors - 1]
        whole = best_titles(model, taste, N_TITLES)
        assert list(truncated.ranks) == [1 + whole.index(title) for title in truncated.titles]
    assert steps.truncated[-1].ranks == (1, 2, 3, 4, 5)
    assert steps.truncated[0].ranks != (1, 2, 3, 4, 5)
    assert list(steps.truncated[-1].titles) == [scored.title for scored in steps.scores]


@pytest.mark.parametrize(
    "history",
    [{}, {103: 9}, {103: WATCHED, 104: WATCHED}, {9_999_999: 7}, dict.fromkeys(range(100, 160), 7)],
    ids=["none", "one", "only watched", "unknown", "everything"],
)
def test_every_visitor_has_steps(model: Model, history: dict[int, float]) -> None:
    steps = check_sums(model, model.fold_in(history))
    assert len(steps.rated) == len([anime_id for anime_id in history if anime_id in model.catalogue])
    assert bool(steps.scores) == (len(history) < N_TITLES)
    assert steps.point


def test_titles_removed_from_a_taste_add_nothing(model: Model) -> None:
    taste = model.fold_in({103: 9, 104: 8, 110: 2})
    steps = check_sums(model, taste.narrowed(without=[104]))
    assert [rated.title.anime_id for rated in steps.rated] == [103, 110]
    assert 104 not in [scored.title.anime_id for scored in steps.scores]


def test_a_textbook_model_has_no_steps(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.walkthrough(textbook.fold_in({103: 9}))


@settings(deadline=None, max_examples=20)
@given(history=HISTORIES)
def test_the_textbook_list_equals_that_of_a_textbook_model(
    model: Model, textbook: Model, history: dict[int, int]
) -> None:
    taste = model.fold_in(history)
    titles = textbook_list(textbook.ranker, taste, model.catalogue, taste.allowed(Filters()), 5)
    expected = textbook.recommend(textbook.fold_in(history), 5, novelty=0)
    for item, same in zip(titles, expected, strict=True):
        assert (item.anime_id, item.score, item.because) == (same.anime_id, same.score, same.because)
    predicted = textbook.ranker.predict_ratings(taste.row)[0]
    for item in titles:
        raw = float(predicted[model.catalogue.position(item.anime_id)])
        assert (item.score, item.predicted_rating) == (raw, float(np.clip(raw, 1, 10)))
