"""The top-K under filters: from scores to a list with predicted ratings and reasons."""

from collections.abc import Collection
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue, Title
from ..errors import InputError
from ..numerics.arrays import Bool, Float32, Int64
from .explanation import Contribution, explanations
from .filters import Filters
from .fold_in import Taste
from .novelty import DEFAULT, position_at

MAX_K = 1000
REASONS = 3
SHARED_FIELDS = ("anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members")
"""The fields that a line of a list repeats of its title."""
POOL = 4
"""Variety chooses from so many times as many titles as are asked for, and so many tens more."""


class Reason(NamedTuple):
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
        """Return plain dicts, tuples and numbers, ready for JSON."""
        plain: dict[str, Any] = _plain(self)
        return plain


@dataclass(frozen=True, slots=True)
class Recommendation(ListedTitle):
    """One line of a list: a title, how it would be rated, and why it is recommended.

    ``predicted_rating`` is on the scale of the training ratings (1-10). The list is sorted by ``score``, which
    can be compared within one list only. ``new_chance`` is the chance, 0..1, that the visitor has not seen the title:
    see `core.recommend.novelty`. ``why`` adds up to ``score``: see `core.recommend.explanation`.
    """

    predicted_rating: float
    score: float
    because: tuple[Reason, ...] = ()
    new_chance: float = 1.0
    why: tuple[Contribution, ...] = ()


def _plain(value: Any) -> Any:
    """Return what `dataclasses.asdict` does, which copies every text and number and takes twice as long."""
    if isinstance(value, Contribution | Reason):
        return value._asdict()
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if not is_dataclass(value):
        return value
    kind: Any = type(value)
    return {name: _plain(getattr(value, name)) for name in _field_names(kind)}


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def recommend(
    taste: Taste, k: int, filters: Filters, novelty: float = DEFAULT, first: Collection[int] = ()
) -> list[Recommendation]:
    """Return the ``k`` best allowed titles, best first.

    All titles are scored, then filtered, then cut: the list is shorter than ``k`` only when fewer titles
    qualify. Of equal scores the title with more members comes first.

    Parameters
    ----------
    novelty
        The position of the dial, -1..1: see `core.recommend.novelty`.
    first
        Ids of titles that come before all others. Unknown ids are ignored.

    Raises
    ------
    InputError
        ``k`` is not within 1..1000, ``novelty`` not within -1..1, or a genre or type is unknown.
    """
    check_k(k)
    position = position_at(novelty)
    catalogue, allowed = taste.model.catalogue, taste.allowed(filters)
    scores = taste.dialled(position)
    # The titles that come before all others, then the rest.
    wanted = catalogue.positions(np.array(list(first), dtype=np.int64))
    wanted = wanted[wanted >= 0]
    ahead = best_first(scores, wanted[allowed[wanted]], catalogue)[:k]
    allowed[ahead] = False
    best, penalties = varied(scores, allowed, taste, k - len(ahead), position.variety)
    best = np.concatenate([ahead, best])
    penalties = np.concatenate([np.zeros(len(ahead), dtype=np.float32), penalties])
    # Their scores and reasons.
    by_rating = taste.contributions(best)
    final = np.where(scores[best] > 0, scores[best] * np.exp(-penalties), scores[best])
    why = explanations(taste, position, best, penalties, by_rating)
    return listing(best, final, taste, reasons_of(taste, by_rating, catalogue), why=why)


def varied(scores: Float32, allowed: Bool, taste: Taste, k: int, weight: float) -> tuple[Int64, Float32]:
    """Return the ``k`` best allowed titles with variety, int64 [<= k], and their penalties, float32: see `Variety`."""
    catalogue = taste.model.catalogue
    candidates = best_first(scores, _highest(scores, np.flatnonzero(allowed), POOL * (k + 10)), catalogue)
    liked = candidates[scores[candidates] > 0]
    best, penalties = taste.model.variety.choose(liked, np.log(scores[liked]), k, weight)
    others = candidates[scores[candidates] <= 0][: k - len(best)]
    return np.concatenate([best, others]), np.concatenate([penalties, np.zeros(len(others), dtype=np.float32)])


def top_k(scores: npt.NDArray[np.floating[Any]], allowed: Bool, catalogue: Catalogue, k: int) -> Int64:
    """Return the catalogue positions of the ``k`` highest allowed scores, best first, int64 [<= k].

    Raises `InputError` for a ``k`` off 1..1000.
    """
    check_k(k)
    return best_first(scores, _highest(scores, np.flatnonzero(allowed), k), catalogue)[:k]


def _highest(scores: npt.NDArray[np.floating[Any]], candidates: Int64, k: int) -> Int64:
    """Return the candidates with the ``k`` highest scores, and those that tie with the last, in no order, int64."""
    if len(candidates) <= k:
        return candidates
    threshold = np.partition(scores[candidates], -k)[-k]
    return np.asarray(candidates[scores[candidates] >= threshold])


def best_first(scores: npt.NDArray[np.floating[Any]], candidates: Int64, catalogue: Catalogue) -> Int64:
    """Return catalogue positions by descending score, of equal ones the title with more members first, int64 [n]."""
    return candidates[np.lexsort((candidates, -catalogue.members[candidates], -scores[candidates]))]


def check_k(k: object) -> None:
    """Raise `InputError` unless ``k`` is a whole number within 1..1000."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= MAX_K:
        raise InputError(f"k is {k!r}; expected a whole number from 1 to {MAX_K}.")


def listing(
    positions: Int64,
    scores: npt.NDArray[np.floating[Any]],
    taste: Taste,
    reasons: list[tuple[Reason, ...]] | None = None,
    predicted: Float32 | None = None,
    why: list[tuple[Contribution, ...]] | None = None,
) -> list[Recommendation]:
    """Return recommendations of these catalogue positions, in this order.

    ``scores`` are theirs, float [n]; ``predicted``, by default that of the taste, is float32 [n_items].
    """
    predicted = taste.predicted if predicted is None else predicted
    rated = taste.model.ranker.rated
    return [
        Recommendation.of(
            index + 1,
            taste.model.catalogue.title(position),
            estimated=not rated[position],
            predicted_rating=float(predicted[position]),
            score=float(scores[index]),
            because=reasons[index] if reasons else (),
            new_chance=1 - float(taste.seen_chance[position]),
            why=why[index] if why else (),
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
