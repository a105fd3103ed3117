"""Variety: a list does not repeat one franchise, nor one studio.

Titles are chosen one by one. Each chosen title of the same franchise, or by the same studio, lowers the logarithm of a
title's score by a penalty that grows with their number::

    penalty_j = FRANCHISE m_j² + STUDIO s_j²

for the m of its franchise and the s of its studio that are before it. So a second season may stand beside the first
if it is liked as well, and a fourth hardly ever. A penalty for closeness in factor space (MMR: Carbonell and Goldstein,
1998) makes lists worse by every measure: see ``docs/quality.md``.
"""

import heapq
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.labels import split
from ..numerics.arrays import Float32, Int64

FRANCHISE, STUDIO = 0.05, 0.01


@dataclass(frozen=True)
class Variety:
    """Chooses titles for a list."""

    catalogue: Catalogue
    franchises: Franchises

    @cached_property
    def studios(self) -> Int64:
        """The first studio of each title as a number, int64 [n_items]; unknown ones have numbers of their own."""
        names = [next(iter(split(cell, "|")), "") for cell in self.catalogue.frame["studios"]]
        number = {name: index for index, name in enumerate(dict.fromkeys(names))}
        return np.array([number[name] if name else -1 - index for index, name in enumerate(names)], dtype=np.int64)

    def running(self, order: Int64, weight: float) -> "RunningPenalties":
        """Return the penalties, times ``weight``, of titles at these positions, int64 [m], before any is chosen."""
        return RunningPenalties(self.franchises.numbers[order], self.studios[order], weight)

    def choose(self, order: Int64, log_scores: Float32, k: int, weight: float) -> tuple[Int64, Float32]:
        """Return the first ``k`` titles with penalties times ``weight``, int64 [k], and their penalties, float32 [k].

        ``order`` holds catalogue positions, best first, int64 [m], and ``log_scores`` their scores, float32 [m]. Of
        equal scores the earlier one comes first.
        """
        if not weight:
            return order[:k], np.zeros(min(k, len(order)), dtype=np.float32)
        franchises, studios = self.franchises.numbers[order].tolist(), self.studios[order].tolist()
        in_franchise: Counter[int] = Counter()
        by_studio: Counter[int] = Counter()
        # The titles by score with the penalty that was known when they were put here; penalties only grow.
        queue = [(-score, index, 0.0) for index, score in enumerate(log_scores.tolist())]
        heapq.heapify(queue)
        chosen: list[int] = []
        penalties: list[float] = []
        while queue and len(chosen) < k:
            negative, index, old = queue[0]
            franchise, studio = franchises[index], studios[index]
            penalty = weight * (FRANCHISE * in_franchise[franchise] ** 2 + STUDIO * by_studio[studio] ** 2)
            if penalty > old:
                heapq.heapreplace(queue, (negative + penalty - old, index, penalty))
                continue
            heapq.heappop(queue)
            chosen.append(index)
            penalties.append(penalty)
            in_franchise[franchise] += 1
            by_studio[studio] += 1
        return order[chosen], np.array(penalties, dtype=np.float32)


class RunningPenalties:
    """The penalties of candidates while a list grows. ``now``, float64 [m], are those after the last choice."""

    def __init__(self, franchises: Int64, studios: Int64, weight: float) -> None:
        self._franchises, self._studios, self._weight = franchises, studios, weight
        self._in_franchise, self._by_studio = np.zeros((2, len(franchises)), dtype=np.int64)
        self.now = np.zeros(len(franchises))

    def add(self, index: int) -> None:
        """Take in that the candidate with this index was chosen."""
        self._in_franchise += self._franchises == self._franchises[index]
        self._by_studio += self._studios == self._studios[index]
        self.now = self._weight * (FRANCHISE * self._in_franchise**2 + STUDIO * self._by_studio**2)
