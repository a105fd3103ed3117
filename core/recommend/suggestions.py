"""Which titles to ask a visitor about next: those whose rating would tell most.

*How much would a rating tell?* Liking title ``j`` changes the ranking scores of all others. How much it
changes them, apart from what liking anything changes, is the influence of ``j`` (expected change of the
output: Rubens and Sugiyama: Influence-based collaborative active learning, 2007)::

    φ_j = s({j: liked}) - s({}),    without its part along s({}),    compressed by an SVD

What is left to learn is a Gaussian process over titles with the kernel ``φ_i·φ_j``: a rating also informs
about titles of similar influence. The gain of one more rating is its information (Krause, Singh and
Guestrin: Near-optimal sensor placements in Gaussian processes, 2008)::

    gain_j = ½ log(1 + φ_jᵀ S φ_j),    S = (I + Σ_{i rated} φ_i φ_iᵀ + UNRATED Σ_{i other} φ_i φ_iᵀ)⁻¹

where *other* titles were watched without a rating, or answered "haven't seen it".

*Does the visitor know the title?* ``P_j`` is the chance that they have seen it: see `core.recommend.novelty`. *What
does the question cost?* A look at every title, and a tap on a known one::

    worth_j = gain_j · P_j / (P_j + LOOK)

Several titles are chosen greedily: S is updated after each pick as if it had been rated.

*Which part of a franchise?* The first one, or one after a part that the visitor has seen. Who hasn't seen a part has
not seen what comes after it: no later part is asked about.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.scale import RatingScale
from ..heads.base import Ranker
from ..numerics.arrays import Bool, Float32, Float64, Int64
from ..numerics.sparse import history_matrix
from .filters import Filters
from .fold_in import Taste
from .top_k import check_k

CANDIDATES = 1500  # the titles with most members; 500 save two of 40 questions, and lose 0.014 of NDCG
DIMENSIONS = 48  # NDCG@10 after three ratings: 0.03 less with 96; with 24 the same for more questions
TARGETS_AT_ONCE = 1024  # all targets at once would take 0.2 GB for a moment
UNRATED = 0.3  # without it (0) the third rating takes 38 questions instead of 33, and lists are as good
LOOK = 0.2
TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Suggester:
    """Chooses the titles to ask about. What depends on no visitor is computed once, when first needed.

    Attributes
    ----------
    scale
        From the lowest to the highest rating.
    look
        The cost of looking at an unknown title, in units of rating a known one. Small values ask for
        titles that tell much and that few know. Chosen by simulation on users that were neither trained
        nor tested on, see `core.evaluation.interviews`; 0.15 to 0.4 are equally good.
    later_seasons
        If false, only the first part of each franchise is a candidate; else every TV series is, too.
    """

    catalogue: Catalogue
    franchises: Franchises
    ranker: Ranker
    scale: RatingScale
    look: float = LOOK
    later_seasons: bool = True

    @cached_property
    def candidates(self) -> Int64:
        """Catalogue positions of the titles to ask about, most members first, int64 [n_candidates].

        Adult titles and titles without training ratings are left out.
        """
        # The allowed titles by members.
        allowed = np.flatnonzero(self.ranker.rated & Filters().mask(self.catalogue))
        allowed = allowed[np.argsort(-self.catalogue.members[allowed], kind="stable")]
        # The first part of each franchise, and TV series.
        is_series = (self.catalogue.frame["type"] == "TV").to_numpy()[allowed]
        offered = (is_series & self.later_seasons) | (self.franchises.depth[allowed] == 0)
        return np.asarray(allowed[offered][:CANDIDATES])

    @cached_property
    def influence(self) -> Float32:
        """φ of each candidate, float32 [n_candidates, d], with mean square length 1 weighted by members."""
        # The leading eigenvectors of the weighted products φ_i·φ_j are what an SVD of φ would give.
        products = self._products
        weights = np.sqrt(self._members / self._members.sum())
        d = min(DIMENSIONS, len(weights))
        energies, vectors = eigh(
            products * np.outer(weights, weights), subset_by_index=[len(weights) - d, len(weights) - 1]
        )
        compressed = vectors / weights[:, None] * np.sqrt(np.maximum(energies, 0))
        return np.asarray(compressed / max(float(np.sqrt(energies.clip(0).sum())), TINY), dtype=np.float32)

    @property
    def _products(self) -> Float64:
        """Products ``φ_i·φ_j`` before compression, float64 [n_candidates, n_candidates]."""
        # The direction of the average list s({}), float64 [n_targets].
        targets = np.flatnonzero(self.ranker.rated)
        nobody = history_matrix([[]], [[]], len(self.catalogue))
        average = self.ranker.rank_scores(nobody)[0, targets].astype(np.float64)
        average /= max(float(np.linalg.norm(average)), TINY)
        # Add up the products over blocks of targets, then remove the part along that direction.
        products, along = np.zeros((len(self.candidates), len(self.candidates))), np.zeros(len(self.candidates))
        for start in range(0, len(targets), TARGETS_AT_ONCE):
            block = slice(start, start + TARGETS_AT_ONCE)
            changes = self._changes(self.candidates, targets[block])
            products += changes @ changes.T
            along += changes @ average[block]
        return products - np.outer(along, along)

    def _changes(self, titles: Int64, targets: Int64) -> Float32:
        """Return what liking each title alone adds to each target's score, float32 [titles, targets]."""
        alone = titles[:, None]
        liked = history_matrix(alone, np.full(alone.shape, self.scale.high), len(self.catalogue))
        return self.ranker.contributions(liked, targets)

    @property
    def _members(self) -> Float64:
        return (self.catalogue.members[self.candidates] + 1).astype(np.float64)

    @cached_property
    def _candidate_index(self) -> Int64:
        """The index of each title among the candidates, or -1, int64 [n_titles]."""
        index = np.full(len(self.catalogue), -1, dtype=np.int64)
        index[self.candidates] = np.arange(len(self.candidates))
        return index

    def known(self, taste: Taste) -> Float32:
        """Return the chance that the visitor has seen each candidate, float32 [n_candidates]: see
        `core.recommend.novelty`.
        """
        return taste.seen_chance[self.candidates]

    def askable(self, taste: Taste, left_out: npt.ArrayLike = ()) -> Bool:
        """Return which titles fit what has been seen of their franchises, bool [n_titles]: see the module.

        ``left_out`` as in `suggest`.
        """
        left_out = np.asarray(left_out, dtype=np.int64).reshape(-1)
        numbers, depth = self.franchises.numbers, self.franchises.depth
        # The depth of the first part that has been seen, and of the first that is left out, int64 [n_franchises] each.
        seen, closed = np.full((2, int(numbers.max(initial=-1)) + 1), len(depth))
        np.minimum.at(seen, numbers[taste.seen], depth[taste.seen])
        np.minimum.at(closed, numbers[left_out], depth[left_out])
        fits = ((depth == 0) | (depth > seen[numbers])) & (depth < closed[numbers])
        fits[taste.seen] = False
        return np.asarray(fits)

    def suggest(self, taste: Taste, k: int, left_out: npt.ArrayLike = ()) -> Int64:
        """Return the catalogue positions of the titles to ask about, best first, int64 [<= k].

        Only `askable` titles, and never two of one franchise. Fewer than ``k`` are returned when the candidates are
        used up.

        Parameters
        ----------
        left_out
            Catalogue positions of titles not to ask about: "haven't seen it", "not interested".

        Raises
        ------
        InputError
            ``k`` is not within 1..1000.
        """
        check_k(k)
        left_out = np.asarray(left_out, dtype=np.int64).reshape(-1)
        if not len(self.candidates):
            return np.zeros(0, dtype=np.int64)
        # P / (P + LOOK) of each candidate, zero for those that must not be asked.
        known = self.known(taste)
        chance = known / (known + self.look)
        chance[~self.askable(taste, left_out)[self.candidates]] = 0
        # S φ_j, float32 [n_candidates, d], and φ_jᵀ S φ_j, float32 [n_candidates].
        covariance = self.influence @ self._unexplained(taste, left_out)
        variance = np.einsum("cd,cd->c", covariance, self.influence)
        franchises = self.franchises.numbers[self.candidates]
        picks: list[int] = []
        # φ_jᵀ S φ_pick of each pick, scaled: what asking it explains (a Cholesky factor), float32 [n_candidates, k].
        explained = np.zeros((len(variance), min(k, len(variance))), dtype=np.float32)
        while len(picks) < k and chance.any():
            best = int(np.argmax(np.log1p(np.maximum(variance, 1e-9)) * chance))
            picks.append(best)
            chance[franchises == franchises[best]] = 0
            # Condition on the pick, as if it had been rated (a rank-one update of S).
            before = explained[:, : len(picks) - 1]
            shared = covariance @ self.influence[best] - before @ before[best]
            explained[:, len(picks) - 1] = shared / np.sqrt(1 + shared[best])
            variance -= explained[:, len(picks) - 1] ** 2
        return self.candidates[picks]

    def _unexplained(self, taste: Taste, left_out: Int64) -> Float32:
        """Return S above, float32 [d, d]."""
        titles = np.concatenate([taste.positions, left_out])
        weights = np.where(np.concatenate([taste.row.data, np.zeros(len(left_out))]) > 0, 1.0, UNRATED)
        index = self._candidate_index[titles]
        answered = self.influence[index[index >= 0]]
        precision = np.eye(self.influence.shape[1]) + (answered * weights[index >= 0, None]).T @ answered
        return np.linalg.inv(precision).astype(np.float32)
