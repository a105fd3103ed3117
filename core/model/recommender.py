"""What a trained model answers: tastes in; lists, predictions and questions out."""

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
from ..heads.facts import TitleFacts, same_facts
from ..heads.prediction import PredictionHead
from ..heads.ranking_head import RankingHead
from ..heads.textbook import TextbookHead
from ..insight.factor_meanings import FactorMeaning, meanings
from ..insight.map_additions import extended
from ..insight.map_regions import Regions, regions, taste_coordinates
from ..insight.spectrum import Spectrum, spectrum
from ..insight.walkthrough import LISTED, Walkthrough, walkthrough
from ..numerics.arrays import Float32, Int64
from ..recommend.certainty import Certainty, CertaintyMeter
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste, checked_histories, fold_in
from ..recommend.suggestions import Suggester
from ..recommend.together import BALANCE, JointRecommendation, recommend_together
from ..recommend.top_k import Recommendation, listing, recommend, top_k
from .info import ModelInfo


@dataclass(frozen=True)
class Recommender:
    """Two heads over one catalogue.

    Attributes
    ----------
    catalogue
        The titles, in the order of every item axis.
    ranker, predictor
        The heads: *what next?* and *how would I rate it?*
    info
        What the model was trained from, and its measured quality.
    textbook
        The textbook recipe, fitted to the same ratings for comparison.
    coordinates
        The position of each title on the map, float32 [n_items, 2]: see `core.insight.title_map`.
    """

    catalogue: Catalogue
    ranker: Ranker
    predictor: Predicts
    info: ModelInfo
    textbook: TextbookHead
    coordinates: Float32

    # -- what is inside ---------------------------------------------------------------------

    @property
    def item_ids(self) -> Int64:
        """MyAnimeList ids of the item axis, int64 [n_items]."""
        return self.catalogue.anime_ids

    @property
    def item_factors(self) -> Float32:
        """V of the ranking head, float32 [n_items, k]; orthonormal columns, up to the rounding of storage.

        Rows of titles that nobody rated in training come from their facts.
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
    def franchises(self) -> Franchises:
        """Which titles belong together, and in which order to watch them."""
        return Franchises.of(self.catalogue, self.ranker.factors.directions)

    @property
    def own_heads(self) -> tuple[RankingHead, PredictionHead]:
        """The ranking head and the prediction head.

        Raises `InputError` for a textbook model, which recommends and predicts for comparison, and does no more.
        """
        if not isinstance(self.ranker, RankingHead) or not isinstance(self.predictor, PredictionHead):
            raise InputError(
                "This is a textbook model: it recommends and predicts for comparison, and cannot be explained or "
                "served. Train the default recipe."
            )
        return self.ranker, self.predictor

    @cached_property
    def meanings(self) -> list[FactorMeaning]:
        """What the factors of the ranking head mean, the leading factor first."""
        return meanings(self.ranker.factors, self.catalogue, self.franchises.numbers, len(self.singular_values))

    @cached_property
    def spectrum(self) -> Spectrum:
        """How much of the users' energy the leading factors keep. Raises `InputError`: see `own_heads`."""
        return spectrum(self.own_heads[0], self.catalogue, self.info.data["users"])

    @cached_property
    def regions(self) -> Regions:
        """The genres that lie together on the map, without adult titles."""
        return regions(self.coordinates, self.catalogue, Filters().mask(self.catalogue))

    def taste_coordinates(self, taste: Taste) -> Float32:
        """Return the position of a taste on the map, float32 [2]: amid the titles most like it."""
        return taste_coordinates(self.coordinates, self.ranker.factors.likeness(taste.factors))

    # -- answers for a taste ----------------------------------------------------------------

    def fold_in(self, ratings: Mapping[int, float]) -> Taste:
        """Return the taste of a visitor who rated ``{anime_id: rating}``, on the model's scale or -1 (`WATCHED`).

        Unknown ids are reported in ``Taste.unknown_ids``. No ratings at all make the average taste.

        Raises
        ------
        InputError
            An id is not a whole number, or a rating is off the scale.
        """
        return fold_in(ratings, self)

    def _of_this_model(self, taste: Taste) -> Taste:
        """Return the taste, folded in anew if another model with the same titles made it."""
        return taste if taste.model is self else replace(taste, model=self)

    def recommend(
        self,
        taste: Taste,
        k: int = 10,
        filters: Filters | None = None,
        novelty: float = 0.0,
        first: Collection[int] = (),
    ) -> list[Recommendation]:
        """Return the ``k`` best titles for a taste, best first, never a seen one.

        Fewer are returned only when fewer titles pass the filters. Adult titles pass only when ``filters``
        asks for them. ``novelty`` goes from -1 (mainstream) to 1 (hidden gems). Titles with the ids ``first``
        come before all others. Raises `InputError`: see `core.recommend.top_k.recommend`.
        """
        return recommend(self._of_this_model(taste), k, filters or Filters(), novelty, first)

    def recommend_together(
        self,
        tastes: Sequence[Taste],
        k: int = 10,
        filters: Filters | None = None,
        balance: float = BALANCE,
        novelty: float = 0.0,
    ) -> list[JointRecommendation]:
        """Return the ``k`` titles that suit two or more people best, best first, none that one of them has seen.

        ``balance`` goes from 0 (averaging) to 1 (the person whom a title suits least). Raises `InputError`: see
        `core.recommend.together.recommend_together`.
        """
        own = [self._of_this_model(taste) for taste in tastes]
        return recommend_together(own, k, filters or Filters(), balance, novelty)

    def suggest(self, taste: Taste, k: int = 6, leave_out: Iterable[int] = ()) -> list[Title]:
        """Return at most ``k`` titles to ask a visitor about next: see `core.recommend.suggestions`.

        ``leave_out`` holds ids of titles that they don't know or don't want. Unknown ids are ignored. Raises
        `InputError`: see `own_heads`.
        """
        left_out = self.catalogue.positions(np.array(list(leave_out), dtype=np.int64))
        positions = self.suggester.suggest(self._of_this_model(taste), k, left_out[left_out >= 0])
        return [self.catalogue.title(position) for position in positions.tolist()]

    def certainty(self, taste: Taste) -> Certainty:
        """Return how sure the model is of a taste and its best titles. Raises `InputError`: see `own_heads`."""
        return self._certainty_meter.measure(self._of_this_model(taste))

    def expected_error(self, taste: Taste, anime_id: int) -> float:
        """Return the standard deviation of the error of one predicted rating, on the rating scale: wider for a title
        that is `estimated`. Raises `InputError` for an unknown id, and see `own_heads`.
        """
        positions = np.array([self.catalogue.position(anime_id)])
        return float(self._certainty_meter.errors(self._of_this_model(taste), positions)[0])

    def walkthrough(self, taste: Taste, count: int = LISTED, filters: Filters | None = None) -> Walkthrough:
        """Return the steps from a taste to its ``count`` best titles. Raises `InputError`: see `own_heads`."""
        own = self._of_this_model(taste)
        return walkthrough(self.own_heads[0], own, filters or Filters(), self.spectrum, count)

    @cached_property
    def suggester(self) -> Suggester:
        """Chooses what to ask a visitor. Raises `InputError`: see `own_heads`."""
        return Suggester(self.catalogue, self.franchises.numbers, self.own_heads[0], self.rating_scale)

    @cached_property
    def _certainty_meter(self) -> CertaintyMeter:
        return CertaintyMeter(self.own_heads[1], self.catalogue)

    # -- answers for a title ----------------------------------------------------------------

    def similar(
        self, anime_id: int, k: int = 10, filters: Filters | None = None, taste: Taste | None = None
    ) -> list[Recommendation]:
        """Return the ``k`` titles nearest to one, nearest first; ``score`` is the cosine of their rows of ``VΣ``.

        Without ``filters`` adult titles come only with adult titles. ``predicted_rating`` is that of
        ``taste`` (default: somebody without ratings), and titles it has seen are left out. Raises `InputError`
        for an unknown id.
        """
        position = self.catalogue.position(anime_id)
        if filters is None:
            filters = Filters(adult=not Filters().mask(self.catalogue)[position])
        taste = self.nobody if taste is None else self._of_this_model(taste)
        allowed = taste.allowed(filters)
        allowed[position] = False
        similarity = self.ranker.factors.cosines(position)
        return listing(top_k(similarity, allowed, self.catalogue, k), similarity, taste)

    def is_known(self, anime_id: int) -> bool:
        """Return whether a title is known from ratings, not from facts alone. Raises `InputError` for an unknown id."""
        return bool(self.ranker.rated[self.catalogue.position(anime_id)])

    def with_titles(self, catalogue: Catalogue) -> "Recommender":
        """Return the same recommender for a catalogue with more titles, placed by their facts.

        Rated titles keep their factors, but the SVD is made anew, which moves scores a little. The facts of the others
        are compared, and those that changed are placed again. Raises `InputError` if the catalogue lacks a title, and
        for a textbook model.
        """
        positions = catalogue.positions(self.catalogue.anime_ids)
        if (positions < 0).any():
            lost = self.catalogue.title(int(np.flatnonzero(positions < 0)[0]))
            raise InputError(
                f"The catalogue lacks {int((positions < 0).sum()):,} of the model's {len(self.catalogue):,} titles, "
                f"first {lost.name!r} ({lost.anime_id}); expected all of them, and more."
            )
        ranker, predictor = self.own_heads
        kept = ranker.rated | same_facts(self.catalogue, catalogue, positions)
        if kept.all() and np.array_equal(catalogue.anime_ids, self.catalogue.anime_ids):
            return replace(self, catalogue=catalogue)
        facts = TitleFacts.of(catalogue)
        ranker = ranker.with_titles(catalogue, facts, positions, kept)
        return replace(
            self,
            catalogue=catalogue,
            ranker=ranker,
            predictor=predictor.with_titles(facts, positions, kept),
            info=replace(self.info, data=self.info.data | {"titles": len(catalogue)}),
            textbook=self.textbook.with_titles(catalogue, positions),
            coordinates=extended(self.coordinates, ranker.factors.directions, positions),
        )

    @cached_property
    def nobody(self) -> Taste:
        """The average taste: that of somebody without ratings."""
        return self.fold_in({})

    # -- answers for many histories ---------------------------------------------------------

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """Return how much each title suits each history, float32 [n, n_items]: only the order in a row counts.

        Titles in the history are scored like the others; mask them.

        Parameters
        ----------
        matrix
            CSR [n, n_items], columns as in `item_ids`, values on the rating scale, or -1.
        """
        return self.ranker.rank_scores(checked_histories(matrix, self.catalogue, self.rating_scale))

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return the expected ratings, float32 [n, n_items], on the rating scale; ``matrix`` as in `rank_scores`."""
        histories = checked_histories(matrix, self.catalogue, self.rating_scale)
        return self.rating_scale.clip(self.predictor.predict_ratings(histories))
