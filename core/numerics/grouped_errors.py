"""Regression with errors that are correlated within groups: random effects. This module knows no anime.

The errors of n observations have the variance σ², and within a group the correlation ρ: the group has an effect of the
variance ρσ², and what is left is independent.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from .arrays import Float64, Int64


@dataclass(frozen=True)
class Groups:
    """Groups of n observations: their distinct ``numbers``, ascending, int64 [m], their ``sizes``, int64 [m], and the
    ``order`` of the observations in which they are adjacent, int64 [n].
    """

    numbers: Int64
    sizes: Int64
    order: Int64

    @classmethod
    def of(cls, numbers: npt.NDArray[np.integer]) -> Self:
        """Return the groups of observations with these group numbers, [n]."""
        distinct, sizes = np.unique(numbers, return_counts=True)
        return cls(distinct.astype(np.int64), sizes, np.argsort(numbers, kind="stable"))

    def sums(self, rows: Float64) -> Float64:
        """Return the sums of rows [n, …] over every group, [m, …]."""
        return np.asarray(np.add.reduceat(rows[self.order], np.cumsum(self.sizes) - self.sizes, axis=0))

    def independent(self, rows: Float64, correlation: float) -> Float64:
        """Return combinations of rows [n, p] whose errors are independent with the variance σ², in another order::

            (x_i - α x̄) / √(1 - ρ),    α = 1 - √((1 - ρ) / (1 - ρ + ρs))

        with the mean x̄ over a group of s rows (Fuller and Battese: Transformations for estimation of linear models with
        nested-error structure, 1973).
        """
        alpha = 1 - np.sqrt((1 - correlation) / (1 - correlation + correlation * self.sizes))
        shifts = self.sums(rows) * (alpha / self.sizes)[:, None]
        return np.asarray((rows[self.order] - np.repeat(shifts, self.sizes, axis=0)) / np.sqrt(1 - correlation))


class Posterior(NamedTuple):
    """``mean`` [p] and ``covariance`` [p, p] of the unknowns, and the expected ``effects`` of groups [m], float64."""

    mean: Float64
    covariance: Float64
    effects: Float64


def grouped_ridge(
    x: Float64, y: Float64, groups: Groups, correlation: float, noise: float, prior_precision: Float64
) -> Posterior:
    """Return the posterior of β and of the groups' effects, given ``y = xβ + error`` and ``β ~ N(0, P)``::

        covariance = (xᵀC⁻¹x / σ² + P⁻¹)⁻¹,    mean = covariance xᵀC⁻¹y / σ²
        effect = ρ / (1 - ρ + ρs) Σ (y - x mean)        summed over a group of s observations

    Parameters
    ----------
    x, y
        Float64 [n, p] and [n].
    groups, correlation
        The correlation ρ within groups makes the correlation matrix C of errors.
    noise
        σ².
    prior_precision
        P⁻¹, float64 [p, p].
    """
    if not len(y):
        return Posterior(np.zeros(x.shape[1]), np.asarray(np.linalg.inv(prior_precision)), np.zeros(0))
    rows = groups.independent(np.column_stack([x, y]), correlation)
    products = rows[:, :-1].T @ rows / noise
    covariance = np.asarray(np.linalg.inv(products[:, :-1] + prior_precision))
    mean = covariance @ products[:, -1]
    share = correlation / (1 - correlation + correlation * groups.sizes)
    return Posterior(mean, covariance, share * groups.sums(y - x @ mean))
