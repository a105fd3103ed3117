"""A taste: what one visitor or existing user has told about themselves, placed in latent space."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED, RatingScale
from ..errors import InputError
from ..numerics.arrays import Float32, Int32, Int64
from ..numerics.sparse import history_matrix


@dataclass(frozen=True)
class Taste:
    """Ratings of one person, and their coordinates.

    Attributes
    ----------
    row
        CSR float32 [1, n_items]: ratings on the model's scale, or `WATCHED`.
    history
        All that the person has seen, as `row`; more than that only in a taste that
        ``Model.narrowed`` made, of which some titles count for nothing but as seen.
    factors
        The person's row of U in the ranking head, float32 [k].
    anime_ids
        int64 [history], the titles in the order of ``row.indices``.
    scale
        From the lowest to the highest rating.
    unknown_ids
        Ids that were given and that the model's catalogue lacks. They count for nothing.
    user_id
        Of an existing user; None for a visitor.
    """

    row: sparse.csr_array
    history: sparse.csr_array
    factors: Float32
    anime_ids: Int64
    scale: RatingScale
    unknown_ids: tuple[int, ...] = ()
    user_id: int | None = None

    @property
    def positions(self) -> Int32:
        """Catalogue positions of the titles that count, int32 [n], in the order of ``row.indices``."""
        return np.asarray(self.row.indices, dtype=np.int32)

    @property
    def seen(self) -> Int32:
        """Catalogue positions of all titles that this person has seen, int32 [history]."""
        return np.asarray(self.history.indices, dtype=np.int32)

    @property
    def disliked(self) -> Int32:
        """Those of `seen` that were rated in the lower part of the scale (5 of 10 or less), int32."""
        return np.asarray(self.seen[self.scale.disliked(self.history.data)])

    @cached_property
    def ratings(self) -> dict[int, float]:
        """``{anime_id: rating or WATCHED}``, in catalogue order."""
        return dict(zip(self.anime_ids.tolist(), self.row.data.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.anime_ids)

    def with_seen(self, other: "Taste") -> "Taste":
        """The same person, for whom all that another one has seen counts as seen, too."""
        more = ~np.isin(other.seen, self.seen)
        positions = np.concatenate([self.seen, other.seen[more]])
        values = np.concatenate([self.history.data, other.history.data[more]])
        order = np.argsort(positions)
        return replace(self, history=history_matrix([positions[order]], [values[order]], self.history.shape[1]))


def history_row(
    ratings: Mapping[int, float], catalogue: Catalogue, scale: RatingScale
) -> tuple[sparse.csr_array, tuple[int, ...]]:
    """``{anime_id: rating}`` as a CSR row float32 [1, n_titles], and the ids nobody knows.

    Raises
    ------
    InputError
        An id is not a whole number, or a rating neither on the scale nor `WATCHED`.
    """
    cells: dict[int, float] = {}
    unknown: list[int] = []
    for anime_id, rating in ratings.items():
        if isinstance(anime_id, bool) or not isinstance(anime_id, int | np.integer):
            raise InputError(
                f"The anime_id {anime_id!r} is not a whole number; expected a MyAnimeList id such as 5114."
            )
        scale.check(rating, f"The rating of anime_id {anime_id}")
        if anime_id in catalogue:
            cells[catalogue.position(int(anime_id))] = float(rating)
        else:
            unknown.append(int(anime_id))
    positions = sorted(cells)
    return history_matrix([positions], [[cells[at] for at in positions]], len(catalogue)), tuple(unknown)


def checked_histories(matrix: sparse.csr_array, catalogue: Catalogue, scale: RatingScale) -> sparse.csr_array:
    """A copy of a matrix [n, n_titles] of histories, without repeated entries.

    Raises
    ------
    InputError
        It has another width, or a value neither on the scale nor `WATCHED`.
    """
    if matrix.ndim != 2 or matrix.shape[1] != len(catalogue):
        raise InputError(f"The matrix has the shape {matrix.shape}; expected [n, {len(catalogue)}], see item_ids.")
    matrix = sparse.csr_array(matrix, copy=True)
    matrix.sum_duplicates()
    wrong = matrix.data[~scale.holds(matrix.data)]
    if wrong.size:
        raise InputError(f"The matrix holds the value {wrong[0]}; expected {scale}, or {WATCHED}.")
    return matrix
