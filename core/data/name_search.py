"""Search by name while somebody types: without case and accents, with words in any order and with typos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..numerics.arrays import Bool, Float64, Int64
from .names.folding import fold_lines, fold_name, romanised
from .names.odds import NAMESAKE, UNKNOWN, UnknownTitles, begins_inside, may_be_slip
from .names.spelling import LETTERS_FOR_TYPOS, Spelling, Terms

# Costs, in powers of ten of popularity. Tried on MyAnimeList's 12,294 titles, drawn by popularity and typed in part:
# with and without a typo, 96 % and 93 % are among the first three. Factors of two change that by 1 point; only a TYPO
# of 1.5 and more ranks some of the 100 most watched titles below their sequels.
TYPO = 1.0  # a letter that is wrong, missing, extra, or swapped with its neighbour
UNFINISHED = 0.5  # the query is a beginning of the word or of the whole name
WORDS = 1.0  # the words are in another order, or have other words between them
ENDING = 0.5  # the letters end the name
INSIDE = 2.0  # the letters are inside the name
SYNONYM = 0.5  # the name is none of those that the item is best known by
LETTERS_INSIDE = 4  # fewer letters are in too many names; a Japanese letter counts as two

# What makes a match sure. Chosen with the costs of `core.data.names.odds` on the 200 most listed titles up to 2016
# with one typo, 99 % of them sure, and on 120 well-known titles from 2017 on that the catalogue lacks, none of them
# mistaken for another one. Half a power of ten more or less changes the former by 1 point and the latter by 2 titles.
SLIP = 2.0  # a typo, beside the choice of its place and its letter
MARGIN = 2.0  # how much more probable a match with typos must be than a title that the index lacks


class NameMatch(NamedTuple):
    """An item that a query may mean, and whether that is more probable than an item that the index lacks."""

    item: int
    is_sure: bool


class NameIndex:
    """An index that finds items by any of their names, as a noisy channel [1]_.

    A query q means an item with the probability P(item) ~ popularity. Each typo, letter not typed yet or
    omitted word makes q less probable by a factor. In powers of ten, the most probable item has the largest

        log10(1 + popularity) - min over its names of cost(q, name)

    The cost is that of the cheapest way to read q:

    - as the name or its beginning, without blanks: TYPO per typo, UNFINISHED if the name continues;
    - as words of the name or beginnings of words, in any order: WORDS, and the same costs for every word;
    - as the end of the name: ENDING; as other letters inside it: INSIDE.

    The first ``n_main`` names of an item are those that it is best known by; others cost SYNONYM more. An item that
    is best known by q itself, without blanks, comes before all others. A name that cannot be read in any of these
    ways with as many typos as its length allows is not found. A query in kana is read in Latin letters, too.

    A match is sure if q means its item with a higher probability than a title that the index lacks: see
    `core.data.names.odds.UnknownTitles`. Here a typo also costs as much as there are ways to make one.

    ``names`` are those of every item, in any script, compared as folded by `fold_name`. ``popularity``, [n_items],
    is how often an item is meant, on any scale, 0 or more. ``is_series``, bool [n_items], says which items others are
    named after: the beginning of such a name means this item, not one that the index lacks.

    References
    ----------
    .. [1] Kernighan, Church and Gale, "A spelling correction program based on a noisy channel
       model", COLING 1990.
    """

    def __init__(
        self,
        names: Sequence[Sequence[str]],
        popularity: npt.ArrayLike,
        n_main: int = 3,
        is_series: npt.ArrayLike = False,
    ) -> None:
        lines = fold_lines([name for item_names in names for name in item_names])
        wholes = [line.replace(" ", "") for line in lines]
        n_names = [len(item_names) for item_names in names]
        self._prior = np.log10(1 + np.asarray(popularity, dtype=np.float64))
        self._is_series = np.broadcast_to(np.asarray(is_series, dtype=bool), len(names))
        self._item_of_name = np.repeat(np.arange(len(names)), n_names)
        self._is_main = np.array([index < n_main for count in n_names for index in range(count)], dtype=bool)
        self._name_of_word = np.repeat(np.arange(len(lines)), [len(line.split()) for line in lines])
        self._wholes, self._whole_of_name = Terms.of(wholes)
        self._words, self._term_of_word = Terms.of(" ".join(lines).split())
        self._text = "\n".join(wholes)
        self._start_in_text = np.cumsum([0, *(len(whole) + 1 for whole in wholes)])[:-1]
        n_words = np.bincount(self._term_of_word, minlength=len(self._words.texts))
        self._unknown = UnknownTitles(self._words.texts, n_words)

    def search(self, query: str, limit: int) -> list[int]:
        """Return at most ``limit`` indices of items that ``query`` may mean, the most probable first."""
        return [match.item for match in self.find(query, limit)]

    def find(self, query: str, limit: int, allowed: Bool | None = None) -> list[NameMatch]:
        """Return at most ``limit`` items that ``query`` may mean, the most probable first.

        ``allowed``, bool [n_items], says which items may be found; None: all.
        """
        spellings = [fold_name(text).split() for text in (query, romanised(query))]
        readings = [reading for words in spellings if (reading := self._read(words))]
        if not readings or limit < 1:
            return []
        # The cost of the cheapest reading of each name, [n_names], then of each item, [n_items].
        by_name = np.min([reading.cost for reading in readings], axis=0)
        cost = _group_minimum(by_name, self._item_of_name, len(self._prior))
        if allowed is not None:
            cost[~allowed] = np.inf
        # Exact names first, then by cost and popularity; items of infinite cost are not found.
        is_exact = np.zeros(len(cost), dtype=bool)
        is_exact[self._item_of_name[by_name == 0]] = True
        is_exact &= np.isfinite(cost)
        best_first = np.lexsort((cost - self._prior, ~is_exact))
        found = best_first[: min(limit, int(np.isfinite(cost).sum()))]
        is_sure = is_exact[found]
        for reading in readings:
            is_sure |= self._are_sure(found, reading, is_named=bool(is_exact.any()))
        return [NameMatch(*match) for match in zip(found.tolist(), is_sure.tolist(), strict=True)]

    def _read(self, words: list[str]) -> "_Reading | None":
        """Return how a query in words can be read; None for an empty one, and for one longer than any name."""
        whole = "".join(words)
        if not whole or len(whole) > self._wholes.longest + len(LETTERS_FOR_TYPOS):
            return None
        as_whole = self._wholes.spelled(whole)
        by_word = {word: self._words.spelled(word) for word in dict.fromkeys(words)}
        # The cost to read the query as words of each name, then of the cheapest reading, [n_names].
        cost = np.full(len(self._whole_of_name), WORDS)
        for spelling in by_word.values():
            cost += _group_minimum(_cost(spelling)[self._term_of_word], self._name_of_word, len(cost))
        cost = np.minimum(cost, _cost(as_whole)[self._whole_of_name])
        inside, ends = self._names_with(whole)
        cost[inside] = np.minimum(cost[inside], np.where(ends, ENDING, INSIDE))
        # What a typo costs that may be any letter in any place.
        slip = SLIP + float(np.log10(len(whole))) + self._unknown.letters_cost(whole) / len(whole)
        return _Reading(words, as_whole, by_word, np.where(self._is_main, cost, cost + SYNONYM), slip)

    def _names_with(self, whole: str) -> tuple[Int64, Bool]:
        """Return the names that contain the query, both without blanks, as indices, int64 [n_found], and which of them
        it ends, bool [n_found]; a name once for each place.
        """
        if len(whole) * (1 if whole.isascii() else 2) < LETTERS_INSIDE:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
        starts = np.array(list(_places(whole, self._text)), dtype=np.int64)
        found = np.searchsorted(self._start_in_text, starts, side="right") - 1
        ends = self._start_in_text[found] + self._wholes.lengths[self._whole_of_name[found]]
        return found, starts + len(whole) == ends

    # -- which matches are sure ----------------------------------------------------------------

    def _are_sure(self, found: Int64, reading: "_Reading", is_named: bool) -> Bool:
        """Return which of the found items are sure, bool [n_found].

        ``is_named`` says whether one of all items has the name that was typed.
        """
        ways, names = [], []
        for item in found:
            first, last = np.searchsorted(self._item_of_name, [item, item + 1])
            readable = [name for name in range(first, last) if np.isfinite(reading.cost[name])]
            ways.append(min((self._way(name, reading) for name in readable), default=_Way(np.inf)))
            names += [self._terms_of(name)[1] for name in readable]
        is_named |= any(self._is_series[item] and way.is_beginning for item, way in zip(found, ways, strict=True))
        lacked = -self._unknown.cost(reading.words, names, is_named)
        shares = self._prior[found] - np.log10(np.power(10, self._prior).sum())
        meant = [float(share) - way.cost for share, way in zip(shares, ways, strict=True)]
        # Without typos, all of them together stand against what the index lacks.
        together = np.log10(sum(10**power for power, way in zip(meant, ways, strict=True) if way.is_clean) or 1e-99)
        powers = [together if way.is_clean else power - MARGIN for power, way in zip(meant, ways, strict=True)]
        least = [lacked if way.is_main else max(lacked, -UNKNOWN - NAMESAKE) for way in ways]
        return np.array(powers) > least

    def _way(self, name: int, reading: "_Reading") -> "_Way":
        """Return the most probable way in which somebody who means a name types the query."""
        terms, words = self._terms_of(name)
        whole, own = "".join(reading.words), "".join(words)
        is_main = bool(self._is_main[name])
        if not may_be_slip(whole, own):
            return _Way(np.inf, is_main=is_main)
        rest = UNFINISHED + float(np.log10(len(own)))
        typos, continues = (float(part[self._whole_of_name[name]]) for part in reading.as_whole)
        ways = [
            (reading.slip * typos + continues * (rest + 2 * SLIP * (typos > 0)), not typos),
            self._words_way(terms, reading),
        ]
        if not whole.isascii() and (n_words := begins_inside(whole, words)):
            ways.append((WORDS + rest + float(np.log10(n_words)), True))
        if own.endswith(whole) and self._unknown.knows(whole):
            ways.append((WORDS + rest, True))
        cost, is_clean = min(ways)
        is_beginning = is_main and words[: len(reading.words)] == reading.words
        return _Way(cost if is_main else cost + SYNONYM, is_clean, is_main, is_beginning)

    def _words_way(self, terms: Int64, reading: "_Reading") -> tuple[float, bool]:
        """Return the cost to type the query as words of a name, and whether that takes no typos. Another word than the
        last one that is not finished, and a word that is typed twice, count as typos.
        """
        cost, is_clean, slip = WORDS, True, reading.slip
        used: set[int] = set()
        for index, word in enumerate(reading.words):
            spelling, is_last = reading.by_word[word], index == len(reading.words) - 1
            rest = UNFINISHED + np.log10(self._words.lengths[terms]) if is_last else slip
            by_term = slip * spelling.typos[terms] + np.where(spelling.continues[terms], rest, 0.0)
            best = int(by_term.argmin()) if len(terms) else -1
            if best < 0 or by_term[best] == np.inf:
                return np.inf, False
            n_typos = spelling.typos[terms[best]] + (best in used) + (spelling.continues[terms[best]] and not is_last)
            cost += float(by_term[best] + np.log10(len(terms)) + slip * (best in used))
            is_clean &= n_typos == 0
            used.add(best)
        return cost, is_clean

    def _terms_of(self, name: int) -> tuple[Int64, list[str]]:
        """Return the words of a name, as indices of terms, int64 [n_words], and as texts."""
        first, last = np.searchsorted(self._name_of_word, [name, name + 1])
        terms = self._term_of_word[first:last]
        return terms, list(self._words.texts[terms])


@dataclass(frozen=True)
class _Reading:
    """A query in words, how it spells whole names and words, the cost to read it as each name, [n_names], and the cost
    of a typo where the ways to make one count.
    """

    words: list[str]
    as_whole: Spelling
    by_word: dict[str, Spelling]
    cost: Float64
    slip: float


class _Way(NamedTuple):
    """A way to type a query that means an item: minus the power of ten of its probability, whether it takes no typos,
    whether the name is one that the item is best known by, and whether it begins with the words of the query.
    """

    cost: float
    is_clean: bool = False
    is_main: bool = False
    is_beginning: bool = False


def _places(part: str, text: str) -> Iterator[int]:
    """Yield where a text has a part."""
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _cost(spelling: Spelling) -> Float64:
    """Return TYPO per typo, plus UNFINISHED where the term continues; infinity for too many typos; [n_terms]."""
    return TYPO * spelling.typos + UNFINISHED * spelling.continues


def _group_minimum(values: Float64, group: Int64, count: int) -> Float64:
    """Return the smallest value of each group, infinity for an empty one, float64 [count]."""
    minimum = np.full(count, np.inf)
    finite = np.flatnonzero(np.isfinite(values))
    np.minimum.at(minimum, group[finite], values[finite])
    return minimum
