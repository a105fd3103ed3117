import gzip
import json
import tracemalloc
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from offline_database_files import ABOUT, KYOJIN, MAL, PICTURE, anime, database, lines

from core import Catalogue, DataError
from core.data.enrich.offline_database import is_offline_database, read_offline_database
from core.data.enrich.title_details import TitleDetails

OTHERS = [
    anime("https://anidb.net/anime/1", title="No address"),
    anime(f"{MAL}88888", title="Not in the catalogue"),
    anime(f"{MAL}101", picture="http://insecure.org/1.jpg", animeSeason={"season": "UNDEFINED", "year": 1800}),
    anime(f"{MAL}104", picture="https://raw.githubusercontent.com/x/master/pics/no_pic.png", animeSeason={}),
]


def refusal(path: Path, catalogue: Catalogue) -> str:
    with pytest.raises(DataError) as caught:
        read_offline_database(path, catalogue)
    return str(caught.value)


def pack(path: Path, content: bytes) -> None:
    """As the name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.stem, content)
    elif path.suffix == ".zst":
        path.write_bytes(pa.Codec("zstd").compress(content, asbytes=True))
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_what_a_release_says_of_a_title(catalogue: Catalogue, tmp_path: Path) -> None:
    found = read_offline_database(database(tmp_path, KYOJIN), catalogue)
    assert found.frame.loc[100].to_dict() == {
        "english": "Attack on Titan",
        "synonyms": "Shingeki no Kyojin|Attack on Titan|AoT / SnK|L'Attaque des Titans|Атака титанов"
        "|進撃の巨人|进击的巨人",
        "japanese": "進撃の巨人",
        "year": "2006",
        "picture": PICTURE,
        "related_ids": "105|103",
    }
    assert found.source.endswith("anime-offline-database.jsonl of 2026-07-04")
    assert found.left_out == {"related ids that the catalogue lacks": 1}


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".zip"])
@pytest.mark.parametrize("form", [".jsonl", ".json", "-pretty.json"])
def test_every_format_says_the_same(suffix: str, form: str, catalogue: Catalogue, tmp_path: Path) -> None:
    whole = ABOUT | {"data": [KYOJIN, *OTHERS]}
    content = {
        ".jsonl": lines(ABOUT, KYOJIN, *OTHERS) + b"\n",
        ".json": lines(whole),
        "-pretty.json": b"\xef\xbb\xbf" + json.dumps(whole, indent=4).encode(),
    }[form]
    path = tmp_path / f"database{form}{suffix}"
    pack(path, content)
    assert is_offline_database(path)
    found, plain = read_offline_database(path, catalogue), database(tmp_path, KYOJIN, *OTHERS)
    expected = read_offline_database(plain, catalogue)
    assert found.frame.equals(expected.frame)
    assert found == TitleDetails(f"{path} of 2026-07-04", found.frame, expected.left_out)


def test_whatever_is_left_out_is_counted(catalogue: Catalogue, tmp_path: Path) -> None:
    found = read_offline_database(database(tmp_path, *OTHERS, anime(f"{MAL}105", synonyms=["x" * 201])), catalogue)
    assert found.frame.index.tolist() == [101, 104, 105]
    assert found.frame.loc[101, ["picture", "year"]].tolist() == ["", ""]
    assert found.frame.loc[104, ["picture", "year"]].tolist() == ["", ""]
    assert found.left_out == {
        "anime without an address at myanimelist.net": 1,
        "anime that the catalogue lacks": 1,
        "pictures whose address is not https": 1,
        "years not from 1900 to 2100": 1,
        "names of more than 200 letters": 1,
    }


def test_an_anime_with_several_addresses_tells_of_those_it_calls_by_name(catalogue: Catalogue, tmp_path: Path) -> None:
    name = catalogue[110].name
    both = anime(f"{MAL}111", f"{MAL}110", title=name.upper(), relatedAnime=[f"{MAL}105"])
    found = read_offline_database(database(tmp_path, both), catalogue)
    assert found.frame.index.tolist() == [110]
    assert found.frame.loc[110, "related_ids"] == "111|105"
    assert found.left_out == {"titles that an anime with several addresses does not call by name": 1}


def test_of_several_anime_the_first_that_knows_a_cell_wins(catalogue: Catalogue, tmp_path: Path) -> None:
    first = anime(f"{MAL}100", title="First", animeSeason={"season": "UNDEFINED", "year": None})
    second = anime(f"{MAL}100", title="Second", synonyms=["三番目"], picture="https://example.org/other.jpg")
    found = read_offline_database(database(tmp_path, first, second), catalogue)
    assert found.frame.loc[100, ["synonyms", "japanese", "year"]].tolist() == ["First", "三番目", "2006"]
    assert found.frame.loc[100, "picture"] == first["picture"]
    assert len(found.left_out) == 1


def test_names_hold_nothing_that_cannot_be_written(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(anime(f"{MAL}100", title="a\x00b\ud800 \u200bc&#124;d")).encode())
    assert read_offline_database(path, catalogue).frame.loc[100, "synonyms"] == "ab c/d"


def test_older_releases_call_relations_otherwise(catalogue: Catalogue, tmp_path: Path) -> None:
    old = anime(f"{MAL}100", relations=[f"{MAL}105"])
    del old["relatedAnime"], old["animeSeason"]
    found = read_offline_database(database(tmp_path, old), catalogue)
    assert found.frame.loc[100, ["related_ids", "year"]].tolist() == ["105", ""]


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("x.jsonl", b"", ["holds no anime"]),
        ("x.jsonl.zst", b"", ["holds no anime"]),
        ("x.jsonl", lines(ABOUT), ["holds no anime"]),
        ("x.jsonl", lines(ABOUT, KYOJIN) + b'\n{"sources": [', ["line 3", "not valid JSON"]),
        ("x.jsonl", lines(ABOUT, KYOJIN) + b"\n\n[1, 2]", ["line 4", "found [1, 2]", "expected a JSON object"]),
        ("x.jsonl", lines(ABOUT) + b"\n" + b"[" * 100_000, ["line 2", "not readable JSON"]),
        ("x.jsonl", lines({"user": 1}), ["line 1", "'sources'", "found nothing", "expected a list"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", title=None)), ["line 2", "'title'", "expected a name"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", synonyms=["a", 1])), ["line 2", "'synonyms'", "['a', 1]"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", animeSeason={"year": "2006"})), ["'animeSeason'", "'2006'"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", animeSeason=2006)), ["'animeSeason'", "found 2006"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", picture=["x"])), ["'picture'", "['x']", "expected an address"]),
        ("x.jsonl", lines(ABOUT, anime(f"{MAL}100", title="caf")).replace(b"caf", b"caf\xe9"), ["0xe9", "UTF-8"]),
        ("x.json", lines(ABOUT | {"deadEntries": ["1"]}), ["no list 'data'", "'deadEntries'"]),
        ("x.json", b'{"data": [\n1,]}', ["line 2", "not valid JSON"]),
        ("x.json", lines({"data": [anime(), {"title": "x"}]}), ["anime 2", "'sources'"]),
        ("x.jsonl.gz", gzip.compress(lines(ABOUT, KYOJIN))[:-20], ["damaged"]),
        ("x.jsonl.zst", pa.Codec("zstd").compress(lines(ABOUT, KYOJIN), asbytes=True)[:-20], ["damaged", "Truncated"]),
        ("x.jsonl.zst", lines(ABOUT), ["damaged"]),
        ("x.json.zip", b"not a zip", ["damaged"]),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_place_found_and_expected(
    name: str, content: bytes, parts: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    message = refusal(tmp_path / name, catalogue)
    for part in [name, *parts]:
        assert part in message, message


def test_a_missing_file_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "x.jsonl.zst", catalogue)


def test_lines_are_not_in_memory_all_at_once(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.zst"
    pack(path, lines(ABOUT, *(anime(f"{MAL}{number}", tags=["x" * 10_000]) for number in range(100_000, 101_000))))
    tracemalloc.start()
    try:
        read_offline_database(path, catalogue)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 10 MB
    finally:
        tracemalloc.stop()
