"""How sure the model is of a visitor: how much of their taste is known, and the error to expect.

The prediction head is Bayesian. A visitor's ``θ`` has the covariance P before they rate anything and
``S`` after (`PredictionHead.posterior`), whatever the ratings are. With a title's ``q`` and the
noise σ² of ratings themselves, and the variance τ² of what is known of the title, which is large for titles that
nobody or few have rated, the error of a prediction has the standard deviation ``√(σ² + τ² + qᵀSq)``.
Of what can be learnt about a taste, this share is known::

    1 - Σ_j w_j q_jᵀSq_j / Σ_j w_j q_jᵀPq_j

where the weight ``w_j`` of a title is its share of all members, each title counting one more.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..heads.prediction import PredictionHead
from ..numerics.arrays import Float64, Int64
from .filters import Filters
from .fold_in import Taste
from .top_k import top_k

TOP = 10  # titles of a list


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the model is of one visitor.

    Attributes
    ----------
    expected_error
        The standard deviation of the error of predicted ratings, on the rating scale. It is never
        less than the noise of ratings themselves.
    share
        How much of what can be learnt of their taste is known, 0..1. Without ratings it is 0.
    """

    expected_error: float
    share: float


@dataclass(frozen=True)
class CertaintyMeter:
    """Measures how sure a prediction head is. What depends on no visitor is computed once."""

    head: PredictionHead
    catalogue: Catalogue

    def measure(self, taste: Taste) -> Certainty:
        """Return the certainty of one taste.

        ``expected_error`` is the root mean square over the ten best titles at the left end of the dial.
        """
        # The variance τ² + qᵀSq of the predictions for the best titles, averaged.
        posterior = self.head.posterior(taste.row)
        best = top_k(taste.scores, taste.allowed(Filters()), self.catalogue, TOP)
        variance = float(self._variances(best, posterior).sum()) / max(len(best), 1)
        # The part of the prior variance, over all titles, that the ratings have not removed.
        typical, prior = self._before
        unknown = float(np.sum(posterior * typical) / np.sum(prior * typical))
        return Certainty(float(np.sqrt(self.head.noise + max(variance, 0))), float(np.clip(1 - unknown, 0, 1)))

    def errors(self, taste: Taste, positions: Int64) -> Float64:
        """Return the expected error of the predictions for titles [n], on the rating scale, float64 [n]."""
        variances = self._variances(positions, self.head.posterior(taste.row))
        return np.asarray(np.sqrt(self.head.noise + np.maximum(variances, 0)))

    def _variances(self, positions: Int64, posterior: Float64) -> Float64:
        q = self.head.item_coordinates[positions].astype(np.float64)
        return np.asarray(self.head.item_variances[positions] + np.einsum("id,de,ie->i", q, posterior, q))

    @cached_property
    def _before(self) -> tuple[Float64, Float64]:
        """``Σ_j w_j q_j q_jᵀ`` and P, float64 [d, d] each."""
        members = self.catalogue.members + 1  # where nobody lists any title, all count alike
        weights = members / members.sum()
        q = self.head.item_coordinates.astype(np.float64)
        nobody = sparse.csr_array((1, len(self.catalogue)), dtype=np.float32)
        return np.asarray((q * weights[:, None]).T @ q), self.head.posterior(nobody)
