"""What a trained model answers: tastes in; lists, predictions and questions out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue, Title
from ..errors import InputError
from ..heads.facts import TitleFacts, same_facts
from ..insight.choices import Pair, pairs
from ..insight.map_additions import extended
from ..insight.personas import Persona, personas
from ..insight.steps import Walkthrough
from ..insight.walkthrough import LISTED, walkthrough
from ..numerics.arrays import Bool, Float32, Int64
from ..recommend.certainty import Certainty, CertaintyMeter
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste, fold_in
from ..recommend.histories import checked_histories
from ..recommend.novelty import DEFAULT, position_at
from ..recommend.suggestions import Suggester
from ..recommend.together import BALANCE, JointRecommendation, recommend_together
from ..recommend.top_k import Recommendation, listing, recommend, top_k
from .trained_parts import TrainedParts


@dataclass(frozen=True)
class Recommender(TrainedParts):
    """Answers of two heads over one catalogue: see `core.model.trained_parts.TrainedParts` for its attributes."""

    # -- answers for a taste ----------------------------------------------------------------

    def fold_in(
        self, ratings: Mapping[int, float], complete: bool | None = None, unseen: Collection[int] = ()
    ) -> Taste:
        """Return the taste of a visitor who rated ``{anime_id: rating}``, on the model's scale or -1 (`WATCHED`).

        Unknown ids are reported in ``Taste.unknown_ids``. No ratings at all make the average taste.

        Parameters
        ----------
        complete
            True: these are all titles that they have seen, as in a list that somebody brings. False: a sample, as of
            somebody who rates a few titles. None: decided by what it looks like, see `RankingHead.looks_complete`.
        unseen
            Ids of titles that they said they haven't seen, which are safe to recommend. Unknown ids are ignored.

        Raises
        ------
        InputError
            An id is not a whole number, or a rating is off the scale.
        """
        return fold_in(ratings, self, complete, unseen)

    def _of_this_model(self, taste: Taste) -> Taste:
        """Return the taste, folded in anew if another model with the same titles made it."""
        return taste if taste.model is self else replace(taste, model=self)

    def recommend(
        self,
        taste: Taste,
        k: int = 10,
        filters: Filters | None = None,
        novelty: float = DEFAULT,
        first: Collection[int] = (),
    ) -> list[Recommendation]:
        """Return the ``k`` best titles for a taste, best first, never a seen one.

        Fewer are returned only when fewer titles pass the filters. Adult titles pass only when ``filters``
        asks for them. ``novelty`` goes from 0 (well known) over 0.5 (new to you) to 1 (hidden): see
        `core.recommend.novelty`. Titles with the ids ``first`` come before all others.

        Raises `InputError`: see `core.recommend.top_k.recommend`.
        """
        return recommend(self._of_this_model(taste), k, filters or Filters(), novelty, first)

    def rank(self, taste: Taste, anime_id: int, filters: Filters | None = None, novelty: float = DEFAULT) -> int:
        """Return the rank of a title on the list of a taste, apart from variety. Raises `InputError` for an unknown
        id.
        """
        own = self._of_this_model(taste)
        scores = own.dialled(position_at(novelty))
        score = scores[self.catalogue.position(anime_id)]
        return 1 + int(np.count_nonzero(scores[own.allowed(filters or Filters())] > score))

    def rank_without(
        self,
        taste: Taste,
        anime_id: int,
        without: int,
        filters: Filters | None = None,
        novelty: float = DEFAULT,
    ) -> int:
        """Return the rank that a title would have if the visitor had not rated ``without``, apart from variety.

        Raises `InputError` for an id that the catalogue lacks.
        """
        self.catalogue.position(without)
        return self.rank(taste.narrowed([without]), anime_id, filters, novelty)

    def recommend_together(
        self,
        tastes: Sequence[Taste],
        k: int = 10,
        filters: Filters | None = None,
        balance: float = BALANCE,
        novelty: float = DEFAULT,
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
        positions = self.suggester.suggest(self._of_this_model(taste), k, self._known(leave_out))
        return [self.catalogue.title(position) for position in positions.tolist()]

    def askable(self, taste: Taste, leave_out: Iterable[int] = ()) -> Bool:
        """Return which titles may be asked about, bool [n_items]. ``leave_out`` as in `suggest`."""
        return self.suggester.askable(taste, self._known(leave_out))

    def _known(self, anime_ids: Iterable[int]) -> Int64:
        """Return the positions of the titles with these ids; unknown ids are ignored."""
        positions = self.catalogue.positions(np.array(list(anime_ids), dtype=np.int64))
        return positions[positions >= 0]

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
        own = replace(self._of_this_model(taste), preferred_ids=())  # the steps are those from ratings to scores
        return walkthrough(self.own_heads[0], own, filters or Filters(), self.spectrum, count)

    @cached_property
    def suggester(self) -> Suggester:
        """Chooses what to ask a visitor. Raises `InputError`: see `own_heads`."""
        return Suggester(self.catalogue, self.franchises, self.own_heads[0], self.rating_scale)

    @cached_property
    def personas(self) -> tuple[Persona, ...]:
        """Tastes to borrow: see `core.insight.personas`. Raises `InputError`: see `own_heads`."""
        return personas(self.suggester)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Groups of covers to choose from: see `core.insight.choices`. Raises `InputError`: see `own_heads`."""
        return pairs(self.suggester)

    @cached_property
    def _certainty_meter(self) -> CertaintyMeter:
        return CertaintyMeter(self.own_heads[1], self.catalogue)

    # -- answers for a title ----------------------------------------------------------------

    def similar(
        self, anime_id: int, k: int = 10, filters: Filters | None = None, taste: Taste | None = None
    ) -> list[Recommendation]:
        """Return the ``k`` titles nearest to one, nearest first; ``score`` is the cosine of their rows of ``VΣ``.

        Without ``filters`` adult titles and extras come only with their like. ``predicted_rating`` is that of
        ``taste`` (default: somebody without ratings), and titles it has seen are left out. Raises `InputError`
        for an unknown id.
        """
        position = self.catalogue.position(anime_id)
        if filters is None:
            filters = Filters(
                adult=bool(self.catalogue.is_adult[position]), extras=bool(self.catalogue.is_extra[position])
            )
        taste = self.nobody if taste is None else self._of_this_model(taste)
        allowed = taste.allowed(filters)
        allowed[position] = False
        similarity = self.ranker.factors.cosines(position)
        best = top_k(similarity, allowed, self.catalogue, k)
        return listing(best, similarity[best], taste)

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

    def rank_scores(self, matrix: sparse.csr_array, complete: bool | None = None) -> Float32:
        """Return how much each title suits each history, float32 [n, n_items]: only the order in a row counts.

        They are the scores of `recommend` at the left end of its dial. Titles in the history are scored like the
        others; mask them.

        Parameters
        ----------
        matrix
            CSR [n, n_items], columns as in `item_ids`, values on the rating scale, or -1.
        complete
            Whether the histories are whole lists or samples: see `fold_in`.
        """
        matrix = checked_histories(matrix, self.catalogue, self.rating_scale)
        scores = np.empty(matrix.shape, dtype=np.float32)
        for row in range(len(scores)):
            history = matrix[[row]]
            scores[row] = Taste(history, history, self, complete=complete).scores
        return scores

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return the expected ratings, float32 [n, n_items], on the rating scale; ``matrix`` as in `rank_scores`."""
        histories = checked_histories(matrix, self.catalogue, self.rating_scale)
        return self.rating_scale.clip(self.predictor.predict_ratings(histories))
