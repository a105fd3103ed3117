"""The fold-in: the ratings of one person become a taste, a point in the latent space of a model.

The heads do the mathematics: see `RankingHead.embed` and `PredictionHead.embed`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.scale import WATCHED, RatingScale
from ..errors import InputError
from ..heads.base import Predicts, Ranker
from ..numerics.arrays import Bool, Float32, Int32, Int64
from ..numerics.sparse import history_matrix, keep_entries
from .filters import Filters

MASKS_KEPT = 16


class TasteModel(Protocol):
    """What a taste needs of the model that made it."""

    @property
    def catalogue(self) -> Catalogue:
        """The titles of the item axis."""

    @property
    def ranker(self) -> Ranker:
        """The ranking head."""

    @property
    def predictor(self) -> Predicts:
        """The prediction head."""

    @property
    def rating_scale(self) -> RatingScale:
        """From the lowest to the highest rating."""

    @property
    def franchises(self) -> Franchises:
        """Which titles belong together."""


@dataclass(frozen=True)
class Taste:
    """The ratings of one person. Scores, predictions and allowed titles are computed once, when first needed.

    Attributes
    ----------
    row
        CSR float32 [1, n_items]: the ratings that count, on the model's scale, or `WATCHED`.
    history
        CSR float32 [1, n_items]: everything that the person has seen. It is more than ``row`` only after
        `narrowed` or `with_seen`.
    model
        The model that folded the ratings in.
    unknown_ids
        Ids that were given and that the catalogue lacks. They are not used.
    user_id
        The id of an existing user; None for a visitor.
    """

    row: sparse.csr_array
    history: sparse.csr_array
    model: TasteModel = field(repr=False)
    unknown_ids: tuple[int, ...] = ()
    user_id: int | None = None
    _allowed: dict[Filters, Bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    # -- the ratings ------------------------------------------------------------------------

    @property
    def positions(self) -> Int32:
        """Catalogue positions of the titles that count, int32 [n], in the order of ``row.indices``."""
        return np.asarray(self.row.indices, dtype=np.int32)

    @property
    def anime_ids(self) -> Int64:
        """Ids of the titles that count, int64 [n], in the same order."""
        return np.asarray(self.model.catalogue.anime_ids[self.row.indices])

    @property
    def seen(self) -> Int32:
        """Catalogue positions of all titles that the person has seen, int32 [n_seen]."""
        return np.asarray(self.history.indices, dtype=np.int32)

    @property
    def disliked(self) -> Int32:
        """Positions of the seen titles that were rated in the lower part of the scale (5 of 10 or less), int32."""
        return np.asarray(self.seen[self.scale.disliked(self.history.data)])

    @property
    def scale(self) -> RatingScale:
        """The scale of the ratings."""
        return self.model.rating_scale

    @cached_property
    def ratings(self) -> dict[int, float]:
        """``{anime_id: rating or WATCHED}``, in catalogue order."""
        return dict(zip(self.anime_ids.tolist(), self.row.data.tolist(), strict=True))

    def __len__(self) -> int:
        return int(self.row.nnz)

    # -- what the model computes ------------------------------------------------------------

    @cached_property
    def factors(self) -> Float32:
        """The person's row of U in the ranking head, float32 [k]."""
        return np.asarray(self.model.ranker.embed(self.row)[0])

    @cached_property
    def scores(self) -> Float32:
        """How much each title suits the person, float32 [n_items]: only the order counts."""
        return np.asarray(self.model.ranker.rank_scores(self.row)[0])

    @cached_property
    def predicted(self) -> Float32:
        """The rating that the person is expected to give each title, float32 [n_items], on the scale."""
        return self.scale.clip(self.model.predictor.predict_ratings(self.row)[0])

    def allowed(self, filters: Filters) -> Bool:
        """Return which titles the person has not seen and the filters allow, bool [n_items].

        Raises `InputError` for an unknown genre or type.
        """
        allowed = self._allowed.get(filters)
        if allowed is None:
            if len(self._allowed) >= MASKS_KEPT:  # a model keeps the taste of nobody as long as it serves
                self._allowed.clear()
            allowed = self._allowed[filters] = self._allowed_titles(filters)
        return allowed.copy()

    def _allowed_titles(self, filters: Filters) -> Bool:
        catalogue = self.model.catalogue
        allowed = filters.mask(catalogue)
        allowed[self.seen] = False
        if filters.sequels != "all":
            unwanted = np.concatenate([filters.excluded(catalogue), self.disliked])
            franchises = self.model.franchises
            choose = franchises.first_unseen if filters.sequels == "first" else franchises.unbegun
            allowed &= choose(self.seen, unwanted)
        return allowed

    # -- other tastes of the same person ----------------------------------------------------

    def narrowed(self, without: Collection[int] = (), likes_only: bool = False) -> "Taste":
        """Return this taste without some titles in the scoring; they stay excluded from results.

        Parameters
        ----------
        without
            Ids of titles that do not count.
        likes_only
            Whether disliked titles do not count, either.
        """
        dropped = np.isin(self.anime_ids, list(without))
        if likes_only:
            dropped |= np.isin(self.positions, self.disliked)
        return replace(self, row=keep_entries(self.row, ~dropped)) if dropped.any() else self

    def with_seen(self, other: "Taste") -> "Taste":
        """Return this taste with the other person's titles excluded from results as well."""
        is_new = ~np.isin(other.seen, self.seen)
        positions = np.concatenate([self.seen, other.seen[is_new]])
        values = np.concatenate([self.history.data, other.history.data[is_new]])
        order = np.argsort(positions)
        return replace(self, history=history_matrix([positions[order]], [values[order]], self.history.shape[1]))


def fold_in(ratings: Mapping[int, float], model: TasteModel) -> Taste:
    """Return the taste of somebody who rated ``{anime_id: rating}``, on the model's scale or -1 (`WATCHED`).

    Raises `InputError`: see `history_row`.
    """
    row, unknown_ids = history_row(ratings, model.catalogue, model.rating_scale)
    return Taste(row, row, model, unknown_ids)


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
