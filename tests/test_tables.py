"""Reading tables: every kind of file gives the same cells, every defect a precise refusal."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.tables import numbers, read_table

COLUMNS = ("user", "score")
TEXT = "user,note,score\n1,first,8\n2,second,7\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def scores(path: Path) -> list[float]:
    column = read_table(path, COLUMNS, text=False)["score"]
    return numbers(path, column, minimum=1, maximum=10, also=(-1,)).tolist()


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        scores(path)
    return str(caught.value)


def test_only_the_wanted_columns_come_back_in_the_wanted_order(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TEXT)

    frame = read_table(path, ("score", "user"), ("note", "absent"), text=True)

    assert list(frame.columns) == ["score", "user", "note"]
    assert frame.to_numpy().tolist() == [["8", "1", "first"], ["7", "2", "second"]]


def test_text_keeps_blanks_and_words_that_look_like_missing_values(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,score\n1,\n2,NA\n3,007\n")

    assert read_table(path, COLUMNS, text=True)["score"].tolist() == ["", "NA", "007"]


def test_text_of_a_parquet_file_has_blanks_for_missing_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"user": [1, 2], "score": ["a", None]}).to_parquet(path)

    assert read_table(path, COLUMNS, text=True).to_numpy().tolist() == [["1", "a"], ["2", ""]]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert scores(write(tmp_path / "t.csv", b"\xef\xbb\xbf" + TEXT.encode())) == [8, 7]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_every_system_are_understood(tmp_path: Path, newline: str) -> None:
    assert scores(write(tmp_path / "t.csv", TEXT.replace("\n", newline))) == [8, 7]


def test_a_missing_file_is_named_with_the_columns_expected(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.csv"

    assert refusal(path) == f"{path}: there is no such file. Expected a table with the columns user, score."


def test_a_folder_is_not_a_table(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "t.csv", content)

    assert refusal(path) == f"{path}: the file is empty. Expected a header line with user, score."


def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,points\n1,8\n")

    assert refusal(path) == f"{path}, line 1: no column 'score'. Found 'user', 'points'; expected user, score."


def test_a_missing_column_of_a_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"user": [1], "points": [8]}).to_parquet(path)

    assert "no column 'score'. Found 'user', 'points'; expected user, score." in refusal(path)


def test_another_delimiter_shows_as_one_strange_column(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user;score\n1;8\n")

    assert refusal(path).startswith(f"{path}, line 1: no column 'user', 'score'. Found 'user;score'; expected")


@pytest.mark.parametrize(
    ("rows", "line", "found"),
    [
        ("1,a,seven\n", 2, "seven"),
        ("1,a,8\n2,b,7.5.1\n3,c,9\n", 3, "7.5.1"),
        ("1,a,8\n\n\n2,b,x\n", 5, "x"),
        ("\n1,a,8\n2,b,x\n", 4, "x"),
        ('1,"two\nlines",8\n2,b,x\n', 4, "x"),
        ('1,"a ""quoted"", comma",8\n\n2,"b\n\nc",7\n3,d,x\n', 7, "x"),
        ("1,a,8\n2,b\n", 3, ""),
        ("1,a,8\n2,b,nan\n", 3, "nan"),
        ("1,a,8\n2,b,inf\n", 3, "inf"),
        ("1,a,8\n2,b,11\n", 3, "11"),
        ("1,a,8\n2,b,0\n", 3, "0"),
        ("1,a,8\n2,b,7.5\n", 3, "7.5"),
        ("1,a,8\n2,b,-2\n", 3, "-2"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, rows: str, line: int, found: str, newline: str) -> None:
    path = write(tmp_path / "t.csv", f"user,note,score\n{rows}".replace("\n", newline))

    expected = "expected a whole number from 1 to 10 or -1."
    assert refusal(path) == f"{path}, line {line}, column 'score': found {found!r}; {expected}"


def test_blank_lines_before_the_header_don_t_hide_the_wrong_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "\nuser,score\n1,8\n2,x\n")

    assert f"{path}, line 4, column 'score': found 'x'" in refusal(path)


def test_lines_of_blanks_don_t_shift_the_line_number(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,score\n1,8\n   \n2,x\n")

    assert f"{path}, line 4, column 'score': found 'x'" in refusal(path)


@pytest.mark.parametrize("word", ["True", "False"])
def test_a_truth_value_is_not_a_number(tmp_path: Path, word: str) -> None:
    path = write(tmp_path / "t.csv", f"user,score\n1,{word}\n")

    assert f"{path}, line 2, column 'score': found '{word}'" in refusal(path)


def test_a_number_too_large_for_an_id_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,score\n99999999999999999999,8\n")

    with pytest.raises(DataError, match=r"t\.csv, line 2, column 'user': found '99999999999999999999'"):
        numbers(path, read_table(path, COLUMNS, text=False)["user"], minimum=0)


def test_further_wrong_cells_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,score\n1,x\n2,8\n3,y\n4,z\n")

    assert refusal(path).endswith(" 2 more such cells follow.")


def test_a_wrong_cell_of_a_parquet_file_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"user": [1, 2], "score": [8, 11]}).to_parquet(path)

    assert f"{path}, row 2, column 'score': found '11'; expected a whole number from 1 to 10" in refusal(path)


def test_a_null_of_a_parquet_file_is_not_a_number(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"user": [1, 2], "score": pd.array([8, None], dtype="Int64")}).to_parquet(path)

    assert f"{path}, row 2, column 'score'" in refusal(path)


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_wrong_cell_in_a_compressed_file_is_named_with_its_line(tmp_path: Path, kind: str) -> None:
    path = compress(tmp_path, kind, "user,score\n1,8\n\n2,x\n")

    assert f"{path}, line 4, column 'score': found 'x'" in refusal(path)


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_missing_column_in_a_compressed_file_is_named(tmp_path: Path, kind: str) -> None:
    path = compress(tmp_path, kind, "user,points\n1,8\n")

    assert f"{path}, line 1: no column 'score'. Found 'user', 'points'" in refusal(path)


def compress(folder: Path, kind: str, text: str) -> Path:
    path = folder / f"t.csv.{kind}"
    if kind == "gz":
        return write(path, gzip.compress(text.encode()))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.csv", text)
    return path


def test_bytes_of_another_encoding_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,note,score\n1,café,8\n".encode("latin-1"))

    assert refusal(path).startswith(f"{path}: byte 0xe9 is not UTF-8 text. Expected a UTF-8 CSV file")


@pytest.mark.parametrize("name", ["t.csv.gz", "t.zip", "t.parquet"])
def test_a_text_file_under_another_kind_s_name_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, TEXT * 20)

    assert refusal(path).startswith(f"{path}: the file is damaged or not of the kind its name says")


@pytest.mark.parametrize("kind", ["gz", "zip", "parquet"])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str) -> None:
    rows = "".join(f"{n},{n * n % 9973},8\n" for n in range(5000))
    if kind == "parquet":
        path = tmp_path / "t.parquet"
        pd.DataFrame({"user": range(5000), "score": 8}).to_parquet(path)
    else:
        path = compress(tmp_path, kind, "user,note,score\n" + rows)
    write(path, path.read_bytes()[: path.stat().st_size // 2])

    assert refusal(path).startswith(f"{path}: the file is damaged or not of the kind its name says")


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    path = compress(tmp_path, "zip", TEXT)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("second.csv", TEXT)

    assert refusal(path).startswith(f"{path}: ")


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 'user,note,score\n1,"open,8\n2,b,7\n')

    assert refusal(path).startswith(f"{path}: not a readable CSV table: EOF inside string")


def test_numbers_turns_known_blanks_into_nan(tmp_path: Path) -> None:
    column = pd.Series(["3", "", "Unknown", "-1"], name="episodes")

    values = numbers(tmp_path / "t.csv", column, minimum=0, blanks=("", "Unknown"), also=(-1,))

    np.testing.assert_array_equal(values, [3, np.nan, np.nan, -1])


def test_the_message_lists_every_allowed_blank(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "user,score\n1,?\n")

    with pytest.raises(DataError, match="a number of at least 0 or -1 or a blank or 'Unknown'"):
        numbers(
            path, pd.Series(["?"], name="score"), minimum=0, whole=False, blanks=("", "Unknown"), also=(-1,)
        )
