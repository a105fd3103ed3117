"""Any spelling of a name finds its item, and nonsense finds nothing."""

from pathlib import Path

import numpy as np
import pytest
from conftest import shared_folder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import Catalogue
from core.data.catalogue import Title
from core.data.name_search import NameIndex
from core.data.names.folding import fold_name

NAMES = [
    ["Steins;Gate", "シュタインズ・ゲート"],
    ["K-On!", "けいおん!"],
    ["Naruto", "ナルト"],
    ["Naruto Shippuden", "ナルト 疾風伝", "shippuuden"],
    ["Pokémon the Movie", "劇場版ポケットモンスター"],
    ["Fullmetal Alchemist", "鋼の錬金術師", "FMA"],
    ["Fullmetal Alchemist: Brotherhood", "FMAB", "FMA"],
    ["Bakemonogatari", ""],
    ["☆", ""],
    ["X", "エックス"],
    ["X-Men", "X Men"],
    ["Bleach"],
]
POPULARITY = [900, 400, 700, 800, 50, 600, 950, 300, 10, 20, 5_000, 0]
INDEX = NameIndex(NAMES, POPULARITY)
FEW = settings(max_examples=60, deadline=None)
some_name = st.sampled_from([name for names in NAMES for name in names if fold_name(name)])
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"


def test_folding_leaves_letters_digits_and_single_blanks() -> None:
    assert fold_name("  Ça—va?\n Déjà_Vu! ①Ｚ ") == "ca va deja vu 1z"
    assert fold_name("☆ !!!\x00") == ""


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("steinsgate", 0),
        ("stiens gaet", 0),
        ("k on", 1),
        ("kon", 1),
        ("けいおん", 1),
        ("naruto", 2),
        ("nartuo", 2),
        ("疾風伝", 3),
        ("shipuden naruto", 3),
        ("pokemon", 4),
        ("ポケット", 4),
        ("ful", 6),
        ("full metal alch", 6),
        ("fma", 6),
        ("alchemst fullmetl", 6),
        ("monogatari", 7),
        ("x", 9),
        ("beach", 11),
    ],
)
def test_queries_as_people_type_them_find_the_item_they_mean(query: str, first: int) -> None:
    assert INDEX.search(query, 10)[0] == first


def test_exact_names_come_first_and_then_popular_items() -> None:
    assert INDEX.search("fma", 10)[:2] == [6, 5]
    assert INDEX.search("Fullmetal Alchemist", 10)[:2] == [5, 6]
    assert INDEX.search("x", 10)[:2] == [9, 10]
    assert INDEX.search("naru", 10) == [3, 2]


@pytest.mark.parametrize(
    "query", ["", "  ", "!!!", "\x00", "☆", "zzzqqq", "asdfghjkl", "no such title", "naruto gate", "a" * 10_000, "km"]
)
def test_nonsense_finds_nothing(query: str) -> None:
    assert INDEX.search(query, 10) == []


def test_an_empty_index_finds_nothing() -> None:
    for names in ([], [[]], [[""], []]):
        assert NameIndex(names, [1] * len(names)).search("naruto", 10) == []


@FEW
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=3), min_size=1, max_size=8), st.data())
def test_any_name_finds_its_items_first_by_popularity(names: list[list[str]], data: st.DataObject) -> None:
    popularity = data.draw(st.lists(st.integers(0, 10**6), min_size=len(names), max_size=len(names)))
    index = NameIndex(names, popularity)
    folded = [{fold_name(name).replace(" ", "") for name in item_names} for item_names in names]
    for name in (name for item_names in names for name in item_names if fold_name(name)):
        equals = [item for item in range(len(names)) if fold_name(name).replace(" ", "") in folded[item]]
        equals.sort(key=lambda item: (-popularity[item], item))
        assert index.search(name, len(names))[: len(equals)] == equals


@FEW
@given(some_name, st.randoms(use_true_random=False))
def test_case_accents_and_punctuation_never_matter(name: str, random) -> None:
    written = "".join(
        random.choice([char.upper(), char.lower()]) + random.choice(["", "\u0301"]) if char.isalnum() else "?!"
        for char in name
    )
    assert fold_name(f" ¡{written}… ") == fold_name(name)
    assert INDEX.search(f" ¡{written}… ", 10) == INDEX.search(name, 10)


