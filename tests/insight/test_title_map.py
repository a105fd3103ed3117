import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from small_data import catalogue_of

from core import InputError
from core.data.title_features import catalogue_likeness
from core.insight import title_map as module
from core.insight.map_regions import taste_coordinates
from core.insight.title_map import title_map

CLUSTERS, SIZE, WITHOUT = 6, 50, 15
GROUP = np.repeat(np.arange(CLUSTERS), SIZE)


def clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return directions, likeness and franchises of titles in clusters. The last titles of a cluster have no
    factors, likeness shows the cluster, and every franchise has one title.
    """
    random = np.random.default_rng(seed)
    rows = random.standard_normal((CLUSTERS, 20))[GROUP] + 0.5 * random.standard_normal((len(GROUP), 20))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[np.arange(len(GROUP)) % SIZE >= SIZE - WITHOUT] = 0
    likeness = np.eye(CLUSTERS)[GROUP] + 0.01 * random.standard_normal((len(GROUP), CLUSTERS))
    return rows.astype(np.float32), likeness.astype(np.float32), np.arange(len(GROUP))


def share_of_own_cluster(coordinates: np.ndarray) -> float:
    nearest = np.argsort(cdist(coordinates, coordinates), axis=1)[:, 1:6]
    return float(np.mean(GROUP[nearest] == GROUP[:, None]))


def test_titles_liked_together_lie_together_and_others_lie_beside_similar_titles() -> None:
    coordinates = title_map(*clusters())
    assert coordinates.shape == (len(GROUP), 2)
    assert coordinates.dtype == np.float32
    assert share_of_own_cluster(coordinates) > 0.97
    centres = np.stack([coordinates[group == GROUP].mean(axis=0) for group in range(CLUSTERS)])
    assert np.array_equal(cdist(coordinates, centres).argmin(axis=1), GROUP)


def test_neighbours_of_large_cosine_are_kept() -> None:
    directions, likeness, franchises = clusters()
    coordinates = title_map(directions, likeness, franchises)
    known = np.flatnonzero(directions.any(axis=1))
    cosines = directions[known] @ directions[known].T
    np.fill_diagonal(cosines, -1)
    distances = cdist(coordinates[known], coordinates[known])
    np.fill_diagonal(distances, np.inf)
    by_cosine, by_distance = np.argsort(-cosines, axis=1)[:, :5], np.argsort(distances, axis=1)[:, :10]
    share = np.mean([np.isin(a, b).mean() for a, b in zip(by_cosine, by_distance, strict=True)])
    assert share > 0.6  # 0.29 for any order within the clusters


def test_the_map_fills_the_square_around_zero() -> None:
    coordinates = title_map(*clusters())
    assert np.allclose(coordinates.min(axis=0), -coordinates.max(axis=0), atol=1e-6)
    assert np.isclose(coordinates.max(), 1)


def test_no_two_titles_lie_too_close() -> None:
    coordinates = title_map(*clusters())
    distances = cdist(coordinates, coordinates)
    np.fill_diagonal(distances, np.inf)
    even = 2 / np.sqrt(len(coordinates))
    assert np.median(distances.min(axis=1)) > 0.8 * module.DISTANCE * even
    assert distances.min() > 0.3 * module.DISTANCE * even


def test_equal_arguments_give_equal_coordinates() -> None:
    assert title_map(*clusters()).tobytes() == title_map(*clusters()).tobytes()


def test_another_seed_gives_another_map_of_equal_quality() -> None:
    first, second = (title_map(*clusters(), seed=seed) for seed in (1, 2))
    assert not np.allclose(first, second)
    assert share_of_own_cluster(second) > 0.97


def test_titles_lie_together_in_any_order_of_the_catalogue() -> None:
    order = np.random.default_rng(3).permutation(len(GROUP))
    coordinates = title_map(*(rows[order] for rows in clusters()))
    assert share_of_own_cluster(coordinates[np.argsort(order)]) > 0.97


def test_a_title_without_factors_lies_beside_its_franchise() -> None:
    directions, likeness, franchises = clusters()
    outside = np.flatnonzero(~directions.any(axis=1))
    first = np.arange(0, len(GROUP), SIZE)[(GROUP[outside] + 2) % CLUSTERS]  # of another cluster than likeness shows
    franchises[outside] = franchises[first]
    coordinates = title_map(directions, likeness, franchises)
    away = np.linalg.norm(coordinates[outside] - coordinates[first], axis=1)
    assert away.max() < 6 * module.DISTANCE * 2 / np.sqrt(len(coordinates))


def test_a_title_without_factors_lies_beside_the_most_similar_title_of_its_franchise() -> None:
    directions, likeness, franchises = clusters()
    outside, near, far = SIZE - 1, 5, SIZE + 5
    franchises[[outside, near, far]] = 0
    franchises[0] = 999
    coordinates = title_map(directions, likeness, franchises)
    assert np.linalg.norm(coordinates[outside] - coordinates[near]) < 0.2 * np.linalg.norm(
        coordinates[outside] - coordinates[far]
    )


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 12), k=st.integers(1, 3), equal=st.booleans(), without=st.integers(0, 12), seed=st.integers(0, 99)
)
def test_tiny_maps_have_finite_different_coordinates(n: int, k: int, equal: bool, without: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((1 if equal else n, k)).repeat(n if equal else 1, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[:without] = 0
    likeness = np.zeros((n, 2)) if equal else random.standard_normal((n, 2))
    franchises = random.integers(n, size=n)
    coordinates = title_map(rows.astype(np.float32), likeness.astype(np.float32), franchises, seed)
    assert np.isfinite(coordinates).all()
    assert np.abs(coordinates).max() <= 1
    assert len(np.unique(coordinates, axis=0)) == n


def test_a_map_of_no_titles_is_empty() -> None:
    nothing = np.zeros((0, 3), dtype=np.float32)
    assert title_map(nothing, nothing, np.zeros(0, dtype=np.int64)).shape == (0, 2)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda d, likeness, f: (d[1:], likeness, f), "299 directions, 300 rows"),
        (lambda d, likeness, f: (d, likeness, f[1:]), "299 franchises"),
        (lambda d, likeness, f: (d, np.where(f[:, None] == 7, np.nan, likeness), f), "likeness of title 7 "),
        (lambda d, likeness, f: (np.where(f[:, None] == 7, np.inf, d), likeness, f), "directions of title 7 "),
    ],
)
def test_arguments_of_different_lengths_or_not_finite_are_refused(broken, message: str) -> None:
    with pytest.raises(InputError, match=message):
        title_map(*broken(*clusters()))


def test_a_taste_lies_at_the_median_of_its_most_similar_titles() -> None:
    coordinates = np.array([[0, 0], [0.2, 0.4], [0.1, 0.9], [-1, -1], [1, 1]], dtype=np.float32)
    taste = taste_coordinates(coordinates, np.array([0.7, 0.8, 0.9, -0.5, 0.1], dtype=np.float32), k=3)
    assert taste.dtype == np.float32
    assert np.allclose(taste, [0.1, 0.4])
    assert np.allclose(taste_coordinates(coordinates, np.array([0, 0, 0, -1, 0.1], dtype=np.float32)), [1, 1])
    assert np.array_equal(taste_coordinates(coordinates, np.zeros(5, dtype=np.float32)), [0, 0])


def test_a_taste_for_titles_of_a_cluster_lies_in_it() -> None:
    directions, likeness, franchises = clusters()
    coordinates = title_map(directions, likeness, franchises)
    for group in range(CLUSTERS):
        taste = directions[group == GROUP][:4].sum(axis=0)
        point = taste_coordinates(coordinates, directions @ (taste / np.linalg.norm(taste)))
        assert GROUP[np.linalg.norm(coordinates - point, axis=1).argmin()] == group


def test_titles_of_similar_facts_are_close() -> None:
    facts = [
        ("Sports|Drama", "TV", 2010, 5000), ("Sports|Drama", "TV", 2012, 4000), ("Sports|Drama", "Movie", 2012, 4000),
        ("Sports|Drama", "TV", 1980, 4000), ("Horror", "TV", 2010, 5000), ("", "", np.nan, 0),
    ]  # fmt: skip
    titles = catalogue_of(
        {"genres": genres, "type": kind, "year": year, "members": members} for genres, kind, year, members in facts
    )
    likeness = catalogue_likeness(titles)
    assert likeness.dtype == np.float32
    assert np.isfinite(likeness).all()
    distances = np.linalg.norm(likeness - likeness[0], axis=1)
    assert np.all(distances[1] < distances[2:])
    assert distances[2] < min(distances[3:5])
