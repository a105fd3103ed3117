from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from offline_database_files import HEADER, MAL, anime, lines, whole_release

from core import Catalogue, DataError
from core.data.enrich.new_titles import current_catalogue
from core.data.genres import GENRES, THEMES

NEW = {"animeSeason": {"season": "FALL", "year": 2026}, "status": "ONGOING"}
PICTURE = "https://example.org/new.jpg"


def new_anime(anime_id: int, title: str = "Atarashii", **fields: Any) -> dict[str, Any]:
    return anime(f"{MAL}{anime_id}", title=title, **NEW | fields)


def release(folder: Path, catalogue: Catalogue, *entries: dict[str, Any], **options: str) -> Path:
    path = folder / "release.jsonl"
    path.write_bytes(whole_release(catalogue, *entries, **options))
    return path


def test_new_title_has_what_the_release_tells(catalogue: Catalogue, tmp_path: Path) -> None:
    entry = anime(
        f"{MAL}70001", "https://anilist.co/anime/190001", "https://anime-planet.com/anime/the-new-one",
        title="Atarashii Mono", synonyms=["The New One", "新しいもの"], studios=["mappa"], relatedAnime=[f"{MAL}103"],
        tags=["action", "sci fi", "girls' love", "shoujo-ai", "isekai", "bloody violence", "18 restricted"],
        picture=PICTURE, episodes=13, **NEW,
    )  # fmt: skip
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, entry))
    title = current[70001]
    assert (title.name, title.english, title.japanese) == ("Atarashii Mono", "The New One", "新しいもの")
    assert (title.type, title.episodes, title.year, title.season) == ("TV", 13, 2026, "fall")
    assert (title.members, title.mean_rating) == (0, None)
    assert (title.picture, title.studios, title.related_ids) == (PICTURE, ("Mappa",), (103,))
    assert title.genres == ("Action", "Girls Love", "Hentai", "Sci-Fi")
    assert title.themes == ("Isekai",)
    assert (title.anilist_id, title.anidb_id) == (190001, None)
    assert changes.new_ids == (70001,)


def test_old_titles_stay_first_and_as_they_are(catalogue: Catalogue, tmp_path: Path) -> None:
    frame = catalogue.frame.copy()
    frame.loc[3, ["synonyms", "studios"]] = ["3rd|3rd|THIRD SHOW", "Bones|BONES"]  # as in no table of ours
    catalogue = Catalogue(frame)
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, new_anime(5)))
    assert current.anime_ids.tolist() == [*catalogue.anime_ids.tolist(), 5]
    assert changes.changed_ids == ()
    pd.testing.assert_frame_equal(current.frame.iloc[:-1], catalogue.frame)


def test_second_time_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    entries = [new_anime(70001), anime(f"{MAL}100", "https://kitsu.app/anime/1", synonyms=["銀魂", "Gin Tama"])]
    path = release(tmp_path, catalogue, *entries)
    current, changes = current_catalogue(catalogue, path)
    assert changes
    again, none = current_catalogue(current, path)
    assert not none
    pd.testing.assert_frame_equal(again.frame, current.frame)


def test_unknown_cells_are_filled_and_known_ones_stay(catalogue: Catalogue, tmp_path: Path) -> None:
    twin = anime(f"{MAL}120", "https://anilist.co/anime/9", title="Twin", episodes=24, tags=["action"])
    third = anime(f"{MAL}103", "https://anidb.net/anime/5", title="Dai San", synonyms=["More"], episodes=99, type="OVA")
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, twin, third))
    filled, kept, before = current[120], current[103], catalogue[103]
    assert (filled.episodes, filled.year, filled.season, filled.anilist_id) == (24, 2006, "fall", 9)
    assert filled.genres == ()
    assert (kept.anidb_id, kept.season) == (5, "fall")
    for column in ("name", "synonyms", "episodes", "type", "year", "picture", "related_ids", "members"):
        assert getattr(kept, column) == getattr(before, column), column
    assert set(changes.changed_ids) == {103, 120}
    assert changes.new_ids == ()


def test_new_title_follows_later_releases(catalogue: Catalogue, tmp_path: Path) -> None:
    before, _changes = current_catalogue(catalogue, release(tmp_path, catalogue, new_anime(70001, episodes=0)))
    assert before[70001].episodes is None
    first, _changes = current_catalogue(before, release(tmp_path, before, new_anime(70001, episodes=13)))
    assert first[70001].episodes == 13
    postponed = {"season": "WINTER", "year": 2027}
    later = new_anime(70001, "Renamed", episodes=24, picture=PICTURE, animeSeason=postponed, tags=["drama"])
    current, changes = current_catalogue(first, release(tmp_path, first, later, date="2026-11-28"))
    title = current[70001]
    assert (title.episodes, title.year, title.season, title.picture) == (24, 2027, "winter", PICTURE)
    assert (title.name, title.genres) == ("Atarashii", ())
    assert (changes.new_ids, changes.changed_ids) == ((), (70001,))


