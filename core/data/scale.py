"""The scale of ratings, and the value that stands for no rating."""

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from numbers import Real
from typing import TypeVar

import numpy as np

from ..errors import InputError
from ..numerics.arrays import Bool, Float32, Float64

WATCHED = -1
"""In place of a rating: the user watched the title and gave no rating."""
LIKED, DISLIKED = 0.75, 0.45
"""Shares of the scale: a title counts as liked from 8 of 10 (4 of 5) up, as disliked from 5 of 10 (2 of 5) down."""
LOWEST, HIGHEST = 0.01, 1000
NEAR = 8.0  # spreads from an end of the scale: farther inside, ratings would move by less than 0.0004 spreads
SCALE_EXPECTED = (
    f"two positive numbers from {LOWEST} to {HIGHEST}, the lower first, with two whole numbers on the scale"
)

Floats = TypeVar("Floats", float, Float32, Float64)


@dataclass(frozen=True)
class RatingScale:
    """From the lowest to the highest rating, within 0.01..1000 and with two whole numbers or more between them, which
    a visitor can give. Raises `InputError` for anything else.
    """

    low: float = 1.0
    high: float = 10.0

    def __post_init__(self) -> None:
        if not LOWEST <= self.low < self.high <= HIGHEST or len(self.steps) < 2:
            raise InputError(f"rating_scale is {(self.low, self.high)}; expected {SCALE_EXPECTED}.")

    @classmethod
    def of(cls, ends: "RatingScale | Sequence[float]") -> "RatingScale":
        """Return the scale between two numbers such as ``(1, 10)``. Raises `InputError`."""
        if isinstance(ends, RatingScale):
            return ends
        try:
            low, high = (float(end) for end in ends)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"rating_scale is {reprlib.repr(ends)}; expected {SCALE_EXPECTED}.") from None
        return cls(low, high)

    def share(self, ratings: Floats) -> Floats:
        """Return how far up the scale ratings lie, 0..1."""
        return (ratings - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """Return the rating at a share of the scale, 0..1."""
        return self.low + share * (self.high - self.low)

    def on_ten(self, ratings: Floats) -> Floats:
        """Return ratings as they would be on the scale 1-10."""
        return 1 + 9 * (ratings - self.low) / (self.high - self.low)

    def clip(self, ratings: Float32) -> Float32:
        """Return ratings moved to the nearest end of the scale where they lie off it."""
        return np.clip(ratings, self.low, self.high)

    def expected(self, ratings: Float32, spread: float) -> Float32:
        """Return the expectation of a logistic distribution that is cut at the ends of the scale, float32 [n]::

            m - s log(1 + exp((m - high) / s)) + s log(1 + exp((low - m) / s))

        for means m, float32 [n], and the positive spread s, which is √3/π of the standard deviation. Far inside the
        scale it is m; for m at an end it is 0.69 s inside.
        """
        moved = ratings.copy()
        for direction, end in ((1, self.high), (-1, self.low)):
            near = np.flatnonzero(direction * (ratings - end) > -NEAR * spread)
            beyond = direction * (ratings[near] - end) / spread
            # log(1 + exp(x)) without overflow; `np.logaddexp` takes six times as long.
            moved[near] -= direction * spread * (np.maximum(beyond, 0) + np.log1p(np.exp(-np.abs(beyond))))
        return self.clip(moved)

    def liked(self, ratings: Float32) -> Bool:
        """Return which ratings lie in the upper part of the scale (8 of 10 or more)."""
        return np.asarray(self.share(ratings) >= LIKED)

    def disliked(self, ratings: Float32) -> Bool:
        """Return which ratings lie in the lower part of the scale (5 of 10 or less). `WATCHED` does not."""
        return np.asarray((self.share(ratings) <= DISLIKED) & (ratings != WATCHED))

    def holds(self, ratings: Float32) -> Bool:
        """Return which values are ratings on the scale, or `WATCHED`."""
        return np.asarray(((ratings >= self.low) & (ratings <= self.high)) | (ratings == WATCHED))

    @property
    def steps(self) -> tuple[int, ...]:
        """The whole numbers on the scale, ascending: the ratings that a visitor can give."""
        return tuple(range(ceil(self.low), floor(self.high) + 1))

    def check(self, rating: object, what: str) -> None:
        """Raise `InputError`, which names ``what``, unless ``rating`` is a number on the scale or `WATCHED`."""
        try:
            number = float(rating) if isinstance(rating, Real) and not isinstance(rating, bool) else float("nan")
        except OverflowError:
            number = float("inf")
        if not (self.low <= number <= self.high or number == WATCHED):
            raise InputError(
                f"{what} is {rating!r}; expected a number from {self}, or {WATCHED} for watched without a rating."
            )

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"
