"""A catalogue brought up to date by a release of the anime-offline-database: see `core.data.enrich.release`.

New are anime with one address at MyAnimeList, of a type that the catalogue has, that have begun, and not long ago: the
many old ones that a catalogue lacks were left out of it on purpose. Nobody's list is known for them, so they have
neither members nor a mean rating. Their genres and themes are the tags that are names of MyAnimeList's own; other tags,
most of them AniDB's, are left out.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError
from ...numerics.arrays import Bool
from ..catalogue import Catalogue
from ..catalogue_columns import DETAILS, SEASONS, differing, with_all_details
from ..genres import GENRES, THEMES, name_of_today, with_names_of_today
from .offline_database import read_offline_database
from .release import Release, ReleasedAnime
from .title_details import details_of, join_details, with_types

TYPES = {"TV": "TV", "MOVIE": "Movie", "OVA": "OVA", "ONA": "ONA", "SPECIAL": "Special"}
"""The types of new titles, by their names in a release."""
TAGS = {
    "18 restricted": "Hentai",
    "boys' love": "Boys Love",
    "girls' love": "Girls Love",
    "magical girl": "Mahou Shoujo",
    "pornography": "Hentai",
    "sci fi": "Sci-Fi",
    "science fiction": "Sci-Fi",
    "super powers": "Super Power",
    "vampires": "Vampire",
}
"""Tags that are a genre or theme of MyAnimeList by another name."""
NEWEST = ["year", "season", "picture"]
"""Details, beside episodes, that change while a title is new."""
KNOWN_SHARE = 0.5
"""A release with a smaller share of the catalogue's titles is not whole."""
MAX_NAMED, MAX_NAME_SHOWN = 5, 40


@dataclass(frozen=True)
class Changes:
    """What a release changed in a catalogue: titles by id, and what was left out of it, by reason."""

    source: str
    new_ids: tuple[int, ...]
    changed_ids: tuple[int, ...]
    left_out: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.new_ids or self.changed_ids)

    def message(self, catalogue: Catalogue) -> str:
        """Return a sentence for people: how many titles are new or changed, the newest season, and some names."""
        new = [catalogue[anime_id] for anime_id in self.new_ids]
        seasons = {title.anime_id: (title.year or 0, _season_number(title.season)) for title in new}
        new.sort(key=lambda title: (title.type == "TV", seasons[title.anime_id]), reverse=True)
        year, season = max(seasons.values(), default=(0, 0))
        until = f" up to {' '.join([*SEASONS[season - 1 : season], str(year)])}" if year else ""
        names = [title.label[:MAX_NAME_SHOWN] for title in new[:MAX_NAMED]]
        named = f": {', '.join(names)}{', …' if len(new) > MAX_NAMED else ''}" if names else ""
        counted = f"{len(new):,} new {'title' if len(new) == 1 else 'titles'}{until}"
        return f"{counted}, {len(self.changed_ids):,} with newer details{named}"


def current_catalogue(catalogue: Catalogue, path: str | Path, since: int | None = None) -> tuple[Catalogue, Changes]:
    """Return a catalogue with the titles that a release adds, and with newer details of those that it had.

    The old titles come first, in their order; their names, genres, members and ratings stay. A cell that
    is unknown is filled. Episodes, year, season and cover follow the release for titles that began in ``since`` or
    later. New titles are of ``since`` or later, too; None: the year before the release's.

    Raises `DataError` for a file that is no release, or has few of the catalogue's titles.
    """
    release = Release.open(path)
    since = release.year - 1 if since is None else since
    rows, episodes, left_out = _read(release, catalogue, since)
    frame = catalogue.frame
    if rows:
        new = with_names_of_today(with_all_details(pd.DataFrame(rows.values())))
        frame = pd.concat([frame, new.astype(frame.dtypes)], ignore_index=True)
    extended = Catalogue(frame)

    # Details: the catalogue's own, but for those of new titles that the release knows better.
    known, released = details_of(extended), read_offline_database(path, extended)
    told = released.frame.reindex(index=known.frame.index, fill_value="")
    years = pd.to_numeric(known.frame["year"].where(known.frame["year"] != "", told["year"]).replace("", "0"))
    is_recent = years.to_numpy() >= since
    known.frame[NEWEST] = known.frame[NEWEST].mask((told[NEWEST] != "") & is_recent[:, None], "")
    joined = join_details(extended, [known, released]).frame
    details = with_types(known.frame.where(known.frame != "", joined)).set_index(frame.index)
    frame = frame.assign(**{name: details[name] for name in DETAILS}, episodes=_episodes(frame, episodes, is_recent))

    current = Catalogue(frame)
    changed = catalogue.anime_ids[differing(catalogue.frame, frame.iloc[: len(catalogue)])]
    reasons = dict(+(Counter(released.left_out) + left_out))
    return current, Changes(release.name, tuple(rows), tuple(changed.tolist()), reasons)


