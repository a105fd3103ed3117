"""The steps from ratings to recommendations: what `core.insight.walkthrough` returns. It has the formulas, too."""

from dataclasses import dataclass

from ..data.catalogue import Title
from ..heads.ranking import RankingConfig
from .spectrum import Spectrum


@dataclass(frozen=True, slots=True)
class RatedTitle:
    """A rated title with its weight w, norm N, uniqueness u and x: ``scaled = weight · norm^a · uniqueness^b``.

    A rating of negative weight speaks against similar titles.
    """

    title: Title
    rating: float
    weight: float
    norm: float
    uniqueness: float
    scaled: float


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One coordinate of the person's point, with the index (0 for the leading one) and σ of its factor.

    The ratings and the average visitor add ``own`` and ``prior`` to it. ``filter_factor`` is F; ``loading`` is
    ``v · lift · earlier`` of the best title, or 1 without a title. The coordinate adds
    ``term = (own + prior) · filter_factor · loading`` to the score of the best title.
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
    """A title and the parts of its score, which `lift` and `earlier_part` are already multiplied into.

    ``by_factors`` holds ``(k, sum of the terms of the k leading factors)``; the last sum has all factors and is
    the score. ``by_titles``, in the order of `Walkthrough.rated`, and ``prior`` are the parts of the rated titles
    and of the average visitor; they add up to the score, too.
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
    """The best titles by the ``factors`` leading factors alone, the share of the users' energy, 0..1, that these
    factors hold, and the ranks of the titles by all factors, 1 for the best.
    """

    factors: int
    energy: float
    titles: tuple[Title, ...]
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Terms of ``u Σ Vᵀ`` for the n best titles: those of the m factors that add most to the scores.

    ``factors`` are the indices of the factors, ascending (0 for the leading one). ``u`` is the person's row of U,
    ``u_i = c_i F_i / σ_i``, [m]; ``sigma`` are the singular values, [m]; ``v`` holds ``v · lift · earlier``,
    [n][m]. ``rest`` is what all other factors add, [n]: ``Σ_i u_i σ_i v_ji + rest_j`` is the score of title j.
    """

    factors: tuple[int, ...]
    u: tuple[float, ...]
    sigma: tuple[float, ...]
    v: tuple[tuple[float, ...], ...]
    rest: tuple[float, ...]


@dataclass(frozen=True)
class Walkthrough:
    """The steps from ratings to recommendations.

    Attributes
    ----------
    weights
        ``(rating, w)`` for ten ratings from the lowest to the highest of the scale.
    rated
        The titles that count, in the order of ``Taste.row``.
    norm_power, uniqueness_power
        a and b above, which depend on the number of titles.
    shrinkage
        λ, in the unit of σ².
    point
        At most eight coordinates, in order of the absolute value of their terms, the largest first.
    n_factors, effective_factors
        k and ``ΣF``.
    scores
        The best titles that are allowed and have factors, best first.
    truncated
        The same list by fewer factors; the last one by all.
    product
        The terms of the first three of ``scores``; without any, those of no title.
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
    product: Product
    spectrum: Spectrum
