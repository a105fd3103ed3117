"""The steps from ratings to recommendations, with the numbers that the ranking head computes with.

Nothing is computed for show: the sums of `RankingHead.rank_scores` and `RankingHead.contributions` are
given term by term, by factor and by rated title. In the notation of `core.heads.ranking_head`::

    x_j     = w(r_j) N_j^a u_j^b                         a rated title: its weight, scaled
    c_i     = Σ_j x_j v_ji + prior_i                     the person's point, one coordinate per factor
    score_j = Σ_i c_i F_i v_ji · lift_j · earlier_j      a title's score, one term per factor

where ``F_i = σ_i² / (σ_i² + λ)``, ``lift_j = u_j N_j^o / (1 - h_j)`` in units of the average visitor's
scores, and ``earlier_j`` is above 1 for an earlier part of a title that the person has seen.
"""

from dataclasses import replace

import numpy as np

from ..data.catalogue import Catalogue
from ..heads.preference_matrix import continued_parts, preference
from ..heads.ranking_head import LAMBDA_STEPS, RankingHead
from ..heads.textbook import TextbookHead
from ..numerics.arrays import Bool, Float32
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste
from ..recommend.top_k import Recommendation, listing, reasons_of, top_k
from .spectrum import Spectrum
from .steps import Coordinate, Product, RatedTitle, ScoredTitle, TruncatedList, Walkthrough

CUTS = (2, 8, 32, 128)
SCALE_STEPS = 10
FACTORS_SHOWN = 8
LISTED = 5
MULTIPLIED, TERMS = 3, 6  # titles and factors of the product


def walkthrough(
    head: RankingHead, taste: Taste, filters: Filters, head_spectrum: Spectrum, count: int = LISTED
) -> Walkthrough:
    """Return the steps from a taste to its ``count`` best titles that the filters allow.

    ``head`` is the ranking head of the taste's model. Raises `InputError` for a ``count`` off 1..1000.
    """
    steps = _Steps(head, taste, filters, count)
    length = np.array([max(len(taste), 1)], dtype=np.float64)
    norm_powers, uniqueness_powers = head.powers(length, np.array([taste.is_complete]))
    return Walkthrough(
        config=head.config,
        weights=steps.weights(),
        rated=steps.rated(),
        norm_power=float(norm_powers[0]),
        uniqueness_power=float(uniqueness_powers[0]),
        shrinkage=float(np.exp(steps.shrinkage_step / LAMBDA_STEPS) * head.energy),
        point=steps.point(),
        n_factors=len(steps.filter_factors),
        effective_factors=float(steps.filter_factors.sum()),
        scores=steps.scored_titles(),
        truncated=steps.truncated_lists(head_spectrum.energy),
        product=steps.product(),
        spectrum=head_spectrum,
    )


def textbook_list(
    textbook: TextbookHead, taste: Taste, catalogue: Catalogue, allowed: Bool, k: int = LISTED
) -> list[Recommendation]:
    """Return the ``k`` of the ``allowed`` titles, bool [n_titles], with the highest ratings predicted by the classic
    recipe. ``score`` is the prediction, which may leave the scale; ``predicted_rating`` is clipped to it.
    Raises `InputError` for a ``k`` off 1..1000.
    """
    scores = textbook.rank_scores(taste.row)[0]
    best = top_k(scores, allowed, catalogue, k)
    reasons = reasons_of(taste, textbook.contributions(taste.row, best), catalogue)
    return listing(best, scores[best], taste, reasons, taste.scale.clip(scores))


