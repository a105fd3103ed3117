"""The second stage: what the visitor's scale, franchises, fame, era and types add to the scores of the ranking head.

The head is linear in a visitor's ratings. It knows that fans of one title watch another, and little of whether this
visitor will rate it 8 or more. The second stage multiplies each positive score by a factor for each of five facts::

    score'_j = score_j · exp(Σ_p g_p(x_pj, n))

``g_p`` is a piecewise linear function of one fact ``x_p`` of the title for this visitor. Its values at the knots are
piecewise linear in log n, where n is the number of titles of the history, for samples and for whole lists. So each part
can be shown by itself, and the parts of a title add up: see `core.recommend.explanation`. The values are in
``second_stage.json``, fitted by LambdaRank (Burges: From RankNet to LambdaRank to LambdaMART, 2010) to users whom the
heads were not trained on: see `core.evaluation.tuning.second_stage_fit` and ``docs/quality.md``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.scale import RatingScale
from ..numerics.arrays import Float32, Float64, Int64

PARTS = ("quality", "franchise", "fame", "era", "type")
"""The parts of a score, in the order of `SecondStage.parts`."""
LENGTHS_OF_SAMPLES, LENGTHS_OF_LISTS = (1.0, 10.0, 100.0), (10.0, 100.0)
"""Titles of a history at which values are given, if it is a sample of a taste, and if it is a whole list. Values of
their own gain .004 of NDCG@10 for whole lists."""
N_LENGTHS = len(LENGTHS_OF_SAMPLES) + len(LENGTHS_OF_LISTS)
GOOD_ENOUGH = 8.8
"""Above this predicted rating, of ten, no title becomes better."""
KNOTS: Mapping[str, tuple[float, ...]] = {
    "rating": (5, 7, 8, 9, 10),
    "fame": (0.5, 1.5, 2, 2.5, 3, 3.5),
    "era": (-15, -8, -3, 0, 1, 3),
    "type": (-2, -0.7, 0, 0.7, 2),
}
"""Where the values of each fact are given; facts beyond count as the last knot. *rating*: the visitor's mean rating of
the seen titles of the franchise; *fame*: log10 of the rank by members; *era*: years after the newest title of the
history; *type*: log of the share of the type in the history over that in the catalogue."""
ONE_VALUE = ("quality", "unrated", "earlier part", "skips parts", "later part")
"""Facts with one value, that of x = 1: -(8.8 - predicted rating)²; a seen franchise without a rating; whether a later
part has been seen; how many earlier parts have not, of three; how late the part is in a franchise that has not been
begun, of three."""
MOST_PARTS = 3
TYPE_PRIOR = 3.0
UNKNOWN_ERA = -3.0


@dataclass(frozen=True)
class Values:
    """The fitted values: by fact, float64 [knots, `N_LENGTHS`]; facts of `ONE_VALUE` have one knot."""

    by_fact: Mapping[str, Float64]

    @staticmethod
    @cache
    def fitted() -> "Values":
        """Return the values in ``second_stage.json``."""
        stored = json.loads(files(__package__).joinpath("second_stage.json").read_text())
        return Values({fact: np.array(values, dtype=np.float64) for fact, values in stored["values"].items()})

    def at(self, n: int, complete: bool) -> dict[str, Float64]:
        """Return the values for a history of ``n`` titles, by fact, float64 [knots]."""
        weights = length_weights(n, complete)
        return {fact: values @ weights for fact, values in self.by_fact.items()}


def knot_shares(values: Float64, knots: Sequence[float] | Float64) -> Float64:
    """Return the share of each knot in values [n], float64 [n, knots]: what interpolates linearly between knots."""
    return np.stack([np.interp(values, knots, unit) for unit in np.eye(len(knots))], axis=1)


def of_most_parts(n: Int64) -> Float64:
    """Return numbers of parts as a share of `MOST_PARTS`, 1 at most, float64 of the same shape."""
    return np.minimum(n, MOST_PARTS) / MOST_PARTS


@lru_cache(256)
def length_weights(n: int, complete: bool) -> Float64:
    """Return how much the values at each length count for a history of ``n`` titles, float64 [`N_LENGTHS`]."""
    lengths = LENGTHS_OF_LISTS if complete else LENGTHS_OF_SAMPLES
    weights, zeros = knot_shares(np.log([max(n, 1)]), np.log(lengths))[0], np.zeros(N_LENGTHS - len(lengths))
    return np.concatenate([zeros, weights] if complete else [weights, zeros])


@dataclass(frozen=True)
class HistoryFacts:
    """Facts of titles for one history.

    Attributes
    ----------
    gap
        ``8.8 - predicted rating``, not below 0, float32 [n_items].
    begun
        Positions of the titles of franchises with a seen title, int64 [m].
    mean_rating
        The visitor's mean rating of the seen titles of their franchises, float64 [m]; NaN without a rating.
    later_seen, skipped
        For them, whether a later part has been seen, and how many earlier ones have not, float64 [m] each.
    newest_year
        The year of the newest title of the history; NaN if unknown.
    type_shares
        Log of the share in the history over that in the catalogue, by type, float64 [n_types].
    """

    gap: Float32
    begun: Int64
    mean_rating: Float64
    later_seen: Float64
    skipped: Float64
    newest_year: float
    type_shares: Float64


@dataclass(frozen=True)
class SecondStage:
    """Computes the parts. What depends on no visitor is computed once, when first needed."""

    catalogue: Catalogue
    franchises: Franchises
    scale: RatingScale
    values: Values

    @classmethod
    def of(cls, catalogue: Catalogue, franchises: Franchises, scale: RatingScale) -> "SecondStage":
        """Return the second stage with the fitted values."""
        return cls(catalogue, franchises, scale, Values.fitted())

    @property
    def without_values(self) -> "SecondStage":
        """The second stage that adds nothing."""
        return replace(self, values=Values({fact: np.zeros_like(v) for fact, v in self.values.by_fact.items()}))

    def facts(self, row: sparse.csr_array, predicted: Float32) -> HistoryFacts:
        """Return the facts for a history, CSR [1, n_items]; ``predicted``, float32 [n_items], is on the scale."""
        seen, ratings = row.indices, row.data
        numbers = np.unique(self.franchises.numbers[seen])
        begun, sizes = self.franchises.parts_of(numbers)
        # Of each part of these franchises: the mean rating of its franchise, NaN without a rating.
        rated = ratings > 0
        index = np.searchsorted(numbers, self.franchises.numbers[seen[rated]])
        counts = np.bincount(index, minlength=len(numbers)).astype(np.float64)
        counts[counts == 0] = np.nan
        means = np.bincount(index, self.scale.on_ten(ratings[rated]), minlength=len(numbers)) / counts
        # How many parts before it have been seen, and whether one after it.
        is_seen = np.zeros(len(self.catalogue), dtype=np.int64)
        is_seen[seen] = 1
        is_seen = is_seen[begun]
        starts = np.cumsum(sizes) - sizes
        seen_until = np.cumsum(is_seen)  # with the title itself, and with the franchises before it
        before_franchise = np.repeat((seen_until - is_seen)[starts], sizes)
        before = seen_until - is_seen - before_franchise
        total = np.repeat(np.add.reduceat(is_seen, starts) if len(starts) else starts, sizes)
        years, of_title = self._years
        return HistoryFacts(
            gap=np.maximum(np.float32(GOOD_ENOUGH) - self.scale.on_ten(predicted), 0),
            begun=begun,
            mean_rating=np.repeat(means, sizes),
            later_seen=(total - before - is_seen > 0).astype(np.float64),
            skipped=of_most_parts(self.franchises.depth[begun] - before),
            newest_year=float(np.fmax.reduce(years[of_title[seen]], initial=np.nan)),
            type_shares=self._type_shares(seen),
        )

    def parts(self, row: sparse.csr_array, predicted: Float32, complete: bool) -> Float32:
        """Return ``g`` above for a history, CSR [1, n_items], float32 [n_parts, n_items]: see `PARTS`."""
        facts, values = self.facts(row, predicted), self.values.at(row.nnz, complete)
        # Titles of franchises that have been begun, and later parts of others.
        rated = ~np.isnan(facts.mean_rating)
        begun = np.where(
            rated, np.interp(np.nan_to_num(facts.mean_rating), KNOTS["rating"], values["rating"]), values["unrated"]
        )
        begun += values["earlier part"] * facts.later_seen + values["skips parts"] * facts.skipped
        franchise = np.float32(values["later part"][0]) * self._depth
        franchise[facts.begun] = begun
        # The others: a parabola, a table of titles, and tables of years and types.
        eras = np.arange(KNOTS["era"][0], KNOTS["era"][-1] + 1)
        by_era = np.interp(eras, KNOTS["era"], values["era"]).astype(np.float32)
        years, of_title = self._years
        by_year = by_era[(self.eras(years, facts.newest_year).clip(eras[0], eras[-1]) - eras[0]).astype(np.int64)]
        types = np.interp(facts.type_shares, KNOTS["type"], values["type"]).astype(np.float32)
        return np.stack([
            np.float32(-values["quality"][0]) * facts.gap**2,
            franchise,
            self._fame @ values["fame"].astype(np.float32),
            by_year[of_title],
            types[self.types],
        ])  # fmt: skip

    @staticmethod
    def eras(years: Float64, newest_year: float) -> Float64:
        """Return how many years after ``newest_year`` these are, float64; `UNKNOWN_ERA` if unknown."""
        return np.nan_to_num(years - newest_year, nan=UNKNOWN_ERA)

    @cached_property
    def _years(self) -> tuple[Float64, Int64]:
        """All years, float64 [n_years], with NaN, and the year of each title as an index of them, int64 [n_items]."""
        return np.unique(self.catalogue.frame["year"].to_numpy(dtype=np.float64), return_inverse=True)

    @cached_property
    def _depth(self) -> Float32:
        return of_most_parts(self.franchises.depth).astype(np.float32)

    @cached_property
    def types(self) -> Int64:
        """The type of each title as its index in `Catalogue.types`, int64 [n_items]; unknown ones come last."""
        codes = {kind: code for code, kind in enumerate(self.catalogue.types)}
        return np.array([codes.get(kind, len(codes)) for kind in self.catalogue.frame["type"]], dtype=np.int64)

    @cached_property
    def _type_base(self) -> Float64:
        """The share of each type among all members, float64 [n_types + 1]; each title counts one more."""
        counts = np.bincount(self.types, self.catalogue.members + 1.0, minlength=len(self.catalogue.types) + 1)
        return np.asarray(counts / counts.sum())

    def _type_shares(self, seen: Int64) -> Float64:
        base = self._type_base
        counts = np.bincount(self.types[seen], minlength=len(base)) + TYPE_PRIOR * base
        return np.asarray(np.log(counts / (len(seen) + TYPE_PRIOR) / np.maximum(base, 1e-4) + 1e-9))

    @cached_property
    def fame_rank(self) -> Float32:
        """log10 of the rank of each title by members, float32 [n_items]."""
        ranks = np.empty(len(self.catalogue))
        ranks[np.argsort(-self.catalogue.members, kind="stable")] = np.arange(1, len(self.catalogue) + 1)
        return np.log10(ranks).astype(np.float32)

    @cached_property
    def _fame(self) -> Float32:
        """The share of each knot in the fame of each title, float32 [n_items, knots]."""
        return knot_shares(self.fame_rank.astype(np.float64), KNOTS["fame"]).astype(np.float32)


def multiplied(scores: Float32, logarithms: Float32) -> Float32:
    """Return scores multiplied by factors with these logarithms, float32 [n] each; scores below 0 stay as they are."""
    return scores * np.where(scores > 0, np.exp(logarithms), np.float32(1))
