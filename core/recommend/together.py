"""One list for two people or more: what all of them would like, and nobody would suffer.

*How much does a title suit each of them?* Ranking scores of two histories cannot be compared: who told
much has higher ones. So each person's scores ``s`` are told in units of their own best::

    u_j = s_j / √(mean of s² over their own ten best titles)

*And all of them?* Between averaging (``balance`` β = 0) and least misery (β = 1), where a title is worth
what it is worth to the person it suits least (Masthoff: Group recommender systems, 2011; O'Connor et
al.: PolyLens, 2001)::

    score_j = (1 - β) mean_p u_pj + β min_p u_pj

Averaging puts each one's favourites next to each other; some β brings more titles that all of them
would like, and much of it what is middling for all: see ``docs/quality.md``.

*Nobody suffers.* The ranking head asks what somebody watches, not how they like it. So a title waits if
the rating expected of one of them is below "liked" (8 of 10) and more than `TOLERANCE` below the mean
of their own ten best. It may come at place i of the list only if it is among that person's own i best,
who would get it there anyway, or if no other title is left. So no list gets shorter, the same taste
twice gets the list of one, and a longer list begins like a shorter one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..data.catalogue import Catalogue
from ..data.scale import LIKED, RatingScale
from ..errors import InputError
from ..heads.base import Ranker
from ..numerics.arrays import Bool, Float32, Float64, Int64
from .listing import Reason, best_first, check_k, reasons_of, tilted, title_facts, top_k
from .taste import Taste

OWN_BEST = 10
BALANCE = 0.25
TOLERANCE = 1 / 9
"""Of the length of the scale: one of ten points, about the noise of ratings themselves. `BALANCE` was
chosen on pairs that are neither trained nor tested on; what the tolerance costs was measured there."""


@dataclass(frozen=True, slots=True)
class JointRecommendation:
    """One line of a list for several people, as in `core.recommend.listing.Recommendation`, but that
    ``predicted_ratings`` and ``because`` hold one entry a person, in the order of the tastes. The list
    is sorted by ``score``, but for titles that had to wait.
    """

    rank: int
    anime_id: int
    name: str
    english: str
    genres: tuple[str, ...]
    type: str
    episodes: int | None
    mean_rating: float | None
    members: int
    predicted_ratings: tuple[float, ...]
    score: float
    because: tuple[tuple[Reason, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, ready for JSON."""
        return asdict(self)


def recommend_together(
    tastes: Sequence[Taste],
    ranker: Ranker,
    predicted: Float32,
    catalogue: Catalogue,
    k: int,
    allowed: Bool,
    balance: float = BALANCE,
    novelty: float = 0.0,
    tolerance: float = TOLERANCE,
) -> list[JointRecommendation]:
    """The ``k`` titles that suit all of the tastes best, the best first: see the head of this module.

    Parameters
    ----------
    predicted
        The ratings expected of each taste, float32 [n_tastes, n_items].
    allowed
        The titles that may come, bool [n_items]: what everybody's `allowed_titles` have in common.
    balance
        From 0 (averaging) to 1 (least misery).
    tolerance
        How far below their own best somebody's predicted rating may lie, in lengths of the scale;
        1 lets everything pass.

    Raises
    ------
    InputError
        ``k`` is not within 1..1000, ``novelty`` not within -1..1, or ``balance`` not within 0..1.
    """
    check_k(k)
    if isinstance(balance, bool) or not isinstance(balance, int | float) or not 0 <= balance <= 1:
        raise InputError(f"balance is {balance!r}; expected a number from 0 (averaging) to 1 (least misery).")
    own_scores = [tilted(ranker.rank_scores(taste.row)[0], catalogue, novelty) for taste in tastes]
    own_lists = [top_k(scores, allowed, catalogue, max(k, OWN_BEST)) for scores in own_scores]
    scores = joint_scores([utility(*own) for own in zip(own_scores, own_lists, strict=True)], balance)
    floors = [_floor(*own, tastes[0].scale, tolerance) for own in zip(own_lists, predicted, strict=True)]
    waits = [_waits(*own, k) for own in zip(own_lists, predicted, floors, strict=True)]
    best = _in_turn(scores, np.max(waits, axis=0), catalogue, k, allowed)
    because = [reasons_of(taste, ranker.contributions(taste.row, best), catalogue) for taste in tastes]
    return _listing(best, scores, predicted, catalogue, because)


def utility(scores: Float32, own_list: Int64) -> Float64:
    """``u`` above, float64 [n_items]; ``own_list`` are the positions of this person's best titles,
    int64 [n]. Where their scores are all 0, so are those of the rest or less: they stay as they are.
    """
    best = scores[own_list[:OWN_BEST]].astype(np.float64)
    return scores.astype(np.float64) / (np.sqrt(np.mean(best**2)) if best.any() else 1.0)


def joint_scores(utilities: Sequence[Float64], balance: float) -> Float64:
    """``(1 - balance) mean + balance min`` over people, float64 [n_items], of float64 [n_items] each."""
    if len(utilities) > 2:
        utilities = list(np.sort(utilities, axis=0))  # so that rounding doesn't depend on who comes first
    mean = sum(utilities[1:], utilities[0]) / len(utilities)
    return np.asarray(mean - balance * (mean - np.minimum.reduce(utilities)))


def _floor(own_list: Int64, predicted: Float32, scale: RatingScale, tolerance: float) -> float:
    """The lowest rating that one person is not to suffer from."""
    best = float(predicted[own_list[:OWN_BEST]].mean()) if len(own_list) else scale.low
    return min(best - tolerance * (scale.high - scale.low), scale.at(LIKED))


def _waits(own_list: Int64, predicted: Float32, floor: float, k: int) -> Int64:
    """The first place, from 0, at which one person lets each title pass, int64 [n_items]; k: none."""
    places = np.full(len(predicted), k, dtype=np.int64)
    places[own_list[:k]] = np.arange(len(own_list[:k]))
    places[predicted >= floor] = 0
    return places


def _in_turn(scores: Float64, waits: Int64, catalogue: Catalogue, k: int, allowed: Bool) -> Int64:
    """For each place the best title left that waits no longer, or else the best left, int64 [<= k]."""
    candidates = allowed & (waits > 0) & (waits < k)
    candidates[top_k(scores, allowed & (waits == 0), catalogue, k)] = True
    candidates[top_k(scores, allowed, catalogue, k)] = True
    queue = best_first(scores, np.flatnonzero(candidates), catalogue)
    waiting = waits[queue]
    chosen: list[int] = []
    for place in range(min(k, len(queue))):
        passes = waiting <= place
        at = int(np.argmax(passes if passes.any() else waiting <= k))
        chosen.append(int(queue[at]))
        waiting[at] = k + 1
    return np.array(chosen, dtype=np.int64)


def _listing(
    positions: Int64,
    scores: Float64,
    predicted: Float32,
    catalogue: Catalogue,
    because: Sequence[Sequence[tuple[Reason, ...]]],
) -> list[JointRecommendation]:
    """The titles at these positions, in this order; ``because`` [n_tastes][len(positions)]."""
    return [
        JointRecommendation(
            rank=index + 1,
            **title_facts(catalogue.title(position)),
            predicted_ratings=tuple(float(rating) for rating in predicted[:, position]),
            score=float(scores[position]),
            because=tuple(reasons[index] for reasons in because),
        )
        for index, position in enumerate(positions.tolist())
    ]
