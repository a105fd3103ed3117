"""Choices between two groups of covers: a way in for who would rather tap than rate.

The taste is a Gaussian with covariance S over the influences φ of titles (see `core.recommend.suggestions`), I before
the first answer. A question is asked along the direction u in which the lists of visitors differ most, given what the
answers before it told: of all ``u = S^½ e`` with ``|e| = 1``, the one with the largest ``uᵀMu``, where M is the mean of
φφᵀ over titles, by members. The two groups are the well-known titles farthest along u and -u. With the difference d of
their mean influences, an answer leaves

    S - S d dᵀ S / (1 + dᵀ S d)

which depends on the question alone: everybody is asked the same questions in the same order.
"""

from typing import NamedTuple

import numpy as np

from ..numerics.arrays import Float64, Int64
from ..recommend.suggestions import Suggester

WELL_KNOWN = 80  # of 40, 80 and 160: see docs/quality.md
GROUP = 3


class Pair(NamedTuple):
    """Two groups of titles to choose from: the ids of three titles each."""

    one: tuple[int, ...]
    other: tuple[int, ...]


def pairs(suggester: Suggester, count: int = 5) -> tuple[Pair, ...]:
    """Return at most ``count`` pairs, in the order in which to ask. No two titles are of one franchise."""
    # The well-known titles, float64 [n, d], and M.
    known = np.flatnonzero(suggester.franchises.depth[suggester.candidates] == 0)[:WELL_KNOWN]
    titles: Int64 = suggester.candidates[known]
    n_pairs = min(count, len(titles) // (2 * GROUP))
    if not n_pairs:  # a model without titles to ask about has no influences
        return ()
    influence = suggester.influence.astype(np.float64)
    members = suggester.catalogue.members[suggester.candidates] + 1.0
    spread = (influence * (members / members.sum())[:, None]).T @ influence
    near = influence[known]
    centred = near - np.average(near, axis=0, weights=members[known])
    covariance, free = np.eye(influence.shape[1]), np.ones(len(titles), dtype=bool)
    asked = []
    for _ in range(n_pairs):
        along = np.where(free, centred @ _widest(covariance, spread), np.nan)
        order = np.argsort(-along, kind="stable")[: np.count_nonzero(free)]  # NaN, taken titles, come last
        one, other = order[:GROUP], order[::-1][:GROUP]
        free[[*one, *other]] = False
        difference = near[one].mean(axis=0) - near[other].mean(axis=0)
        told = covariance @ difference
        covariance -= np.outer(told, told) / (1 + difference @ told)
        asked.append(Pair(*(tuple(suggester.catalogue.anime_ids[titles[group]].tolist()) for group in (one, other))))
    return tuple(asked)


def _widest(covariance: Float64, spread: Float64) -> Float64:
    """Return u above, float64 [d]."""
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance)))
    return np.asarray(root @ np.linalg.eigh(root.T @ spread @ root)[1][:, -1])
