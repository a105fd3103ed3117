"""Plans: tables of planned titles, right and wrong."""

from pathlib import Path

import pytest

from core import Catalogue, DataError
from core.evaluation.lists.plans import Plans


def table(folder: Path, text: str) -> Path:
    path = folder / "planned.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_plans_are_read_by_user(catalogue: Catalogue, tmp_path: Path) -> None:
    plans = Plans.read(table(tmp_path, "anime_id,user_id\n105,7\n100,7\n999,7\n105,7\n103,2\n999,5\n"), catalogue)
    assert plans.user_ids.tolist() == [2, 7]
    row = plans.of(plans.user_ids[[1]])
    assert catalogue.anime_ids[row.indices].tolist() == [100, 105]
    assert row.data.tolist() == [1, 1]
    assert plans.titles.shape == (2, len(catalogue))
    report = plans.report
    assert (report.rows_read, report.unknown_titles, report.duplicates, report.used) == (6, 2, 1, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user_id,title\n1,100\n", r"line 1: no column 'anime_id'"),
        ("user_id,anime_id\n1,100\nx,101\n", r"line 3, column 'user_id': found 'x'; expected a whole number from 0"),
        ("user_id,anime_id\n1,1.5\n", r"line 2, column 'anime_id': found '1\.5'"),
        ("user_id,anime_id\n1,9999\n", r"none of its 1 rows plans a title of the catalogue"),
        ("user_id,anime_id\n", r"none of its 0 rows"),
    ],
)
def test_wrong_table_is_named_with_its_line(catalogue: Catalogue, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Plans.read(table(tmp_path, text), catalogue)


def test_missing_file_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"planned\.csv"):
        Plans.read(tmp_path / "planned.csv", catalogue)
