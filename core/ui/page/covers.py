"""The drawn cover of a title: what stands where its picture is missing, slow or blocked."""

from typing import NamedTuple

from ...data.catalogue import Title

# Motif (a symbol of templates/motifs.svg), hue, and the genres it stands for, the telling ones first.
MOTIFS = (
    ("orbit", 212, {"Space", "Mecha", "Sci-Fi", "Military"}),
    ("moon", 262, {"Horror", "Vampire", "Demons", "Mystery", "Thriller", "Psychological", "Police", "Dementia"}),
    ("petals", 338, {"Romance", "Shoujo", "Josei", "Harem", "Yuri", "Yaoi", "Shoujo Ai", "Shounen Ai", "Ecchi"}),
    ("stars", 286, {"Magic", "Fantasy", "Game", "Supernatural"}),
    ("burst", 12, {"Action", "Martial Arts", "Super Power", "Sports", "Samurai", "Cars", "Shounen"}),
    ("peaks", 158, {"Adventure", "Historical", "Seinen"}),
    ("waves", 190, {"Slice of Life", "Music", "Drama"}),
    ("bubbles", 36, {"Comedy", "Kids", "School", "Parody"}),
)
OTHERS = ("waves", 30)
HUE_SPREAD = 36


class DrawnCover(NamedTuple):
    """A motif by name, and a hue in degrees."""

    motif: str
    hue: int


def drawn_cover(title: Title) -> DrawnCover:
    """Motif and hue by the most telling genre, the hue a little different for each title."""
    genres = set(title.genres)
    motif, hue = next(((motif, hue) for motif, hue, of in MOTIFS if genres & of), OTHERS)
    return DrawnCover(motif, (hue + title.anime_id * 37 % HUE_SPREAD - HUE_SPREAD // 2) % 360)
