"""Regions of the map: genres that lie together, on maps whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import Catalogue
from core.insight.map_regions import REGIONS, regions

SIZE = 40
CENTRES = np.array([[-0.7, -0.7], [0.7, -0.7], [0.0, 0.7]], dtype=np.float32)
TOLD = ("Horror", "Mecha", "Sports")


def catalogue(genres: list[str]) -> Catalogue:
    """Titles with these genres, and nothing else."""
    blank = dict.fromkeys(Catalogue.COLUMNS, "") | {"episodes": np.nan, "mean_rating": np.nan}
    rows = [
        blank | {"anime_id": at, "name": f"{at}", "genres": one, "year": np.nan, "members": 1}
        for at, one in enumerate(genres)
    ]
    return Catalogue(pd.DataFrame(rows)[list(Catalogue.COLUMNS)])


def clusters(seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Three clusters, each with a genre of its own; every second title of each has Comedy, too, and
    the last title of each has no genre."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(CENTRES)), SIZE)
    places = CENTRES[group] + 0.1 * random.standard_normal((len(group), 2))
    genres = [TOLD[one] + ("|Comedy" if at % 2 else "") for at, one in enumerate(group)]
    for last in range(SIZE - 1, len(group), SIZE):
        genres[last] = ""
    return places.astype(np.float32), genres


def all_of(genres: list[str]) -> np.ndarray:
    return np.ones(len(genres), dtype=bool)


def test_a_genre_that_lies_together_is_a_region_and_one_that_is_everywhere_is_none() -> None:
    places, genres = clusters()
    found = regions(places, catalogue(genres), all_of(genres))
    assert set(found.genres[:3]) == set(TOLD)
    for region, genre in enumerate(found.genres[:3]):
        own = [at for at, one in enumerate(genres) if genre in one]
        assert np.mean(found.region_of_title[own] == region) == 1
        assert np.linalg.norm(found.centres[region] - CENTRES[TOLD.index(genre)]) < 0.1
    assert np.all(found.region_of_title[np.array(genres) == ""] == -1)
    assert (found.region_of_title.dtype, found.centres.dtype) == (np.int8, np.float32)


def test_the_genre_that_tells_most_comes_first_and_no_more_than_asked() -> None:
    places, genres = clusters()
    few = [at for at in range(len(genres)) if at < SIZE + 10 or at >= 2 * SIZE]  # a quarter of Mecha
    found = regions(places[few], catalogue([genres[at] for at in few]), all_of(few))
    assert found.genres.index("Mecha") >= 2
    two = regions(places, catalogue(genres), all_of(genres), count=2)
    assert len(two.genres) == len(two.centres) == 2
    assert two.genres == regions(places, catalogue(genres), all_of(genres)).genres[:2]
    assert set(two.region_of_title.tolist()) == {-1, 0, 1}


def test_hidden_titles_belong_to_none_and_tell_nothing() -> None:
    places, genres = clusters()
    shown = np.array(["Horror" not in one for one in genres])
    found = regions(places, catalogue(genres), shown)
    assert "Horror" not in found.genres
    assert np.all(found.region_of_title[~shown] == -1)
    assert set(TOLD) - {"Horror"} <= set(found.genres)
    nothing = regions(places, catalogue(genres), np.zeros(len(genres), dtype=bool))
    assert (nothing.genres, nothing.centres.shape, set(nothing.region_of_title.tolist())) == ((), (0, 2), {-1})


def test_equal_arguments_give_equal_regions() -> None:
    places, genres = clusters()
    one, other = (regions(places.copy(), catalogue(genres), all_of(genres)) for _ in range(2))
    assert one.genres == other.genres
    assert one.region_of_title.tobytes() == other.region_of_title.tobytes()
    assert one.centres.tobytes() == other.centres.tobytes()


@pytest.mark.parametrize("genres", [["Horror"], ["Horror", "Mecha"], ["", ""], [""], ["Horror"] * 3])
def test_tiny_maps_have_regions_or_none(genres: list[str]) -> None:
    places = np.arange(2 * len(genres), dtype=np.float32).reshape(-1, 2) / 10
    found = regions(places, catalogue(genres), all_of(genres))
    assert found.region_of_title.shape == (len(genres),)
    assert found.centres.shape == (len(found.genres), 2)
    assert found.genres == ()  # what everybody has, or nobody beside, tells nothing


@example(n=31, alike=True, hidden=0, count=7, seed=82)  # a genre was once named twice
@example(n=24, alike=True, hidden=16, count=5, seed=42)
@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    alike=st.booleans(),
    hidden=st.integers(0, 40),
    count=st.integers(0, 12),
    seed=st.integers(0, 99),
)
def test_whatever_the_map_titles_belong_to_genres_of_their_own(
    n: int, alike: bool, hidden: int, count: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    places = np.zeros((n, 2)) if alike else random.uniform(-1, 1, (n, 2))
    named = [f"Genre {number}" for number in range(12)]
    genres = ["|".join(sorted(random.choice(named, size=random.integers(0, 4), replace=False))) for _ in range(n)]
    shown = np.arange(n) >= hidden
    titles = catalogue(genres)
    found = regions(places.astype(np.float32), titles, shown, count)
    assert len(set(found.genres)) == len(found.genres) <= min(count, len(titles.genres))
    assert np.isfinite(found.centres).all()
    assert np.abs(found.centres).max(initial=0) <= 1
    for at, region in enumerate(found.region_of_title.tolist()):
        assert region < 0 or (shown[at] and found.genres[region] in titles.title(at).genres)
    assert count or not found.genres


def test_a_map_has_ten_regions_at_most() -> None:
    random = np.random.default_rng(1)
    group = np.repeat(np.arange(15), 20)
    places = random.uniform(-1, 1, (15, 2))[group] + 0.01 * random.standard_normal((len(group), 2))
    genres = [f"Genre {one}" for one in group]
    found = regions(places.astype(np.float32), catalogue(genres), all_of(genres))
    assert len(found.genres) == REGIONS
    assert np.mean(found.region_of_title >= 0) == pytest.approx(REGIONS / 15)
