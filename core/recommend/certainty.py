"""How sure the model is of a visitor: what is known of their taste, and the error to expect.

The prediction head is Bayesian: a visitor's ``θ`` has the covariance P before they rate anything and
``S`` after (`PredictionHead.posterior`), whatever the ratings are. With a title's ``q`` and the
noise σ² of ratings themselves, a prediction is off by ``√(σ² + qᵀSq)``, and of what can be learnt ::

    1 - Σ_j w_j q_jᵀSq_j / Σ_j w_j q_jᵀPq_j

is known, where titles count by how many people list them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..heads.base import Predicts
from ..numerics.arrays import Bool, Float32, Float64
from .listing import top_k
from .taste import Taste

LISTED = 10  # titles of a list


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the model is of one visitor.

    Attributes
    ----------
    expected_error
        The standard deviation of the predicted ratings' error, on the scale of the ratings; never
        less than the noise of ratings themselves.
    share
        How much of what can be learnt of their taste is known, 0..1: 0 without ratings.
    """

    expected_error: float
    share: float


@runtime_checkable
class HasPosterior(Protocol):
    """A prediction head that knows how uncertain it is."""

    noise: Float32

    @property
    def item_coordinates(self) -> Float32:
        """Q of each title, float32 [n_items, d]."""

    def posterior(self, row: sparse.csr_array) -> Float64:
        """Covariance of a visitor's θ given one history [1, n_items], float64 [d, d]."""


@dataclass(frozen=True)
class Certainties:
    """Tells how sure a prediction head is. What depends on no visitor is computed once."""

    head: Predicts
    catalogue: Catalogue

    def of(self, taste: Taste, scores: Float32, allowed: Bool) -> Certainty | None:
        """For one taste; None if the head has no posterior.

        ``expected_error`` is the root mean square over the ten ``allowed`` titles, bool [n_items], with
        the highest ``scores``, float32 [n_items]: those that a list would show.
        """
        if not isinstance(self.head, HasPosterior):
            return None
        posterior = self.head.posterior(taste.row)
        q = self.head.item_coordinates[top_k(scores, allowed, self.catalogue, LISTED)].astype(np.float64)
        spread = float(np.einsum("id,de,ie->i", q, posterior, q).sum()) / max(len(q), 1)
        typical, prior = self._before
        left = float(np.sum(posterior * typical) / np.sum(prior * typical))
        return Certainty(float(np.sqrt(self.head.noise + spread)), float(np.clip(1 - left, 0, 1)))

    @cached_property
    def _before(self) -> tuple[Float64, Float64]:
        """``Σ_j w_j q_j q_jᵀ`` and P, float64 [d, d] each."""
        assert isinstance(self.head, HasPosterior)  # noqa: S101
        weights = self.catalogue.members / max(int(self.catalogue.members.sum()), 1)
        q = self.head.item_coordinates.astype(np.float64)
        nobody = sparse.csr_array((1, len(self.catalogue)), dtype=np.float32)
        return np.asarray((q * weights[:, None]).T @ q), self.head.posterior(nobody)
