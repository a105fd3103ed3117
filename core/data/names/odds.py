"""What a query may mean besides the titles of an index: a title that the index lacks."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...numerics.arrays import Int64

# Powers of ten: see `core.data.name_search` for how they were chosen.
UNKNOWN = 2.0  # a query means a title that the index lacks
RELATIVE = 2.3  # such a title is named after a given one
NAMESAKE = 2.0  # such a title has a given synonym for its name
NEW_WORD = 1.0  # a word is none of the known ones
NEW_LETTER = 0.9  # part of what its pairs of letters cost: longer patterns, which no count shows, make it likelier
NEW_PAIR = 1.0  # a letter follows another one that it never follows in the known words

KANJI = "々〆㐀-鿿豈-﫿"
RUNS = re.compile(rf"[0-9]+|[ぁ-ゖー]*?の|[ぁ-ゖー]+|[{KANJI}]+|[^\W0-9ぁ-ゖー{KANJI}]+")
"""Letters of one script, and in kana what ends in の: Japanese words, as far as they show without a dictionary."""
NEVER_SLIPS = re.compile(rf"[0-9{KANJI}]")
"""Another number makes another title. Kanji are chosen from a list, not hit by accident."""
ANY_LETTER = 1 << 21  # more than there are letters


class UnknownTitles:
    """Titles that an index lacks, as a source of queries.

    They have the words of the index in their names, or new words in which letters follow each other as in those;
    or they are named after a title of the index, as sequels are. The cost of a query is minus the power of ten of its
    probability.

    ``words`` are all different words of the index, in no order, and ``counts``, [n_words], says how often each occurs.
    """

    def __init__(self, words: npt.NDArray[np.object_], counts: Int64) -> None:
        repeated = np.flatnonzero(counts > 1)
        costs = np.log10(counts.sum() / counts[repeated]).tolist()
        self._word_costs: dict[str, float] = dict(zip(words[repeated], costs, strict=True))
        letters = _codes("\n".join(["", *words, ""]))
        self._pairs, n_pairs = np.unique(letters[:-1] * ANY_LETTER + letters[1:], return_counts=True)
        self._letters, n_letters = np.unique(letters, return_counts=True)
        first_of_pair = np.searchsorted(self._letters, self._pairs // ANY_LETTER)
        self._pair_costs = np.log10(n_letters[first_of_pair] / n_pairs)
        self._letter_costs = np.log10(len(letters) / n_letters)
        self._rarest = float(np.log10(len(letters)))

    def cost(self, words: Sequence[str], names: Sequence[Sequence[str]], is_named: bool) -> float:
        """Return the cost of a query in words.

        ``names`` are names in words after which the title may be named: it begins like one of them. ``is_named`` says
        whether the index has an item of the name that was typed, so that only another word makes another title.
        """
        cost, typed = sum(map(self._word_cost, words)), _runs(words)
        for known in map(_runs, names):
            same = [ours == theirs for ours, theirs in zip(typed, known, strict=False)]
            head = same.index(False) if False in same else len(same)
            if head and not (is_named and head == len(typed)):
                cost = min(cost, RELATIVE + np.log10(len(known)) + sum(map(self._word_cost, typed[head:])))
        return UNKNOWN + float(cost)

    def knows(self, word: str) -> bool:
        """Return whether several names of the index have a word."""
        return word in self._word_costs

    def letters_cost(self, word: str) -> float:
        """Return the cost of a new word, by its pairs of letters."""
        letters = _codes(f"\n{word}\n")
        pairs = letters[:-1] * ANY_LETTER + letters[1:]
        alone = NEW_PAIR + _looked_up(letters[1:], self._letters, self._letter_costs, self._rarest)
        return float(np.sum(_looked_up(pairs, self._pairs, self._pair_costs, alone)))

    def _word_cost(self, word: str) -> float:
        return min(self._word_costs.get(word, np.inf), NEW_WORD + NEW_LETTER * self.letters_cost(word))


def may_be_slip(query: str, name: str) -> bool:
    """Return whether a query may be a name with slips of the finger, both without blanks."""
    return set(NEVER_SLIPS.findall(query)) <= set(name)


def begins_inside(query: str, name: Sequence[str]) -> int:
    """Return how many words a name has if the query begins one of them but the first, and goes on as the name does;
    else 0. Words of Japanese names count without blanks between them.
    """
    runs = _runs(name)
    return len(runs) if any("".join(runs[start:]).startswith(query) for start in range(1, len(runs))) else 0


def _runs(words: Sequence[str]) -> list[str]:
    return [run for word in words for run in RUNS.findall(word)]


def _codes(text: str) -> Int64:
    return np.frombuffer(text.encode("utf-32-le", errors="replace"), dtype=np.uint32).astype(np.int64)


def _looked_up(
    wanted: Int64, keys: Int64, values: npt.NDArray[np.float64], default: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the value of each wanted key, the default for one that is not among the sorted keys."""
    index = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[index] == wanted, values[index], default)
