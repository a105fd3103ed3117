"""From somebody's ratings to their list, step by step, with the numbers that the ranking head computes with.

Nothing here is computed for show: what `RankingHead.rank_scores` and `RankingHead.contributions` sum up is
kept apart, by factor and by rated title. With the notation of `core.heads.ranking` ::

    x_j     = w(r_j) N_j^a u_j^b                         each rated title: its weight, scaled
    c_i     = Σ_j x_j v_ji + prior_i                     the person's point, a coordinate a factor
    score_j = Σ_i c_i F_i v_ji · lift_j · earlier_j      a title's score, a term a factor

where ``F_i = σ_i² / (σ_i² + λ)``, ``lift_j = u_j N_j^o / (1 - h_j)`` in units of the average visitor's
scores, and ``earlier_j`` is above 1 for an earlier part of what the person has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..data.catalogue import Catalogue, Title
from ..heads.preferences import continued_parts, preference
from ..heads.ranking import LAMBDA_STEPS, RankingConfig, RankingHead
from ..heads.textbook import TextbookHead
from ..numerics.arrays import Bool, Float32, Float64, Int64
from ..recommend.listing import Recommendation, listing, reasons_of, top_k
from ..recommend.taste import Taste
from .spectrum import Spectrum, spectrum

CUTS = (2, 8, 32, 128)
SCALE_STEPS = 10
FACTORS_SHOWN = 8
LISTED = 5


@dataclass(frozen=True, slots=True)
class RatedTitle:
    """What becomes of one rating: ``scaled = weight · norm^a · uniqueness^b`` with the powers of `Walkthrough`.

    Attributes
    ----------
    rating
        On the model's scale, or `WATCHED`.
    weight
        w: how much the rating speaks for what is like the title; below 0: against it.
    norm, uniqueness, scaled
        N, u and x; None for a title that training left out: it counts for nothing.
    """

    title: Title
    rating: float
    weight: float
    norm: float | None
    uniqueness: float | None
    scaled: float | None


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One coordinate of the person's point.

    Attributes
    ----------
    index
        Of the factor; 0 for the leading one.
    singular_value
        σ.
    own, prior
        What the ratings add to it, and what the average visitor does.
    filter_factor
        F, 0..1: what the shrinkage leaves of it.
    loading
        How far the best title lies along the factor, all that its sum is multiplied by in it:
        ``v · lift · earlier``; 1 without a title.
    term
        ``(own + prior) · filter_factor · loading``: what it adds to the score of the best title.
    """

    index: int
    singular_value: float
    own: float
    prior: float
    filter_factor: float
    loading: float
    term: float


@dataclass(frozen=True, slots=True)
class ScoredTitle:
    """How a title comes by its score.

    Attributes
    ----------
    score
        As `RankingHead.rank_scores` has it.
    by_factors
        ``(k, what the k leading factors add up to)``; the last has all factors, and is the score.
    by_titles
        What each rated title adds, in the order of `Walkthrough.rated`; with ``prior``, what the
        average visitor adds, it makes the score.
    lift, earlier_part
        What the sum over the factors was multiplied by; all figures here are after that.
    """

    title: Title
    score: float
    by_factors: tuple[tuple[int, float], ...]
    by_titles: tuple[float, ...]
    prior: float
    lift: float
    earlier_part: float


@dataclass(frozen=True, slots=True)
class TruncatedList:
    """The best titles by the ``factors`` leading factors alone, what these keep of the users' energy, 0..1,
    and where each of the titles stands by all factors, 1 for the best.
    """

    factors: int
    energy: float
    titles: tuple[Title, ...]
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class Walkthrough:
    """From ratings to a list.

    Attributes
    ----------
    config
        The settings of the head.
    weights
        ``(rating, w)`` for ten ratings from the lowest to the highest of the scale; on 1-10, for each.
    rated
        Each title that counts, in the order of ``Taste.row``.
    norm_power, uniqueness_power
        a and b above, which depend on how many titles there are.
    shrinkage
        λ, to be compared with σ².
    point
        At most eight coordinates, those that add most to the best title's score (by size) first.
    n_factors, effective_factors
        k, and ``ΣF``: how many whole factors the filter lets through.
    scores
        The best titles that the filters allow and that training has seen, the best first.
    truncated
        The same list by fewer factors; the last is by all of them.
    """

    config: RankingConfig
    weights: tuple[tuple[float, float], ...]
    rated: tuple[RatedTitle, ...]
    norm_power: float
    uniqueness_power: float
    shrinkage: float
    point: tuple[Coordinate, ...]
    n_factors: int
    effective_factors: float
    scores: tuple[ScoredTitle, ...]
    truncated: tuple[TruncatedList, ...]
    spectrum: Spectrum


