"""What a trained model answers: a person's taste in, lists, predictions and questions out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue, Title
from ..data.franchises import Franchises
from ..data.scale import RatingScale
from ..errors import InputError
from ..heads.base import Predicts, Ranker
from ..heads.ranking import RankingHead
from ..heads.textbook import TextbookHead
from ..insight.factor_meanings import FactorMeaning, meanings
from ..insight.map_regions import Regions, regions, taste_coordinates
from ..insight.walkthrough import Walkthrough, walkthrough
from ..numerics.arrays import Bool, Float32, Int64
from ..numerics.sparse import keep_entries
from ..recommend.certainty import Certainties, Certainty
from ..recommend.filters import Filters
from ..recommend.listing import Recommendation, allowed_titles, listing, recommend, top_k
from ..recommend.suggestions import Suggester
from ..recommend.taste import Taste, checked_histories, history_row
from ..recommend.together import BALANCE, JointRecommendation, recommend_together
from .info import ModelInfo


@dataclass(frozen=True)
class Recommender:
    """Two heads over one catalogue.

    Attributes
    ----------
    catalogue
        The titles; their order is the order of every item axis.
    ranker, predictor
        The heads: *what next?* and *how would I rate it?*
    info
        What the model was trained from, and its measured quality.
    textbook
        The recipe of the textbooks, fitted to the same ratings: to compare with.
    places
        Where each title lies on the map, float32 [n_items, 2]: see `core.insight.title_map`.
    """

    catalogue: Catalogue
    ranker: Ranker
    predictor: Predicts
    info: ModelInfo
    textbook: TextbookHead
    places: Float32

    # -- what is inside ---------------------------------------------------------------------

    @property
    def item_ids(self) -> Int64:
        """MyAnimeList ids of the item axis, int64 [n_items]."""
        return self.catalogue.anime_ids

    @property
    def item_factors(self) -> Float32:
        """V of the ranking head, float32 [n_items, k], orthonormal columns (up to the rounding
        in which it is stored). Titles without training ratings have zero rows.
        """
        return self.ranker.factors.full

    @property
    def singular_values(self) -> Float32:
        """Σ of the ranking head, float32 [k], descending."""
        return self.ranker.factors.singular_values

    @property
    def rating_scale(self) -> RatingScale:
        """From the lowest to the highest rating."""
        return self.info.rating_scale

    @cached_property
    def meanings(self) -> list[FactorMeaning]:
        """What the factors of the ranking head mean, the leading one first."""
        return meanings(self.ranker.factors, self.catalogue, self.franchises.numbers, len(self.singular_values))

    @cached_property
    def regions(self) -> Regions:
        """The genres that lie together on the map, adult titles left out."""
        return regions(self.places, self.catalogue, Filters().mask(self.catalogue))

    def place(self, taste: Taste) -> Float32:
        """Where a taste lies on the map, float32 [2]: amid the titles most like it."""
        return taste_coordinates(self.places, self.ranker.factors.likeness(taste.factors))

    # -- tastes -----------------------------------------------------------------------------

    def fold_in(self, ratings: Mapping[int, float]) -> Taste:
        """A visitor: ``{anime_id: rating}``, the rating on the model's scale, or -1 (`WATCHED`).

        Ids that the model doesn't know are reported in ``Taste.unknown_ids``. No ratings at all
        make the average taste.

        Raises
        ------
        InputError
            An id is not a whole number, or a rating is off the scale.
        """
        row, unknown = history_row(ratings, self.catalogue, self.rating_scale)
        return self._taste(row, unknown_ids=unknown)

    def _taste(self, row: sparse.csr_array, unknown_ids: tuple[int, ...] = (), user_id: int | None = None) -> Taste:
        factors, anime_ids = self.ranker.embed(row)[0], self.item_ids[row.indices]
        return Taste(row, row, factors, anime_ids, self.rating_scale, unknown_ids, user_id)

    def narrowed(self, taste: Taste, without: Collection[int] = (), likes_only: bool = False) -> Taste:
        """The same person, told by fewer of their titles: those ``without``, and with ``likes_only``
        those that they disliked, count as seen and for nothing else.
        """
        dropped = np.isin(taste.anime_ids, list(without))
        if likes_only:
            dropped |= np.isin(taste.positions, taste.disliked)
        if not dropped.any():
            return taste
        kept = self._taste(keep_entries(taste.row, ~dropped))
        return replace(taste, row=kept.row, factors=kept.factors, anime_ids=kept.anime_ids)

    # -- answers ----------------------------------------------------------------------------

    def recommend(
        self,
        taste: Taste,
        k: int = 10,
        filters: Filters | None = None,
        novelty: float = 0.0,
        first: Collection[int] = (),
    ) -> list[Recommendation]:
        """The ``k`` best titles for a taste, the best first, never one that it has seen.

        Fewer come back only when fewer titles pass the filters. Adult titles pass only when
        ``filters`` asks for them. ``novelty`` goes from -1 (mainstream) to 1 (hidden gems).
        The titles with the ids ``first`` come before all others; unknown ids are fine.
        Raises `InputError`: see `core.recommend.listing.recommend`.
        """
        allowed = self.allowed(taste, filters or Filters())
        found = self.catalogue.positions(np.array(list(first), dtype=np.int64))
        predicted = self._predict(taste.row)[0]
        return recommend(taste, self.ranker, predicted, self.catalogue, k, allowed, novelty, found[found >= 0])

    def recommend_together(
        self,
        tastes: Sequence[Taste],
        k: int = 10,
        filters: Filters | None = None,
        balance: float = BALANCE,
        novelty: float = 0.0,
    ) -> list[JointRecommendation]:
        """The ``k`` titles that suit two people or more best, the best first: what none of them has
        seen and the filters allow to all, so that a franchise waits where one is further on than another.

        ``balance`` goes from 0 (averaging) to 1 (what the title is worth to the person it suits
        least): see `core.recommend.together`. Raises `InputError`: see
        `core.recommend.together.recommend_together`; and
        for fewer than two tastes.
        """
        if len(tastes) < 2:
            raise InputError(f"There are {len(tastes)} tastes; a list together needs two or more.")
        allowed = np.all([self.allowed(taste, filters or Filters()) for taste in tastes], axis=0)
        predicted = np.stack([self._predict(taste.row)[0] for taste in tastes])
        return recommend_together(tastes, self.ranker, predicted, self.catalogue, k, allowed, balance, novelty)

    def suggest(self, taste: Taste, k: int = 6, leave_out: Iterable[int] = ()) -> list[Title]:
        """The titles to ask a visitor about next, at most ``k``: see `core.recommend.suggestions.Suggester`.
        ``leave_out``: ids of titles that they don't know or don't want; unknown ids count nothing.
        """
        known = [self.catalogue.position(anime_id) for anime_id in leave_out if anime_id in self.catalogue]
        return [self.catalogue.title(int(at)) for at in self.suggester.suggest(taste, k, known)]

    def certainty(self, taste: Taste) -> Certainty | None:
        """How sure the model is of a taste and of its best titles; None if its head cannot tell."""
        return self._certainties.of(taste, self.ranker.rank_scores(taste.row)[0], self.allowed(taste, Filters()))

    @cached_property
    def suggester(self) -> Suggester:
        """Chooses what to ask about."""
        return Suggester(self.catalogue, self.franchises.numbers, self.ranker, self.rating_scale)

    @cached_property
    def _certainties(self) -> Certainties:
        return Certainties(self.predictor, self.catalogue)

    def allowed(self, taste: Taste, filters: Filters) -> Bool:
        """Which titles may be recommended, bool [n_items]: see `core.recommend.listing.allowed_titles`."""
        return allowed_titles(taste, self.catalogue, filters, lambda: self.franchises)

    @cached_property
    def franchises(self) -> Franchises:
        """Which titles belong together, and in which order they are watched."""
        return Franchises.of(self.catalogue, self.ranker.factors.directions)

    def similar(
        self, anime_id: int, k: int = 10, filters: Filters | None = None, taste: Taste | None = None
    ) -> list[Recommendation]:
        """The ``k`` titles nearest to one, by the cosine of their rows of ``VΣ`` (the ``score``); of one
        that too few people rated (see `is_known`), by the cosine of what the catalogue says of them.

        Without ``filters`` adult titles come only with adult titles. ``predicted_rating`` is what
        this taste is expected to give (by default somebody who told nothing); what it has seen is left out.
        Raises `InputError` for an unknown id.
        """
        position = self.catalogue.position(anime_id)
        if filters is None:
            filters = Filters(adult=not Filters().mask(self.catalogue)[position])
        taste = self._nobody if taste is None else taste  # not "or": one of which nothing counts is empty
        allowed = self.allowed(taste, filters)
        allowed[position] = False
        similarity = self.ranker.factors.cosines(position)
        if not similarity.any():
            similarity = self._alike(position)
        best = top_k(similarity, allowed, self.catalogue, k)
        return listing(best, similarity, self._predict(taste.row)[0], self.catalogue)

    def is_known(self, anime_id: int) -> bool:
        """Whether enough people rated a title to say who likes it. Raises `InputError` for an unknown id."""
        return bool(self.ranker.factors.cosines(self.catalogue.position(anime_id)).any())

    def _alike(self, position: int) -> Float32:
        from ..data.title_features import catalogue_likeness

        rows = catalogue_likeness(self.catalogue)
        lengths = np.linalg.norm(rows, axis=1)
        return np.asarray(rows @ rows[position] / np.maximum(lengths * lengths[position], 1e-9), dtype=np.float32)

    @cached_property
    def _nobody(self) -> Taste:
        return self.fold_in({})

    def walkthrough(self, taste: Taste, count: int = 5, filters: Filters | None = None) -> Walkthrough | None:
        """Return the steps from a taste to its list, or None for a model with another ranking head."""
        if not isinstance(self.ranker, RankingHead):
            return None
        allowed = self.allowed(taste, filters or Filters())
        return walkthrough(self.ranker, self.catalogue, taste, allowed, self.info.data["users"], count)

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """How much each title suits each history, for ranking: only the order within a row counts.

        Parameters
        ----------
        matrix
            CSR [n, n_items], columns as in `item_ids`, values on the rating scale, or -1.

        Returns
        -------
        float32 [n, n_items]. Titles in the history are scored like the others; mask them.
        """
        return self.ranker.rank_scores(checked_histories(matrix, self.catalogue, self.rating_scale))

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """The rating each history's owner is expected to give each title, float32 [n, n_items],
        within the rating scale. ``matrix`` as in `rank_scores`.
        """
        return self._predict(checked_histories(matrix, self.catalogue, self.rating_scale))

    def _predict(self, matrix: sparse.csr_array) -> Float32:
        return self.rating_scale.clip(self.predictor.predict_ratings(matrix))
