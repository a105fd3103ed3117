import bz2
import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from core import Catalogue, DataError, Ratings

HEADER = "user_id,anime_id,rating\n"


def error_of(path: Path, catalogue: Catalogue) -> str:
    with pytest.raises(DataError) as caught:
        Ratings.read(path, catalogue)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".csv.gz", ".zip", ".parquet"])
def test_every_format_gives_the_same_ratings(
    suffix: str, data_folder: Path, catalogue: Catalogue, ratings: Ratings, tmp_path: Path
) -> None:
    plain, other = data_folder / "rating.csv", tmp_path / f"rating{suffix}"
    if suffix == ".csv.gz":
        other.write_bytes(gzip.compress(plain.read_bytes()))
    elif suffix == ".zip":
        with zipfile.ZipFile(other, "w") as archive:
            archive.write(plain, "rating.csv")
    else:
        pd.read_csv(plain).to_parquet(other)
    assert Ratings.read(other, catalogue).fingerprint == ratings.fingerprint


def test_parquet_gives_the_same_catalogue(data_folder: Path, tmp_path: Path) -> None:
    pd.read_csv(data_folder / "anime.csv").to_parquet(tmp_path / "anime.parquet")
    pd.testing.assert_frame_equal(
        Catalogue.read(tmp_path / "anime.parquet").frame, Catalogue.read(data_folder / "anime.csv").frame
    )


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["is empty", "user_id, anime_id, rating"]),
        (b"user_id;anime_id;rating\n1;100;5\n", ["line 1", "'user_id;anime_id;rating'", "expected user_id"]),
        (b"user_id,rating\n1,5\n", ["no column 'anime_id'", "'user_id', 'rating'"]),
        (HEADER.encode() + b"1,100,5\n2,100,eleven\n", ["line 3", "'rating'", "'eleven'", "1 to 10 or -1"]),
        (HEADER.encode() + b"1,100,5\n\n\n2,100,11\n", ["line 5", "'11'"]),
        (HEADER.encode() + b"1,100,0\n", ["line 2", "'0'"]),
        (HEADER.encode() + b"1,100,\n", ["line 2", "column 'rating'", "''"]),
        (HEADER.encode() + b"1,100,nan\n", ["line 2", "'nan'"]),
        (HEADER.encode() + b"1,100,True\n", ["line 2", "'True'"]),
        (HEADER.encode() + b"9007199254740993,100,5\n", ["line 2", "'9007199254740993'", "user_id"]),
        (HEADER.encode() + b"1,%d,5\n" % 10**30, ["line 2", "anime_id"]),
        (b"\n  \n" + HEADER.encode() + b"1,100,5\n   \n1,101,x\n", ["line 6", "'x'"]),
        (HEADER.encode() + b"1,100,inf\n", ["line 2", "'inf'"]),
        (HEADER.encode() + b"1.5,100,5\n", ["line 2", "'user_id'", "'1.5'", "whole number"]),
        (HEADER.encode() + b"1,100,5\n1,101,x\n1,102,y\n", ["line 3", "1 more such cells"]),
        (b"user_id,anime_id,rating,note\n1,100,5,caf\xe9\n", ["0xe9", "UTF-8"]),
    ],
)
def test_error_names_line_column_value_and_expectation(
    content: bytes, parts: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "rating.csv"
    path.write_bytes(content)
    message = error_of(path, catalogue)
    for part in ["rating.csv", *parts]:
        assert part in message, message


def test_line_number_counts_line_breaks_inside_quotes(tmp_path: Path) -> None:
    path = tmp_path / "anime.csv"
    path.write_text('anime_id,name,genre,type,episodes,rating,members\n1,"a\nb",,TV,1,7,10\n2,c,,TV,1,7,many\n')
    with pytest.raises(DataError, match=r"line 4, column 'members': found 'many'"):
        Catalogue.read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.csv.gz", gzip.compress(HEADER.encode() * 50)[:30]),
        ("r.csv.gz", b"plain text"),
        ("r.csv.bz2", bz2.compress(HEADER.encode() + b"1,100,x\n")),
        ("r.zip", b"not a zip"),
        ("r.parquet", b"user_id,anime_id,rating\n"),
    ],
    ids=["truncated gz", "text as gz", "bz2", "text as zip", "text as parquet"],
)
def test_damaged_archive_is_refused(name: str, content: bytes, catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert name in error_of(tmp_path / name, catalogue)


def test_missing_file_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "nothing.csv", catalogue)
