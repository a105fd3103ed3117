"""A small data set with the pitfalls of the real one."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from core import Catalogue, TrainingConfig
from core.data.catalogue_columns import with_all_details
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = ("<script>alert(1)</script>", "${alert(1)} `{{x}}` \\u0041", '"><img src=x onerror=alert(1)>')
N_TITLES, N_USERS = 60, 120
SMALL = TrainingConfig(RankingConfig(factors=12, min_count=1), PredictionConfig(factors=4, embedding=8))


def write_csv(path: Path, header: str, rows: list[tuple[object, ...]]) -> Path:
    """Write a CSV file with this comma-separated header and return its path."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def anime_rows() -> list[tuple[object, ...]]:
    """Return rows of anime.csv: hostile names, HTML entities, adult titles, two titles of one name with blanks."""
    random = np.random.default_rng(5)
    genres = ["Action", "Comedy", "Drama", "Romance", "Sci-Fi"]
    rows: list[tuple[object, ...]] = []
    for number in range(N_TITLES):
        name = HOSTILE[number] if number < len(HOSTILE) else f"Show number{number} &amp; more&#039;s"
        genre = ", ".join(sorted(random.choice(genres, size=1 + number % 3, replace=False)))
        if number % 12 == 7:
            genre = "Hentai"
        rows.append(
            (100 + number, name, genre, ("TV", "Movie")[number % 2], 1 + number % 26, 7.5, 10_000 - 100 * number)
        )
    rows[20] = (120, "Twin", "", "", "Unknown", "", 50)
    rows[21] = (121, "Twin", "Drama", "OVA", "Unknown", "", 40)
    return rows


def rating_rows() -> list[tuple[object, ...]]:
    """Return rows of rating.csv: two camps with opposite tastes, then three unusual users."""
    random = np.random.default_rng(7)
    rows: list[tuple[object, ...]] = []
    popularity = 1 / (3 + np.arange(N_TITLES))
    for user in range(N_USERS):
        seen = random.choice(N_TITLES, size=random.integers(12, 30), replace=False, p=popularity / popularity.sum())
        for title in seen:
            liked = (title + user) % 2 == 0
            rating = -1 if random.random() < 0.15 else int(np.clip(random.normal(8.5 if liked else 5, 1), 1, 10))
            rows.append((user + 1, 100 + title, rating))
    rows += [(900, 100 + title, -1) for title in range(5)]
    rows += [(901, 100 + title, 7) for title in range(12)]
    rows += [(902, 103, 10)]
    return rows


def catalogue_of(rows: Iterable[dict[str, object]]) -> Catalogue:
    """Return a catalogue of titles with these facts, and otherwise with as little as possible; ids from 1 on."""
    nothing = {"genres": "", "type": "", "episodes": np.nan, "mean_rating": np.nan, "members": 0}
    numbered = [nothing | {"anime_id": number, "name": f"Show {number}"} | row for number, row in enumerate(rows, 1)]
    frame = with_all_details(pd.DataFrame(numbered))
    return Catalogue(frame.fillna(dict.fromkeys(frame.select_dtypes("str"), "")))
