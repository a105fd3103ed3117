"""Explanations that add up: what moved a title to its score, with signs, so that the sum is the score.

The ranking head's score is a sum: what each rating adds, and what the average visitor adds. The other parts multiply
it: ``score = linear · exp(Σ_p g_p)``. Each gets its share of the change, by the logarithmic mean L of the two scores,
which depends on no order (LMDI: Ang, Decomposition analysis for policymaking in energy, 2004)::

    amount_p = L g_p,    L = (score - linear) / Σ_p g_p
"""

from typing import NamedTuple

import numpy as np

from ..numerics.arrays import Float32, Float64, Int64
from .fold_in import Taste
from .novelty import Position
from .second_stage import PARTS

RATING, OTHER_RATINGS, AVERAGE, NEW, VARIETY = "rating", "other ratings", "average", "new", "variety"
CHOICES = "choices"
KINDS = (RATING, OTHER_RATINGS, AVERAGE, CHOICES, *PARTS, NEW, VARIETY)
"""Kinds of contributions: a rating of the visitor; all their other ratings together; the average visitor; their choices
by cover; the parts of `core.recommend.second_stage`, of which *quality* includes what the dial adds; how new the title
is to them; and what like titles before it on the list take away."""
SUMS = (OTHER_RATINGS, AVERAGE)
RATINGS_SHOWN = 5
NEGLIGIBLE, ROUNDING = 1e-9, 5e-5


class Contribution(NamedTuple):
    """What something adds to a score, or takes from it if ``amount`` is negative.

    ``kind`` is one of `KINDS`. ``anime_id``, ``name`` and ``english`` are those of the rated title; None and empty for
    other kinds.
    """

    kind: str
    amount: float
    anime_id: int | None = None
    name: str = ""
    english: str = ""


def explanations(
    taste: Taste, position: Position, targets: Int64, penalties: Float32, by_rating: Float32
) -> list[tuple[Contribution, ...]]:
    """Return what adds up to the score of each target on a list, the strongest rating first.

    Parameters
    ----------
    position
        Of the dial: see `core.recommend.novelty`.
    targets
        Catalogue positions, int64 [n].
    penalties
        Of `core.recommend.variety`, float32 [n].
    by_rating
        What each title of the history adds, float32 [history, n]: see `Ranker.contributions`.
    """
    average, factors = linear_rest(taste, targets, by_rating)
    choices = taste.pull[targets].astype(np.float64)
    linear = by_rating.sum(axis=0, dtype=np.float64) + average + choices
    # The logarithms of all factors, float64 [n_parts + 2, n], and what each adds.
    logs = np.vstack([taste.parts_at(position, targets), -penalties])
    logs[PARTS.index("franchise")] += np.log(factors)
    logs = np.where(linear > 0, logs.astype(np.float64), 0.0)
    total = logs.sum(axis=0)
    mean = np.where(np.abs(total) > NEGLIGIBLE, linear * np.expm1(total) / np.where(total == 0, 1, total), linear)
    amounts = mean * logs
    # The ratings with the largest contributions, and all others together.
    strongest = np.argsort(-np.abs(by_rating), axis=0, kind="stable")[:RATINGS_SHOWN]
    largest = np.take_along_axis(by_rating, strongest, 0)
    rest = by_rating.sum(axis=0, dtype=np.float64) - largest.sum(axis=0)
    titles = {row: taste.model.catalogue.title(int(taste.positions[row])) for row in set(strongest.ravel().tolist())}
    others = (OTHER_RATINGS,) if len(by_rating) > RATINGS_SHOWN else ()
    kinds = (*others, AVERAGE, CHOICES, *PARTS, NEW, VARIETY)
    other_amounts = np.vstack([rest[None][: len(others)], average, choices, amounts])
    columns = zip(strongest.T.tolist(), largest.T.tolist(), other_amounts.T.tolist(), strict=True)
    explained = []
    for rows, of_ratings, of_others in columns:
        shown = [(titles[row], amount) for row, amount in zip(rows, of_ratings, strict=True)]
        explained.append((
            *(Contribution(RATING, amount, title.anime_id, title.name, title.english) for title, amount in shown),
            *(Contribution(*part) for part in zip(kinds, of_others, strict=True) if part[1] or part[0] in SUMS),
        ))  # fmt: skip
    return explained


def linear_rest(taste: Taste, targets: Int64, by_rating: Float32) -> tuple[Float64, Float64]:
    """Return what the average visitor adds to the targets' linear scores, and the factor of earlier parts on them,
    float64 [n] each.
    """
    average = taste.model.ranker.average_part(taste.row, targets, taste.is_complete).astype(np.float64)
    linear = by_rating.sum(axis=0, dtype=np.float64) + average + taste.pull[targets]
    scores = taste.linear_scores[targets]
    positive = (linear > NEGLIGIBLE) & (scores > 0)
    factors = np.where(positive, scores / np.where(positive, linear, 1), 1.0)
    return average, np.where(np.abs(factors - 1) < ROUNDING, 1.0, factors)
