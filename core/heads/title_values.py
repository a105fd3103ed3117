"""What facts can tell of a title's column of the decomposed matrix, and the SVD of columns that they complete.

A column of ``B = U Σ Vᵀ`` is as long as its title is popular. Facts tell length and direction apart::

    y_j = Σ v_j u_j / N_j^d,    log N_j,    log u_j

in the notation of `core.heads.ranking_head`. The completed columns ``W = (N^d / u) y`` are decomposed again,
``W = V' Σ' Rᵀ``, so that V' is orthonormal: it is the SVD of ``U Wᵀ``, the matrix of all users and all titles.
"""

import numpy as np

from ..numerics.arrays import Float64
from ..numerics.truncated_svd import SVD, fix_signs


def title_values(v: Float64, singular_values: Float64, norms: Float64, uniqueness: Float64, power: float) -> Float64:
    """Return y, log N and log u of each title, float64 [n, k + 2], from V, Σ, N and u; ``power`` is d."""
    y = v * singular_values * (uniqueness / norms**power)[:, None]
    return np.column_stack([y, np.log(norms), np.log(uniqueness)])


def decomposed(values: Float64, power: float) -> tuple[SVD, Float64, Float64]:
    """Return the SVD of completed columns (R in place of u), N and u, from what `title_values` returned."""
    norms, uniqueness = np.exp(values[:, -2]), np.exp(values[:, -1])
    w = values[:, :-2] * (norms**power / uniqueness)[:, None]
    squares, rotation = np.linalg.eigh(w.T @ w)  # a few hundred factors: the Gram matrix is small, and accurate enough
    descending = np.argsort(-squares)
    descending = descending[squares[descending] > np.finfo(np.float64).eps * len(w) * squares.max(initial=0.0)]
    singular_values, rotation = np.sqrt(squares[descending]), rotation[:, descending]
    return fix_signs(SVD(rotation, singular_values, w @ rotation / singular_values)), norms, uniqueness