def walkthrough(
    head: RankingHead, catalogue: Catalogue, taste: Taste, allowed: Bool, n_users: int, count: int = LISTED
) -> Walkthrough:
    """Return the steps for one taste, to its ``count`` best titles among those ``allowed``, bool [n_titles].

    ``n_users`` is the number of users that the head was fitted to. Raises `InputError` for a ``count`` off
    1..1000.
    """
    visitor, steps = head.visitors(taste.row)
    filtered, lifts = head.filter_and_lift(int(steps[0]))
    own = np.asarray(visitor @ head.factors.v32, dtype=np.float64)[0]
    prior = head.config.prior * head.average.astype(np.float64)
    trained = np.zeros(len(catalogue), dtype=bool)
    trained[head.factors.columns] = True
    allowed = allowed & trained
    scores = head.rank_scores(taste.row)[0]
    best = top_k(scores, allowed, catalogue, count)
    places = np.searchsorted(head.factors.columns, best)
    earlier = np.ones(len(lifts))
    earlier[continued_parts(visitor, head.later, head.earlier)[1]] = head.config.earlier_part
    factor = np.where(scores[best] > 0, earlier[places], 1.0)
    after = head.factors.v32[places] * (lifts[places] * factor)[:, None]
    terms = (own + prior) * filtered * after
    by_titles = head.contributions(taste.row, best) * factor
    scored = [
        ScoredTitle(
            title=catalogue.title(int(at)),
            score=float(scores[at]),
            by_factors=_cumulative(terms[row]),
            by_titles=tuple(by_titles[:, row].tolist()),
            prior=float(np.sum(prior * filtered * after[row])),
            lift=float(lifts[places[row]]),
            earlier_part=float(factor[row]),
        )
        for row, at in enumerate(best.tolist())
    ]
    kept = spectrum(head, catalogue, n_users)
    of_norms, of_uniqueness = head.powers(np.array([max(len(taste), 1)], dtype=np.float64))
    whole = after[0] if len(best) else np.ones(len(filtered))
    return Walkthrough(
        config=head.config,
        weights=_weights(head),
        rated=_rated(head, taste, catalogue),
        norm_power=float(of_norms[0]),
        uniqueness_power=float(of_uniqueness[0]),
        shrinkage=float(np.exp(steps[0] / LAMBDA_STEPS) * head.energy),
        point=_point(head, own, prior, filtered, whole),
        n_factors=len(filtered),
        effective_factors=float(filtered.sum()),
        scores=tuple(scored),
        truncated=_truncated(head, taste, catalogue, allowed, scores, best, kept),
        spectrum=kept,
    )


def textbook_list(
    textbook: TextbookHead, taste: Taste, catalogue: Catalogue, allowed: Bool, k: int = LISTED
) -> list[Recommendation]:
    """What the classic recipe recommends for the same ratings: the ``k`` of the ``allowed`` titles, bool
    [n_titles], for which it predicts most. ``score`` is its prediction, which may leave the scale,
    ``predicted_rating`` the same within it. Raises `InputError` for a ``k`` off 1..1000.
    """
    scores = textbook.rank_scores(taste.row)[0]
    best = top_k(scores, allowed, catalogue, k)
    reasons = reasons_of(taste, textbook.contributions(taste.row, best), catalogue)
    return listing(best, scores, taste.scale.clip(scores), catalogue, reasons)


def _weights(head: RankingHead) -> tuple[tuple[float, float], ...]:
    ratings = np.linspace(head.scale.low, head.scale.high, SCALE_STEPS, dtype=np.float32)
    weights = preference(ratings, head.config.watched_weight, head.scale)
    return tuple(zip(ratings.tolist(), weights.tolist(), strict=True))


def _rated(head: RankingHead, taste: Taste, catalogue: Catalogue) -> tuple[RatedTitle, ...]:
    weights = preference(taste.row.data, head.config.watched_weight, head.scale).tolist()
    visitor, _ = head.visitors(taste.row)
    scaled = dict(zip(visitor.indices.tolist(), visitor.data.tolist(), strict=True))
    place_of = dict(zip(head.factors.columns[visitor.indices].tolist(), visitor.indices.tolist(), strict=True))
    rated = []
    for position, rating, weight in zip(taste.positions.tolist(), taste.row.data.tolist(), weights, strict=True):
        title, at = catalogue.title(position), place_of.get(position)
        if at is None:
            rated.append(RatedTitle(title, rating, weight, None, None, None))
        else:
            n, u = float(head.norms[at]), float(head.uniqueness[at])
            rated.append(RatedTitle(title, rating, weight, n, u, scaled[at]))
    return tuple(rated)


def _point(
    head: RankingHead, own: Float64, prior: Float64, filtered: Float32, along: Float64
) -> tuple[Coordinate, ...]:
    terms = (own + prior) * filtered * along
    leading = np.argsort(-np.abs(terms), kind="stable")[:FACTORS_SHOWN]
    columns = (head.factors.singular_values, own, prior, filtered, along, terms)
    return tuple(Coordinate(int(at), *(float(column[at]) for column in columns)) for at in leading)


def _cumulative(terms: Float64) -> tuple[tuple[int, float], ...]:
    return tuple((k, float(terms[:k].sum())) for k in _numbers(CUTS, len(terms)))


def _numbers(wanted: Sequence[int], k: int) -> list[int]:
    """Those of the wanted numbers of factors that are fewer than all ``k``, and k."""
    return [*(number for number in wanted if number < k), k]


def _truncated(
    head: RankingHead,
    taste: Taste,
    catalogue: Catalogue,
    allowed: Bool,
    scores: Float32,
    best: Int64,
    kept: Spectrum,
) -> tuple[TruncatedList, ...]:
    """Lists by truncated heads: leverages, the average visitor's scores and so the lifts are those of
    the k factors. Norms, uniqueness and λ stay: they are facts of the data and of the person.
    """
    lists = []
    for k in _numbers(CUTS, len(kept.energy)):
        if k < len(kept.energy):
            fewer = replace(head, factors=head.factors.truncated(k))
            titles = top_k(fewer.rank_scores(taste.row)[0], allowed, catalogue, max(len(best), 1))
        else:
            titles = best
        ranks = [1 + int(np.sum(scores[allowed] > scores[at])) for at in titles]
        lists.append(
            TruncatedList(k, kept.energy[k - 1], tuple(catalogue.title(int(at)) for at in titles), tuple(ranks))
        )
    return tuple(lists)
