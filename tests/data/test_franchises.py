from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import ROOT

from core import Catalogue, Model
from core.data.franchises import Franchises, alike, franchise_numbers, stem

BLANK = {"english": "", "synonyms": "", "japanese": "", "genres": "", "episodes": np.nan, "mean_rating": np.nan}


def catalogue_of(*titles: tuple[str, int, float, str]) -> Catalogue:
    """Titles as name, members, year and related ids; their ids are 1, 2, 3 …"""
    rows = [
        BLANK
        | {"anime_id": 1 + at, "name": name, "type": "TV", "year": year, "members": members}
        | {"picture": "", "related_ids": related}
        for at, (name, members, year, related) in enumerate(titles)
    ]
    return Catalogue(pd.DataFrame(rows)[list(Catalogue.COLUMNS)])


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    n = draw(st.integers(1, 14))
    name = st.sampled_from(
        ["Naruto", "Naruto: Shippuuden", "Samurai 7", "Samurai Gun", "!!!", "Long Name II", "Long Name X"]
    )
    year = st.one_of(st.just(np.nan), st.integers(1990, 1993).map(float))
    related = st.lists(st.integers(1, n), max_size=3).map(lambda ids: "|".join(map(str, ids)))
    titles = st.tuples(name, st.integers(0, 6).map(lambda m: 10 * m), year, related)
    return catalogue_of(*draw(st.lists(titles, min_size=n, max_size=n)))


def directions_of(catalogue: Catalogue, seed: int) -> np.ndarray:
    """Random unit rows of two factors; every fifth title has none."""
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(catalogue))
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (rows * (np.arange(len(catalogue)) % 5 > 0)[:, None]).astype(np.float32)


def same(numbers: np.ndarray) -> np.ndarray:
    return numbers[:, None] == numbers


@settings(deadline=None)
@given(catalogues(), st.data())
def test_one_entry_of_each_franchise_with_unseen_entries_unless_left_out(catalogue: Catalogue, data) -> None:
    franchises = Franchises.of(catalogue, directions_of(catalogue, 0))
    numbers, positions = franchises.numbers, st.lists(st.integers(0, len(catalogue) - 1))
    assert sorted(franchises.order.tolist()) == list(range(len(catalogue)))
    seen, left_out = data.draw(positions), data.draw(positions)
    first, unbegun = franchises.first_unseen(seen, left_out), franchises.unbegun(seen, left_out)
    assert not first[seen].any()
    for number in np.unique(numbers):
        entries = np.flatnonzero(numbers == number).tolist()
        gone = set(entries) <= set(seen) or set(entries) & set(left_out)
        assert first[entries].sum() == (0 if gone else 1)
        begun = set(entries) & set(seen)
        np.testing.assert_array_equal(unbegun[entries], first[entries] & (not begun))


