"""What speaks for a title on the list, and against it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....recommend.explanation import OTHER_RATINGS, Contribution
from ....recommend.top_k import Recommendation
from ..visitor import Visitor, by_person

EXPLAINED = ("own", "nobody", "user")
"""Lists that are sorted by a score that `core.recommend.explanation` takes apart."""


@dataclass(frozen=True)
class Why:
    """What speaks for a title, or against it. ``parts`` are in whole percent of its score, and add up to ``total``.

    ``total`` is 100, or -100 for a score below 0. On other lists than `EXPLAINED` it is None, and the parts are the
    shares of single titles among what speaks for this one.
    """

    parts: tuple[tuple[Contribution, int], ...]
    total: int | None = None

    @property
    def most(self) -> int:
        """The largest part, without its sign."""
        return max((abs(percent) for _, percent in self.parts), default=0)


def reasons(anime_id: int, visitor: Visitor) -> list[tuple[str, Why]]:
    """Return for each person the words above their reasons, and these; nothing for a title that is not on
    the list.
    """
    shown = visitor.shown
    item = next((item for item in shown.recommendations if item.anime_id == anime_id), None)
    if item is None:
        return []
    if shown.about in EXPLAINED and isinstance(item, Recommendation):
        return [(visitor.texts("why"), explained(told_parts(item.why, visitor), item.score))]
    headings = _headings(visitor) if shown.about == "group" else [visitor.texts("why")]
    shares = [
        tuple(
            (Contribution("rating", reason.share, reason.anime_id), round(100 * reason.share))
            for reason in reasons
            if not visitor.hides(reason.anime_id)
        )
        for _, reasons in by_person(item)
    ]
    return [(heading, Why(parts)) for heading, parts in zip(headings, shares, strict=True) if parts]


def _headings(visitor: Visitor) -> list[str]:
    """Return the words above the reasons of each person of a group."""
    texts, others = visitor.texts, visitor.people[1:]
    return [texts("why.you"), *(texts("why.named", name=name) if name else texts("why.partner") for name in others)]


def explained(parts: list[Contribution], score: float) -> Why:
    """Return the parts of a score in whole percent of it, rounded so that they add up. Parts that are shown as 0 are
    left out, unless they are ratings.
    """
    unit = abs(score) or 1.0
    total = round(100 * score / unit)
    exact = np.array([100 * part.amount / unit for part in parts])
    percents = np.floor(exact)
    # What rounding down took away goes to the parts that lost most by it.
    lost = np.argsort(percents - exact, kind="stable")[: max(0, int(total - percents.sum()))]
    percents[lost] += 1
    told = [(part, int(percent)) for part, percent in zip(parts, percents, strict=True)]
    return Why(tuple((part, percent) for part, percent in told if percent or part.anime_id is not None), total)


def told_parts(parts: tuple[Contribution, ...], visitor: Visitor) -> list[Contribution]:
    """Return the parts of a score; those of ratings that are hidden from the visitor as part of all other ratings."""
    hidden = [part.anime_id is not None and visitor.hides(part.anime_id) for part in parts]
    told = [part for part, is_hidden in zip(parts, hidden, strict=True) if not is_hidden]
    amount = sum(part.amount for part, is_hidden in zip(parts, hidden, strict=True) if is_hidden)
    others = next((part for part in told if part.kind == OTHER_RATINGS), None)
    if not amount:
        return told
    if others:
        return [part._replace(amount=part.amount + amount) if part is others else part for part in told]
    return [*told, Contribution(OTHER_RATINGS, amount)]


def rank_without(anime_id: Any, rated: Any, visitor: Visitor) -> int | None:
    """Return the rank that a title would have if the visitor had not rated another one, apart from variety; None if it
    is not on the list, or the list is not explained.
    """
    shown, state = visitor.shown, visitor.state
    is_listed = any(item.anime_id == anime_id for item in shown.recommendations)
    if shown.about not in EXPLAINED or not is_listed or not isinstance(rated, int) or rated not in shown.taste.ratings:
        return None
    return visitor.model.rank_without(shown.taste, anime_id, rated, state.filters(), state.novelty)
