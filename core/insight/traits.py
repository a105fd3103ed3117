"""Traits of titles, by which the ends of factors are named: see `core.insight.factor_meanings`."""

from dataclasses import dataclass

from ..data.catalogue import Title

COUR = 13  # episodes
OPPOSITES = {
    "era": ("older", "newer"),
    "fame": ("less known", "better known"),
    "length": ("shorter", "longer"),
    "rating": ("rated lower", "rated higher"),
}
"""The traits that are numbers, with the words for less and for more: the year, how many people list a title,
the episodes of a TV series, and the community's mean rating."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What the titles of an end have in common.

    Attributes
    ----------
    kind
        ``"genre"``, ``"type"``, or one of `OPPOSITES`.
    value
        The genre or type, or the word of `OPPOSITES`: compared with all titles.
    strength
        In standard errors: see the module.
    median
        Of a number: that of all titles, by energy; nan for a genre or type.
    """

    kind: str
    value: str
    strength: float
    median: float = float("nan")

    def borne_by(self, title: Title) -> bool:
        """Whether a title has the genre or type, or lies on this side of the median."""
        if self.kind not in OPPOSITES:
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
    """How many quarters of a year a series runs: 24 and 26 episodes are equally long."""
    return round(episodes / COUR)
