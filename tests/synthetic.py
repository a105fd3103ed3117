"""A small invented catalogue and its ratings, with every trap of the real files."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ANIME_HEADER = ("anime_id", "name", "genre", "type", "episodes", "rating", "members")
TITLES_HEADER = ("anime_id", "english", "synonyms", "japanese", "year", "picture", "related_ids")
RATING_HEADER = ("user_id", "anime_id", "rating")

ENTITIES, BARE, UNKNOWN_EPISODES, NO_MEAN = 9001, 9002, 9003, 9004
TWINS = (9005, 9006)
SCRIPT, TEMPLATE = 9007, 9008
NEVER_RATED = 9009
ADULT = (9010, 9011, 9012)
RATED_BY_NOBODY_BUT_WATCHED = 9013
SCRIPT_NAME = "<script>alert(1)</script>"
TEMPLATE_NAME = "${alert(1)} `` {{x}}"

ONLY_WATCHED_USER, EQUAL_RATINGS_USER, ONE_ROW_USER = 500_001, 500_002, 500_003
UNKNOWN_TITLE_ROWS, DUPLICATE_ROWS = 4, 3

GENRES = ("Action", "Comedy", "Drama", "Romance", "Sci-Fi")
TYPES = ("TV", "TV", "Movie", "OVA")
N_PLAIN_TITLES = 70
N_PLAIN_USERS = 160


@dataclass(frozen=True)
class Files:
    """The three CSV files of a data set."""

    anime: Path
    titles: Path
    ratings: Path


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a UTF-8 CSV file, and return its path."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def write_files(folder: Path, seed: int = 7) -> Files:
    """Titles of five genres, users who each like one of them, popular titles seen by more."""
    random = np.random.default_rng(seed)
    liked = random.integers(len(GENRES), size=N_PLAIN_TITLES)
    plain = [_plain_title(index, int(genre), random) for index, genre in enumerate(liked)]
    anime = [*plain, *_TRAPS]
    anime = [anime[index] for index in random.permutation(len(anime))]  # a catalogue need not be sorted by id
    return Files(
        write_csv(folder / "anime.csv", ANIME_HEADER, anime),
        write_csv(folder / "titles.csv", TITLES_HEADER, _TITLES),
        write_csv(folder / "rating.csv", RATING_HEADER, _rating_rows(liked, random)),
    )


def plain_id(index: int) -> int:
    """The anime_id of a title without traps; the lower the index, the more people list it."""
    return 11 + 7 * index


_TRAPS = [
    (ENTITIES, "Gintama&#039; &amp; Friends", "Action, Comedy", "TV", "51", "9.1", "4000"),
    (BARE, "No Genre, no Type", "", "", "1", "6.2", "300"),
    (UNKNOWN_EPISODES, "Endless", "Drama", "TV", "Unknown", "7.5", "2500"),
    (NO_MEAN, "Unaired", "Comedy", "TV", "12", "", "90"),
    (TWINS[0], "Same Name", "Drama", "TV", "24", "7.1", "1500"),
    (TWINS[1], "Same Name", "Drama", "Movie", "1", "6.9", "700"),
    (SCRIPT, SCRIPT_NAME, "Action", "OVA", "2", "5.5", "1200"),
    (TEMPLATE, TEMPLATE_NAME, "Sci-Fi", "OVA", "2", "5.1", "1100"),
    (NEVER_RATED, "Never Rated", "Romance", "Special", "1", "", "5"),
    (RATED_BY_NOBODY_BUT_WATCHED, "Only Watched", "Romance", "Special", "1", "6", "60"),
    *((anime_id, f"Adult {anime_id}", "Hentai, Romance", "OVA", "1", "6.6", "5500") for anime_id in ADULT),
]

_TITLES = [
    (plain_id(0), "The Most Popular", "TMP|Top One", "一番人気", "1999", "https://example.org/0.jpg", f"{plain_id(1)}"),
    (plain_id(1), "Pok&eacute;mon Caf&eacute;", "", "", "2005", "http://example.org/1.jpg", f"{plain_id(0)}|77777"),
    (plain_id(2), "", "", "", "2015", "javascript:alert(1)", ""),
    (plain_id(3), "", "", "", "", "", ""),
    (77777, "Not in the Catalogue", "", "", "2001", "", ""),
]


def _plain_title(index: int, genre: int, random: np.random.Generator) -> tuple[object, ...]:
    genres = GENRES[genre] if index % 3 else f"{GENRES[genre]}, {GENRES[(genre + 1) % len(GENRES)]}"
    mean = round(float(random.uniform(5, 9)), 2)
    return (plain_id(index), f"Title {index}", genres, TYPES[index % 4], 1 + index % 26, mean, 6000 - 80 * index)


def _rating_rows(liked: np.ndarray, random: np.random.Generator) -> list[tuple[int, int, int]]:
    rows: list[tuple[int, int, int]] = []
    specials = [ENTITIES, BARE, UNKNOWN_EPISODES, NO_MEAN, *TWINS, SCRIPT, TEMPLATE, *ADULT]
    for user in range(1, N_PLAIN_USERS + 1):
        favourite = user % len(GENRES)
        chance = 0.65 - 0.5 * np.arange(len(liked)) / len(liked) + 0.2 * (liked == favourite)
        for index in np.flatnonzero(random.random(len(liked)) < chance):
            score = 5.5 + 3 * (liked[index] == favourite) + random.normal(0, 1.2)
            rating = -1 if random.random() < 0.15 else int(np.clip(round(score), 1, 10))
            rows.append((user, plain_id(int(index)), rating))
        rows += [(user, anime_id, int(random.integers(4, 10))) for anime_id in specials if random.random() < 0.25]
    rows += [(ONLY_WATCHED_USER, plain_id(index), -1) for index in range(12)]
    rows += [(ONLY_WATCHED_USER, RATED_BY_NOBODY_BUT_WATCHED, -1)]
    rows += [(EQUAL_RATINGS_USER, plain_id(index), 7) for index in range(3, 15)]
    rows += [(ONE_ROW_USER, plain_id(5), 9)]
    rows += [(user, 123_456, 8) for user in range(1, UNKNOWN_TITLE_ROWS + 1)]
    rows += [(EQUAL_RATINGS_USER, plain_id(index), -1) for index in range(3, 3 + DUPLICATE_ROWS)]
    return rows
