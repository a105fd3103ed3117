"""What every head offers: the protocols that the rest of the program relies on."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from scipy import sparse

from ..data.scale import RatingScale
from ..numerics.arrays import AnyArray, Bool, Float32, Int64
from .item_factors import ItemFactors
from .stored_rows import Spec, Tensors


@runtime_checkable
class Ranks(Protocol):
    """Orders titles for a history."""

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return how much each title suits each history [n, n_items], float32 [n, n_items]: only the order counts."""


@runtime_checkable
class Predicts(Protocol):
    """Predicts ratings for a history: the question *how would I rate it?*"""

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return expected ratings for histories [n, n_items], float32 [n, n_items]. They may lie off the scale."""


class Ranker(Ranks, Protocol):
    """A head that answers *what next?*"""

    @property
    def factors(self) -> ItemFactors:
        """V and Σ."""

    @property
    def rated(self) -> Bool:
        """Which titles are known from ratings, bool [n_items]."""

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return rows of U for histories [n, n_items], float32 [n, k]."""

    def rank_scores(self, matrix: sparse.csr_array, complete: bool | None = None) -> Float32:
        """Return what `Ranks` does. ``complete`` says whether histories are whole lists or samples of a taste; None:
        decided by what they look like.
        """

    def contributions(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return what each title of one history adds to each target's score, float32 [history, targets].

        ``row`` may also hold several histories of one title each.
        """

    def average_part(self, row: sparse.csr_array, targets: Int64, complete: bool | None = None) -> Float32:
        """Return what the average visitor adds to each target's score for one history, float32 [targets]."""


class Head(Protocol):
    """What storing a head needs."""

    kind: ClassVar[str]
    SPEC: ClassVar[Spec]

    def tensors(self) -> Mapping[str, AnyArray]:
        """Return the tensors to store, as in ``SPEC``."""

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: Any, scale: RatingScale) -> Any:
        """Return the head that `tensors` stored."""