class _Steps:
    """The arrays that the steps share, for k factors and the n best titles."""

    def __init__(self, head: RankingHead, taste: Taste, filters: Filters, count: int) -> None:
        self.head, self.catalogue, self.taste = head, taste.model.catalogue, taste
        # Catalogue positions of the best allowed titles, [n].
        self.allowed = taste.allowed(filters)
        self.scores = taste.linear_scores
        self.best = top_k(self.scores, self.allowed, self.catalogue, count)
        # x as a row [1, n_items], the rounded logarithm of λ, and F [k].
        self.visitor, shrinkage_steps = head.visitors(taste.row, taste.is_complete)
        self.shrinkage_step = int(shrinkage_steps[0])
        self.filter_factors, lifts = head.filter_and_lift(self.shrinkage_step)
        # The two parts of c, [k] each.
        self.own = np.asarray(self.visitor @ head.factors.v32, dtype=np.float64)[0]
        self.prior = head.config.prior * head.average.astype(np.float64)
        # lift_j and earlier_j, [n] each; only positive scores are multiplied by earlier_j.
        earlier = np.ones(len(lifts))
        earlier[continued_parts(self.visitor, head.later, head.earlier)[1]] = head.config.earlier_part
        best = self.best
        self.lifts, self.earlier = lifts[best], np.where(self.scores[best] > 0, earlier[best], 1.0)
        # Loadings v_ji · lift_j · earlier_j and the terms of the score, [n, k] each; loadings are 1 without a title.
        self.loadings = head.factors.v32[best] * (self.lifts * self.earlier)[:, None]
        if not len(best):
            self.loadings = np.ones((1, len(self.own)))
        self.terms = (self.own + self.prior) * self.filter_factors * self.loadings

    def weights(self) -> tuple[tuple[float, float], ...]:
        scale = self.head.scale
        ratings = np.linspace(scale.low, scale.high, SCALE_STEPS, dtype=np.float32)
        return tuple(zip(ratings.tolist(), self._preferences(ratings).tolist(), strict=True))

    def rated(self) -> tuple[RatedTitle, ...]:
        head, row, indices = self.head, self.taste.row, self.visitor.indices
        columns = (
            row.data,
            self._preferences(row.data),
            head.norms[indices],
            head.uniqueness[indices],
            self.visitor.data,
        )
        facts = zip(*(column.tolist() for column in columns), strict=True)
        return tuple(
            RatedTitle(self.catalogue.title(position), *values)
            for position, values in zip(indices.tolist(), facts, strict=True)
        )

    def _preferences(self, ratings: Float32) -> Float32:
        return preference(ratings, self.head.config.watched_weight, self.head.scale)

    def point(self) -> tuple[Coordinate, ...]:
        # Facts of every factor, [k] each, for the best title; then the factors with the largest terms.
        sigma = self.head.factors.singular_values
        facts = (sigma, self.own, self.prior, self.filter_factors, self.loadings[0], self.terms[0])
        leading = np.argsort(-np.abs(self.terms[0]), kind="stable")[:FACTORS_SHOWN].tolist()
        return tuple(Coordinate(index, *(float(fact[index]) for fact in facts)) for index in leading)

    def product(self) -> Product:
        # The factors with the largest terms over the first titles, ascending, [m].
        first = self.terms[:MULTIPLIED] if len(self.best) else self.terms[:0]
        largest = np.sort(np.argsort(-np.abs(self.terms[:MULTIPLIED]).sum(axis=0), kind="stable")[:TERMS])
        sigma = self.head.factors.singular_values.astype(np.float64)
        u = (self.own + self.prior) * self.filter_factors / np.maximum(sigma, np.finfo(np.float64).tiny)
        return Product(
            factors=tuple(largest.tolist()),
            u=tuple(u[largest].tolist()),
            sigma=tuple(sigma[largest].tolist()),
            v=tuple(tuple(row) for row in self.loadings[: len(first), largest].tolist()),
            rest=tuple((first.sum(axis=1) - first[:, largest].sum(axis=1)).tolist()),
        )

    def scored_titles(self) -> tuple[ScoredTitle, ...]:
        # Parts of the scores: of the rated titles, [n_rated, n], and of the average visitor by factor, [n, k].
        by_titles = self.head.contributions(self.taste.row, self.best, self.taste.is_complete) * self.earlier
        prior_terms = self.prior * self.filter_factors * self.loadings
        return tuple(
            ScoredTitle(
                title=self.catalogue.title(position),
                score=float(self.scores[position]),
                by_factors=tuple((k, float(self.terms[row, :k].sum())) for k in _cuts(len(self.own))),
                by_titles=tuple(by_titles[:, row].tolist()),
                prior=float(np.sum(prior_terms[row])),
                lift=float(self.lifts[row]),
                earlier_part=float(self.earlier[row]),
            )
            for row, position in enumerate(self.best.tolist())
        )

    def truncated_lists(self, energy: tuple[float, ...]) -> tuple[TruncatedList, ...]:
        """Return the lists of truncated heads. Their leverages and average visitor, hence their lifts, are those of
        the k factors. Norms, uniqueness and λ stay: they are facts of the data and of the person.
        """
        lists = []
        for k in _cuts(len(energy)):
            best = self.best
            if k < len(energy):
                head = replace(self.head, factors=self.head.factors.truncated(k))
                best = top_k(
                    head.rank_scores(self.taste.row, self.taste.is_complete)[0],
                    self.allowed,
                    self.catalogue,
                    max(len(best), 1),
                )
            titles = tuple(self.catalogue.title(position) for position in best.tolist())
            ranks = [1 + int(np.sum(self.scores[self.allowed] > score)) for score in self.scores[best]]
            lists.append(TruncatedList(k, energy[k - 1], titles, tuple(ranks)))
        return tuple(lists)


def _cuts(k: int) -> list[int]:
    """Return the numbers of `CUTS` below ``k``, and ``k``."""
    return [*(cut for cut in CUTS if cut < k), k]
