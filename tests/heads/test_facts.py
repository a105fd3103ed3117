"""Facts of made-up titles: two genres with opposite values, franchises, and numbers that are unknown."""

import numpy as np
import pytest
from small_data import catalogue_of

from core import Catalogue
from core.heads.facts import TitleFacts, same_facts

N = 120


def titles(**changed: object) -> Catalogue:
    """Return titles whose genre alternates, of three franchises of two and many of one; ``changed`` for the last."""
    rows: list[dict[str, object]] = [
        {
            "genres": ("Action", "Romance")[number % 2],
            "type": "TV",
            "year": 2000 + number % 20,
            "members": 1000 + 10 * number,
            "mean_rating": 7.0 + number % 3,
            "related_ids": str(number + 2) if number in (0, 40, 80) else "",
        }
        for number in range(N)
    ]
    rows[-1] |= changed
    return catalogue_of(rows)


def values() -> np.ndarray:
    """Return 1 for Action and -1 for Romance, with some noise, [N, 1]."""
    return (np.where(np.arange(N) % 2 == 0, 1.0, -1.0) + np.random.default_rng(0).normal(0, 0.1, N))[:, None]


def test_title_without_ratings_gets_the_value_of_its_kind() -> None:
    counts = np.full(N, 200)
    counts[[10, 11]] = 0
    predicted = TitleFacts.of(titles()).predicted(values(), counts)[[10, 11], 0]
    assert predicted == pytest.approx([1, -1], abs=0.3)


def test_title_without_ratings_follows_its_franchise_where_that_differs() -> None:
    y, counts = values(), np.full(N, 200)
    y[[0, 40]], counts[[1, 41]] = [[-3], [5]], 0  # 1 and 41 are related to them
    predicted = TitleFacts.of(titles()).predicted(y, counts)[[1, 41, 11], 0]
    assert predicted[0] < predicted[2] - 0.5
    assert predicted[1] > predicted[2] + 1


def test_title_moves_smoothly_from_its_facts_to_its_ratings() -> None:
    y, facts = values(), TitleFacts.of(titles())
    y[10] = -4  # an Action title that is rated like no other
    seen = []
    for count in (0, 1, 3, 10, 30, 100, 10_000):
        counts = np.full(N, 200)
        counts[10] = count
        seen.append(float(facts.completed(y, counts, 20.0)[10, 0]))
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > 0.5
    assert seen[-1] == pytest.approx(-4, abs=0.02)
    assert max(np.abs(np.diff(seen[:3]))) < 1


def test_facts_that_tell_nothing_leave_titles_alone() -> None:
    y = np.random.default_rng(3).normal(size=(N, 4))
    assert np.array_equal(TitleFacts.of(titles()).completed(y, np.full(N, 50), 20.0), y)


def test_unknown_numbers_are_predicted_from_the_other_facts() -> None:
    known, unknown = titles(), titles(members=0, year=np.nan, mean_rating=np.nan)
    difference = (TitleFacts.of(known).features - TitleFacts.of(unknown).features).toarray()
    assert np.allclose(difference[:-1], 0, atol=0.05)
    for features in (TitleFacts.of(known).features, TitleFacts.of(unknown).features):
        assert np.isfinite(features.toarray()).all()
    assert np.allclose(difference[-1].sum(), 0, atol=1e-9)  # each number is spread over knots that sum to 1


def test_a_catalogue_without_any_facts_has_features() -> None:
    bare = TitleFacts.of(catalogue_of([{}, {}, {}]))
    predicted = bare.predicted(np.array([[1.0], [2.0], [0.0]]), np.array([5, 5, 0]))
    assert predicted[2, 0] == pytest.approx(1.5, abs=0.2)


def test_changed_facts_are_noticed_and_changed_names_are_not() -> None:
    old, positions = titles(), np.arange(N)
    assert same_facts(old, titles(english="Another name"), positions).all()
    for change in ({"members": 5}, {"year": np.nan}, {"genres": "Drama"}, {"related_ids": "3"}, {"studios": "A"}):
        same = same_facts(old, titles(**change), positions)
        assert (same[:-1].all(), bool(same[-1])) == (True, False)
