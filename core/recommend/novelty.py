"""The dial from well known to hidden: liking, times quality, times the chance that a title is new to the visitor.

Whoever tells ten titles has seen more. A list of what they have seen and not told is wasted, however well they like
it. So the score of a list at a position of the dial is::

    score_j · exp(β (r̂_j - 8)) · (1 - P_j)^γ

with the predicted rating ``r̂`` on the scale of ten, less the standard deviation of what is not known of the title, so
that nobody is sent to a title that three people rated highly. The chance P that they have seen a title is a logistic
regression on its score, its rank by members and the number n of titles of the history::

    logit P_j = 0.65 + 0.96 ln score_j - 0.57 log10 rank_j - 0.79 ln n

fitted to 500 users for each of n = 1, 3, 5, 10, 20 and 40, on whom the heads were not trained. It is calibrated up to
one half; above, it is up to 0.1 too high for short histories. Without the score the deviance is 15 % larger. Where
somebody said that they haven't seen a title, P is 0.

The positions were chosen on 700 such users and on real plan-to-watch lists: see ``docs/quality.md``.
"""

from math import log
from typing import NamedTuple

import numpy as np

from ..data.scale import RatingScale
from ..errors import InputError
from ..numerics.arrays import Float32

INTERCEPT, SCORE, RANK, HISTORY = 0.65, 0.96, -0.57, -0.79
LOWEST_SCORE, MOST = 0.01, 0.999
GOOD = 8.0


class Position(NamedTuple):
    """What the dial does at a position: β and γ above; how much `core.recommend.variety` counts; and how much it counts
    that a title is newer than all that the visitor told, see `core.recommend.second_stage`.
    """

    quality: float
    newness: float
    variety: float
    era: float


DEFAULT = 0.25
POSITIONS = {
    -1.0: Position(0.0, -1.0, 0.0, 1.0),
    0.0: Position(0.0, 0.0, 0.0, 1.0),
    DEFAULT: Position(0.0, 0.6, 1.0, 0.5),
    0.5: Position(0.7, 3.0, 1.0, 0.0),
    0.75: Position(0.5, 5.0, 1.0, 0.0),
    1.0: Position(0.5, 10.0, 1.0, 0.0),
}
"""By ``novelty``; between two of them everything is linear. 0, *well known*, is the order of `rank_scores`: it finds
best what people have on their lists. `DEFAULT` finds best what they will like of what they have not seen, 0.5, *new to
you*, what they plan to watch. 1, *hidden*, lists well-rated titles that hardly anybody like them has seen. Below 0 the
list prefers what they have probably seen: titles to rate.

Many lists end years ago, so the newest titles are on few of them. A visitor is here today: that fades out. Among
planned titles it costs .004 of NDCG@10 to keep it; among those on lists .003 to .009 to leave it out."""


def position_at(novelty: float) -> Position:
    """Return what the dial does at ``novelty``. Raises `InputError` unless it is a number within -1..1."""
    if isinstance(novelty, bool) or not isinstance(novelty, int | float) or not -1 <= novelty <= 1:
        raise InputError(
            f"novelty is {novelty!r}; expected a number from 0 (well known) over {DEFAULT} (the default) and 0.5 "
            "(new to you) to 1 (hidden), or below 0, down to -1, for what has probably been seen."
        )
    columns = zip(*POSITIONS.values(), strict=True)
    return Position(*(float(np.interp(novelty, list(POSITIONS), column)) for column in columns))


def seen_chance(scores: Float32, fame_rank: Float32, n: int) -> Float32:
    """Return P above for scores and log10 of the ranks by members, float32 [n_items] each, and ``n`` titles."""
    logit = SCORE * np.log(np.maximum(scores, np.float32(LOWEST_SCORE))) + RANK * fame_rank
    logit += INTERCEPT + HISTORY * log(max(n, 1))
    return np.asarray(1 / (1 + np.exp(-logit)))


def quality_part(cautious: Float32, scale: RatingScale, position: Position) -> Float32:
    """Return ``β (r̂ - 8)``, float32 [n_items]; ``cautious``, float32 [n_items], is on the scale."""
    return np.asarray(np.float32(position.quality) * (scale.on_ten(cautious) - np.float32(GOOD)))


def newness_part(chance: Float32, position: Position) -> Float32:
    """Return ``γ ln(1 - P)``, float32 [n_items]."""
    return np.asarray(np.float32(position.newness) * np.log1p(-np.minimum(chance, np.float32(MOST))))