def test_what_becomes_no_title_is_counted(catalogue: Catalogue, tmp_path: Path) -> None:
    entries = [
        new_anime(1, type="UNKNOWN"),
        new_anime(2, status="UPCOMING"),
        new_anime(3, animeSeason={"season": "FALL", "year": 2024}),
        new_anime(4, animeSeason={"season": "UNDEFINED", "year": None}),
        new_anime(5, title="x" * 201),
        anime(f"{MAL}6", f"{MAL}7", **NEW),
        anime("https://anidb.net/anime/8", **NEW),
    ]
    _current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, *entries))
    assert not changes
    lacks = "titles that the catalogue lacks and that"
    assert {reason: n for reason, n in changes.left_out.items() if lacks in reason} == {
        f"{lacks} are neither TV, Movie, OVA, ONA, Special": 1,
        f"{lacks} have not begun": 1,
        f"{lacks} began before 2025, or nobody knows when": 2,
        f"{lacks} have no name of usual length": 1,
        f"{lacks} share their entry": 2,
    }
    assert changes.left_out["anime without an address at myanimelist.net"] == 1


def test_what_a_catalogue_cannot_hold_is_left_out(catalogue: Catalogue, tmp_path: Path) -> None:
    odd = new_anime(
        1, title="x" * 200, synonyms=["y" * 200, *map(str, range(5000))], picture="https://example.org/a'b.jpg",
        studios=[f"studio number {number}" for number in range(50)], tags=[name.lower() for name in (*GENRES, *THEMES)],
        relatedAnime=[f"{MAL}{number}" for number in range(10_000)],
    )  # fmt: skip
    long = new_anime(2, picture=f"https://example.org/{'a' * 1000}.jpg", studios=["z" * 500])
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, odd, long))
    assert changes.new_ids == (1, 2)
    assert (current[1].picture, current[2].picture, current[2].studios) == ("", "", ())
    assert 20 < len(current[1].studios) < 30
    assert set(current[1].related_ids) == set(catalogue.anime_ids.tolist()) | {2}
    assert changes.left_out["pictures without a usual https address"] == 2
    assert changes.left_out["studios after the first 450 letters"] == 51 - len(current[1].studios)


def test_first_year_can_be_chosen(catalogue: Catalogue, tmp_path: Path) -> None:
    path = release(tmp_path, catalogue, new_anime(1, animeSeason={"season": "FALL", "year": 2017}))
    assert current_catalogue(catalogue, path)[1].new_ids == ()
    assert current_catalogue(catalogue, path, since=2017)[1].new_ids == (1,)


def test_message_tells_what_changed(catalogue: Catalogue, tmp_path: Path) -> None:
    entries = [
        new_anime(number, f"Show {number}", animeSeason={"season": "SUMMER", "year": 2026}) for number in range(6)
    ]
    entries += [new_anime(7, "A Film", type="MOVIE"), new_anime(8, "Last"), anime(f"{MAL}120", episodes=24)]
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, *entries))
    assert changes.message(current) == (
        "8 new titles up to fall 2026, 1 with newer details: Last, Show 0, Show 1, Show 2, Show 3, …"
    )
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, entries[0]))
    assert changes.message(current) == "1 new title up to summer 2026, 0 with newer details: Show 0"
    current, changes = current_catalogue(catalogue, release(tmp_path, catalogue, entries[-1]))
    assert changes.message(current) == "0 new titles, 1 with newer details"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (lines(HEADER, new_anime(70001)), ["0 of the catalogue's 60 titles", "not a whole release"]),
        (lines(new_anime(70001)), ["lastUpdate", "expected a date"]),
        (b"", ["lastUpdate"]),
        (lines(HEADER, new_anime(70001, episodes="many")), ["line 2", "'episodes'", "'many'"]),
        (lines(HEADER, new_anime(70001, tags="action")), ["line 2", "'tags'", "a list of texts"]),
    ],
)  # fmt: skip
def test_damaged_release_is_refused(content: bytes, parts: list[str], catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "release.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        current_catalogue(catalogue, path)
    for part in [str(path), *parts]:
        assert part in str(caught.value)