@FEW
@given(some_name, st.randoms(use_true_random=False))
def test_words_in_another_order_find_the_item_among_the_first(name: str, random) -> None:
    words = fold_name(name).split()
    random.shuffle(words)
    meant = {item for item, names in enumerate(NAMES) if name in names}
    assert meant & set(INDEX.search(" ".join(words), 3))


@FEW
@given(st.one_of(st.text(max_size=30), some_name), st.integers(-1, 20))
@example("naruto", -1)
def test_results_are_different_items_within_the_limit(query: str, limit: int) -> None:
    items = INDEX.search(query, limit)
    assert len(items) == len(set(items)) <= max(limit, 0)
    assert items == INDEX.search(query, 20)[: max(limit, 0)]


SURE = NameIndex(
    [
        ["Onigiri", "", "鬼斬", "Demon Slayer"],
        ["Sword Art Online", "", "ソードアート・オンライン", "SAO"],
        ["Sword Art Online II", "", "ソードアート・オンライン II"],
        ["Magus Bride: Those Awaiting a Star", "", "魔法使いの嫁 星待つひと"],
        *([f"Show {number} of the Filling Kind", "", ""] for number in range(200)),
    ],
    [1_500, 900_000, 500_000, 4_000, *[100_000] * 200],
)


@pytest.mark.parametrize(
    ("query", "item", "is_sure"),
    [
        ("onigiri", 0, True),
        ("demon slayer", 0, False),  # a synonym of a title that few people mean
        ("sao", 1, True),
        ("sword art", 1, True),
        ("swrod art online", 1, True),
        ("sword art online ii", 2, True),
        ("sword art online 3", 1, False),
        ("そーどあーとおんらいん", 1, True),
        ("magus bride", 3, False),  # begins a name, but is one itself
        ("magus bride those awaiting a star", 3, True),
        ("魔法使いの嫁", 3, False),
    ],
)
def test_match_is_sure_if_no_missing_title_is_meant_more_probably(query: str, item: int, is_sure: bool) -> None:
    assert SURE.find(query, 1) == [(item, is_sure)]


def test_series_is_meant_by_the_beginning_of_its_name() -> None:
    names = [["Tsurune: Kazemai High School"], *([f"Show {number}"] for number in range(200))]
    for is_series in (True, False):
        index = NameIndex(names, [20, *[900] * 200], is_series=[is_series] * 201)
        assert index.find("tsurune", 1) == [(0, is_series)]


def test_kana_find_romanised_names() -> None:
    index = NameIndex([["Shingeki no Kyojin", "", "進撃の巨人"], ["Shingeki"]], [900, 10])
    for query in ("しんげきのきょじん", "シンゲキノキョジン", "しんげきのきょじ"):
        assert index.find(query, 1) == [(0, True)]


@FEW
@given(st.one_of(st.text(max_size=30), some_name), st.lists(st.booleans(), min_size=len(NAMES), max_size=len(NAMES)))
def test_only_allowed_items_are_found_in_the_same_order(query: str, allowed: list[bool]) -> None:
    expected = [item for item in INDEX.search(query, 20) if allowed[item]]
    assert [match.item for match in INDEX.find(query, 20, np.array(allowed))] == expected


@pytest.fixture(scope="module")
def modern() -> Catalogue:
    folder = shared_folder("modern", "ratings and titles of today")
    return Catalogue.read(folder / "anime.csv", titles=folder / "titles.csv")


@pytest.fixture(scope="module")
def real(real_data: Path) -> Catalogue:
    return Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")


def typos(name: str, random: np.random.Generator) -> list[str]:
    """Return the name without a letter, with a wrong, an extra and with two swapped letters."""
    letters = ALPHABET if name.isascii() else KANA
    wrong, extra = random.choice(list(letters), size=2)
    i, j = random.integers(len(name)), random.integers(len(name) - 1)
    return [
        name[:i] + name[i + 1 :],
        name[:i] + wrong + name[i + 1 :],
        name[:i] + extra + name[i:],
        name[:j] + name[j + 1] + name[j] + name[j + 2 :],
    ]


def best_known(catalogue: Catalogue, years: range, count: int) -> list[Title]:
    """Return the titles of these years that most people list."""
    of_years = np.flatnonzero(catalogue.frame["year"].isin(years))
    return [catalogue.title(int(position)) for position in of_years[np.argsort(-catalogue.members[of_years])][:count]]


