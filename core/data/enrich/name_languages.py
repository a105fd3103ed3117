"""Which of many names is the Japanese one, which the English one, where nobody wrote it down.

A collection of synonyms in all languages shows only their letters. Japanese and English names are
picked by rules that rather find nothing than the wrong language: a name that is not picked is still
a synonym, and found by search.
"""

import re
from collections.abc import Sequence

from ..name_search import fold_name

KANA = re.compile("[ぁ-ゖァ-ヺｦ-ﾝ]")  # without ・ and ー, which Chinese names borrow
KATAKANA = re.compile("[ァ-ヺｦ-ﾝ]")
HAN = re.compile("[々〆㐀-鿿豈-﫿\U00020000-\U0003ffff]")
HANGUL = re.compile("[ᄀ-ᇿ㄰-㆏가-힣]")
LEVEL_1 = (0xB0, 0xCF)
"""First bytes, in EUC-JP, of the 2,965 kanji of JIS X 0208 level 1: those of everyday Japanese."""
CHINESE_WORDS = re.compile("[的之與了你她們這季]")
MORA = re.compile(r"(?:(?:[kgnhbpmr]y|sh|ch|ts|[kgsztdnhbpmrjfyw])?[aiueo]|n|[kstpc](?=[kstpc]))+")
# Both tried on 4,912 pairs of a MyAnimeList name and an English one that differs: of the English names 82 % pass,
# of the others, many of them half English, 26 %. A share of 0.5 makes that 79 % and 17 %, without Attack on Titan.
ROMANISED_SHARE = 0.6
SIMILARITY = 0.75


def japanese_name(names: Sequence[str]) -> str:
    """The name that is written in Japanese, ``""`` in doubt.

    Of the names with kana: one with kanji before one without, which may be a mere reading; then one
    without other letters before ``Death Note(デスノート)``; then one with katakana before one of
    hiragana alone, which again may be a reading; the first of equals.

    Without kana, kanji may be Chinese. Taken is then only the one name, if there is one alone, that
    has no other letters, only kanji of everyday Japanese, which simplified and most traditional
    Chinese forms are not, and none of the commonest words of Chinese. Of the 1,259 names that
    MyAnimeList writes without kana, this keeps three in five.
    """
    with_kana = [name for name in names if KANA.search(name) and _in_jis(name)]
    if with_kana:
        return min(with_kana, key=lambda name: (not HAN.search(name), _others(name), not KATAKANA.search(name)))
    plain = {
        fold_name(name): name
        for name in names
        if HAN.search(name) and _in_jis(name, LEVEL_1) and not _others(name) and not CHINESE_WORDS.search(name)
    }
    return next(iter(plain.values())) if len(plain) == 1 else ""


def english_name(romanised: str, names: Sequence[str], slug: str) -> str:
    """The name under which a title is known in English, ``""`` in doubt.

    Parameters
    ----------
    romanised
        The name that the title has already; no other spelling of it is taken.
    names
        Names in all languages.
    slug
        What Anime-Planet, a catalogue in English, calls the title in its addresses:
        ``attack-on-titan``. It takes the English name where there is one, else a romanised one.

    Notes
    -----
    Taken is the name that spells the slug, unless it resembles ``romanised`` (normalised Indel
    similarity of `SIMILARITY` or more) or more than `ROMANISED_SHARE` of its letters stand in
    words that could be romanised Japanese: consonant, vowel, consonant, vowel.
    """
    from rapidfuzz.distance import Indel

    wanted = slug.replace("-", "")
    spelled = [name for name in names if wanted and _joined(name) == wanted]
    if not spelled:
        return ""
    if Indel.normalized_similarity(_joined(romanised), wanted) >= SIMILARITY:
        return ""
    name = min(spelled, key=lambda name: (name.isupper(), name.islower()))  # DEATH NOTE, death note
    return "" if _romanised_share(name) > ROMANISED_SHARE else name


def _others(name: str) -> bool:
    """Whether a name has letters that are no Japanese ones."""
    return any(char.isalpha() and char != "ー" and not KANA.match(char) and not HAN.match(char) for char in name)


def _in_jis(name: str, rows: tuple[int, int] = (0, 0xFF)) -> bool:
    """Whether all ideographs of a name are in JIS X 0208, within these first bytes, and none is Hangul."""
    if HANGUL.search(name):
        return False
    try:
        codes = [char.encode("euc_jp") for char in HAN.findall(name) if char != "々"]
    except UnicodeEncodeError:
        return False
    return all(len(code) == 2 and rows[0] <= code[0] <= rows[1] for code in codes)  # three bytes: JIS X 0212


def _joined(name: str) -> str:
    return fold_name(name.replace("'", "").replace("’", "")).replace(" ", "")


def _romanised_share(name: str) -> float:
    words = [word for word in fold_name(name).split() if word.isalpha()]
    romanised = sum(len(word) for word in words if MORA.fullmatch(word))
    return romanised / max(sum(map(len, words)), 1)
