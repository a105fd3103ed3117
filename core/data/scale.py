"""The scale of ratings."""

from numbers import Real

from ..errors import InputError

WATCHED = -1
"""In place of a rating: the user watched the title and gave no rating."""


LIKED, DISLIKED = 0.75, 0.45
"""Where on the scale, 0..1, a title counts as liked (8 of 10, 4 of 5) or disliked (5 of 10, 2 of 5)."""


def check_rating(rating: object, scale: tuple[float, float], what: str) -> None:
    """Raise `InputError` unless ``rating`` is a number on the scale, or `WATCHED`."""
    try:
        number = float(rating) if isinstance(rating, Real) and not isinstance(rating, bool) else float("nan")
    except OverflowError:
        number = float("inf")
    if not (scale[0] <= number <= scale[1] or number == WATCHED):
        raise InputError(
            f"{what} is {rating!r}; expected a number from {scale[0]:g} to {scale[1]:g}, "
            f"or {WATCHED} for watched without a rating."
        )
