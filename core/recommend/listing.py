"""From scores to a list that can be shown: filters, top-K, predicted ratings and reasons."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue, Title
from ..data.franchises import Franchises
from ..errors import InputError
from ..heads.base import Ranker
from ..numerics.arrays import Bool, Float32, Int64
from .filters import Filters
from .taste import Taste

MAX_K = 1000
REASONS = 3
LISTED_FACTS = ("anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members")
NOVELTY_POWER = 1.5
OBSCURE, WELL_KNOWN = 30_000, 100_000
"""Chosen by eye, on a dozen tastes: at novelty 1 half of the stored users' ten titles are listed by
fewer than 41,000 people, at 0 by fewer than 332,000; with less than 10,000 to add, titles come that
nobody knows and the model knows nothing of."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the visitor's own titles that speaks for a recommendation.

    ``share`` is its part, 0..1, of all that speaks for it: of the sum of positive contributions.
    """

    anime_id: int
    name: str
    english: str
    share: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One line of a list: a title, how it would be rated, and why it is here.

    ``predicted_rating`` is on the scale of the ratings that the model was trained on (1-10),
    ``mean_rating`` the community's mean (None if nobody rated it), ``score`` what the list is
    sorted by: comparable within one list only.
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
    predicted_rating: float
    score: float
    because: tuple[Reason, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, ready for JSON."""
        return asdict(self)


def recommend(
    taste: Taste,
    ranker: Ranker,
    predicted: Float32,
    catalogue: Catalogue,
    k: int,
    allowed: Bool,
    novelty: float = 0.0,
    first: Int64 | None = None,
) -> list[Recommendation]:
    """The ``k`` best of the allowed titles, the best first. ``predicted`` are the ratings expected
    of this taste, float32 [n_items], ``allowed`` the titles that may come: see `allowed_titles`.
    Titles at the catalogue positions ``first`` come before all others.

    Everything is scored, then filtered, then cut, so the list is shorter than ``k`` only when
    fewer titles qualify. Equal scores: the title that more people list.

    Raises
    ------
    InputError
        ``k`` is not within 1..1000, or ``novelty`` not within -1..1.
    """
    scores = tilted(ranker.rank_scores(taste.row)[0], catalogue, novelty)
    order = scores
    if first is not None and len(first):
        order = scores.copy()
        order[first] += np.ptp(scores) + 1
    best = top_k(order, allowed, catalogue, k)
    reasons = reasons_of(taste, ranker.contributions(taste.row, best), catalogue)
    return listing(best, scores, predicted, catalogue, reasons)


def allowed_titles(taste: Taste, catalogue: Catalogue, filters: Filters, franchises: Callable[[], Franchises]) -> Bool:
    """Which titles the taste hasn't seen and the filters allow, bool [n_titles]. Raises `InputError`
    for an unknown genre or type. ``franchises`` is called when the filters ask for them.
    """
    allowed = filters.mask(catalogue)
    allowed[taste.seen] = False
    if filters.sequels != "all":
        left_out = np.concatenate([filters.excluded(catalogue), taste.disliked])
        choose = franchises().first_unseen if filters.sequels == "first" else franchises().unbegun
        allowed &= choose(taste.seen, left_out)
    return allowed


def tilted(scores: Float32, catalogue: Catalogue, novelty: float) -> Float32:
    """Scores, from mainstream (``novelty`` -1) to hidden gems (1): what speaks for a title counts
    ``((members + 30,000) / 100,000)^(-1.5 novelty)`` times. Raises `InputError` for a novelty off -1..1.
    """
    if isinstance(novelty, bool) or not isinstance(novelty, int | float) or not -1 <= novelty <= 1:
        raise InputError(f"novelty is {novelty!r}; expected a number from -1 (mainstream) to 1 (hidden gems).")
    if not novelty:
        return scores
    known = ((catalogue.members + OBSCURE) / WELL_KNOWN) ** (-NOVELTY_POWER * novelty)
    return np.where(scores > 0, scores * known, scores).astype(np.float32)


def top_k(scores: npt.NDArray[np.floating[Any]], allowed: Bool, catalogue: Catalogue, k: int) -> Int64:
    """Catalogue positions of the ``k`` highest allowed scores, descending, int64 [<= k]. Raises
    `InputError` for a ``k`` off 1..1000.
    """
    check_k(k)
    candidates = np.flatnonzero(allowed)
    if len(candidates) > k:  # all that tie with the k-th stay, so that ties are broken below
        threshold = np.partition(scores[candidates], -k)[-k]
        candidates = candidates[scores[candidates] >= threshold]
    return best_first(scores, candidates, catalogue)[:k]


def best_first(scores: npt.NDArray[np.floating[Any]], candidates: Int64, catalogue: Catalogue) -> Int64:
    """Catalogue positions by descending score, of equal ones the title that more people list, int64 [n]."""
    return candidates[np.lexsort((candidates, -catalogue.members[candidates], -scores[candidates]))]


def check_k(k: object) -> None:
    """Raise `InputError` unless ``k`` is a length that a list can have."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= MAX_K:
        raise InputError(f"k is {k!r}; expected a whole number from 1 to {MAX_K}.")


def title_facts(title: Title) -> dict[str, Any]:
    """What a list says of a title, whoever it is for: the fields that `Recommendation` has of `Title`."""
    return {name: getattr(title, name) for name in LISTED_FACTS}


def listing(
    positions: Int64,
    scores: Float32,
    predicted: Float32,
    catalogue: Catalogue,
    reasons: list[tuple[Reason, ...]] | None = None,
) -> list[Recommendation]:
    """Recommendations of these catalogue positions, in this order; ``scores`` and ``predicted``
    are float32 [n_items].
    """
    return [
        Recommendation(
            rank=index + 1,
            **title_facts(catalogue.title(position)),
            predicted_rating=float(predicted[position]),
            score=float(scores[position]),
            because=reasons[index] if reasons else (),
        )
        for index, position in enumerate(positions.tolist())
    ]


def reasons_of(taste: Taste, contributions: Float32, catalogue: Catalogue) -> list[tuple[Reason, ...]]:
    """For each column of ``contributions`` [history, targets], the titles that add most to it."""
    positive = np.maximum(contributions, 0.0)
    shares = positive / np.maximum(positive.sum(axis=0), np.finfo(np.float32).tiny)
    strongest = np.argsort(-shares, axis=0, kind="stable")[:REASONS]
    reasons = []
    for target in range(shares.shape[1]):
        rows = [row for row in strongest[:, target].tolist() if shares[row, target] > 0]
        titles = [(catalogue.title(int(taste.positions[row])), float(shares[row, target])) for row in rows]
        reasons.append(tuple(Reason(title.anime_id, title.name, title.english, share) for title, share in titles))
    return reasons
