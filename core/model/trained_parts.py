"""The parts of a trained model, and what is derived from them once, when first needed."""

from dataclasses import dataclass
from functools import cached_property

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.scale import RatingScale
from ..errors import InputError
from ..heads.base import Predicts, Ranker
from ..heads.prediction import PredictionHead
from ..heads.ranking_head import RankingHead
from ..heads.textbook import TextbookHead
from ..insight.factor_meanings import FactorMeaning, meanings
from ..insight.map_regions import Regions, regions, taste_coordinates
from ..insight.spectrum import Spectrum, spectrum
from ..numerics.arrays import Bool, Float32, Int64
from ..recommend.filters import Filters
from ..recommend.fold_in import MASKS_KEPT, Taste
from ..recommend.second_stage import SecondStage
from ..recommend.variety import Variety
from .info import ModelInfo


@dataclass(frozen=True)
class TrainedParts:
    """Two heads over one catalogue, and what belongs to them.

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

    @cached_property
    def second_stage(self) -> SecondStage:
        """What is added to the scores of the ranking head; nothing to those of a textbook model."""
        stage = SecondStage.of(self.catalogue, self.franchises, self.rating_scale)
        return stage if isinstance(self.ranker, RankingHead) else stage.without_values

    @cached_property
    def variety(self) -> Variety:
        """What keeps a list from repeating itself."""
        return Variety(self.catalogue, self.franchises)

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

    def mask(self, filters: Filters) -> Bool:
        """Return which titles pass, whoever asks, bool [n_items]: `Filters.mask`. Not to be changed.

        The masks of the last filters are kept.
        """
        mask = self._masks.get(filters)
        if mask is None:
            if len(self._masks) >= MASKS_KEPT:
                self._masks.clear()
            mask = self._masks[filters] = filters.mask(self.catalogue)
        return mask

    @cached_property
    def _masks(self) -> dict[Filters, Bool]:
        return {}

    def taste_coordinates(self, taste: Taste) -> Float32:
        """Return the position of a taste on the map, float32 [2]: amid the titles most like it."""
        return taste_coordinates(self.coordinates, self.ranker.factors.likeness(taste.factors))
