import bz2
import gzip
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
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
        (b"", ["an empty file", "user_id, anime_id, rating"]),
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


ANIME_HEADER = "anime_id,name,genre,type,episodes,rating,members\n"
RATINGS_TEXT, ANIME_TEXT = HEADER + "1,100,5\n2,101,-1\n", ANIME_HEADER + "100,A,Action,TV,1,7,10\n"


def zip_of(path: Path, files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_file_with_the_right_columns_in_a_zip_is_read(tmp_path: Path, catalogue: Catalogue) -> None:
    files: dict[str, str | bytes] = {
        "archive/": "", "__MACOSX/archive/._rating.csv": HEADER, "archive/.rating.csv": HEADER,
        "archive/readme.png": b"\x89PNG\r\n\xff\x00", "archive/titles.csv": "anime_id,english,year\n100,One,2001\n",
        "archive/anime.csv": ANIME_TEXT, "archive/rating.csv": RATINGS_TEXT,
    }  # fmt: skip
    path = zip_of(tmp_path / "archive.zip", files)
    assert Ratings.read(path, catalogue).report.rows_read == 2
    assert Catalogue.read(path, titles=path)[100].english == "One"
    alone = zip_of(tmp_path / "folder.zip", {"a/": "", "a/rating.csv": HEADER + "1,100,x\n"})
    assert "folder.zip, 'a/rating.csv', line 2" in error_of(alone, catalogue)


@pytest.mark.parametrize("name", ["archive.zip", "rating-folder.zip"])
def test_zips_of_kaggle_are_read(name: str, cases: Path) -> None:
    catalogue = Catalogue.read(cases / "tables" / "archive.zip")
    pd.testing.assert_frame_equal(catalogue.frame, Catalogue.read(cases / "tables" / "anime-of-archive.csv").frame)
    assert Ratings.read(cases / "tables" / name, catalogue).report.rows_read == 6


def with_flag(archive: bytes, *, method: int = 8, flag: int = 0) -> bytes:
    """Return an archive whose files are marked as encrypted, or as packed by another method."""
    content = bytearray(archive)
    for signature, start in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        index = content.find(signature) + start
        content[index : index + 4] = bytes([flag, 0, method, 0])
    return bytes(content)


@pytest.mark.parametrize(
    ("files", "options", "parts"),
    [
        ({"rating.csv": HEADER}, {"flag": 1}, ["'rating.csv' is protected by a password. Unpack it"]),
        ({"rating.csv": HEADER}, {"method": 9}, ["packed by Deflate64", "Unpack it"]),
        ({"rating.csv": HEADER}, {"method": 77}, ["packed by method 77"]),
        ({"a.csv": RATINGS_TEXT, "b.csv": RATINGS_TEXT}, {}, ["2 files", "'a.csv', 'b.csv'", "Unpack it"]),
        ({"a.csv": ANIME_TEXT, "c.zip": b"PK\x03\x04"}, {}, ["none of the 2 files", "user_id", "'a.csv', 'c.zip'"]),
        ({"a/": "", "__MACOSX/x": ""}, {}, ["there is no file"]),
        ({f"{number}.csv": "" for number in range(200)}, {}, ["200 files"]),
        ({"rating.csv": HEADER + "\n" * (17 << 20)}, {}, ["unpacked", "16,777,216 bytes"]),
    ],
)
def test_zip_without_one_readable_table_is_refused(
    files: dict[str, str | bytes], options: dict[str, int], parts: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    path = zip_of(tmp_path / "r.zip", files)
    if options:
        path.write_bytes(with_flag(path.read_bytes(), **options))
    message = error_of(path, catalogue)
    for part in parts:
        assert part in message, message


def test_file_without_a_name_in_a_zip_is_read(catalogue: Catalogue, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "r.zip", {"name": RATINGS_TEXT})
    path.write_bytes(path.read_bytes().replace(b"name", b"\0ame"))
    assert Ratings.read(path, catalogue).report.rows_read == 2


def test_file_that_expands_too_far_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "r.csv.gz").write_bytes(gzip.compress(HEADER.encode() + b"1,100,5\n" * (3 << 20)))
    assert "16,777,216 bytes" in error_of(tmp_path / "r.csv.gz", catalogue)
    lies = bytearray(zip_of(tmp_path / "r.zip", {"r.csv": HEADER + "\n" * (20 << 20)}).read_bytes())
    size = lies.find(b"PK\x01\x02") + 24
    lies[size : size + 4] = (1000).to_bytes(4, "little")  # it says that it is small
    (tmp_path / "r.zip").write_bytes(lies)
    assert "r.zip" in error_of(tmp_path / "r.zip", catalogue)


@pytest.mark.parametrize(
    "columns",
    [
        {name: np.ones(3_000_000, np.int64) for name in ("user_id", "anime_id", "rating")},
        {"user_id": [1] * 1000, "anime_id": ["1" * 20_000] * 1000, "rating": [1] * 1000},
        {"user_id": [1] * 1000, "anime_id": [["1" * 10_000] * 2] * 1000, "rating": [1] * 1000},
    ],
    ids=["rows", "texts", "lists"],
)
def test_parquet_that_expands_too_far_is_refused(
    columns: dict[str, object], catalogue: Catalogue, tmp_path: Path
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "r.parquet")
    assert (tmp_path / "r.parquet").stat().st_size < 100_000
    assert "16,777,216 bytes" in error_of(tmp_path / "r.parquet", catalogue)


def test_parquet_columns_may_be_texts_lists_categories_or_damaged(tmp_path: Path, catalogue: Catalogue) -> None:
    frame = pd.DataFrame(
        {
            "anime_id": pd.Categorical([1, 2]), "name": ["A", b"B"], "genre": [["Action", "Girls' Love"], None],
            "type": pd.Categorical(["TV", "UNKNOWN"]), "episodes": [1, None], "rating": ["7.5", ""],
            "members": [Decimal(3), Decimal(4)],
        }
    )  # fmt: skip
    frame["name"] = frame["name"].map(lambda name: name if isinstance(name, bytes) else name.encode())
    path = tmp_path / "anime.parquet"
    frame.to_parquet(path)
    read = Catalogue.read(path)
    assert [read[1].genres, read[2].genres, read[2].type, read[2].episodes] == [("Action", "Girls' Love"), (), "", None]
    assert (read[1].name, read[1].mean_rating, read[2].mean_rating, read[2].members) == ("A", 7.5, None, 4)
    path.write_bytes(path.read_bytes().replace(b'"pandas_type"', b'"pandas_typo"'))
    assert len(Catalogue.read(path)) == 2
    structures = [{"a": 1}]
    pq.write_table(pa.table({"user_id": structures, "anime_id": [1], "rating": [1]}), tmp_path / "r.parquet")
    assert "column 'user_id': found values of the type struct" in error_of(tmp_path / "r.parquet", catalogue)


LONG = "9" * 300


@pytest.mark.parametrize("row", ["{},100,5", "1,{},5", "1,100,{}", "1,100,-{}"])
@pytest.mark.parametrize("number", [LONG, "9" * 20, "1e300", "9" * 5000])
def test_huge_number_is_refused(row: str, number: str, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "rating.csv"
    path.write_text(f"{HEADER}1,101,6\n{row.format(number)}\n")
    message = error_of(path, catalogue)
    assert "line 3, column" in message
    assert len(message) < len(str(path)) + 300


@pytest.mark.parametrize(
    "row",
    [f"{LONG},A,,TV,1,7,1", f"1,A,,TV,{LONG},7,1", f"1,A,,TV,1,{LONG},1", f"1,A,,TV,1,7,{LONG}", "1,A,,TV,1,7,1e300"],
)
def test_huge_number_in_a_catalogue_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / "anime.csv").write_text(f"{ANIME_HEADER}{row}\n")
    with pytest.raises(DataError, match="line 2, column"):
        Catalogue.read(tmp_path / "anime.csv")


def test_cell_that_csv_cannot_read_is_still_named(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "rating.csv"
    path.write_text(f"{HEADER[:-1]},note\n1,100,5,{'x' * 200_000}\n1,101,12,\n")
    assert "row 2, column 'rating': found '12'" in error_of(path, catalogue)


def test_table_of_too_many_titles_is_refused(data_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text("anime_id,english\n" + "1,\n" * 100_001)
    with pytest.raises(DataError, match="more than 100,000 lines"):
        Catalogue.read(data_folder / "anime.csv", path)


def test_missing_file_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "nothing.csv", catalogue)


def test_parquet_with_texts_that_are_not_utf8_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    values = pa.array([b"100", b"\xb2ci-Fi"]).view(pa.string())
    pq.write_table(pa.table({"user_id": [1, 2], "anime_id": values, "rating": [1, 2]}), tmp_path / "r.parquet")
    assert "Invalid UTF8" in error_of(tmp_path / "r.parquet", catalogue)


def test_parquet_that_states_of_a_column_what_cannot_be_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "r.parquet"
    pq.write_table(pa.table({"user_id": [1], "anime_id": [100], "rating": ["5"]}), path)
    optional = b"%\x02\x18\x06rating"
    assert path.read_bytes().count(optional) == 1
    path.write_bytes(path.read_bytes().replace(optional, b"%\x12\x18\x06rating"))
    assert "r.parquet: the file is damaged" in error_of(path, catalogue)