def _read(
    release: Release, catalogue: Catalogue, since: int
) -> tuple[dict[int, dict[str, object]], dict[int, int], Counter[str]]:
    """Return a row for each new title by id, the known numbers of episodes by id, and what was left out."""
    rows: dict[int, dict[str, object]] = {}
    episodes: dict[int, int] = {}
    seen: set[int] = set()
    left_out: Counter[str] = Counter()
    for anime in release:
        ids = anime.ids("myanimelist")
        seen.update(ids)
        unknown = [anime_id for anime_id in ids if anime_id not in catalogue and anime_id not in rows]
        if len(ids) == 1 and anime.episodes:
            episodes.setdefault(ids[0], anime.episodes)
        if not unknown:
            continue
        if reason := "share their entry" if len(ids) > 1 else _reason_to_leave_out(anime, since):
            left_out[f"titles that the catalogue lacks and that {reason}"] += len(unknown)
        else:
            rows[ids[0]] = _row(ids[0], anime)
    n_known = sum(anime_id in seen for anime_id in catalogue.anime_ids.tolist())
    if n_known < KNOWN_SHARE * len(catalogue):
        raise DataError(
            f"{release.path}: has {n_known:,} of the catalogue's {len(catalogue):,} titles; expected at least "
            f"{KNOWN_SHARE:.0%}. It is not a whole release. Download it again."
        )
    return rows, episodes, left_out


def _reason_to_leave_out(anime: ReleasedAnime, since: int) -> str:
    """Return why an anime does not become a title, ``""`` if it does."""
    year = anime.year(Counter())
    if not anime.title:
        return "have no name of usual length"
    if anime.type not in TYPES:
        return f"are neither {', '.join(TYPES.values())}"
    if anime.is_upcoming:
        return "have not begun"
    return "" if year and int(year) >= since else f"began before {since}, or nobody knows when"


def _row(anime_id: int, anime: ReleasedAnime) -> dict[str, object]:
    """Return the cells of a new title, but for those that `read_offline_database` finds."""
    names = [name_of_today(TAGS.get(tag, tag)) for tag in anime.tags]
    return {
        "anime_id": anime_id,
        "name": anime.title,
        "genres": _joined(name for name in names if name in GENRES),
        "themes": _joined(name for name in names if name in THEMES),
        "type": TYPES[anime.type],
        "episodes": float(anime.episodes) if anime.episodes else np.nan,
        "mean_rating": np.nan,
        "members": 0,
    }


def _joined(names: Iterable[str]) -> str:
    return "|".join(sorted(set(names)))


def _episodes(frame: pd.DataFrame, released: dict[int, int], is_recent: Bool) -> pd.Series:
    """Return the numbers of episodes, those of the release where they are unknown or the title is new."""
    told = frame["anime_id"].map(released)
    return frame["episodes"].mask(told.notna() & (frame["episodes"].isna() | is_recent), told)


def _season_number(season: str) -> int:
    """Return 1 to 4 in the order of a year, 0 for unknown."""
    return SEASONS.index(season) + 1 if season else 0
