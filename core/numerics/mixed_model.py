"""Linear prediction for many targets at once, from sparse features and groups. This module knows no anime."""

import numpy as np
from scipy import sparse

from .arrays import Float64, Int64


def linear_prediction(
    features: sparse.csr_array, groups: Int64, targets: Float64, noise: Float64, group_variance: float
) -> Float64:
    """Return the best linear unbiased prediction of targets by a mixed model, float64 [n, m]::

        y_j - ȳ = φ_j B + g_{group of j} + e_j,    B ~ N(0, 1),  g ~ N(0, group_variance),  e_j ~ N(0, noise_j)

    with the closed form of Henderson (Estimation of genetic parameters, 1950). ``W = 1 / noise`` are weights, Y are
    targets minus their weighted mean ȳ, Z is the indicator matrix of the groups, and
    ``c = group_variance / (1 + group_variance ΣW)`` of each group::

        B = (ΦᵀWΦ - (ZᵀWΦ)ᵀ c ZᵀWΦ + I)⁻¹ (ΦᵀWY - (ZᵀWΦ)ᵀ c ZᵀWY),    g = c (ZᵀWY - ZᵀWΦ B)

    Only ratios of the variances matter, not the unit of the targets.

    Parameters
    ----------
    features
        Φ, CSR [n, p].
    groups
        The group of each row, int64 [n], 0 or more.
    targets
        Y, float64 [n, m].
    noise
        Positive, float64 [n]. Infinite where the target is unknown.
    group_variance
        0 or more.
    """
    known = np.flatnonzero(np.isfinite(noise))
    weight = 1 / noise[known]
    phi, y = features[known], targets[known]
    mean = np.average(y, axis=0, weights=weight) if len(known) else np.zeros(y.shape[1])
    y = y - mean
    shape = (int(groups.max(initial=-1)) + 1, len(known))
    by_group = sparse.csr_array((weight, (groups[known], np.arange(len(known)))), shape=shape)
    shrunk = group_variance / (1 + group_variance * by_group.sum(axis=1))
    group_phi, group_y = (by_group @ phi).tocsr(), by_group @ y
    weighted, scaled = phi.T.multiply(weight).tocsr(), group_phi.T.multiply(shrunk).tocsr()
    system = (weighted @ phi - scaled @ group_phi).toarray() + np.eye(phi.shape[1])
    coefficients = np.linalg.solve(system, weighted @ y - scaled @ group_y)
    effects = shrunk[:, None] * (group_y - group_phi @ coefficients)
    return np.asarray(mean + features @ coefficients + effects[groups])