def names_of(title: Title) -> set[str]:
    return {name for name in (title.english, title.name, title.japanese) if name}


def test_the_most_watched_titles_are_found_in_spite_of_a_typo(real: Catalogue, modern: Catalogue) -> None:
    random = np.random.default_rng(2024)
    missed, unsure, n_typed = [], [], 0
    for catalogue, years in ((real, range(1900, 2017)), (modern, range(2017, 2026))):
        for title in best_known(catalogue, years, 100):
            for name in sorted(names_of(title)):
                # Three letters with a typo may mean anything.
                queries = [name]
                if len(fold_name(name).replace(" ", "")) > 3:
                    queries.append(str(random.choice(typos(name, random))))  # one of four, to save time
                for typed in queries:
                    is_sure = dict(catalogue.matches(typed, limit=3)).get(title)
                    n_typed += 1
                    if is_sure is None and title.name[:20] != SAME_NAME:
                        missed.append((name, typed))
                    if is_sure is False:
                        unsure.append((name, typed))
    assert missed == []
    assert len(unsure) < 0.02 * n_typed, unsure


SAME_NAME = "Boku no Hero Academia"[:20]
"""Six seasons have one Japanese name."""


def test_titles_that_are_missing_are_taken_for_no_other(real: Catalogue, modern: Catalogue) -> None:
    """Only a title that is known by the very same name is offered for one that the catalogue lacks."""
    here = {fold_name(name).replace(" ", "") for title in map(real.title, range(len(real))) for name in names_of(title)}
    missing = [title for title in best_known(modern, range(2017, 2026), 150) if title.anime_id not in real]
    assert len(missing) > 100
    wrong = [
        (name, [title.label for title, is_sure in real.matches(name, 6) if is_sure])
        for title in missing
        for name in names_of(title)
        if fold_name(name).replace(" ", "") not in here
    ]
    assert [(name, titles) for name, titles in wrong if titles] == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ワンピース", "One Piece"),
        ("わんぴーす", "One Piece"),
        ("ポケモン", "Pokemon"),
        ("monogatari", "Bakemonogatari"),
        ("じゅじゅつかいせん", "Jujutsu Kaisen"),
        ("きめつのやいば", "Kimetsu no Yaiba"),
        ("Demon Slayer", "Kimetsu no Yaiba"),
        ("せんとちひろのかみかくし", "Sen to Chihiro no Kamikakushi"),
    ],
)
def test_the_title_that_everybody_means_comes_first(modern: Catalogue, query: str, name: str) -> None:
    title, is_sure = modern.matches(query)[0]
    assert (title.name, is_sure) == (name, True)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("attack on", "Shingeki no Kyojin"),
        ("atack on tita", "Shingeki no Kyojin"),
        ("shing", "Shingeki no Kyojin"),
        ("aot", "Shingeki no Kyojin"),
        ("de", "Death Note"),
        ("ful", "Fullmetal Alchemist: Brotherhood"),
        ("fmab", "Fullmetal Alchemist: Brotherhood"),
        ("fullmetal", "Fullmetal Alchemist: Brotherhood"),
        ("naruto", "Naruto"),
        ("sao", "Sword Art Online"),
        ("sword art onl", "Sword Art Online"),
        ("oregairu", "Yahari Ore no Seishun Love Comedy wa Machigatteiru."),
        ("danmachi", "Dungeon ni Deai wo Motomeru no wa Machigatteiru Darou ka"),
        ("konosuba", "Kono Subarashii Sekai ni Shukufuku wo!"),
        ("hunterxhunter", "Hunter x Hunter (2011)"),
        ("steinsgate", "Steins;Gate"),
        ("haruhi suzumia", "Suzumiya Haruhi no Yuuutsu"),
        ("けいおん", "K-On!"),
        ("K", "K"),
        ("X", "X"),
        ("Another", "Another"),
        ("Monster", "Monster"),
        ("Air", "Air"),
        ("Kanon", "Kanon (2006)"),
    ],
)
def test_real_titles_come_first(real: Catalogue, query: str, name: str) -> None:
    assert real.search(query)[0].name == name


@pytest.mark.parametrize("query", ["zzzqqq", "asdfghjkl", "no such title", "lorem ipsum", "xyzzy", "kitchen sink"])
def test_nonsense_finds_no_real_title(real: Catalogue, query: str) -> None:
    assert real.search(query) == []
