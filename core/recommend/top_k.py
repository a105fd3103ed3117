"""The top-K under filters: from scores to a list with predicted ratings and reasons."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue, Title
from ..errors import InputError
from ..numerics.arrays import Bool, Float32, Int64
from .filters import Filters
from .fold_in import Taste

MAX_K = 1000
REASONS = 3
SHARED_FIELDS = ("anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members")
"""The fields that a line of a list repeats of its title."""
NOVELTY_POWER = 1.5
OBSCURE, WELL_KNOWN = 30_000, 100_000
"""Chosen by eye, on a dozen tastes. At novelty 1 half of the stored users' ten titles are listed by fewer than
41,000 people, at 0 by fewer than 332,000. With less than 10,000 to add, titles come that nobody knows and
the model knows nothing about."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A title of the visitor that speaks for a recommendation.

    ``share`` is its part, 0..1, of the sum of all positive contributions.
    """

    anime_id: int
    name: str
    english: str
    share: float


@dataclass(frozen=True, slots=True)
class ListedTitle:
    """A title at its rank in a list.

    ``mean_rating`` is the mean over all users, None if nobody rated the title. ``estimated`` tells that nobody in
    training did, so that scores and predictions come from what is known of titles of its kind: see `core.heads.facts`.
    """

    rank: int
    anime_id: int
    name: str
    english: str
    genres: tuple[str, ...]
    type: str
    episodes: int | None
    mean_rating: float | None
    members: int
    estimated: bool

    @classmethod
    def of(cls, rank: int, title: Title, **values: Any) -> Self:
        """Return a title as a line of a list, with the values that the kind of list adds."""
        return cls(rank, **{name: getattr(title, name) for name in SHARED_FIELDS}, **values)

    def as_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recommendation(ListedTitle):
    """One line of a list: a title, how it would be rated, and why it is recommended.

    ``predicted_rating`` is on the scale of the training ratings (1-10). The list is sorted by ``score``, which
    can be compared within one list only.
    """

    predicted_rating: float
    score: float
    because: tuple[Reason, ...] = ()


def recommend(
    taste: Taste, k: int, filters: Filters, novelty: float = 0.0, first: Collection[int] = ()
) -> list[Recommendation]:
    """Return the ``k`` best allowed titles, best first.

    All titles are scored, then filtered, then cut: the list is shorter than ``k`` only when fewer titles
    qualify. Of equal scores the title with more members comes first.

    Parameters
    ----------
    novelty
        From -1 (mainstream) to 1 (hidden gems): see `tilted`.
    first
        Ids of titles that come before all others. Unknown ids are ignored.

    Raises
    ------
    InputError
        ``k`` is not within 1..1000, ``novelty`` not within -1..1, or a genre or type is unknown.
    """
    catalogue = taste.model.catalogue
    scores = tilted(taste.scores, catalogue, novelty)
    order = scores.copy()
    first_positions = catalogue.positions(np.array(list(first), dtype=np.int64))
    order[first_positions[first_positions >= 0]] += np.ptp(scores) + 1
    best = top_k(order, taste.allowed(filters), catalogue, k)
    reasons = reasons_of(taste, taste.model.ranker.contributions(taste.row, best), catalogue)
    return listing(best, scores, taste, reasons)


def tilted(scores: Float32, catalogue: Catalogue, novelty: float) -> Float32:
    """Return scores moved towards famous titles (``novelty`` -1) or hidden gems (1), float32 [n_items].

    A positive score is multiplied by ``((members + 30,000) / 100,000)^(-1.5 novelty)``. Raises `InputError`
    for a novelty off -1..1.
    """
    if isinstance(novelty, bool) or not isinstance(novelty, int | float) or not -1 <= novelty <= 1:
        raise InputError(f"novelty is {novelty!r}; expected a number from -1 (mainstream) to 1 (hidden gems).")
    if not novelty:
        return scores
    fame = ((catalogue.members + OBSCURE) / WELL_KNOWN) ** (-NOVELTY_POWER * novelty)
    return np.where(scores > 0, scores * fame, scores).astype(np.float32)


def top_k(scores: npt.NDArray[np.floating[Any]], allowed: Bool, catalogue: Catalogue, k: int) -> Int64:
    """Return the catalogue positions of the ``k`` highest allowed scores, best first, int64 [<= k].

    Raises `InputError` for a ``k`` off 1..1000.
    """
    check_k(k)
    candidates = np.flatnonzero(allowed)
    if len(candidates) > k:  # titles that tie with the k-th stay: `best_first` breaks ties
        threshold = np.partition(scores[candidates], -k)[-k]
        candidates = candidates[scores[candidates] >= threshold]
    return best_first(scores, candidates, catalogue)[:k]


def best_first(scores: npt.NDArray[np.floating[Any]], candidates: Int64, catalogue: Catalogue) -> Int64:
    """Return catalogue positions by descending score, of equal ones the title with more members first, int64 [n]."""
    return candidates[np.lexsort((candidates, -catalogue.members[candidates], -scores[candidates]))]


def check_k(k: object) -> None:
    """Raise `InputError` unless ``k`` is a whole number within 1..1000."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= MAX_K:
        raise InputError(f"k is {k!r}; expected a whole number from 1 to {MAX_K}.")


def listing(
    positions: Int64,
    scores: Float32,
    taste: Taste,
    reasons: list[tuple[Reason, ...]] | None = None,
    predicted: Float32 | None = None,
) -> list[Recommendation]:
    """Return recommendations of these catalogue positions, in this order.

    ``scores`` and ``predicted``, by default that of the taste, are float32 [n_items].
    """
    predicted = taste.predicted if predicted is None else predicted
    rated = taste.model.ranker.rated
    return [
        Recommendation.of(
            index + 1,
            taste.model.catalogue.title(position),
            estimated=not rated[position],
            predicted_rating=float(predicted[position]),
            score=float(scores[position]),
            because=reasons[index] if reasons else (),
        )
        for index, position in enumerate(positions.tolist())
    ]


def reasons_of(taste: Taste, contributions: Float32, catalogue: Catalogue) -> list[tuple[Reason, ...]]:
    """Return for each target the titles of the taste that add most to its score.

    ``contributions`` is float32 [history, targets]: what each title adds.
    """
    # The share of each title in all that speaks for a target, float32 [history, targets].
    positive = np.maximum(contributions, 0.0)
    shares = positive / np.maximum(positive.sum(axis=0), np.finfo(np.float32).tiny)
    # Rows of the strongest titles, int64 [<= REASONS, targets].
    strongest = np.argsort(-shares, axis=0, kind="stable")[:REASONS]
    reasons = []
    for target in range(shares.shape[1]):
        rows = [row for row in strongest[:, target].tolist() if shares[row, target] > 0]
        titles = [(catalogue.title(int(taste.positions[row])), float(shares[row, target])) for row in rows]
        reasons.append(tuple(Reason(title.anime_id, title.name, title.english, share) for title, share in titles))
    return reasons
