"""Franchises: which titles belong together, and in which order to watch them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_data import ROOT, catalogue_of

from core import Catalogue, Model
from core.data.franchises import Franchises, alike, franchise_numbers, stem


def catalogue_of_names(*titles: tuple[str, int, float, str]) -> Catalogue:
    """Return a catalogue of (name, members, year, related ids); the ids of the titles are 1, 2, 3 …"""
    return catalogue_of(
        {"name": name, "type": "TV", "year": year, "members": members, "related_ids": related}
        for name, members, year, related in titles
    )


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Draw a catalogue of up to 14 titles: some names alike, some years unknown, some titles related."""
    n_titles = draw(st.integers(1, 14))
    names = "Naruto", "Naruto: Shippuuden", "Samurai 7", "Samurai Gun", "!!!", "Long Name II", "Long Name X"
    year = st.one_of(st.just(np.nan), st.integers(1990, 1993).map(float))
    related = st.lists(st.integers(1, n_titles), max_size=3).map(lambda ids: "|".join(map(str, ids)))
    titles = st.tuples(st.sampled_from(names), st.integers(0, 6).map(lambda tens: 10 * tens), year, related)
    return catalogue_of_names(*draw(st.lists(titles, min_size=n_titles, max_size=n_titles)))


def random_directions(catalogue: Catalogue, seed: int) -> np.ndarray:
    """Return random unit rows of two factors, float32 [n_titles, 2]; every fifth row is zero."""
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(catalogue))
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (rows * (np.arange(len(catalogue)) % 5 > 0)[:, None]).astype(np.float32)


def same_franchise(numbers: np.ndarray) -> np.ndarray:
    """Return whether two titles share a franchise, bool [n_titles, n_titles]."""
    return numbers[:, None] == numbers


@given(catalogues(), st.data())
def test_one_unseen_entry_per_franchise_is_allowed_unless_left_out(catalogue: Catalogue, data) -> None:
    franchises = Franchises.of(catalogue, random_directions(catalogue, seed=0))
    numbers = franchises.numbers
    assert sorted(franchises.order.tolist()) == list(range(len(catalogue)))
    positions = st.lists(st.integers(0, len(catalogue) - 1))
    seen, left_out = data.draw(positions), data.draw(positions)
    first, unbegun = franchises.first_unseen(seen, left_out), franchises.unbegun(seen, left_out)
    assert not first[seen].any()
    for number in np.unique(numbers):
        entries = np.flatnonzero(numbers == number).tolist()
        finished_or_left_out = set(entries) <= set(seen) or set(entries) & set(left_out)
        assert first[entries].sum() == (0 if finished_or_left_out else 1)
        begun = set(entries) & set(seen)
        np.testing.assert_array_equal(unbegun[entries], first[entries] & (not begun))


