"""Any name finds its item, however it is written, and nonsense finds nothing."""

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
def test_what_people_type_finds_what_they_mean(query: str, first: int) -> None:
    assert INDEX.search(query, 10)[0] == first


def test_the_popular_come_first_after_exact_names() -> None:
    assert INDEX.search("fma", 10)[:2] == [6, 5]
    assert INDEX.search("Fullmetal Alchemist", 10)[:2] == [5, 6]
    assert INDEX.search("x", 10)[:2] == [9, 10]
    assert INDEX.search("naru", 10) == [3, 2]


@pytest.mark.parametrize(
    "query", ["", "  ", "!!!", "\x00", "☆", "zzzqqq", "asdfghjkl", "no such title", "naruto gate", "a" * 10_000, "km"]
)
def test_nonsense_finds_nothing(query: str) -> None:
    assert INDEX.search(query, 10) == []


def test_an_index_of_nothing_finds_nothing() -> None:
    for names in ([], [[]], [[""], []]):
        assert NameIndex(names, [1] * len(names)).search("naruto", 10) == []


@FEW
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=3), min_size=1, max_size=8), st.data())
def test_any_name_finds_itself_first_among_equals(names: list[list[str]], data: st.DataObject) -> None:
    popularity = data.draw(st.lists(st.integers(0, 10**6), min_size=len(names), max_size=len(names)))
    index = NameIndex(names, popularity)
    spelled = [{fold_name(name).replace(" ", "") for name in those} for those in names]
    for those in names:
        for name in those:
            equals = [at for at in range(len(names)) if fold_name(name).replace(" ", "") in spelled[at]]
            if fold_name(name):
                equals.sort(key=lambda at: (-popularity[at], at))
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
def test_the_order_of_words_hardly_matters(name: str, random) -> None:
    words = fold_name(name).split()
    random.shuffle(words)
    meant = {at for at, names in enumerate(NAMES) if name in names}
    assert meant & set(INDEX.search(" ".join(words), 3))


@FEW
@given(st.one_of(st.text(max_size=30), some_name), st.integers(-1, 20))
@example("naruto", -1)
def test_results_are_different_items_within_the_limit(query: str, limit: int) -> None:
    found = INDEX.search(query, limit)
    assert len(found) == len(set(found)) <= max(limit, 0)
    assert found == INDEX.search(query, 20)[: max(limit, 0)]


@pytest.fixture(scope="module")
def real(real_data: Path) -> Catalogue:
    return Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")


def typos(name: str, random: np.random.Generator) -> list[str]:
    """A letter missing, wrong, too much, and two in each other's place."""
    letters = ALPHABET if name.isascii() else KANA
    one, other = random.choice(list(letters), size=2)
    at, after = random.integers(len(name)), random.integers(len(name) - 1)
    return [
        name[:at] + name[at + 1 :],
        name[:at] + one + name[at + 1 :],
        name[:at] + other + name[at:],
        name[:after] + name[after + 1] + name[after] + name[after + 2 :],
    ]


def test_the_most_watched_are_found_in_spite_of_a_typo(real: Catalogue) -> None:
    random = np.random.default_rng(2024)
    missed = []
    for position in np.argsort(-real.members)[:100]:
        title = real.title(int(position))
        for name in filter(None, (title.english, title.name, title.japanese)):
            # Of three letters and one of them wrong, nobody knows what was meant.
            tries = [name]
            if len(fold_name(name).replace(" ", "")) > 3:
                tries.append(str(random.choice(typos(name, random))))  # one of the four, for the time it takes
            missed += [(name, typed) for typed in tries if title not in real.search(typed, limit=3)]
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
