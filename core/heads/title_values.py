"""What facts can tell of a title's column of the decomposed matrix, and the SVD of columns that they complete.

A column of ``B = U Σ Vᵀ`` is as long as its title is popular. Facts tell length and direction apart::

    y_j = Σ v_j u_j / N_j^d,    log N_j,    log u_j

in the notation of `core.heads.ranking_head`. The completed columns ``W = (N^d / u) y`` are decomposed again,
``W = V' Σ' Rᵀ``, so that V' is orthonormal: it is the SVD of ``U Wᵀ``, the matrix of all users and all titles.
"""

import numpy as np

from ..numerics.arrays import Float64, Int64
from ..numerics.truncated_svd import SVD, fix_signs

ABSENT = 0.1
"""NDCG@10 of a model of 2016 loses .013 (10 shown) without this factor, with any from .03 to .2 nothing. The ranking of
300 newer titles without ratings loses .007 with .1, and .04 with .03."""


def title_values(v: Float64, singular_values: Float64, norms: Float64, uniqueness: Float64, power: float) -> Float64:
    """Return y, log N and log u of each title, float64 [n, k + 2], from V, Σ, N and u; ``power`` is d."""
    y = v * singular_values * (uniqueness / norms**power)[:, None]
    return np.column_stack([y, np.log(norms), np.log(uniqueness)])


def availability(norms: Float64, counts: Int64, n_users: int) -> Float64:
    """Return a factor for the directions of titles that nobody lists, float64 [n_items], 0..1; 1 for all others.

    The length N that the facts predict for a title tells which share s of the users should list it. If none of many
    does, the title is missing for another reason: what was airing in 2016, such as One Piece, was left out of the data
    set of that year. Visitors' lists would miss it, too, so its factor is ``1 / (1 + s / ABSENT)``.
    """
    listed = counts > 0
    if not listed.any():
        return np.ones(len(norms))
    users_of_length = np.median(counts[listed] / norms[listed] ** 2)
    share = users_of_length * norms**2 / n_users
    return np.where(listed, 1.0, 1 / (1 + share / ABSENT))


def decomposed(values: Float64, power: float) -> tuple[SVD, Float64, Float64]:
    """Return the SVD of completed columns (R in place of u), N and u, from what `title_values` returned."""
    norms, uniqueness = np.exp(values[:, -2]), np.exp(values[:, -1])
    w = values[:, :-2] * (norms**power / uniqueness)[:, None]
    squares, rotation = np.linalg.eigh(w.T @ w)  # a few hundred factors: the Gram matrix is small, and accurate enough
    descending = np.argsort(-squares)
    descending = descending[squares[descending] > np.finfo(np.float64).eps * len(w) * squares.max(initial=0.0)]
    singular_values, rotation = np.sqrt(squares[descending]), rotation[:, descending]
    return fix_signs(SVD(rotation, singular_values, w @ rotation / singular_values)), norms, uniqueness