@given(catalogues(), st.randoms())
def test_permuting_titles_permutes_franchises(catalogue: Catalogue, random) -> None:
    order = list(range(len(catalogue)))
    random.shuffle(order)
    shuffled = Catalogue(catalogue.frame.iloc[order].reset_index(drop=True))
    directions = random_directions(catalogue, seed=1)
    franchises, permuted = Franchises.of(catalogue, directions), Franchises.of(shuffled, directions[order])
    np.testing.assert_array_equal(same_franchise(permuted.numbers), same_franchise(franchises.numbers[order]))
    seen = np.array(order[: len(order) // 3], dtype=np.int64)
    np.testing.assert_array_equal(permuted.first_unseen(np.arange(len(seen))), franchises.first_unseen(seen)[order])


def test_crossover_merges_nothing_and_joins_the_franchise_of_most_relatives() -> None:
    catalogue = catalogue_of_names(
        ("Pirates", 900, 1999, "5"),
        ("Ball", 800, 1986, "3|5"),
        ("Ball Z", 700, 1989, "5"),
        ("Alone", 600, 2000, ""),
        ("Pirates and Ball", 50, 2010, ""),
    )
    np.testing.assert_array_equal(same_franchise(franchise_numbers(catalogue))[4], [False, True, True, False, True])


def test_name_decides_a_tie_between_franchises() -> None:
    catalogue = catalogue_of_names(
        ("Evangelion", 900, 1995, ""), ("Death Parade", 800, 2015, ""), ("Death Billiards", 90, 2013, "1|2")
    )
    np.testing.assert_array_equal(same_franchise(franchise_numbers(catalogue))[2], [False, True, True])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Haikyuu!! Second Season", "haikyuu"),
        ("Code Geass: Hangyaku no Lelouch R2", "code geass"),
        ("Code:Breaker", "code breaker"),
        ("Toaru Majutsu no Index II", "toaru majutsu no index"),
        ("Zoku Natsume Yuujinchou", "natsume yuujinchou"),
        ("Hunter x Hunter (2011)", "hunter x hunter"),
        ("Clannad Movie", "clannad"),
        ("Natsume Yuujinchou San Specials", "natsume yuujinchou"),
        ("2", "2"),
        (": Part 2", "part"),
        ("!!!", ""),
        ("進撃", "進撃"),
    ],
)
def test_stem_drops_subtitles_and_season_markers(name: str, words: str) -> None:
    assert " ".join(stem(name)) == words


def test_alike_names_relate_titles_without_relations_unless_factors_contradict() -> None:
    names = "Samurai", "Samurai Gun", "Samurai Deeper", *(f"Long Title{end}" for end in ("", " Returns", " 2", " OVA"))
    catalogue = catalogue_of_names(*((name, 100 - position, 2000, "") for position, name in enumerate(names)))
    along_x, along_y, between, zero = (1, 0), (0, 1), (0.5, 0.75**0.5), (0, 0)
    directions = np.array([along_x, along_x, between, along_x, between, along_y, zero], dtype=np.float32)
    same = same_franchise(franchise_numbers(catalogue, directions))
    assert same[0].tolist() == [True, True, False, False, False, False, False]
    assert same[3].tolist() == [False, False, False, True, True, True, True]  # "Long Title 2" through "Returns"
    assert not np.triu(same_franchise(franchise_numbers(catalogue)), 1).any()
    directions[4] = along_y
    # The OVA has no factors, so it joins the majority.
    assert np.flatnonzero(same_franchise(franchise_numbers(catalogue, directions))[6]).tolist() == [4, 5, 6]


def test_alike_names_relate_no_titles_that_have_relations() -> None:
    titles = [
        ("Long Title", 90, 2000, "2"),
        ("Other", 80, 2000, ""),
        ("Long Title 2", 70, 2001, "4"),
        ("Another", 60, 2001, ""),
        ("Long Title 3", 50, 2002, ""),
    ]
    numbers = franchise_numbers(catalogue_of_names(*titles), np.zeros((5, 2), dtype=np.float32))
    np.testing.assert_array_equal(same_franchise(numbers)[4], [False, False, True, True, True])


def test_most_popular_entry_comes_first_and_the_earliest_of_equally_popular_ones() -> None:
    catalogue = catalogue_of_names(
        ("Pilot", 10, 1980, "2"),
        ("Sequel", 100, 1989, "3"),
        ("Series", 84, 1986, "4"),
        ("Remake", 79, 1985, "5"),
        ("Undated", 78, np.nan, ""),
    )
    franchises = Franchises.of(catalogue)
    assert franchises.order.tolist() == [2, 1, 3, 4, 0]
    assert np.flatnonzero(franchises.first_unseen([1, 2])).tolist() == [3]


def test_number_of_pairs_is_linear_in_titles_of_one_stem() -> None:
    catalogue = catalogue_of_names(*((f"Show {number}", number, 2000.0, "") for number in range(500)))
    directions = np.zeros((500, 2), dtype=np.float32)
    assert alike(catalogue, directions).shape[1] <= 2 * 10 * 500
    assert Franchises.of(catalogue, directions).numbers.max() == 0


