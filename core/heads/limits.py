"""Limits of settings and tensors. Within them, everything that a head computes is a finite number."""

from itertools import product
from math import inf
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..data.scale import WATCHED
from ..errors import ArtifactError
from .preference_matrix import preference

if TYPE_CHECKING:
    from .ranking_head import RankingHead

MAX_FACTORS = 4096
FactorCount = Annotated[int, Field(ge=1, le=MAX_FACTORS)]
Weight = Annotated[float, Field(ge=-100, le=100)]
Power = Annotated[float, Field(ge=-4, le=4)]
Turning = Annotated[float, Field(ge=0.01, le=1e6)]
Steepness = Annotated[float, Field(ge=0, le=10)]

SMALLEST, LARGEST = 1e-12, 1e9
"""Of positive tensors. Their squares, and quotients by them, are then numbers in single precision."""
LARGEST_SCORE = 1e15
"""Sums of squares of scores are then numbers in single precision."""


def check_ranking(head: "RankingHead") -> None:
    """Raise `ArtifactError` unless the head has factors, pairs of its own titles, and scores within `LARGEST_SCORE`."""
    if not len(head.factors.singular_values):
        raise ArtifactError("There are no factors: no rating speaks for or against a title.")
    pairs = np.concatenate([head.later, head.earlier])
    if np.any(pairs >= len(head.norms)) or np.any(np.diff(head.later) < 0):
        raise ArtifactError("The pairs of later and earlier parts are no titles in order; the file is damaged.")
    if (largest := largest_score(head)) > LARGEST_SCORE:
        raise ArtifactError(
            f"Scores may reach {largest:.3g}, more than {LARGEST_SCORE:g}: "
            "the settings do not fit the norms, uniqueness, mean and energy."
        )


def largest_score(head: "RankingHead") -> float:
    """Return a bound on the absolute scores of all histories: ``‖x‖₁ max(lift)``, as no entry of ``V F Vᵀ`` exceeds 1.

    It is infinite or not a number if something overflows.
    """
    ratings = np.array([head.scale.low, head.scale.high, WATCHED], dtype=np.float32)
    weight = float(np.abs(preference(ratings, head.config.watched_weight, head.scale)).max())
    norms, uniqueness = head.norms.astype(np.float64), head.uniqueness.astype(np.float64)
    bounds = []
    with np.errstate(all="ignore"):
        prior = abs(head.config.prior) * float(np.linalg.norm(head.average))
        lengths = np.array([[1.0], [head.factors.n_items]])  # powers of other lengths lie between theirs
        for n, whole in product(lengths, np.array([[False], [True]])):
            norm_power, uniqueness_power = (float(power[0]) for power in head.powers(n, whole))
            _, lift = head.filter_and_lift(int(head.shrinkage_steps(n, whole)[0]))
            x = float(np.sum(norms**norm_power * uniqueness**uniqueness_power))
            bounds.append((weight * x + prior) * float(lift.max(initial=0.0)) * max(head.config.earlier_part, 1.0))
    return max(bounds) if np.isfinite(bounds).all() else inf
