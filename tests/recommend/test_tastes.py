"""Eighteen tastes and their default lists on the bundled model, judged by genre, type and year; no title is expected.

``docs/quality.md`` shows the lists. The thresholds leave room for another training.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import numpy as np
import pytest

from core import Filters, Model

DEFAULT_LIST = Filters(sequels="first")
FAMOUS = 50


@dataclass(frozen=True)
class TasteCase:
    """Ratings by MyAnimeList id, the genres and themes that they ask for, and how many of ten titles have one."""

    ratings: dict[int, int]
    wanted: tuple[str, ...]
    at_least: int


TASTES = {
    "romance": TasteCase({4224: 9, 6045: 9, 21995: 8}, ("Romance",), 5),
    "mecha": TasteCase({1575: 9, 2001: 9, 93: 8, 30: 8}, ("Mecha", "Sci-Fi"), 4),
    "Ghibli films": TasteCase({199: 10, 431: 9, 523: 9, 164: 9}, ("Fantasy", "Adventure"), 5),
    "nineties": TasteCase({1: 9, 392: 9, 45: 9, 6: 8, 170: 8}, ("Action",), 6),
    "sports": TasteCase({20583: 9, 11771: 9, 263: 9}, ("Sports",), 2),
    "dark seinen": TasteCase({19: 10, 33: 9, 26: 8, 790: 8}, ("Seinen", "Psychological", "Sci-Fi"), 6),
    "isekai": TasteCase({31240: 9, 29803: 9, 39535: 9}, ("Isekai", "Fantasy"), 4),
    "slice of life": TasteCase({34798: 9, 17549: 9, 22789: 9, 477: 9}, ("Slice of Life",), 5),
    "horror and thriller": TasteCase(
        {11111: 8, 934: 9, 7724: 9, 437: 9}, ("Horror", "Suspense", "Psychological", "Supernatural"), 6
    ),
    "idols and music": TasteCase(
        {15051: 9, 10278: 9, 57: 8}, ("Music", "Idols (Female)", "School", "Slice of Life"), 6
    ),
    "comedy": TasteCase({918: 10, 30831: 9, 10165: 9, 11843: 9}, ("Comedy",), 4),
    "historical": TasteCase({37521: 9, 205: 9, 45: 9, 37520: 8}, ("Historical", "Samurai"), 2),
    "science fiction films": TasteCase({47: 9, 43: 9, 1943: 9}, ("Sci-Fi",), 3),
    "magical girls": TasteCase({232: 9, 9756: 9, 530: 8, 721: 9}, ("Mahou Shoujo", "Magic"), 1),
    "shounen battles": TasteCase({20: 9, 269: 8, 11061: 10, 21: 9}, ("Shounen",), 4),
    "one niche show": TasteCase({3701: 10}, ("Avant Garde", "Psychological", "Sci-Fi"), 5),
    "loves romance, hates harem": TasteCase({4224: 9, 2167: 9, 6045: 9, 11617: 2, 3455: 1, 18897: 3}, ("Romance",), 3),
    "loves mystery, hates sports": TasteCase({19: 9, 12189: 9, 9253: 8, 20583: 2, 263: 3}, ("Mystery",), 2),
}

HATED = {"loves romance, hates harem": ("Harem", "Ecchi"), "loves mystery, hates sports": ("Sports",)}


def listed(model: Model, ratings: dict[int, int], k: int = 10) -> np.ndarray:
    """Return the default list of a visitor, as on the page, int64 [k] catalogue positions."""
    items = model.recommend(model.fold_in(ratings), k, DEFAULT_LIST)
    return model.catalogue.positions(np.array([item.anime_id for item in items]))


def having(model: Model, names: tuple[str, ...]) -> np.ndarray:
    """Return which titles have one of these genres or themes, bool [n_items]."""
    catalogue = model.catalogue
    found = [catalogue.has(kind, [name]) for kind in ("genres", "themes") for name in names]
    return reduce(np.logical_or, found)


def chance(model: Model, which: np.ndarray) -> float:
    """Return how many of ten titles are such by chance, if titles are drawn by their members."""
    weights = model.catalogue.members * DEFAULT_LIST.mask(model.catalogue)
    return float(10 * weights[which].sum() / weights.sum())


@pytest.fixture(scope="module")
def lists(bundled: Model) -> dict[str, np.ndarray]:
    return {name: listed(bundled, taste.ratings) for name, taste in TASTES.items()}


@pytest.mark.parametrize("name", TASTES)
def test_list_has_what_the_taste_asks_for(bundled: Model, lists: dict[str, np.ndarray], name: str) -> None:
    taste, positions = TASTES[name], lists[name]
    matching = having(bundled, taste.wanted)
    assert matching[positions].sum() >= taste.at_least
    # Nothing that was seen, no extras, and good titles.
    assert len(positions) == 10
    assert not {*bundled.item_ids[positions].tolist()} & {*taste.ratings}
    assert not bundled.catalogue.is_extra[positions].any()
    assert np.nanmean(bundled.catalogue.frame["mean_rating"].to_numpy()[positions]) > 7.7


def test_lists_match_their_own_taste_and_not_the_others(bundled: Model, lists: dict[str, np.ndarray]) -> None:
    own, other, by_chance = [], [], []
    for name, taste in TASTES.items():
        matching = having(bundled, taste.wanted)
        own.append(matching[lists[name]].sum())
        other.append(np.mean([matching[positions].sum() for key, positions in lists.items() if key != name]))
        by_chance.append(chance(bundled, matching))
    assert np.mean(own) > 5
    assert np.mean(own) > 1.8 * np.mean(other)
    assert np.mean(own) > 1.8 * np.mean(by_chance)


def test_different_tastes_get_different_lists(bundled: Model, lists: dict[str, np.ndarray]) -> None:
    shared = [len(np.intersect1d(one, other)) for one, other in combinations(lists.values(), 2)]
    assert np.mean(shared) <= 2.5
    famous = np.argsort(-bundled.catalogue.members)[:FAMOUS]
    assert np.mean([np.isin(positions, famous).mean() for positions in lists.values()]) < 0.5
    # No title stands in nearly every list.
    assert np.bincount(np.concatenate([*lists.values()])).max() <= 14


def test_film_fans_get_films(bundled: Model, lists: dict[str, np.ndarray]) -> None:
    films = (bundled.catalogue.frame["type"] == "Movie").to_numpy()
    by_taste = {name: int(films[positions].sum()) for name, positions in lists.items()}
    assert chance(bundled, films) < 3
    assert by_taste["Ghibli films"] >= 6
    assert by_taste["science fiction films"] >= 5
    fans_of_series = ("romance", "sports", "isekai", "slice of life", "comedy", "shounen battles")
    assert max(by_taste[name] for name in fans_of_series) <= 3


def test_fans_of_an_era_get_it(bundled: Model, lists: dict[str, np.ndarray]) -> None:
    years = bundled.catalogue.frame["year"].to_numpy()
    median = {name: float(np.nanmedian(years[positions])) for name, positions in lists.items()}
    weighted = np.repeat(years, bundled.catalogue.members // 10_000)
    assert median["nineties"] <= 2003 < np.nanmedian(weighted) - 5
    assert median["isekai"] >= 2013
    assert median["isekai"] - median["nineties"] >= 10


@pytest.mark.parametrize(("name", "hated"), HATED.items())
def test_what_is_hated_stays_away(bundled: Model, name: str, hated: tuple[str, ...]) -> None:
    matching, ratings = having(bundled, hated), TASTES[name].ratings
    assert matching[listed(bundled, ratings)].sum() <= max(chance(bundled, matching), 1)
    # Low ratings take such titles away: fewer come than if nothing had been said, and than if it had been liked.
    loved = {anime_id: rating for anime_id, rating in ratings.items() if rating > 5}
    liked = {anime_id: max(rating, 9) for anime_id, rating in ratings.items()}
    with_hate, silent, with_love = (matching[listed(bundled, some, 50)].sum() for some in (ratings, loved, liked))
    assert with_hate <= silent
    assert with_hate < with_love