@pytest.fixture(scope="module")
def real_catalogue(real_data: Path) -> Catalogue:
    return Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")


def franchise_names(catalogue: Catalogue, franchises: Franchises, name: str) -> list[str]:
    """Return the names of the franchise of this title, in watching order."""
    names = catalogue.frame["name"]
    number = franchises.numbers[names.index[names == name][0]]
    return names.iloc[franchises.order[franchises.numbers[franchises.order] == number]].tolist()


DIFFERENT_FRANCHISES = [
    ("Fairy Tail", "One Piece", "Dragon Ball", "Gintama", "Naruto"),
    ("InuYasha", "Ranma ½", "Hokuto no Ken", "Urusei Yatsura"),
    ("Kaguya-hime no Monogatari", "Alps no Shoujo Heidi", "Daisuki! Hello Kitty"),
    ("Fate/Zero", "Kara no Kyoukai 1: Fukan Fuukei"),
    ("Detective Conan", "Lupin III"),
    ("Angel Beats!", "Clannad", "Air"),
    ("Death Parade", "Neon Genesis Evangelion", "Little Witch Academia"),
]
WATCHING_ORDERS = [
    ("Shingeki no Kyojin", "Shingeki no Kyojin Season 2", "Shingeki no Kyojin OVA"),
    ("Code Geass: Hangyaku no Lelouch", "Code Geass: Hangyaku no Lelouch R2"),
    ("Clannad", "Clannad: After Story"),
    ("Fullmetal Alchemist: Brotherhood", "Fullmetal Alchemist"),
    ("Hunter x Hunter (2011)", "Hunter x Hunter"),
    ("Dragon Ball", "Dragon Ball Z", "Dragon Ball GT"),
    ("Bakemonogatari", "Nisemonogatari"),
    ("Haikyuu!!", "Haikyuu!! Second Season"),
    ("Naruto", "Naruto: Shippuuden"),
    ("Toaru Majutsu no Index", "Toaru Kagaku no Railgun", "Toaru Majutsu no Index II"),
    ("Gintama", "Gintama'"),
    ("Neon Genesis Evangelion", "Neon Genesis Evangelion: The End of Evangelion"),
]


def test_real_crossovers_merge_no_franchises(real_catalogue: Catalogue) -> None:
    franchises = Franchises.of(real_catalogue)
    assert np.bincount(franchises.numbers).max() == 84  # Pokemon; connected components: 170
    for names in DIFFERENT_FRANCHISES:
        for name in names:
            assert not set(franchise_names(real_catalogue, franchises, name)) & (set(names) - {name}), name


@pytest.mark.parametrize("names", WATCHING_ORDERS, ids=lambda names: names[0])
def test_real_franchises_are_in_watching_order(real_catalogue: Catalogue, names: tuple[str, ...]) -> None:
    franchises = Franchises.of(real_catalogue)
    assert franchise_names(real_catalogue, franchises, names[0])[: len(names)] == list(names)


def test_names_and_factors_find_most_franchises_of_the_relations(real_catalogue: Catalogue, real_data: Path) -> None:
    unrelated = Catalogue.read(real_data / "anime.csv")
    model = Model.load(ROOT / "core" / "bundled")
    positions = model.catalogue.positions(unrelated.anime_ids)
    known = (positions >= 0) & model.ranker.rated[positions]
    directions = model.ranker.factors.directions[positions] * known[:, None]
    predicted, true = franchise_numbers(unrelated, directions), franchise_numbers(real_catalogue)
    # The number of titles that share both franchises with each title, and B-cubed precision and recall, [n_titles].
    _, pair_index, pair_counts = np.unique([predicted, true], axis=1, return_inverse=True, return_counts=True)
    shared = pair_counts[pair_index.ravel()]
    precision, recall = (shared / np.bincount(numbers)[numbers] for numbers in (predicted, true))
    assert np.average(precision, weights=real_catalogue.members) > 0.99
    assert np.average(recall, weights=real_catalogue.members) > 0.89
