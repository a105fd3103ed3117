"""Title details from a release of the anime-offline-database: see `core.data.enrich.release`.

If an anime has several addresses at MyAnimeList, it describes only the titles whose name in the
catalogue is among its names. If several anime describe one title, each cell comes from the first
anime that knows it.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ..catalogue import Catalogue
from ..catalogue_columns import DETAILS
from ..names.folding import fold_name
from .name_languages import english_name, japanese_name
from .release import Release, ReleasedAnime
from .studio_names import capitalise
from .title_details import TitleDetails, related_ids

OTHER_SITES = ("anilist", "anidb", "kitsu")
"""The sites whose numbers are columns of a catalogue: ``anilist_id`` and so on."""


def read_offline_database(path: str | Path, catalogue: Catalogue) -> TitleDetails:
    """Return the details that a release has of the titles of a catalogue. Raises `DataError`.

    `japanese_name` and `english_name` find the languages of the names. Themes are not among the details.
    """
    release = Release.open(path)
    rows: dict[int, dict[str, str]] = {}
    left_out: Counter[str] = Counter()
    for anime in release:
        for anime_id, row in _rows(anime, catalogue, left_out):
            first_row = rows.setdefault(anime_id, row)
            if first_row is not row:
                left_out["anime after the first of a title, but for what the first does not know"] += 1
                first_row |= {column: text for column, text in row.items() if not first_row[column]}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(DETAILS), dtype=object)
    return TitleDetails(release.name, frame, dict(+left_out))


def _rows(anime: ReleasedAnime, catalogue: Catalogue, left_out: Counter[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the id of each title that an anime describes, and its row, with the columns `DETAILS`."""
    # The ids of the titles that it describes.
    ids = anime.ids("myanimelist")
    described = [anime_id for anime_id in ids if anime_id in catalogue]
    if not described:
        left_out["anime that the catalogue lacks" if ids else "anime without an address at myanimelist.net"] += 1
        return
    names = anime.names(left_out)
    if len(ids) > 1:
        folded = {fold_name(name) for name in names}
        named = [anime_id for anime_id in described if fold_name(catalogue[anime_id].name) in folded]
        left_out["titles that an anime with several addresses does not call by name"] += len(described) - len(named)
        described = named
    if not described:
        return

    # The cells that all of them share, and those of each.
    cells = dict.fromkeys(DETAILS, "") | {"synonyms": "|".join(names), "japanese": japanese_name(names)}
    cells |= {"year": anime.year(left_out), "season": anime.season, "studios": capitalise(anime.studios(left_out))}
    cells |= {"picture": anime.picture(left_out)} | _other_ids(anime, is_one_title=len(ids) == 1, left_out=left_out)
    relatives = dict.fromkeys([*ids, *anime.related_ids])
    for anime_id in described:
        others = (str(other) for other in relatives if other != anime_id)
        english = english_name(catalogue[anime_id].name, names, anime.slug)
        yield anime_id, {**cells, "english": english, "related_ids": related_ids(others, catalogue, left_out)}


def _other_ids(anime: ReleasedAnime, is_one_title: bool, left_out: Counter[str]) -> dict[str, str]:
    """Return the numbers of an anime at other sites, the lowest of each; none if it is several titles here."""
    cells = {}
    for site in OTHER_SITES:
        numbers = sorted(anime.ids(site))
        kept = numbers[: int(is_one_title)]
        cells[f"{site}_id"] = "".join(map(str, kept))
        left_out[f"numbers at {site} of an anime that is several titles there or here"] += len(numbers) - len(kept)
    return cells
