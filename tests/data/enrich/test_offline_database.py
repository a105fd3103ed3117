import gzip
import json
import tracemalloc
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from offline_database_files import COVER_URL, HEADER, KYOJIN, MAL, anime, database, lines

from core import Catalogue, DataError
from core.data.catalogue_columns import DETAILS
from core.data.enrich.offline_database import read_offline_database
from core.data.enrich.release import is_offline_database
from core.data.enrich.title_details import TitleDetails

OTHERS = [
    anime("https://anidb.net/anime/1", title="No address"),
    anime(f"{MAL}88888", title="Not in the catalogue"),
    anime(f"{MAL}101", picture="http://insecure.org/1.jpg", animeSeason={"season": "UNDEFINED", "year": 1800}),
    anime(f"{MAL}104", picture="https://raw.githubusercontent.com/x/master/pics/no_pic.png", animeSeason={}),
]


def error_of(path: Path, catalogue: Catalogue) -> str:
    with pytest.raises(DataError) as caught:
        read_offline_database(path, catalogue)
    return str(caught.value)


def pack(path: Path, content: bytes) -> None:
    """Write content in the format that the name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.stem, content)
    elif path.suffix == ".zst":
        path.write_bytes(pa.Codec("zstd").compress(content, asbytes=True))
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_release_gives_every_detail_of_a_title(catalogue: Catalogue, tmp_path: Path) -> None:
    details = read_offline_database(database(tmp_path, KYOJIN), catalogue)
    assert details.frame.loc[100].to_dict() == dict.fromkeys(DETAILS, "") | {
        "english": "Attack on Titan",
        "synonyms": "Shingeki no Kyojin|Attack on Titan|AoT / SnK|L'Attaque des Titans|Атака титанов"
        "|進撃の巨人|进击的巨人",
        "japanese": "進撃の巨人",
        "year": "2006",
        "picture": COVER_URL,
        "related_ids": "105|103",
        "studios": "Madhouse",
        "season": "fall",
        "anilist_id": "16498",
        "anidb_id": "9541",
        "kitsu_id": "7442",
    }
    assert details.source.endswith("anime-offline-database.jsonl of 2026-07-04")
    assert details.left_out == {"related ids that the catalogue lacks": 1}


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".zip"])
@pytest.mark.parametrize("form", [".jsonl", ".json", "-pretty.json"])
def test_every_format_gives_the_same_details(suffix: str, form: str, catalogue: Catalogue, tmp_path: Path) -> None:
    whole = HEADER | {"data": [KYOJIN, *OTHERS]}
    content = {
        ".jsonl": lines(HEADER, KYOJIN, *OTHERS) + b"\n",
        ".json": lines(whole),
        "-pretty.json": b"\xef\xbb\xbf" + json.dumps(whole, indent=4).encode(),
    }[form]
    path = tmp_path / f"database{form}{suffix}"
    pack(path, content)
    assert is_offline_database(path)
    details, plain = read_offline_database(path, catalogue), database(tmp_path, KYOJIN, *OTHERS)
    expected = read_offline_database(plain, catalogue)
    assert details.frame.equals(expected.frame)
    assert details == TitleDetails(f"{path} of 2026-07-04", details.frame, expected.left_out)


def test_what_is_left_out_is_counted(catalogue: Catalogue, tmp_path: Path) -> None:
    details = read_offline_database(database(tmp_path, *OTHERS, anime(f"{MAL}105", synonyms=["x" * 201])), catalogue)
    assert details.frame.index.tolist() == [101, 104, 105]
    assert details.frame.loc[101, ["picture", "year"]].tolist() == ["", ""]
    assert details.frame.loc[104, ["picture", "year"]].tolist() == ["", ""]
    assert details.left_out == {
        "anime without an address at myanimelist.net": 1,
        "anime that the catalogue lacks": 1,
        "pictures without a usual https address": 1,
        "years not from 1900 to 2100": 1,
        "names of more than 200 letters": 1,
    }


def test_anime_with_several_addresses_describes_titles_of_its_names(catalogue: Catalogue, tmp_path: Path) -> None:
    name = catalogue[110].name
    both = anime(f"{MAL}111", f"{MAL}110", title=name.upper(), relatedAnime=[f"{MAL}105"])
    details = read_offline_database(database(tmp_path, both), catalogue)
    assert details.frame.index.tolist() == [110]
    assert details.frame.loc[110, "related_ids"] == "111|105"
    assert details.left_out == {"titles that an anime with several addresses does not call by name": 1}


def test_numbers_elsewhere_are_those_of_one_title(catalogue: Catalogue, tmp_path: Path) -> None:
    anilist = "https://anilist.co/anime/"
    several_there = anime(f"{MAL}100", f"{anilist}9000", f"{anilist}800", "https://kitsu.io/anime/3")
    several_here = anime(f"{MAL}111", f"{MAL}110", f"{anilist}7", title=catalogue[110].name)
    details = read_offline_database(database(tmp_path, several_there, several_here), catalogue)
    assert details.frame["anilist_id"].to_dict() == {100: "800", 110: ""}
    assert details.frame.loc[100, ["anidb_id", "kitsu_id"]].tolist() == ["", "3"]
    assert details.left_out["numbers at anilist of an anime that is several titles there or here"] == 2


def test_season_that_is_none_is_unknown(catalogue: Catalogue, tmp_path: Path) -> None:
    undefined = anime(f"{MAL}100", animeSeason={"season": "UNDEFINED", "year": 2006})
    details = read_offline_database(database(tmp_path, undefined), catalogue)
    assert details.frame.loc[100, ["season", "year"]].tolist() == ["", "2006"]


def test_cell_comes_from_the_first_anime_that_knows_it(catalogue: Catalogue, tmp_path: Path) -> None:
    first = anime(f"{MAL}100", title="First", animeSeason={"season": "UNDEFINED", "year": None})
    second = anime(f"{MAL}100", title="Second", synonyms=["三番目"], picture="https://example.org/other.jpg")
    details = read_offline_database(database(tmp_path, first, second), catalogue)
    assert details.frame.loc[100, ["synonyms", "japanese", "year"]].tolist() == ["First", "三番目", "2006"]
    assert details.frame.loc[100, "picture"] == first["picture"]
    assert len(details.left_out) == 1


def test_name_has_only_printable_letters(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(anime(f"{MAL}100", title="a\x00b\ud800 \u200bc&#124;d")).encode())
    assert read_offline_database(path, catalogue).frame.loc[100, "synonyms"] == "ab c/d"


def test_older_name_of_relations_is_read(catalogue: Catalogue, tmp_path: Path) -> None:
    old = anime(f"{MAL}100", relations=[f"{MAL}105"])
    del old["relatedAnime"], old["animeSeason"]
    details = read_offline_database(database(tmp_path, old), catalogue)
    assert details.frame.loc[100, ["related_ids", "year"]].tolist() == ["105", ""]


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("x.jsonl", b"", ["holds no anime"]),
        ("x.jsonl.zst", b"", ["holds no anime"]),
        ("x.jsonl", lines(HEADER), ["holds no anime"]),
        ("x.jsonl", lines(HEADER, KYOJIN) + b'\n{"sources": [', ["line 3", "not valid JSON"]),
        ("x.jsonl", lines(HEADER, KYOJIN) + b"\n\n[1, 2]", ["line 4", "found [1, 2]", "expected a JSON object"]),
        ("x.jsonl", lines(HEADER) + b"\n" + b"[" * 100_000, ["line 2", "not readable JSON"]),
        ("x.jsonl", lines({"user": 1}), ["line 1", "'sources'", "found nothing", "expected a list"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", title=None)), ["line 2", "'title'", "expected a name"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", synonyms=["a", 1])), ["line 2", "'synonyms'", "['a', 1]"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", animeSeason={"year": "2006"})), ["'animeSeason'", "'2006'"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", animeSeason=2006)), ["'animeSeason'", "found 2006"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", picture=["x"])), ["'picture'", "['x']", "expected an address"]),
        ("x.jsonl", lines(HEADER, anime(f"{MAL}100", title="caf")).replace(b"caf", b"caf\xe9"), ["0xe9", "UTF-8"]),
        ("x.json", lines(HEADER | {"deadEntries": ["1"]}), ["no list 'data'", "'deadEntries'"]),
        ("x.json", b'{"data": [\n1,]}', ["line 2", "not valid JSON"]),
        ("x.json", lines({"data": [anime(), {"title": "x"}]}), ["anime 2", "'sources'"]),
        ("x.jsonl.gz", gzip.compress(lines(HEADER, KYOJIN))[:-20], ["damaged"]),
        ("x.jsonl.zst", pa.Codec("zstd").compress(lines(HEADER, KYOJIN), asbytes=True)[:-20], ["damaged", "Truncated"]),
        ("x.jsonl.zst", lines(HEADER), ["damaged"]),
        ("x.json.zip", b"not a zip", ["damaged"]),
    ],
)  # fmt: skip
def test_error_names_location_value_and_expectation(
    name: str, content: bytes, parts: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    message = error_of(tmp_path / name, catalogue)
    for part in [name, *parts]:
        assert part in message, message


def test_missing_file_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "x.jsonl.zst", catalogue)


def test_lines_are_read_one_by_one(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.zst"
    pack(path, lines(HEADER, *(anime(f"{MAL}{number}", tags=["x" * 10_000]) for number in range(100_000, 101_000))))
    tracemalloc.start()
    try:
        read_offline_database(path, catalogue)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 10 MB
    finally:
        tracemalloc.stop()
