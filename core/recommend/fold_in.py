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
from ..data.scale import RatingScale
from ..heads.base import Predicts, Ranker
from ..heads.prediction import PredictionHead
from ..heads.ranking_head import RankingHead
from ..numerics.arrays import Bool, Float32, Int32, Int64
from ..numerics.sparse import history_matrix, keep_entries
from .filters import Filters
from .histories import history_row
from .novelty import Position, newness_part, quality_part, seen_chance
from .second_stage import PARTS, SecondStage, multiplied
from .variety import Variety

MASKS_KEPT = 16
PREFERRED = 0.1
"""How much a title counts that was preferred by its cover, as a share of one that was liked: see ``docs/quality.md``.
Twice of it is as good within a standard error, but worse after a single choice."""


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

    def mask(self, filters: Filters) -> Bool:
        """Which titles pass, whoever asks, bool [n_items]: `Filters.mask`. Not to be changed."""

    @property
    def second_stage(self) -> SecondStage:
        """What is added to the scores of the ranking head."""

    @property
    def variety(self) -> Variety:
        """What keeps a list from repeating itself."""


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
    complete
        Whether the ratings are a whole list (True) or a sample of a taste (False); None: decided by what they look
        like. See `RankingHead.looks_complete`.
    unseen_ids
        Ids of titles that the person said they haven't seen. Unknown ids are ignored.
    preferred_ids
        Ids of titles that the person preferred to others by their covers: see `core.insight.choices`. They need not
        have seen them. All ids are known.
    """

    row: sparse.csr_array
    history: sparse.csr_array
    model: TasteModel = field(repr=False)
    unknown_ids: tuple[int, ...] = ()
    user_id: int | None = None
    complete: bool | None = None
    unseen_ids: tuple[int, ...] = ()
    preferred_ids: tuple[int, ...] = ()
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
    def is_complete(self) -> bool:
        """Whether the ratings count as a whole list, not as a sample."""
        ranker = self.model.ranker
        looks_complete = isinstance(ranker, RankingHead) and bool(ranker.looks_complete(self.row)[0])
        return looks_complete if self.complete is None else self.complete

    @cached_property
    def linear_scores(self) -> Float32:
        """The scores of the ranking head alone, float32 [n_items]."""
        return np.asarray(self.model.ranker.rank_scores(self.row, self.is_complete)[0] + self.pull)

    @cached_property
    def pull(self) -> Float32:
        """What `preferred_ids` add to the linear scores, float32 [n_items]: a little for each title, as if they liked
        it. What they did not prefer is not held against it, which costs more than all choices gain.
        """
        ranker, catalogue = self.model.ranker, self.model.catalogue
        if not self.preferred_ids or not isinstance(ranker, RankingHead):
            return np.zeros(len(catalogue), dtype=np.float32)
        titles = catalogue.positions(np.array(self.preferred_ids, dtype=np.int64))[:, None]
        liked = history_matrix(titles, np.full(titles.shape, self.scale.high), len(catalogue))
        return np.asarray(PREFERRED * len(titles) * ranker.pull(liked))

    @cached_property
    def parts(self) -> Float32:
        """What the second stage adds to the logarithm of each score, float32 [n_parts, n_items]."""
        return self.model.second_stage.parts(self.row, self.predicted, self.is_complete)

    @cached_property
    def scores(self) -> Float32:
        """How much each title suits the person, float32 [n_items]: only the order counts."""
        return multiplied(self.linear_scores, self._logarithms)

    @cached_property
    def _logarithms(self) -> Float32:
        """The sum of `parts`, float32 [n_items]."""
        return np.asarray(self.parts.sum(axis=0))

    @cached_property
    def seen_chance(self) -> Float32:
        """The chance that the person has seen each title without telling it, float32 [n_items]; 0 for `unseen_ids`.

        See `core.recommend.novelty`.
        """
        chance = seen_chance(self.scores, self.model.second_stage.fame_rank, len(self))
        unseen = self.model.catalogue.positions(np.array(self.unseen_ids, dtype=np.int64))
        chance[unseen[unseen >= 0]] = 0.0
        return chance

    def parts_at(self, position: Position, targets: Int64) -> Float32:
        """Return `parts` and, last, that of newness at a position of the dial, float32 [n_parts + 1, n_targets]."""
        parts = self.parts[:, targets].copy()
        parts[PARTS.index("era")] *= position.era
        parts[PARTS.index("quality")] += quality_part(self.cautious[targets], self.scale, position)
        return np.vstack([parts, newness_part(self.seen_chance[targets], position)])

    def dialled(self, position: Position) -> Float32:
        """Return the scores at a position of the dial, float32 [n_items]; scores below 0 stay as they are."""
        logarithms = self._logarithms + np.float32(position.era - 1) * self.parts[PARTS.index("era")]
        if position.quality:
            logarithms += quality_part(self.cautious, self.scale, position)
        if position.newness:
            logarithms += newness_part(self.seen_chance, position)
        return multiplied(self.linear_scores, logarithms)

    def contributions(self, targets: Int64) -> Float32:
        """Return what each title that counts adds to each target's linear score, float32 [n, targets]."""
        return self.model.ranker.contributions(self.row, targets, self.is_complete)

    @cached_property
    def predicted(self) -> Float32:
        """The rating that the person is expected to give each title, float32 [n_items], on the scale."""
        return self.scale.clip(self.model.predictor.predict_ratings(self.row)[0])

    @cached_property
    def cautious(self) -> Float32:
        """The predicted rating less the standard deviation of what is not known of the title, float32 [n_items]."""
        predictor = self.model.predictor
        if not isinstance(predictor, PredictionHead):
            return self.predicted
        return self.predicted - np.sqrt(predictor.item_variances)

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
        allowed = self.model.mask(filters).copy()
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


def fold_in(
    ratings: Mapping[int, float],
    model: TasteModel,
    complete: bool | None = None,
    unseen: Collection[int] = (),
) -> Taste:
    """Return the taste of somebody who rated ``{anime_id: rating}``, on the model's scale or -1 (`WATCHED`).

    ``complete`` and ``unseen`` as in `Taste`. Raises `InputError`: see `history_row`.
    """
    row, unknown_ids = history_row(ratings, model.catalogue, model.rating_scale)
    return Taste(row, row, model, unknown_ids, complete=complete, unseen_ids=tuple(unseen))
