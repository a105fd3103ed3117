"""The drawn cover of a title, shown while its image is missing, slow or blocked."""

from typing import NamedTuple

from ...data.catalogue import Title

# Motif (a symbol of templates/motifs.svg), hue, and its genres; the most specific genres come first.
MOTIFS = (
    ("orbit", 212, {"Space", "Mecha", "Sci-Fi", "Military"}),
    ("moon", 262, {"Horror", "Vampire", "Demons", "Mystery", "Suspense", "Psychological", "Police", "Avant Garde"}),
    ("petals", 338, {"Romance", "Shoujo", "Josei", "Harem", "Yuri", "Yaoi", "Girls Love", "Boys Love", "Ecchi"}),
    ("stars", 286, {"Magic", "Fantasy", "Game", "Supernatural"}),
    ("burst", 12, {"Action", "Martial Arts", "Super Power", "Sports", "Samurai", "Cars", "Shounen"}),
    ("peaks", 158, {"Adventure", "Historical", "Seinen"}),
    ("waves", 190, {"Slice of Life", "Music", "Drama"}),
    ("bubbles", 36, {"Comedy", "Kids", "School", "Parody"}),
)
DEFAULT = ("waves", 30)
HUE_SPREAD = 36


class DrawnCover(NamedTuple):
    """A motif by name, and a hue in degrees."""

    motif: str
    hue: int


def drawn_cover(title: Title) -> DrawnCover:
    """Return the motif and hue of the most specific genre; the hue differs a little from title to title."""
    motif, hue = next(((motif, hue) for motif, hue, genres in MOTIFS if genres.intersection(title.genres)), DEFAULT)
    return DrawnCover(motif, (hue + title.anime_id * 37 % HUE_SPREAD - HUE_SPREAD // 2) % 360)
