import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from core import Catalogue, InputError
from core.data.title_features import catalogue_likeness
from core.insight import title_map as module
from core.insight.map_regions import taste_coordinates
from core.insight.title_map import title_map

CLUSTERS, SIZE, WITHOUT = 6, 50, 15
GROUP = np.repeat(np.arange(CLUSTERS), SIZE)


def clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions, likeness and franchises of titles in clusters; the last ones of each have no factors,
    and likeness tells the cluster. All franchises are of one title.
    """
    random = np.random.default_rng(seed)
    rows = random.standard_normal((CLUSTERS, 20))[GROUP] + 0.5 * random.standard_normal((len(GROUP), 20))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[np.arange(len(GROUP)) % SIZE >= SIZE - WITHOUT] = 0
    likeness = np.eye(CLUSTERS)[GROUP] + 0.01 * random.standard_normal((len(GROUP), CLUSTERS))
    return rows.astype(np.float32), likeness.astype(np.float32), np.arange(len(GROUP))


def share_of_own_cluster(places: np.ndarray) -> float:
    nearest = np.argsort(cdist(places, places), axis=1)[:, 1:6]
    return float(np.mean(GROUP[nearest] == GROUP[:, None]))


def test_titles_liked_together_lie_together_and_others_beside_those_like_them() -> None:
    directions, likeness, franchises = clusters()
    places = title_map(directions, likeness, franchises)
    assert places.shape == (len(directions), 2)
    assert places.dtype == np.float32
    assert share_of_own_cluster(places) > 0.97
    centres = np.stack([places[group == GROUP].mean(axis=0) for group in range(CLUSTERS)])
    assert np.array_equal(cdist(places, centres).argmin(axis=1), GROUP)


def test_neighbours_of_large_cosine_are_kept() -> None:
    directions, likeness, franchises = clusters()
    places = title_map(directions, likeness, franchises)
    known = np.flatnonzero(directions.any(axis=1))
    cosines = directions[known] @ directions[known].T
    np.fill_diagonal(cosines, -1)
    distances = cdist(places[known], places[known])
    np.fill_diagonal(distances, np.inf)
    true, found = np.argsort(-cosines, axis=1)[:, :5], np.argsort(distances, axis=1)[:, :10]
    kept = np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)])
    assert kept > 0.6  # 0.29 for any order within the clusters


def test_the_map_fills_the_square_around_zero() -> None:
    places = title_map(*clusters())
    assert np.allclose(places.min(axis=0), -places.max(axis=0), atol=1e-6)
    assert np.isclose(places.max(), 1)


def test_no_two_titles_lie_too_close() -> None:
    places = title_map(*clusters())
    distances = cdist(places, places)
    np.fill_diagonal(distances, np.inf)
    even = 2 / np.sqrt(len(places))
    assert np.median(distances.min(axis=1)) > 0.8 * module.DISTANCE * even
    assert distances.min() > 0.3 * module.DISTANCE * even


def test_equal_arguments_give_equal_places() -> None:
    assert title_map(*clusters()).tobytes() == title_map(*clusters()).tobytes()


def test_another_seed_gives_another_map_as_good() -> None:
    one, other = (title_map(*clusters(), seed=seed) for seed in (1, 2))
    assert not np.allclose(one, other)
    assert share_of_own_cluster(other) > 0.97


def test_the_order_of_titles_does_not_matter_to_what_lies_together() -> None:
    order = np.random.default_rng(3).permutation(len(GROUP))
    places = title_map(*(rows[order] for rows in clusters()))
    assert share_of_own_cluster(places[np.argsort(order)]) > 0.97


def test_a_title_without_factors_lies_by_its_franchise() -> None:
    directions, likeness, franchises = clusters()
    outside = np.flatnonzero(~directions.any(axis=1))
    first = np.arange(0, len(GROUP), SIZE)[(GROUP[outside] + 2) % CLUSTERS]  # against what likeness says
    franchises[outside] = franchises[first]
    places = title_map(directions, likeness, franchises)
    away = np.linalg.norm(places[outside] - places[first], axis=1)
    assert away.max() < 6 * module.DISTANCE * 2 / np.sqrt(len(places))


def test_of_the_franchise_it_lies_by_the_title_most_like_it() -> None:
    directions, likeness, franchises = clusters()
    outside, near, far = SIZE - 1, 5, SIZE + 5
    franchises[[outside, near, far]] = 0
    franchises[0] = 999
    places = title_map(directions, likeness, franchises)
    assert np.linalg.norm(places[outside] - places[near]) < 0.2 * np.linalg.norm(places[outside] - places[far])


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 12), k=st.integers(1, 3), alike=st.booleans(), without=st.integers(0, 12), seed=st.integers(0, 99)
)
def test_tiny_maps_have_finite_places_apart(n: int, k: int, alike: bool, without: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((1 if alike else n, k)).repeat(n if alike else 1, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[:without] = 0
    likeness = np.zeros((n, 2)) if alike else random.standard_normal((n, 2))
    franchises = random.integers(n, size=n)
    places = title_map(rows.astype(np.float32), likeness.astype(np.float32), franchises, seed)
    assert np.isfinite(places).all()
    assert np.abs(places).max() <= 1
    assert len(np.unique(places, axis=0)) == n


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
def test_what_has_no_map_is_refused(broken, message: str) -> None:
    with pytest.raises(InputError, match=message):
        title_map(*broken(*clusters()))


def test_a_taste_lies_at_the_median_of_the_titles_most_like_it() -> None:
    places = np.array([[0, 0], [0.2, 0.4], [0.1, 0.9], [-1, -1], [1, 1]], dtype=np.float32)
    found = taste_coordinates(places, np.array([0.7, 0.8, 0.9, -0.5, 0.1], dtype=np.float32), k=3)
    assert found.dtype == np.float32
    assert np.allclose(found, [0.1, 0.4])
    assert np.allclose(taste_coordinates(places, np.array([0, 0, 0, -1, 0.1], dtype=np.float32)), [1, 1])
    assert np.array_equal(taste_coordinates(places, np.zeros(5, dtype=np.float32)), [0, 0])


def test_who_likes_titles_of_one_cluster_stands_in_it() -> None:
    directions, likeness, franchises = clusters()
    places = title_map(directions, likeness, franchises)
    for group in range(CLUSTERS):
        taste = directions[group == GROUP][:4].sum(axis=0)
        at = taste_coordinates(places, directions @ (taste / np.linalg.norm(taste)))
        assert GROUP[np.linalg.norm(places - at, axis=1).argmin()] == group


def test_titles_alike_in_the_catalogue_are_close() -> None:
    facts = [
        ("Sports|Drama", "TV", 2010, 5000), ("Sports|Drama", "TV", 2012, 4000), ("Sports|Drama", "Movie", 2012, 4000),
        ("Sports|Drama", "TV", 1980, 4000), ("Horror", "TV", 2010, 5000), ("", "", np.nan, 0),
    ]  # fmt: skip
    blank = dict.fromkeys(Catalogue.COLUMNS, "") | {"episodes": np.nan, "mean_rating": np.nan}
    rows = [
        blank | {"anime_id": at, "name": f"{at}", "genres": genres, "type": kind, "year": year, "members": members}
        for at, (genres, kind, year, members) in enumerate(facts)
    ]
    likeness = catalogue_likeness(Catalogue(pd.DataFrame(rows)[list(Catalogue.COLUMNS)]))
    assert likeness.dtype == np.float32
    assert np.isfinite(likeness).all()
    distances = np.linalg.norm(likeness - likeness[0], axis=1)
    assert np.all(distances[1] < distances[2:])
    assert distances[2] < min(distances[3:5])
