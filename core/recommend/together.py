"""One list for two people or more: what all of them would like, and nobody would dislike.

*How much does a title suit each person?* Ranking scores of two histories cannot be compared: who rated
more has higher scores. So the scores ``s`` of a person are divided by those of their own best titles::

    u_j = s_j / √(mean of s² over their own ten best titles)

*How much does it suit all?* The score lies between averaging (``balance`` β = 0) and least misery (β = 1),
which takes the utility of the person whom the title suits least (Masthoff: Group recommender systems, 2011;
O'Connor et al.: PolyLens, 2001)::

    score_j = (1 - β) mean_p u_pj + β min_p u_pj

Averaging puts the favourites of each next to each other. A larger β brings more titles that all of them
would like, and more that are mediocre for all: see ``docs/quality.md``.

*Nobody suffers.* The ranking head predicts what people watch, not how they like it. So a title is delayed
if somebody's predicted rating is below "liked" (8 of 10) and more than `TOLERANCE` below the mean of their
own ten best. It may take rank i only if it is among the i best of that person's own list, who would get it
there anyway, or if no other title is left. So no list gets shorter, the same taste twice gets the list of
one (but for its variety, which joint lists lack), and a longer list begins like a shorter one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.catalogue import Catalogue
from ..data.scale import LIKED, RatingScale
from ..errors import InputError
from ..numerics.arrays import Bool, Float32, Float64, Int64
from .filters import Filters
from .fold_in import Taste
from .novelty import DEFAULT, position_at
from .top_k import ListedTitle, Reason, best_first, check_k, reasons_of, top_k

OWN_BEST = 10
BALANCE = 0.25
TOLERANCE = 1 / 9
"""A share of the scale: one of ten points, about the noise of ratings themselves. `BALANCE` was chosen on
pairs that are neither trained nor tested on; what the tolerance costs was measured there."""


@dataclass(frozen=True, slots=True)
class JointRecommendation(ListedTitle):
    """One line of a list for several people: see `core.recommend.top_k.Recommendation`.

    ``predicted_ratings`` and ``because`` hold one entry for each person, in the order of the tastes. The
    list is sorted by ``score``, except for delayed titles.
    """

    predicted_ratings: tuple[float, ...]
    score: float
    because: tuple[tuple[Reason, ...], ...]


def recommend_together(
    tastes: Sequence[Taste],
    k: int,
    filters: Filters,
    balance: float = BALANCE,
    novelty: float = DEFAULT,
    tolerance: float = TOLERANCE,
) -> list[JointRecommendation]:
    """Return the ``k`` titles that suit all tastes best, best first: see the head of this module.

    A title is allowed if the filters allow it to each person, so a franchise waits where one person is
    further on than another.

    Parameters
    ----------
    balance
        From 0 (averaging) to 1 (least misery).
    novelty
        The position of the dial, -1..1: see `core.recommend.novelty`.
    tolerance
        How far below their own best somebody's predicted rating may lie, as a share of the scale;
        1 delays nothing.

    Raises
    ------
    InputError
        There are fewer than two tastes, ``k`` is not within 1..1000, ``novelty`` not within -1..1, or
        ``balance`` not within 0..1.
    """
    if len(tastes) < 2:
        raise InputError(f"There are {len(tastes)} tastes; a list together needs two or more.")
    check_k(k)
    if isinstance(balance, bool) or not isinstance(balance, int | float) or not 0 <= balance <= 1:
        raise InputError(f"balance is {balance!r}; expected a number from 0 (averaging) to 1 (least misery).")
    catalogue = tastes[0].model.catalogue
    # The titles that everybody may get, bool [n_items], and each person's ratings, float32 [n_tastes, n_items].
    allowed = np.all([taste.allowed(filters) for taste in tastes], axis=0)
    predicted = np.stack([taste.predicted for taste in tastes])
    # Each person's own list, and the joint score of each title, float64 [n_items].
    position = position_at(novelty)
    own_scores = [taste.dialled(position) for taste in tastes]
    own_lists = [top_k(scores, allowed, catalogue, max(k, OWN_BEST)) for scores in own_scores]
    scores = joint_scores([utility(*own) for own in zip(own_scores, own_lists, strict=True)], balance)
    # The earliest rank at which everybody accepts each title.
    floors = [_floor(*own, tastes[0].scale, tolerance) for own in zip(own_lists, predicted, strict=True)]
    ranks = [_earliest_ranks(*own, k) for own in zip(own_lists, predicted, floors, strict=True)]
    best = _in_turn(scores, np.max(ranks, axis=0), catalogue, k, allowed)
    because = [reasons_of(taste, taste.contributions(best), catalogue) for taste in tastes]
    rated = tastes[0].model.ranker.rated
    return [
        JointRecommendation.of(
            index + 1,
            catalogue.title(position),
            estimated=not rated[position],
            predicted_ratings=tuple(predicted[:, position].tolist()),
            score=float(scores[position]),
            because=tuple(reasons[index] for reasons in because),
        )
        for index, position in enumerate(best.tolist())
    ]


def utility(scores: Float32, own_list: Int64) -> Float64:
    """Return ``u`` above, float64 [n_items].

    ``own_list`` holds the positions of this person's best titles, int64 [n]. If their scores are all 0,
    scores are returned as they are.
    """
    best = scores[own_list[:OWN_BEST]].astype(np.float64)
    return scores.astype(np.float64) / (np.sqrt(np.mean(best**2)) if best.any() else 1.0)


def joint_scores(utilities: Sequence[Float64], balance: float) -> Float64:
    """Return ``(1 - balance) mean + balance min`` over people, float64 [n_items], of float64 [n_items] each."""
    if len(utilities) > 2:
        utilities = list(np.sort(utilities, axis=0))  # so that rounding does not depend on the order of people
    mean = sum(utilities[1:], utilities[0]) / len(utilities)
    return np.asarray(mean - balance * (mean - np.minimum.reduce(utilities)))


def _floor(own_list: Int64, predicted: Float32, scale: RatingScale, tolerance: float) -> float:
    """Return the lowest predicted rating that does not delay a title for this person."""
    best = float(predicted[own_list[:OWN_BEST]].mean()) if len(own_list) else scale.low
    return min(best - tolerance * (scale.high - scale.low), scale.at(LIKED))


def _earliest_ranks(own_list: Int64, predicted: Float32, floor: float, k: int) -> Int64:
    """Return the earliest rank (0-based) at which this person accepts each title, int64 [n_items]; k means never."""
    ranks = np.full(len(predicted), k, dtype=np.int64)
    ranks[own_list[:k]] = np.arange(len(own_list[:k]))
    ranks[predicted >= floor] = 0
    return ranks


def _in_turn(scores: Float64, earliest: Int64, catalogue: Catalogue, k: int, allowed: Bool) -> Int64:
    """Return for each rank the best remaining title that is accepted there, else the best remaining, int64 [<= k]."""
    # Only delayed titles and the k best of each sort can come up, best first.
    candidates = allowed & (earliest > 0) & (earliest < k)
    candidates[top_k(scores, allowed & (earliest == 0), catalogue, k)] = True
    candidates[top_k(scores, allowed, catalogue, k)] = True
    queue = best_first(scores, np.flatnonzero(candidates), catalogue)
    # Fill the ranks in turn; a chosen title is marked by a rank beyond k.
    waiting = earliest[queue]
    chosen: list[int] = []
    for rank in range(min(k, len(queue))):
        accepted = waiting <= rank
        index = int(np.argmax(accepted if accepted.any() else waiting <= k))
        chosen.append(int(queue[index]))
        waiting[index] = k + 1
    return np.array(chosen, dtype=np.int64)
