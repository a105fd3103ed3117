"""Finding things by their names while somebody types: no case, no accents, words in any order, typos."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..numerics.arrays import Float64, Int64

# Powers of ten of popularity that a match is worth less for ... Tried on MyAnimeList's 12,294 titles: drawn by
# popularity and typed in part, with and without a typo, in the first three 96 % and 93 % of the time. Factors of two
# move that by 1 point; only a TYPO of 1.5 and more loses some of the 100 most-watched to their sequels.
TYPO = 1.0  # each letter that is wrong, missing, too much, or in its neighbour's place
UNFINISHED = 0.5  # a word, or the name as a whole, that goes on after what was typed
WORDS = 1.0  # words in another order, or with others between them
INSIDE = 2.0  # letters found inside a word
LETTERS_FOR_TYPOS = (4, 8, 16)  # this many letters may hold one typo, two, three
LETTERS_INSIDE = 4  # fewer are inside so many words that they say nothing; a Japanese one counts as two
HEAD = 12  # letters at the beginning of a term by which the hopeless ones are put aside


class NameIndex:
    """Finds items by any of their names, in the manner of a noisy channel [1]_.

    Who types q means one item, more often a popular one: P(item) ~ popularity. Between one of its
    names and q lie typos, letters not typed yet, words left out; each makes q less likely by a
    factor. In powers of ten, the likeliest item has the largest

        log10(1 + popularity) - min over its names of cost(q, name)

    where the cost is that of the cheapest way to read q:

    - as the name or its beginning, blanks aside: TYPO a typo, UNFINISHED if the name goes on;
    - as words of the name or beginnings of words, in any order: WORDS, and the same for each word;
    - as letters inside the name: INSIDE.

    A name that equals q, blanks aside, comes before all that don't. What none of these ways can
    read with as few typos as its length allows is not found.

    Parameters
    ----------
    names
        For each item its names, in any script; see `fold_name` for what is told apart.
    popularity
        How often each item is meant, on any scale, >= 0, [n_items].

    References
    ----------
    .. [1] Kernighan, Church and Gale, "A spelling correction program based on a noisy channel
       model", COLING 1990.
    """

    def __init__(self, names: Sequence[Sequence[str]], popularity: npt.ArrayLike) -> None:
        lines = _fold([name for those in names for name in those])
        whole = [line.replace(" ", "") for line in lines]
        self._prior = np.log10(1 + np.asarray(popularity, dtype=np.float64))
        self._item_of_name = np.repeat(np.arange(len(names)), [len(those) for those in names])
        self._name_of_word = np.repeat(np.arange(len(lines)), [len(line.split()) for line in lines])
        self._wholes, self._whole_of_name = _terms(whole)
        self._words, self._word_at = _terms(" ".join(lines).split())
        self._text = "\n".join(whole)
        self._start_in_text = np.cumsum([0, *(len(name) + 1 for name in whole)])[:-1]

    def search(self, query: str, limit: int) -> list[int]:
        """Positions of at most ``limit`` items that ``query`` may mean, the most likely first."""
        words = fold_name(query).split()
        whole = "".join(words)
        if not whole or limit < 1 or len(whole) > self._wholes.longest + len(LETTERS_FOR_TYPOS):
            return []
        as_whole = self._wholes.costs(whole)[self._whole_of_name]
        by_name = np.minimum(as_whole, self._by_words(words))
        inside = self._inside(whole)
        by_name[inside] = np.minimum(by_name[inside], INSIDE)
        cost = _least(by_name, self._item_of_name, len(self._prior))
        exact = np.zeros(len(self._prior), dtype=bool)
        exact[self._item_of_name[as_whole == 0]] = True
        best_first = np.lexsort((cost - self._prior, ~exact))
        return [int(item) for item in best_first[: min(limit, int(np.isfinite(cost).sum()))]]

    def _by_words(self, words: Sequence[str]) -> Float64:
        """What it costs to read the query as words of each name, float64 [n_names]."""
        cost = np.full(len(self._whole_of_name), WORDS)
        for word in dict.fromkeys(words):
            cost += _least(self._words.costs(word)[self._word_at], self._name_of_word, len(cost))
        return cost

    def _inside(self, whole: str) -> Int64:
        """Names that have the query, without blanks, somewhere inside, int64 [n_found]."""
        if len(whole) * (1 if whole.isascii() else 2) < LETTERS_INSIDE:
            return np.empty(0, dtype=np.int64)
        found = [match.start() for match in re.finditer(re.escape(whole), self._text)]
        return np.unique(np.searchsorted(self._start_in_text, found, side="right") - 1)


class _Terms:
    """Different strings without blanks, and what it costs to read a query as each of them."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = np.array(terms, dtype=object)
        self._lengths = np.array([len(term) for term in terms], dtype=np.int64)
        self._letters = _letters(terms)
        self.longest = int(self._lengths.max(initial=0))

    def costs(self, query: str) -> Float64:
        """TYPO a typo and UNFINISHED where the term goes on, infinity for too many typos, [n_terms].

        The typos are the smallest optimal string alignment distance between the query and the
        first letters of the term, as many of them as the query has, give or take the allowed typos.
        """
        length = len(query)
        most = int(_allowed(length + 1))
        # A typo brings at most one letter that the term lacks, and moves the others by one place.
        head = _letters([query[: HEAD - most]])
        near = np.flatnonzero(np.bitwise_count(head & ~self._letters) <= most)
        # Letters missing or too much shift the others against the cut, which may double the distance.
        near = near[self._distances(query, near, length, 2 * most) <= 2 * most]
        cuts = range(max(length - most, 1), length + most + 1)
        typos = np.min([self._distances(query, near, cut, most) for cut in cuts], axis=0)
        goes_on = self._lengths[near] > length + typos
        # Of a name that is all there, more is known than of one that may go on anyhow.
        known = np.where(goes_on, length - 1, np.maximum(self._lengths[near], length))
        cost = np.full(len(self._terms), np.inf)
        cost[near] = np.where(typos <= _allowed(known), TYPO * typos + UNFINISHED * goes_on, np.inf)
        return cost

    def _distances(self, query: str, near: Int64, length: int, most: int) -> Int64:
        """Typos between the query and the first ``length`` letters of some terms, ``most`` + 1 if more."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        cut = [term[:length] for term in self._terms[near]]
        typos = cdist([query], cut, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8, workers=1)
        return np.asarray(typos[0], dtype=np.int64)


def fold_name(name: str) -> str:
    """A name as search sees it: no case, no accents, no punctuation, single blanks."""
    return fold_names([name])[0]


def fold_names(names: Sequence[str]) -> list[str]:
    """What `fold_name` makes of each; all at once, which is several times as fast."""
    return [" ".join(line.split()) for line in _fold(names)]


def _fold(names: Sequence[str]) -> list[str]:
    """What `fold_names` does, but for the number of blanks."""
    text = "\n".join(name.replace("\n", " ") for name in names)
    text = unicodedata.normalize("NFKD", text).casefold()
    letters = set(text)
    becomes: dict[str, int | str | None] = {char: " " for char in letters if not char.isalnum() and char != "\n"}
    becomes |= dict.fromkeys(filter(unicodedata.combining, letters), "")
    return text.translate(str.maketrans(becomes)).split("\n")


def _allowed(letters: npt.ArrayLike) -> Int64:
    """How many typos so many letters may hold."""
    return np.searchsorted(LETTERS_FOR_TYPOS, letters, side="right")


def _terms(texts: Sequence[str]) -> tuple[_Terms, Int64]:
    """The different texts, and which of them each is, int64 [n_texts]."""
    number: dict[str, int] = {}
    which = np.array([number.setdefault(text, len(number)) for text in texts], dtype=np.int64)
    return _Terms(list(number)), which


def _least(values: Float64, group: Int64, count: int) -> Float64:
    """The least value of each group, infinity where there is none, float64 [count]."""
    least = np.full(count, np.inf)
    finite = np.flatnonzero(np.isfinite(values))
    np.minimum.at(least, group[finite], values[finite])
    return least


def _letters(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The first letters of each text as a set of 64 bits, uint64 [n_texts].

    Bit ``code % 32`` says that a letter is there, bit 32 further on that it is there again.
    """
    codes = np.array(texts, dtype=f"U{HEAD}").view(np.uint32).reshape(-1, HEAD)
    again = np.zeros(codes.shape, dtype=bool)
    for place in range(1, HEAD):
        again[:, place] = (codes[:, :place] == codes[:, place : place + 1]).any(axis=1)
    bits = np.left_shift(np.uint64(1), (codes % 32 + 32 * again).astype(np.uint64))
    return np.asarray(np.bitwise_or.reduce(np.where(codes, bits, np.uint64(0)), axis=1), dtype=np.uint64)
