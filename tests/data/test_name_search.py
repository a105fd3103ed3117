"""Any spelling of a name finds its item, and nonsense finds nothing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import Catalogue
from core.data.name_search import NameIndex, fold_name

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


def test_the_most_watched_titles_are_found_in_spite_of_a_typo(real: Catalogue) -> None:
    random = np.random.default_rng(2024)
    missed = []
    for position in np.argsort(-real.members)[:100]:
        title = real.title(int(position))
        for name in filter(None, (title.english, title.name, title.japanese)):
            # Three letters with a typo may mean anything.
            queries = [name]
            if len(fold_name(name).replace(" ", "")) > 3:
                queries.append(str(random.choice(typos(name, random))))  # one of four, to save time
            missed += [(name, typed) for typed in queries if title not in real.search(typed, limit=3)]
    assert missed == []


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
        ("fullmetal", "Fullmetal Alchemist"),
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
