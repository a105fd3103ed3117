"""Where ratings come from, in words for the model card, the page and people who publish a model."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class RatingSource:
    """A source of ratings.

    ``name`` and ``licence`` are for the page, ``address`` leads to the source; both are empty for lists without a
    licence. ``until`` is the last year or month of its ratings. ``card`` is a paragraph of the card. ``dataset_id`` is
    the data set on Kaggle, if it is one.
    """

    name: str
    licence: str
    until: str
    card: str
    dataset_id: str = ""

    @property
    def address(self) -> str:
        """The page of the data set, empty if it has none."""
        return f"https://www.kaggle.com/datasets/{self.dataset_id}" if self.dataset_id else ""


KAGGLE_2016, LISTS = "kaggle-2016", "lists-2024"
DATASET = "CooperUnion/anime-recommendations-database"
SOURCES = {
    KAGGLE_2016: RatingSource(
        name="Anime Recommendations Database",
        licence="CC0",
        until="2016",
        card=f"[Anime Recommendations Database](https://www.kaggle.com/datasets/{DATASET}) by CooperUnion, Kaggle, "
        "CC0: collected from myanimelist.net in 2016. The existing users that this model stores are from it.",
        dataset_id=DATASET,
    ),
    LISTS: RatingSource(
        name="",
        licence="",
        until="June 2024",
        card="Public MyAnimeList lists that third parties collected in February 2023, June 2024 and February 2026, "
        "without a licence. No row, no history and no name of theirs is in these files: the model holds only what "
        "training makes of all rows together, that is factors, biases and counts.",
    ),
}
"""Known sources by their names in ``config.json`` and for ``train.py --sources``."""


def known_sources(names: Iterable[str]) -> list[RatingSource]:
    """Return the sources with these names, in the order of `SOURCES`; names that are unknown are left out."""
    return [source for name, source in SOURCES.items() if name in set(names)]