@settings(deadline=None)
@given(catalogues(), st.randoms())
def test_permuting_titles_permutes_results(catalogue: Catalogue, random) -> None:
    order = list(range(len(catalogue)))
    random.shuffle(order)
    shuffled = Catalogue(catalogue.frame.iloc[order].reset_index(drop=True))
    directions = directions_of(catalogue, 1)
    franchises, permuted = Franchises.of(catalogue, directions), Franchises.of(shuffled, directions[order])
    np.testing.assert_array_equal(same(permuted.numbers), same(franchises.numbers[order]))
    seen = np.array(order[: len(order) // 3], dtype=np.int64)
    at = np.arange(len(seen))
    np.testing.assert_array_equal(permuted.first_unseen(at), franchises.first_unseen(seen)[order])


def test_a_crossover_glues_nothing_and_stays_where_most_of_its_relatives_are() -> None:
    catalogue = catalogue_of(
        ("Pirates", 900, 1999, "5"),
        ("Ball", 800, 1986, "3|5"),
        ("Ball Z", 700, 1989, "5"),
        ("Alone", 600, 2000, ""),
        ("Pirates and Ball", 50, 2010, ""),
    )
    np.testing.assert_array_equal(same(franchise_numbers(catalogue))[4], [False, True, True, False, True])


def test_a_tie_between_franchises_is_settled_by_the_name() -> None:
    catalogue = catalogue_of(
        ("Evangelion", 900, 1995, ""), ("Death Parade", 800, 2015, ""), ("Death Billiards", 90, 2013, "1|2")
    )
    np.testing.assert_array_equal(same(franchise_numbers(catalogue))[2], [False, True, True])


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
def test_stems_lose_subtitles_and_markers(name: str, words: str) -> None:
    assert " ".join(stem(name)) == words


def test_names_relate_titles_without_relations_unless_factors_contradict() -> None:
    names = [
        "Samurai",
        "Samurai Gun",
        "Samurai Deeper",
        "Long Title",
        "Long Title Returns",
        "Long Title 2",
        "Long Title OVA",
    ]
    catalogue = catalogue_of(*((name, 100 - at, 2000, "") for at, name in enumerate(names)))
    ahead, across, between, none = (1, 0), (0, 1), (0.5, 0.75**0.5), (0, 0)
    directions = np.array([ahead, ahead, between, ahead, between, across, none], dtype=np.float32)
    together = same(franchise_numbers(catalogue, directions))
    assert together[0].tolist() == [True, True, False, False, False, False, False]
    assert together[3].tolist() == [False, False, False, True, True, True, True]  # 2: by way of Returns
    assert not np.triu(same(franchise_numbers(catalogue)), 1).any()
    directions[4] = across
    # The OVA, whose factors nobody knows, goes with the majority.
    assert np.flatnonzero(same(franchise_numbers(catalogue, directions))[6]).tolist() == [4, 5, 6]


def test_names_do_not_count_between_titles_that_have_relations() -> None:
    titles = [
        ("Long Title", 90, 2000, "2"),
        ("Other", 80, 2000, ""),
        ("Long Title 2", 70, 2001, "4"),
        ("Another", 60, 2001, ""),
    ]
    numbers = franchise_numbers(
        catalogue_of(*titles, ("Long Title 3", 50, 2002, "")), np.zeros((5, 2), dtype=np.float32)
    )
    np.testing.assert_array_equal(same(numbers)[4], [False, False, True, True, True])


def test_the_most_listed_comes_first_and_among_alike_ones_the_earliest() -> None:
    catalogue = catalogue_of(
        ("Pilot", 10, 1980, "2"),
        ("Sequel", 100, 1989, "3"),
        ("Series", 84, 1986, "4"),
        ("Remake", 79, 1985, "5"),
        ("Undated", 78, np.nan, ""),
    )
    franchises = Franchises.of(catalogue)
    assert franchises.order.tolist() == [2, 1, 3, 4, 0]
    assert np.flatnonzero(franchises.first_unseen([1, 2])).tolist() == [3]


def test_a_catalogue_of_one_stem_makes_no_quadratic_number_of_pairs() -> None:
    catalogue = catalogue_of(*((f"Show {number}", number, 2000.0, "") for number in range(500)))
    directions = np.zeros((500, 2), dtype=np.float32)
    assert alike(catalogue, directions).shape[1] <= 2 * 10 * 500
    assert Franchises.of(catalogue, directions).numbers.max() == 0


@pytest.fixture(scope="module")
def real(real_data: Path) -> Catalogue:
    return Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")


def entries(catalogue: Catalogue, franchises: Franchises, name: str) -> list[str]:
    """The names in the franchise of a title, in their order."""
    names = catalogue.frame["name"]
    number = franchises.numbers[names.index[names == name][0]]
    return names.iloc[franchises.order[franchises.numbers[franchises.order] == number]].tolist()


APART = [
    ("Fairy Tail", "One Piece", "Dragon Ball", "Gintama", "Naruto"),
    ("InuYasha", "Ranma ½", "Hokuto no Ken", "Urusei Yatsura"),
    ("Kaguya-hime no Monogatari", "Alps no Shoujo Heidi", "Daisuki! Hello Kitty"),
    ("Fate/Zero", "Kara no Kyoukai 1: Fukan Fuukei"),
    ("Detective Conan", "Lupin III"),
    ("Angel Beats!", "Clannad", "Air"),
    ("Death Parade", "Neon Genesis Evangelion", "Little Witch Academia"),
]
IN_ORDER = [
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


def test_real_crossovers_glue_nothing(real: Catalogue) -> None:
    franchises = Franchises.of(real)
    assert np.bincount(franchises.numbers).max() == 84  # Pokemon; connected components: 170
    for names in APART:
        for name in names:
            assert not set(entries(real, franchises, name)) & (set(names) - {name}), name


@pytest.mark.parametrize("names", IN_ORDER, ids=lambda names: names[0])
def test_real_franchises_begin_where_one_begins(real: Catalogue, names: tuple[str, ...]) -> None:
    franchises = Franchises.of(real)
    assert entries(real, franchises, names[0])[: len(names)] == list(names)


def test_names_and_factors_find_nearly_what_relations_tell(real: Catalogue, real_data: Path) -> None:
    unrelated = Catalogue.read(real_data / "anime.csv")
    model = Model.load(ROOT / "core" / "bundled")
    vectors = model.item_factors * model.singular_values
    directions = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    found, true = franchise_numbers(unrelated, directions), franchise_numbers(real)
    right = {}
    for number in range(true.max() + 1):
        for other, count in zip(*np.unique(found[true == number], return_counts=True), strict=True):
            right[number, int(other)] = count
    both = np.array([right[pair] for pair in zip(true.tolist(), found.tolist(), strict=True)])
    precision, recall = (both / np.bincount(numbers)[numbers] for numbers in (found, true))
    assert np.average(precision, weights=real.members) > 0.99
    assert np.average(recall, weights=real.members) > 0.89
