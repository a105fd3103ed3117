"""Traits of titles, which name the ends of factors: see `core.insight.factor_meanings`."""

from dataclasses import dataclass

from ..data.catalogue import Title

COUR = 13  # episodes
OPPOSITES = {
    "era": ("older", "newer"),
    "fame": ("less known", "better known"),
    "length": ("shorter", "longer"),
    "rating": ("rated lower", "rated higher"),
}
"""Traits that are numbers, with the words for less and for more: the first year, the number of people who list a
title, the episodes of a TV series, and the community's mean rating."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A property that the titles of an end have in common.

    The kind is ``"genre"``, ``"type"`` or a key of `OPPOSITES`; the value is the genre or type, or a word of
    `OPPOSITES`. The strength is in standard errors: see `core.insight.factor_meanings`. ``median`` is that of a
    number over all titles, by energy.
    """

    kind: str
    value: str
    strength: float
    median: float = float("nan")

    @property
    def is_number(self) -> bool:
        """Whether the trait is one of `OPPOSITES`."""
        return self.kind in OPPOSITES

    def holds_for(self, title: Title) -> bool:
        """Return whether a title has the genre or type, or lies on this side of the median."""
        if not self.is_number:
            return self.value in (*title.genres, title.type)
        number = {
            "era": title.year,
            "fame": title.members,
            "length": cours(title.episodes) if title.type == "TV" and title.episodes else None,
            "rating": title.mean_rating,
        }[self.kind]
        if number is None:
            return False
        return number < self.median if self.value == OPPOSITES[self.kind][0] else number > self.median


def cours(episodes: float) -> int:
    """Return how many quarters of a year a series runs: 24 and 26 episodes are equally long."""
    return round(episodes / COUR)
