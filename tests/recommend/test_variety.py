"""Variety against its greedy definition, and what it leaves on lists of the bundled model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_data import catalogue_of

from core import Filters, Model
from core.data.franchises import Franchises
from core.recommend.novelty import DEFAULT
from core.recommend.variety import FRANCHISE, STUDIO, Variety

N = 14
TITLES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["", "A", "B", "B|A"]), st.floats(-2, 2)), min_size=1, max_size=N
)


def variety_of(titles: list[tuple[int, str, float]]) -> tuple[Variety, np.ndarray, np.ndarray]:
    """Return the variety of titles (franchise, studios, log score), their positions, best first, and log scores."""
    titles = sorted(titles, key=lambda title: -title[2])
    numbers = np.array([franchise for franchise, _, _ in titles])
    franchises = Franchises(numbers, np.argsort(numbers, kind="stable"))
    catalogue = catalogue_of([{"studios": studios} for _, studios, _ in titles])
    return Variety(catalogue, franchises), np.arange(len(titles)), np.float32([score for _, _, score in titles])


@given(titles=TITLES, k=st.integers(1, N), weight=st.sampled_from([0.5, 1.0, 10.0]))
def test_choice_equals_the_greedy_definition(titles: list[tuple[int, str, float]], k: int, weight: float) -> None:
    variety, order, scores = variety_of(titles)
    studios = [studio.split("|")[0] for studio in variety.catalogue.frame["studios"]]
    left, chosen, penalties = order.tolist(), [], []
    while left and len(chosen) < k:
        penalty = {
            title: weight
            * (
                FRANCHISE * sum(variety.franchises.numbers[o] == variety.franchises.numbers[title] for o in chosen) ** 2
                + STUDIO * sum(studios[o] == studios[title] != "" for o in chosen) ** 2
            )
            for title in left
        }
        best = max(left, key=lambda title: (float(scores[title]) - penalty[title], -title))
        chosen.append(best)
        penalties.append(penalty[best])
        left.remove(best)
    positions, found = variety.choose(order, scores, k, weight)
    # Of equal scores, up to rounding, any may come first.
    values = np.array([scores[title] for title in chosen]) - penalties
    assert scores[positions] - found == pytest.approx(values, abs=1e-5)
    if np.unique(np.round(scores, 3)).size == len(scores):
        assert positions.tolist() == chosen
    assert found == pytest.approx(penalties, abs=1e-6) or positions.tolist() != chosen


@given(titles=TITLES, k=st.integers(1, N))
def test_longer_choice_begins_like_a_shorter_one(titles: list[tuple[int, str, float]], k: int) -> None:
    variety, order, scores = variety_of(titles)
    shorter, longer = (variety.choose(order, scores, length, 1.0) for length in (k, N))
    assert len(longer[0]) == len(titles)
    assert sorted(longer[0].tolist()) == order.tolist()
    for short, long in zip(shorter, longer, strict=True):
        assert np.array_equal(short, long[:k])


@given(titles=TITLES)
def test_without_weight_the_order_stays(titles: list[tuple[int, str, float]]) -> None:
    variety, order, scores = variety_of(titles)
    positions, penalties = variety.choose(order, scores, N, 0.0)
    assert np.array_equal(positions, order)
    assert not penalties.any()


def test_unknown_studios_are_not_one_studio() -> None:
    variety, _, _ = variety_of([(0, "", 1.0), (1, "", 0.9), (2, "A", 0.8), (3, "A|B", 0.7), (4, "B", 0.6)])
    first, second, a, also_a, b = variety.studios.tolist()
    assert a == also_a
    assert len({first, second, a, b}) == 4


@pytest.fixture(scope="module")
def visitors(bundled: Model) -> list[dict[int, int]]:
    """Fans of one franchise each, who have seen one part and like it."""
    members, numbers = bundled.catalogue.members, bundled.franchises.numbers
    sizes = np.bincount(numbers, members > 50_000)
    order = np.argsort(-members)
    leaders = [position for position in order[:200].tolist() if sizes[numbers[position]] >= 4]
    return [{int(bundled.item_ids[position]): 10} for position in leaders[:25]]


def test_lists_do_not_repeat_franchises_and_studios(bundled: Model, visitors: list[dict[int, int]]) -> None:
    def most(novelty: float) -> tuple[list[int], list[int]]:
        franchises, studios = [], []
        for visitor in visitors:
            listed = bundled.recommend(bundled.fold_in(visitor), 10, novelty=novelty)
            positions = bundled.catalogue.positions(np.array([item.anime_id for item in listed]))
            franchises.append(max(np.unique(bundled.franchises.numbers[positions], return_counts=True)[1].tolist()))
            studios.append(max(np.unique(bundled.variety.studios[positions], return_counts=True)[1].tolist()))
        return franchises, studios

    franchises, studios = most(DEFAULT)
    plain_franchises, plain_studios = most(0)
    assert max(franchises) <= 5
    assert np.mean(franchises) <= min(3.0, np.mean(plain_franchises))
    assert max(studios) <= 6
    assert np.mean(studios) < np.mean(plain_studios)


def test_longer_list_of_the_bundled_model_begins_like_a_shorter_one(
    bundled: Model, visitors: list[dict[int, int]]
) -> None:
    for visitor in visitors[:10]:
        taste, filters = bundled.fold_in(visitor), Filters(sequels="all")
        longest = [item.anime_id for item in bundled.recommend(taste, 60, filters)]
        for k in (1, 3, 10, 24):
            assert [item.anime_id for item in bundled.recommend(taste, k, filters)] == longest[:k]
