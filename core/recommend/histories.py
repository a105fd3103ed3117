"""Histories: the ratings of people as rows of a user-item matrix, checked."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED, RatingScale
from ..errors import InputError
from ..numerics.sparse import history_matrix


def history_row(
    ratings: Mapping[int, float], catalogue: Catalogue, scale: RatingScale
) -> tuple[sparse.csr_array, tuple[int, ...]]:
    """Return ``{anime_id: rating}`` as a CSR row float32 [1, n_titles], and the ids that the catalogue lacks.

    Raises
    ------
    InputError
        An id is not a whole number, or a rating is neither on the scale nor `WATCHED`.
    """
    rating_at: dict[int, float] = {}
    unknown: list[int] = []
    for anime_id, rating in ratings.items():
        if isinstance(anime_id, bool) or not isinstance(anime_id, int | np.integer):
            raise InputError(
                f"The anime_id {anime_id!r} is not a whole number; expected a MyAnimeList id such as 5114."
            )
        scale.check(rating, f"The rating of anime_id {anime_id}")
        if anime_id in catalogue:
            rating_at[catalogue.position(int(anime_id))] = float(rating)
        else:
            unknown.append(int(anime_id))
    positions = sorted(rating_at)
    values = [rating_at[position] for position in positions]
    return history_matrix([positions], [values], len(catalogue)), tuple(unknown)


def checked_histories(matrix: sparse.csr_array, catalogue: Catalogue, scale: RatingScale) -> sparse.csr_array:
    """Return a copy of a matrix [n, n_titles] of histories, repeated entries added up.

    Raises
    ------
    InputError
        The matrix has another width, or a value neither on the scale nor `WATCHED`.
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(catalogue):
        raise InputError(f"The matrix has the shape {matrix.shape}; expected [n, {len(catalogue)}], see item_ids.")
    matrix = sparse.csr_array(matrix, copy=True)
    matrix.sum_duplicates()
    wrong = matrix.data[~scale.holds(matrix.data)]
    if wrong.size:
        raise InputError(f"The matrix holds the value {wrong[0]}; expected {scale}, or {WATCHED}.")
    return matrix
