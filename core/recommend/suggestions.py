"""Which titles to ask a visitor about next: those that tell most for the trouble of looking at them.

*What would a rating tell?* To like title ``j`` moves the ranking scores of all others. How much it
moves them, apart from what any like would do, is the influence of ``j`` (expected change of the
output: Rubens and Sugiyama: Influence-based collaborative active learning, 2007)::

    φ_j = s({j: liked}) - s({}),    without its part along s({}),    compressed by an SVD

What is left to learn is a Gaussian process over titles with the kernel ``φ_i·φ_j``: a rating takes
away what its title shares with the others. The gain is the information in one more
(Krause, Singh and Guestrin: Near-optimal sensor placements in Gaussian processes, 2008)::

    gain_j = ½ log(1 + φ_jᵀ S φ_j),    S = (I + Σ_{i rated} φ_i φ_iᵀ + UNRATED Σ_{i other} φ_i φ_iᵀ)⁻¹

where *other* titles were watched without a rating, or left out ("haven't seen it").

*Does the visitor know it?* ``P_j``, a logistic regression on the ranking score and the number of
people who list the title. *What does it cost?* A look at every title, a tap on a known one::

    worth_j = gain_j · P_j / (P_j + LOOK)

A wall is chosen greedily, S updated after each pick as if it had been rated.

A head whose scores a single rating does not move (the textbook's: one rating minus its own mean is
nothing) has no influences. There φ are the genres, and P comes from the number of people alone: a
wall of popular titles that differ.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from ..data.catalogue import Catalogue
from ..data.scale import RatingScale
from ..errors import InputError
from ..heads.base import Ranker
from ..numerics.arrays import Float32, Float64, Int64
from ..numerics.sparse import history_matrix
from .filters import Filters
from .listing import MAX_K
from .taste import Taste

CANDIDATES = 1500  # the most listed titles; 500 save two of 40 questions, and lose 0.014 of NDCG
DIMENSIONS = 48  # NDCG@10 after three ratings: 0.03 less with 96, and with 24 as much for more questions
TARGETS_AT_ONCE = 1024  # all at once would take 0.2 GB for a moment
FEW = 8
UNRATED = 0.3  # without it (0) the third rating takes 38 questions instead of 33, and lists are as good
LOOK = 0.2
LOWEST_SCORE = 0.02  # scores may be negative, their logarithm may not
# Of P, fitted to 800 users that were neither trained nor tested on:
INTERCEPT, LISTED, SCORE, HISTORY = 0.7, 0.25, 0.95, -1.05
INTERCEPT_ALONE, LISTED_ALONE = 0.0, 1.0
TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Suggester:
    """Chooses the titles to ask about, for any ranking head. What depends on no visitor is computed
    when it is first needed, and kept.

    Attributes
    ----------
    franchises
        The franchise of each title, int64 [n_titles]: see `core.data.franchises`.
    scale
        From the lowest to the highest rating.
    look
        What it costs to look at a title and not to know it, in units of rating one: small values
        ask for titles that tell much and that few know. Chosen by simulation on users that were
        neither trained nor tested on, see `core.evaluation.interviews`; 0.15 to 0.4 all do.
    later_seasons
        Whether every TV series may be asked about, or of each franchise only the title that most
        people list. Without later seasons walls are quicker to answer, and lists 0.02 to 0.06 of NDCG
        worse.
    """

    catalogue: Catalogue
    franchises: Int64
    ranker: Ranker
    scale: RatingScale
    look: float = LOOK
    later_seasons: bool = True

    @cached_property
    def candidates(self) -> Int64:
        """Catalogue positions of what may be asked about, the most listed first, int64 [n_candidates]:
        of each franchise the one that most people list, and every TV series if ``later_seasons``; no
        adult titles, and none without ratings.
        """
        trained = np.zeros(len(self.catalogue), dtype=bool)
        trained[self.ranker.factors.columns] = True
        allowed = np.flatnonzero(trained & Filters().mask(self.catalogue))
        allowed = allowed[np.argsort(-self.catalogue.members[allowed], kind="stable")]
        _, first = np.unique(self.franchises[allowed], return_index=True)
        offered = (self.catalogue.frame["type"] == "TV").to_numpy()[allowed] & self.later_seasons
        offered[first] = True
        return allowed[offered][:CANDIDATES]

    @cached_property
    def influence(self) -> Float32:
        """φ of each candidate, float32 [n_candidates, d]: of mean square length 1 where titles count
        by how many people list them.

        What of φ is there at all are its products ``φ_i·φ_j``: the leading eigenvectors of their
        matrix, weighted, are what an SVD of φ would give.
        """
        products = self._products if self.tells else self._common_genres
        weights = np.sqrt(self._listed / self._listed.sum())
        d = min(DIMENSIONS, len(weights))
        energies, vectors = eigh(
            products * np.outer(weights, weights), subset_by_index=[len(weights) - d, len(weights) - 1]
        )
        compressed = vectors / weights[:, None] * np.sqrt(np.maximum(energies, 0))
        return np.asarray(compressed / max(float(np.sqrt(energies.clip(0).sum())), TINY), dtype=np.float32)

    @property
    def _products(self) -> Float64:
        """Products of how a like of each candidate moves the scores, without what is along the
        average list, float64 [n_candidates, n_candidates].
        """
        targets = self.ranker.factors.columns.astype(np.int64)
        average = self.ranker.rank_scores(history_matrix([[]], [[]], len(self.catalogue)))[0, targets].astype(
            np.float64
        )
        average /= max(float(np.linalg.norm(average)), TINY)
        products, along = np.zeros((len(self.candidates), len(self.candidates))), np.zeros(len(self.candidates))
        for start in range(0, len(targets), TARGETS_AT_ONCE):
            some = slice(start, start + TARGETS_AT_ONCE)
            moved = self._moves(self.candidates, targets[some])
            products += moved @ moved.T
            along += moved @ average[some]
        return products - np.outer(along, along)

    @property
    def _common_genres(self) -> Float64:
        genres = self.catalogue.genre_matrix[self.candidates].astype(np.float64)
        return np.asarray(genres @ genres.T)

    @cached_property
    def tells(self) -> bool:
        """Whether single ratings move the scores of this head at all."""
        return bool(np.abs(self._moves(self.candidates[:FEW], self.candidates)).max(initial=0.0) > 1e-6)

    def _moves(self, titles: Int64, targets: Int64) -> Float32:
        """What a like of each title, told alone, adds to each target's score, float32 [titles, targets]."""
        alone = titles[:, None]
        liked = history_matrix(alone, np.full(alone.shape, self.scale.high), len(self.catalogue))
        return self.ranker.contributions(liked, targets)

    @property
    def _listed(self) -> Float64:
        return (self.catalogue.members[self.candidates] + 1).astype(np.float64)

    @cached_property
    def _place(self) -> Int64:
        """Of each title its place among the candidates, or -1."""
        place = np.full(len(self.catalogue), -1, dtype=np.int64)
        place[self.candidates] = np.arange(len(self.candidates))
        return place

    def known(self, taste: Taste) -> Float32:
        """The probability that the visitor knows each candidate, float32 [n_candidates].

        Fitted to 800 users that were not trained on, with 0 to 20 of their ratings shown; mean
        predicted and true shares agree within a tenth from 0.03 to 0.3.
        """
        listed = np.log(self._listed / self._listed.max())
        if self.tells:
            scores = self.ranker.rank_scores(taste.row)[0, self.candidates]
            liking = SCORE * np.log(np.maximum(scores, LOWEST_SCORE)) + HISTORY * np.log1p(len(taste))
            logit = INTERCEPT + LISTED * listed + liking
        else:
            logit = INTERCEPT_ALONE + LISTED_ALONE * listed
        return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float32)

    def suggest(self, taste: Taste, k: int, left_out: npt.ArrayLike = ()) -> Int64:
        """Catalogue positions of the titles to ask about, the best first, int64 [<= k].

        Never a title that the taste has or that is left out, no adult title, and never two of one
        franchise. Fewer than ``k`` come back when the candidates are used up.

        Parameters
        ----------
        left_out
            Catalogue positions of titles not to ask about: "haven't seen it", "not interested".

        Raises
        ------
        InputError
            ``k`` is not within 1..1000.
        """
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= MAX_K:
            raise InputError(f"k is {k!r}; expected a whole number from 1 to {MAX_K}.")
        left_out = np.asarray(left_out, dtype=np.int64).reshape(-1)
        if not len(self.candidates):
            return np.zeros(0, dtype=np.int64)
        known = self.known(taste)
        chance = known / (known + self.look)
        closed = self._place[np.concatenate([taste.positions, left_out])]
        chance[closed[closed >= 0]] = 0
        towards = self.influence @ self._left_to_learn(taste, left_out)
        variance = np.einsum("cd,cd->c", towards, self.influence)
        franchises = self.franchises[self.candidates]
        picks: list[int] = []
        while len(picks) < k and chance.any():
            best = int(np.argmax(np.log1p(np.maximum(variance, 1e-9)) * chance))
            picks.append(best)
            chance[franchises == franchises[best]] = 0
            shared = towards @ self.influence[best]  # their covariance with the pick
            towards -= np.outer(shared / (1 + shared[best]), towards[best])
            variance -= shared**2 / (1 + shared[best])
        return self.candidates[picks]

    def _left_to_learn(self, taste: Taste, left_out: Int64) -> Float32:
        """S above, float32 [d, d]."""
        titles = np.concatenate([taste.positions, left_out])
        weights = np.where(np.concatenate([taste.row.data, np.zeros(len(left_out))]) > 0, 1.0, UNRATED)
        at = self._place[titles]
        told = self.influence[at[at >= 0]]
        precision = np.eye(self.influence.shape[1]) + (told * weights[at >= 0, None]).T @ told
        return np.linalg.inv(precision).astype(np.float32)
