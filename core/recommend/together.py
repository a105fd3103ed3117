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
one, and a longer list begins like a shorter one.

*The list does not repeat itself.* Each rank goes to the accepted title with the highest score after the penalties of
`core.recommend.variety`. Each person's own list has them, too.
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
from .top_k import MAX_K, POOL, ListedTitle, Reason, best_first, check_k, reasons_of, top_k, varied
from .variety import Variety

OWN_BEST = 10
MOST_PEOPLE = 6
BALANCE = 0.25
TOLERANCE = 1 / 9
"""A share of the scale: one of ten points, about the noise of ratings themselves. `BALANCE` was chosen on
pairs that are neither trained nor tested on; what the tolerance costs was measured there."""


@dataclass(frozen=True, slots=True)
class JointRecommendation(ListedTitle):
    """One line of a list for several people: see `core.recommend.top_k.Recommendation`.

    ``predicted_ratings`` and ``because`` hold one entry for each person, in the order of the tastes, and ``names``
    what the people are called, if it is known. The list is sorted by ``score``, except for delayed titles.
    """

    predicted_ratings: tuple[float, ...]
    score: float
    because: tuple[tuple[Reason, ...], ...]
    names: tuple[str, ...] = ()


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
    check_k(k)
    _check(tastes, balance)
    catalogue = tastes[0].model.catalogue
    # The titles that everybody may get, bool [n_items], and each person's ratings, float32 [n_tastes, n_items].
    allowed = np.all([taste.allowed(filters) for taste in tastes], axis=0)
    predicted = np.stack([taste.predicted for taste in tastes])
    # Each person's own list, and the joint score of each title, float64 [n_items].
    position = position_at(novelty)
    own_scores = [taste.dialled(position) for taste in tastes]
    own_lists = [
        varied(scores, allowed, taste, max(k, OWN_BEST), position.variety)[0]
        for scores, taste in zip(own_scores, tastes, strict=True)
    ]
    scores = joint_scores([utility(*own) for own in zip(own_scores, own_lists, strict=True)], balance)
    # The earliest rank at which everybody accepts each title.
    floors = [_floor(*own, tastes[0].scale, tolerance) for own in zip(own_lists, predicted, strict=True)]
    ranks = [_earliest_ranks(*own, k) for own in zip(own_lists, predicted, floors, strict=True)]
    earliest = np.max(ranks, axis=0)
    candidates = _candidates(scores, earliest, catalogue, k, allowed)
    best, final = _in_turn(scores, earliest, candidates, k, tastes[0].model.variety, position.variety)
    return _listing(best, final, tastes, predicted)


def _listing(
    positions: Int64, scores: Float64, tastes: Sequence[Taste], predicted: Float32
) -> list[JointRecommendation]:
    """Return recommendations of these catalogue positions, in this order, with their ``scores``, float64 [n].
    ``predicted`` holds each person's ratings, float32 [n_tastes, n_items].
    """
    catalogue, rated = tastes[0].model.catalogue, tastes[0].model.ranker.rated
    because = [reasons_of(taste, taste.contributions(positions), catalogue) for taste in tastes]
    return [
        JointRecommendation.of(
            index + 1,
            catalogue.title(position),
            estimated=not rated[position],
            predicted_ratings=tuple(predicted[:, position].tolist()),
            score=float(scores[index]),
            because=tuple(reasons[index] for reasons in because),
        )
        for index, position in enumerate(positions.tolist())
    ]


def _check(tastes: Sequence[Taste], balance: object) -> None:
    """Raise `InputError` for fewer than two tastes, and for a balance off 0..1."""
    if len(tastes) < 2:
        raise InputError(f"There are {len(tastes)} tastes; a list together needs two or more.")
    if isinstance(balance, bool) or not isinstance(balance, int | float) or not 0 <= balance <= 1:
        raise InputError(f"balance is {balance!r}; expected a number from 0 (averaging) to 1 (least misery).")


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


def _candidates(scores: Float64, earliest: Int64, catalogue: Catalogue, k: int, allowed: Bool) -> Int64:
    """Return the positions of the titles that can come up, best first, int64 [n]: delayed ones, and the best of each
    sort.
    """
    pool = min(POOL * (k + OWN_BEST), MAX_K)
    candidates = allowed & (earliest > 0) & (earliest < k)
    candidates[top_k(scores, allowed & (earliest == 0), catalogue, pool)] = True
    candidates[top_k(scores, allowed, catalogue, pool)] = True
    return best_first(scores, np.flatnonzero(candidates), catalogue)


def _in_turn(
    scores: Float64, earliest: Int64, queue: Int64, k: int, variety: Variety, weight: float
) -> tuple[Int64, Float64]:
    """Return for each rank the best remaining title that is accepted there, else the best remaining, int64 [<= k], and
    their scores after the penalties for variety, float64 [<= k].

    ``queue`` holds the titles that can come up, best first. Titles with scores of 0 and less come last, without
    penalties.
    """
    n_liked = int(np.count_nonzero(scores[queue] > 0))
    worth = np.full(len(queue), -np.inf)
    worth[:n_liked] = np.log(scores[queue[:n_liked]])
    penalties = variety.running(queue, weight)
    # Fill the ranks in turn; a chosen title is marked by a rank beyond k.
    waiting = earliest[queue]
    chosen: list[int] = []
    lowered: list[float] = []
    for rank in range(min(k, len(queue))):
        accepted = waiting <= rank
        fits = np.flatnonzero(accepted if accepted.any() else waiting <= k)
        index = int(fits[np.argmax((worth - penalties.now)[fits])])
        chosen.append(index)
        lowered.append(float(penalties.now[index]) if index < n_liked else 0.0)
        penalties.add(index)
        waiting[index] = k + 1
    best = queue[chosen]
    return best, scores[best] * np.exp(-np.array(lowered, dtype=np.float64))
