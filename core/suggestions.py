"""Which titles to ask somebody to rate, and how sure the model is of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Certainty:
    """How sure predictions for somebody are: the ``expected_error`` on the scale of the ratings, and
    the ``share`` of their taste that is known, 0..1.
    """

    expected_error: float
    share: float
