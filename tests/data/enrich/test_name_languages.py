import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.enrich.name_languages import english_name, japanese_name
from core.data.names.folding import fold_name

DEATH_NOTE = [  # in the order of the release, which sorts by code point
    "Death Note", "Bilježnica smrti", "Carnet de la Mort", "DEATH NOTE", "DN", "Death Note(デスノート)",
    "Quaderno della Morte", "Ölüm Defteri", "Тетрадь cмерти", "دفترچه مرگ", "डेथ नोट", "สมุดโน้ตกระชากวิญญาณ",
    "ですのーと", "デスノート", "死亡笔记", "死亡筆記本", "데스노트",
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (DEATH_NOTE, "デスノート"),
        (["Attack on Titan", "しんげきのきょじん", "进击的巨人", "進擊的巨人", "進撃の巨人"], "進撃の巨人"),
        (["5-toubun no Hanayome", "五等分の花嫁*", "五等分的新娘＊"], "五等分の花嫁*"),
        (["Lucky Star", "らき☆すた", "幸运星", "幸運星"], "らき☆すた"),
        (["某科学の超电磁炮", "とある科学の超電磁砲"], "とある科学の超電磁砲"),  # simplified, with a borrowed の
        (["Bakemonogatari", "化物語", "化物语"], "化物語"),
        (["Ajin", "亚人", "亜人", "亞人"], "亜人"),
        (["Shouwa Genroku Rakugo Shinjuu", "昭和元禄落語心中"], "昭和元禄落語心中"),
        (["Bokura", "佐々木"], "佐々木"),
        (["鬼太郎的誕生"], ""),
        (["三国志", "西遊記"], ""),  # which of them?
        (["Fate/Zero", "Fate/Zero 第二期"], ""),
        (["小魔女・学園长"], ""),  # the middle dot is no kana
        (["데스노트", "데스노트デス"], ""),
        (["Gintama"], ""),
        ([], ""),
    ],
)
def test_japanese_name_is_chosen_among_many(names: list[str], expected: str) -> None:
    assert japanese_name(names) == expected


@given(st.lists(st.sampled_from([*DEATH_NOTE, "銀魂", "银魂", "A"]), max_size=6), st.text(max_size=5))
def test_japanese_name_is_one_of_the_names_and_neither_latin_nor_korean(names: list[str], more: str) -> None:
    name = japanese_name([*names, more])
    assert not name or (name in [*names, more] and not re.search("[가-힣]", name) and not name.isascii())


@pytest.mark.parametrize(
    ("romanised", "names", "slug", "expected"),
    [
        ("Shingeki no Kyojin", ["Ataque a los Titanes", "Attack on Titan"], "attack-on-titan", "Attack on Titan"),
        ("Kimi no Na wa.", ["Your Name.", "Ton nom."], "your-name", "Your Name."),
        (
            "Warau Salesman",
            ["L'HOMME", "LAUGHING SALESMAN", "Laughing Salesman"],
            "laughing-salesman",
            "Laughing Salesman",
        ),
        ("Kuroko no Basket", ["Kuroko’s Game of Balls"], "kurokos-game-of-balls", "Kuroko’s Game of Balls"),
        ("Boku dake ga Inai Machi", ["ERASED"], "erased", "ERASED"),
        ("Death Note", ["Death Note", "DEATH NOTE"], "death-note", ""),  # it has that name
        ("Shouwa Monogatari", ["Showa Monogatari"], "showa-monogatari", ""),  # another spelling of it
        ("Hotaru", ["Natsu no Hotaru to Umi"], "natsu-no-hotaru-to-umi", ""),  # romanised, not English
        ("Shingeki no Kyojin", ["L'Attaque des Titans"], "attack-on-titan", ""),  # of no known language
        ("Shingeki no Kyojin", ["Attack on Titan"], "", ""),
        ("Shingeki no Kyojin", ["!!!", ""], "---", ""),
    ],
)
def test_english_name_is_chosen_only_without_doubt(romanised: str, names: list[str], slug: str, expected: str) -> None:
    assert english_name(romanised, names, slug) == expected


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4), st.text(max_size=20))
def test_english_name_is_one_of_the_names_and_not_the_known_one(romanised: str, names: list[str], slug: str) -> None:
    name = english_name(romanised, names, slug)
    assert not name or (name in names and fold_name(name) != fold_name(romanised))
