"""The vocabulary of genres and themes, and the names that MyAnimeList used for them before.

MyAnimeList renamed some genres and split others into themes (2020 to 2023), so tables of different years use different
words. Here a catalogue has today's names: they are what a visitor reads on MyAnimeList and AniList, and they say
more ("Avant Garde", once "Dementia"). A filter may use either name. Genres are the 43 of 2016 and Erotica, because
every table has them, whatever MyAnimeList calls them now: "School" and the demographics ("Shounen") stay genres. All
that came later is a theme. Of a theme that was split off, the title keeps the genre that it would have had in 2016,
so that titles of all years are compared by the same genres. "Award Winning" is no genre but a fact: it is kept among
the themes. Yuri and Yaoi are names of 2016 for what was more explicit than Girls Love and Boys Love; no newer table
has them, and they stay apart.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

GENRES: Mapping[str, str] = dict.fromkeys(
    (
        *("Action", "Adventure", "Cars", "Comedy", "Demons", "Drama", "Ecchi", "Erotica", "Fantasy", "Game", "Harem"),
        *("Hentai", "Historical", "Horror", "Josei", "Kids", "Magic", "Martial Arts", "Mecha", "Military", "Music"),
        *("Mystery", "Parody", "Police", "Psychological", "Romance", "Samurai", "School", "Sci-Fi", "Seinen"),
        *("Shoujo", "Shounen", "Slice of Life", "Space", "Sports", "Super Power", "Supernatural", "Vampire"),
        *("Yaoi", "Yuri"),
    ),
    "",
) | {"Avant Garde": "Dementia", "Boys Love": "Shounen Ai", "Girls Love": "Shoujo Ai", "Suspense": "Thriller"}
"""Each genre by today's name, with the name that it had until 2020 if that was another."""

THEMES: Mapping[str, str] = dict.fromkeys(
    (
        *("Adult Cast", "Anthropomorphic", "Award Winning", "CGDCT", "Childcare", "Crossdressing", "Delinquents"),
        *("Educational", "Gore", "Gourmet", "Isekai", "Magical Sex Shift", "Medical", "Mythology", "Otaku Culture"),
        *("Performing Arts", "Pets", "Reincarnation", "Romantic Subtext", "Showbiz", "Time Travel", "Villainess"),
        *("Visual Arts", "Workplace"),
    ),
    "",
) | {
    "Combat Sports": "Sports", "Detective": "Mystery", "Gag Humor": "Comedy", "High Stakes Game": "Game",
    "Idols (Female)": "Music", "Idols (Male)": "Music", "Iyashikei": "Slice of Life", "Love Polygon": "Romance",
    "Love Status Quo": "Romance", "Mahou Shoujo": "Magic", "Organized Crime": "Police", "Racing": "Cars",
    "Reverse Harem": "Harem", "Strategy Game": "Game", "Survival": "Suspense", "Team Sports": "Sports",
    "Urban Fantasy": "Fantasy", "Video Game": "Game",
}  # fmt: skip
"""Each theme, with the genre that its titles had before it was split off, if there was one."""

ADULT_GENRES = frozenset({"Hentai", "Erotica"})
"""A title with one of these is shown only to those who ask for adult titles."""

_TODAY = {name.casefold(): name for name in (*GENRES, *THEMES)}
_TODAY |= {former.casefold(): name for name, former in GENRES.items() if former}


def name_of_today(name: str) -> str:
    """Return today's name of a genre or theme given by any of its names, in any case; an unknown name as it is."""
    return _TODAY.get(name.casefold(), name)


def with_names_of_today(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a catalogue's table with its ``genres`` and ``themes`` in this vocabulary, each name in its column.

    A name that is not in the vocabulary stays where it is.
    """
    cells = list(zip(frame["genres"].tolist(), frame["themes"].tolist(), strict=True))
    sorted_cells = {pair: _sorted_labels(*pair) for pair in set(cells)}
    columns = {"genres": [sorted_cells[pair][0] for pair in cells], "themes": [sorted_cells[pair][1] for pair in cells]}
    return frame.assign(**{name: pd.Series(column, frame.index, str) for name, column in columns.items()})


def _sorted_labels(genres: str, themes: str) -> tuple[str, str]:
    """Return the genres and the themes in two cells, items joined by ``|``, none twice."""
    given_genres, given_themes = _names(genres), _names(themes)
    all_themes = [name for name in given_genres if name in THEMES]
    all_themes += [name for name in given_themes if name not in GENRES]
    all_genres = [name for name in given_genres if name not in THEMES]
    all_genres += [name for name in given_themes if name in GENRES]
    all_genres += [THEMES[name] for name in all_themes if THEMES.get(name)]
    return _joined(all_genres), _joined(all_themes)


def _names(cell: str) -> list[str]:
    return [name_of_today(name.strip()) for name in cell.split("|") if name.strip()]


def _joined(names: Iterable[str]) -> str:
    return "|".join(dict.fromkeys(names))
