"""What every head offers: the protocols that the rest of the program relies on."""

from typing import Any, ClassVar, Protocol

from scipy import sparse

from ..numerics.arrays import AnyArray, Float32, Int64
from .item_factors import ItemFactors, Spec, Tensors


class Ranker(Protocol):
    """The head that answers *what next?*"""

    @property
    def factors(self) -> ItemFactors:
        """V and Σ."""

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Rows of U, float32 [n, k], for histories [n, n_items]."""

    def scores(self, matrix: sparse.csr_array) -> Float32:
        """How much each title suits each history, float32 [n, n_items]: only the order counts."""

    def contributions(self, row: sparse.csr_array, targets: Int64) -> Float32:
        """What each title of one history adds to each target's score, float32 [history, targets];
        or the one title of each of several histories.
        """


class Predictor(Protocol):
    """The head that answers *how would I rate it?*"""

    def predict(self, matrix: sparse.csr_array) -> Float32:
        """Expected ratings, float32 [n, n_items], for histories [n, n_items]."""


class Head(Protocol):
    """What storing a head takes."""

    kind: ClassVar[str]
    SPEC: ClassVar[Spec]

    def tensors(self) -> dict[str, AnyArray]:
        """What to store, as in ``SPEC``."""

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, settings: dict[str, Any], scale: tuple[float, float]) -> Any:
        """The inverse of `tensors`, with the settings of the head's configuration."""
