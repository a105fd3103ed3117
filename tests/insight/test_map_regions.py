"""Regions of maps whose answer is known: genres that lie together."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_data import catalogue_of

from core import Catalogue
from core.insight.map_regions import REGIONS, regions

SIZE = 40
CENTRES = np.array([[-0.7, -0.7], [0.7, -0.7], [0.0, 0.7]], dtype=np.float32)
CLUSTER_GENRES = ("Horror", "Mecha", "Sports")


def catalogue(genres: list[str]) -> Catalogue:
    """Titles with these genres, and nothing else."""
    return catalogue_of({"genres": names} for names in genres)


def clusters(seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Return coordinates and genres of three clusters. A cluster has a genre of its own; every second title
    has Comedy too, and the last title of a cluster has no genre."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(CENTRES)), SIZE)
    coordinates = CENTRES[group] + 0.1 * random.standard_normal((len(group), 2))
    genres = [CLUSTER_GENRES[number] + ("|Comedy" if title % 2 else "") for title, number in enumerate(group)]
    for last in range(SIZE - 1, len(group), SIZE):
        genres[last] = ""
    return coordinates.astype(np.float32), genres


def all_of(genres: list[str]) -> np.ndarray:
    return np.ones(len(genres), dtype=bool)


def test_a_genre_in_one_cluster_is_a_region_and_a_genre_everywhere_is_not() -> None:
    coordinates, genres = clusters()
    result = regions(coordinates, catalogue(genres), all_of(genres))
    assert set(result.genres[:3]) == set(CLUSTER_GENRES)
    for region, genre in enumerate(result.genres[:3]):
        own = [title for title, names in enumerate(genres) if genre in names]
        assert np.mean(result.region_of_title[own] == region) == 1
        assert np.linalg.norm(result.centres[region] - CENTRES[CLUSTER_GENRES.index(genre)]) < 0.1
    assert np.all(result.region_of_title[np.array(genres) == ""] == -1)
    assert (result.region_of_title.dtype, result.centres.dtype) == (np.int8, np.float32)


def test_genres_that_explain_most_come_first_and_count_limits_them() -> None:
    coordinates, genres = clusters()
    few = [title for title in range(len(genres)) if title < SIZE + 10 or title >= 2 * SIZE]  # a quarter of Mecha
    result = regions(coordinates[few], catalogue([genres[title] for title in few]), all_of(few))
    assert result.genres.index("Mecha") >= 2
    first_two = regions(coordinates, catalogue(genres), all_of(genres), count=2)
    assert len(first_two.genres) == len(first_two.centres) == 2
    assert first_two.genres == regions(coordinates, catalogue(genres), all_of(genres)).genres[:2]
    assert set(first_two.region_of_title.tolist()) == {-1, 0, 1}


def test_hidden_titles_are_in_no_region_and_do_not_count() -> None:
    coordinates, genres = clusters()
    shown = np.array(["Horror" not in names for names in genres])
    result = regions(coordinates, catalogue(genres), shown)
    assert "Horror" not in result.genres
    assert np.all(result.region_of_title[~shown] == -1)
    assert set(CLUSTER_GENRES) - {"Horror"} <= set(result.genres)
    nothing = regions(coordinates, catalogue(genres), np.zeros(len(genres), dtype=bool))
    assert (nothing.genres, nothing.centres.shape, set(nothing.region_of_title.tolist())) == ((), (0, 2), {-1})


def test_equal_arguments_give_equal_regions() -> None:
    coordinates, genres = clusters()
    first, second = (regions(coordinates.copy(), catalogue(genres), all_of(genres)) for _ in range(2))
    assert first.genres == second.genres
    assert first.region_of_title.tobytes() == second.region_of_title.tobytes()
    assert first.centres.tobytes() == second.centres.tobytes()


@pytest.mark.parametrize("genres", [["Horror"], ["Horror", "Mecha"], ["", ""], [""], ["Horror"] * 3])
def test_tiny_maps_have_regions_or_none(genres: list[str]) -> None:
    coordinates = np.arange(2 * len(genres), dtype=np.float32).reshape(-1, 2) / 10
    result = regions(coordinates, catalogue(genres), all_of(genres))
    assert result.region_of_title.shape == (len(genres),)
    assert result.centres.shape == (len(result.genres), 2)
    assert result.genres == ()  # a genre that all titles have, or no title beside, explains nothing


@example(n=31, equal=True, hidden=0, count=7, seed=82)  # a genre was once named twice
@example(n=24, equal=True, hidden=16, count=5, seed=42)
@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    equal=st.booleans(),
    hidden=st.integers(0, 40),
    count=st.integers(0, 12),
    seed=st.integers(0, 99),
)
def test_on_any_map_titles_belong_to_their_own_genres(n: int, equal: bool, hidden: int, count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    coordinates = np.zeros((n, 2)) if equal else random.uniform(-1, 1, (n, 2))
    named = [f"Genre {number}" for number in range(12)]
    genres = ["|".join(sorted(random.choice(named, size=random.integers(0, 4), replace=False))) for _ in range(n)]
    shown = np.arange(n) >= hidden
    titles = catalogue(genres)
    result = regions(coordinates.astype(np.float32), titles, shown, count)
    assert len(set(result.genres)) == len(result.genres) <= min(count, len(titles.genres))
    assert np.isfinite(result.centres).all()
    assert np.abs(result.centres).max(initial=0) <= 1
    for title, region in enumerate(result.region_of_title.tolist()):
        assert region < 0 or (shown[title] and result.genres[region] in titles.title(title).genres)
    assert count or not result.genres


def test_a_map_has_ten_regions_at_most() -> None:
    random = np.random.default_rng(1)
    group = np.repeat(np.arange(15), 20)
    coordinates = random.uniform(-1, 1, (15, 2))[group] + 0.01 * random.standard_normal((len(group), 2))
    genres = [f"Genre {number}" for number in group]
    result = regions(coordinates.astype(np.float32), catalogue(genres), all_of(genres))
    assert len(result.genres) == REGIONS
    assert np.mean(result.region_of_title >= 0) == pytest.approx(REGIONS / 15)
