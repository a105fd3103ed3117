"""How well a query spells each of many terms: the typos, and whether the term goes on after them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...numerics.arrays import Bool, Float64, Int64

LETTERS_FOR_TYPOS = (4, 8, 16)  # from 4 letters on one typo is allowed, from 8 two, from 16 three
HEAD = 12  # letters at the beginning of a term by which most terms are rejected quickly


class Spelling(NamedTuple):
    """How a query spells each term: the typos, infinity for too many, float64 [n]; and whether the term goes on after
    the last letter of the query, bool [n].
    """

    typos: Float64
    continues: Bool


class Terms:
    """Different strings without blanks.

    Attributes
    ----------
    texts, lengths
        The strings, and their numbers of letters, int64 [n_terms].
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = np.array(texts, dtype=object)
        self.lengths = np.array([len(text) for text in texts], dtype=np.int64)
        self._letters = _letter_sets(texts)

    @classmethod
    def of(cls, texts: Sequence[str]) -> tuple["Terms", Int64]:
        """Return the different texts, and the index among them of each text, int64 [n_texts]."""
        index_of: dict[str, int] = {}
        indices = np.array([index_of.setdefault(text, len(index_of)) for text in texts], dtype=np.int64)
        return cls(list(index_of)), indices

    @property
    def longest(self) -> int:
        """The length of the longest term."""
        return int(self.lengths.max(initial=0))

    def spelled(self, query: str) -> Spelling:
        """Return how a query spells each term.

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
        best = np.min([self._distances(query, near, cut, most) for cut in cuts], axis=0)
        goes_on = self.lengths[near] > length + best
        # Letters by which typos are allowed: of the longer text if the term ends, one less than typed if it goes on.
        known_length = np.where(goes_on, length - 1, np.maximum(self.lengths[near], length))
        typos, continues = np.full(len(self.texts), np.inf), np.zeros(len(self.texts), dtype=bool)
        typos[near] = np.where(best <= _allowed_typos(known_length), best, np.inf)
        continues[near] = goes_on
        return Spelling(typos, continues)

    def _distances(self, query: str, near: Int64, length: int, most: int) -> Int64:
        """Return the typos between the query and the first ``length`` letters of terms; ``most`` + 1 for more."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        cut = [text[:length] for text in self.texts[near]]
        typos = cdist([query], cut, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8, workers=1)
        return np.asarray(typos[0], dtype=np.int64)


def _allowed_typos(letters: npt.ArrayLike) -> Int64:
    """Return how many typos are allowed in so many letters."""
    return np.searchsorted(LETTERS_FOR_TYPOS, letters, side="right")


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
