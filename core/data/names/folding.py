"""Names as search compares them, and kana in Latin letters."""

import re
import unicodedata
from collections.abc import Sequence

HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
"""Katakana to hiragana, as `str.translate` takes it."""

ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ", "t": "たちつてと",
    "d": "だぢづでど", "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "m": "まみむめも",
    "r": "らりるれろ", "^": "ぁぃぅぇぉ",
}  # fmt: skip
ROMAN = {kana: row + vowel for row, syllables in ROWS.items() for kana, vowel in zip(syllables, "aiueo", strict=True)}
ROMAN |= {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "ゔ": "vu", "ん": "n"}
ROMAN |= {"や": "ya", "ゆ": "yu", "よ": "yo", "ゃ": "^ya", "ゅ": "^yu", "ょ": "^yo", "わ": "wa", "を": "wo", "っ": "*"}
ROMAN |= {"ー": ""}
CONTRACTIONS = ((r"(sh|ch|j)i\^y?", r"\1"), (r"i\^y", "y"), (r"[aiueo]\^", ""), (r"\*([a-z])", r"\1\1"), (r"[*^]", ""))
"""In this order: しゃ sha, きゃ kya, ふぁ fa, っか kka; marks that stand alone are dropped."""


def fold_name(name: str) -> str:
    """Return a name as search compares it: without case, accents and punctuation, ``and`` for an ampersand, hiragana
    for katakana, with single blanks.
    """
    return fold_names([name])[0]


def fold_names(names: Sequence[str]) -> list[str]:
    """Return `fold_name` of all names, several times as fast."""
    return [" ".join(line.split()) for line in fold_lines(names)]


def fold_lines(names: Sequence[str]) -> list[str]:
    """Return folded names, in which several blanks may follow each other."""
    text = "\n".join(name.replace("\n", " ") for name in names)
    text = unicodedata.normalize("NFKD", text).casefold()
    letters = set(text)
    replacements: dict[int, int | str | None] = {**HIRAGANA}
    replacements |= {ord(char): " " for char in letters if not char.isalnum() and char != "\n"}
    replacements |= dict.fromkeys(map(ord, filter(unicodedata.combining, letters)))
    replacements[ord("&")] = " and "
    return text.translate(replacements).split("\n") if names else []


def romanised(name: str) -> str:
    """Return a name in kana in Latin letters, as MyAnimeList romanises: by the Hepburn system, long vowels as kana
    spell them, without ー. A name without kana, or with other Japanese letters, gives an empty string.
    """
    kana = unicodedata.normalize("NFKC", name).translate(HIRAGANA)
    letters = [char for char in kana if char.isalnum()]
    if not any(char in ROMAN for char in letters) or any(char not in ROMAN and ord(char) > 0x24F for char in letters):
        return ""
    text = "".join(ROMAN.get(char, char) for char in kana)
    for pattern, replacement in CONTRACTIONS:
        text = re.sub(pattern, replacement, text)
    return text
