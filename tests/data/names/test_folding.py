"""Kana are compared as one script, and read in Latin letters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.names.folding import HIRAGANA, fold_name, romanised


def test_hiragana_and_katakana_are_one() -> None:
    assert fold_name("ワンピース") == fold_name("わんぴーす") == fold_name("ﾜﾝﾋﾟｰｽ")
    assert fold_name("ヴァイオレット") == fold_name("ゔぁいおれっと")
    assert fold_name("進撃の巨人") == "進撃の巨人"


def test_an_ampersand_is_read_as_and() -> None:
    assert fold_name("Carole&Tuesday") == fold_name("Carole ＆ Tuesday") == fold_name("Carole and Tuesday")


@settings(max_examples=60, deadline=None)
@given(st.text("".join(map(chr, HIRAGANA)), max_size=12))
def test_every_katakana_folds_to_its_hiragana(name: str) -> None:
    assert fold_name(name) == fold_name(name.translate(HIRAGANA))


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("しんげきのきょじん", "shingekinokyojin"),
        ("じゅじゅつ かいせん", "jujutsu kaisen"),
        ("ポケモン", "pokemon"),
        ("ぼっち・ざ・ろっく!", "bocchi・za・rokku!"),
        ("ファイナル", "fainaru"),
        ("デジモン 02", "dejimon 02"),
        ("ﾅﾙﾄ", "naruto"),
        ("あっ", "a"),
        ("進撃のきょじん", ""),
        ("naruto", ""),
        ("", ""),
    ],
)
def test_kana_are_read_in_latin_letters(kana: str, latin: str) -> None:
    assert romanised(kana) == latin


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12))
def test_what_is_read_in_latin_letters_has_no_kana(name: str) -> None:
    assert romanised(romanised(name)) == ""
    assert not set(romanised(name)) & set("^*")
