"""Search by name while somebody types: without case and accents, with words in any order and with typos."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..numerics.arrays import Float64, Int64

# Costs, in powers of ten of popularity. Tried on MyAnimeList's 12,294 titles, drawn by popularity and typed in part:
# with and without a typo, 96 % and 93 % are among the first three. Factors of two change that by 1 point; only a TYPO
# of 1.5 and more ranks some of the 100 most watched titles below their sequels.
TYPO = 1.0  # a letter that is wrong, missing, extra, or swapped with its neighbour
UNFINISHED = 0.5  # the query is a beginning of the word or of the whole name
WORDS = 1.0  # the words are in another order, or have other words between them
INSIDE = 2.0  # the letters are inside the name
LETTERS_FOR_TYPOS = (4, 8, 16)  # from 4 letters on one typo is allowed, from 8 two, from 16 three
LETTERS_INSIDE = 4  # fewer letters are inside too many names; a Japanese letter counts as two
HEAD = 12  # letters at the beginning of a term by which most terms are rejected quickly


class NameIndex:
    """An index that finds items by any of their names, as a noisy channel [1]_.

    A query q means an item with the probability P(item) ~ popularity. Each typo, letter not typed yet or
    omitted word makes q less probable by a factor. In powers of ten, the most probable item has the largest

        log10(1 + popularity) - min over its names of cost(q, name)

    The cost is that of the cheapest way to read q:

    - as the name or its beginning, without blanks: TYPO per typo, UNFINISHED if the name continues;
    - as words of the name or beginnings of words, in any order: WORDS, and the same costs for every word;
    - as letters inside the name: INSIDE.

    A name that equals q, without blanks, comes before all others. A name that cannot be read in any of these
    ways with as many typos as its length allows is not found.

    ``names`` are those of every item, in any script, compared as folded by `fold_name`. ``popularity``, [n_items],
    is how often an item is meant, on any scale, 0 or more.

    References
    ----------
    .. [1] Kernighan, Church and Gale, "A spelling correction program based on a noisy channel
       model", COLING 1990.
    """

    def __init__(self, names: Sequence[Sequence[str]], popularity: npt.ArrayLike) -> None:
        lines = _fold([name for item_names in names for name in item_names])
        wholes = [line.replace(" ", "") for line in lines]
        self._prior = np.log10(1 + np.asarray(popularity, dtype=np.float64))
        self._item_of_name = np.repeat(np.arange(len(names)), [len(item_names) for item_names in names])
        self._name_of_word = np.repeat(np.arange(len(lines)), [len(line.split()) for line in lines])
        self._wholes, self._whole_of_name = _terms(wholes)
        self._words, self._term_of_word = _terms(" ".join(lines).split())
        self._text = "\n".join(wholes)
        self._start_in_text = np.cumsum([0, *(len(whole) + 1 for whole in wholes)])[:-1]

    def search(self, query: str, limit: int) -> list[int]:
        """Return at most ``limit`` indices of items that ``query`` may mean, the most probable first."""
        words = fold_name(query).split()
        whole = "".join(words)
        if not whole or limit < 1 or len(whole) > self._wholes.longest + len(LETTERS_FOR_TYPOS):
            return []
        # The cost of the cheapest reading of each name, [n_names], then of each item, [n_items].
        as_whole = self._wholes.costs(whole)[self._whole_of_name]
        by_name = np.minimum(as_whole, self._costs_by_words(words))
        inside = self._names_with(whole)
        by_name[inside] = np.minimum(by_name[inside], INSIDE)
        cost = _group_minimum(by_name, self._item_of_name, len(self._prior))
        # Exact names first, then by cost and popularity; items of infinite cost are not found.
        is_exact = np.zeros(len(self._prior), dtype=bool)
        is_exact[self._item_of_name[as_whole == 0]] = True
        best_first = np.lexsort((cost - self._prior, ~is_exact))
        return [int(item) for item in best_first[: min(limit, int(np.isfinite(cost).sum()))]]

    def _costs_by_words(self, words: Sequence[str]) -> Float64:
        """Return the cost to read the query as words of each name, float64 [n_names]."""
        cost = np.full(len(self._whole_of_name), WORDS)
        for word in dict.fromkeys(words):
            cost += _group_minimum(self._words.costs(word)[self._term_of_word], self._name_of_word, len(cost))
        return cost

    def _names_with(self, whole: str) -> Int64:
        """Return the names that contain the query, both without blanks, as indices, int64 [n_found]."""
        if len(whole) * (1 if whole.isascii() else 2) < LETTERS_INSIDE:
            return np.empty(0, dtype=np.int64)
        starts = [match.start() for match in re.finditer(re.escape(whole), self._text)]
        return np.unique(np.searchsorted(self._start_in_text, starts, side="right") - 1)


class _Terms:
    """Different strings without blanks, each with the cost to read a query as it."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = np.array(terms, dtype=object)
        self._lengths = np.array([len(term) for term in terms], dtype=np.int64)
        self._letters = _letter_sets(terms)
        self.longest = int(self._lengths.max(initial=0))

    def costs(self, query: str) -> Float64:
        """Return TYPO per typo, plus UNFINISHED where the term continues; infinity for too many typos; [n_terms].

        Typos are the smallest optimal string alignment distance between the query and a beginning of the term,
        as long as the query give or take the allowed typos.
        """
        length = len(query)
        most = int(_allowed_typos(length + 1))
        # Reject terms by letters: a typo adds at most one letter that the term lacks, and shifts others by one.
        query_letters = _letter_sets([query[: HEAD - most]])
        near = np.flatnonzero(np.bitwise_count(query_letters & ~self._letters) <= most)
        # Reject terms by one distance: missing or extra letters shift the end of the cut, which may double it.
        near = near[self._distances(query, near, length, 2 * most) <= 2 * most]
        # The typos of the best cut, [n_near].
        cuts = range(max(length - most, 1), length + most + 1)
        typos = np.min([self._distances(query, near, cut, most) for cut in cuts], axis=0)
        continues = self._lengths[near] > length + typos
        # Letters by which typos are allowed: of the longer text if the term ends, one less than typed if it continues.
        known_length = np.where(continues, length - 1, np.maximum(self._lengths[near], length))
        cost = np.full(len(self._terms), np.inf)
        cost[near] = np.where(typos <= _allowed_typos(known_length), TYPO * typos + UNFINISHED * continues, np.inf)
        return cost

    def _distances(self, query: str, near: Int64, length: int, most: int) -> Int64:
        """Return the typos between the query and the first ``length`` letters of terms; ``most`` + 1 for more."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        cut = [term[:length] for term in self._terms[near]]
        typos = cdist([query], cut, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8, workers=1)
        return np.asarray(typos[0], dtype=np.int64)


def fold_name(name: str) -> str:
    """Return a name as search compares it: without case, accents and punctuation, with single blanks."""
    return fold_names([name])[0]


def fold_names(names: Sequence[str]) -> list[str]:
    """Return `fold_name` of all names, several times as fast."""
    return [" ".join(line.split()) for line in _fold(names)]


def _fold(names: Sequence[str]) -> list[str]:
    """Return folded names, in which several blanks may follow each other."""
    text = "\n".join(name.replace("\n", " ") for name in names)
    text = unicodedata.normalize("NFKD", text).casefold()
    letters = set(text)
    replacements: dict[str, int | str | None] = {char: " " for char in letters if not char.isalnum() and char != "\n"}
    replacements |= dict.fromkeys(filter(unicodedata.combining, letters), "")
    return text.translate(str.maketrans(replacements)).split("\n")


def _allowed_typos(letters: npt.ArrayLike) -> Int64:
    """Return how many typos are allowed in so many letters."""
    return np.searchsorted(LETTERS_FOR_TYPOS, letters, side="right")


def _terms(texts: Sequence[str]) -> tuple[_Terms, Int64]:
    """Return the different texts, and the index among them of each text, int64 [n_texts]."""
    index_of: dict[str, int] = {}
    indices = np.array([index_of.setdefault(text, len(index_of)) for text in texts], dtype=np.int64)
    return _Terms(list(index_of)), indices


def _group_minimum(values: Float64, group: Int64, count: int) -> Float64:
    """Return the smallest value of each group, infinity for an empty one, float64 [count]."""
    minimum = np.full(count, np.inf)
    finite = np.flatnonzero(np.isfinite(values))
    np.minimum.at(minimum, group[finite], values[finite])
    return minimum


def _letter_sets(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return the first letters of each text as a set of 64 bits, uint64 [n_texts].

    Bit ``code % 32`` is set if a letter occurs, bit ``code % 32 + 32`` if it occurs again.
    """
    codes = np.array(texts, dtype=f"U{HEAD}").view(np.uint32).reshape(-1, HEAD)
    is_repeated = np.zeros(codes.shape, dtype=bool)
    for i in range(1, HEAD):
        is_repeated[:, i] = (codes[:, :i] == codes[:, i : i + 1]).any(axis=1)
    bits = np.left_shift(np.uint64(1), (codes % 32 + 32 * is_repeated).astype(np.uint64))
    return np.asarray(np.bitwise_or.reduce(np.where(codes, bits, np.uint64(0)), axis=1), dtype=np.uint64)
