import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from offline_database_files import KYOJIN, MAL, anime, database
from small_data import ROOT, write_csv

from core import Catalogue, InputError, OutputError
from core.data.enrich.offline_database import read_offline_database
from core.data.enrich.title_details import MAX_SYNONYMS, join_details, read_details
from core.data.names.folding import fold_name

COLUMNS = "anime_id,english,synonyms,japanese,year,picture,related_ids"


def prepare(data: Path, out: Path, *sources: Path, anime_csv: str = "anime.csv") -> subprocess.CompletedProcess[str]:
    more = [str(part) for source in sources for part in ("--from", source)]
    command = [sys.executable, "scripts/prepare_catalogue.py", "--anime", str(data / anime_csv), *more]
    return subprocess.run([*command, "--out", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_table_is_unchanged_by_a_round_trip(data_folder: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    join_details(catalogue, [read_details(data_folder / "titles.csv", catalogue)]).write(tmp_path / "out.csv")
    again = Catalogue.read(data_folder / "anime.csv", titles=tmp_path / "out.csv")
    pd.testing.assert_frame_equal(again.frame, catalogue.frame)


def test_real_table_is_unchanged_by_a_round_trip(real_data: Path, tmp_path: Path) -> None:
    catalogue = Catalogue.read(real_data / "anime.csv")
    joined = join_details(catalogue, [read_details(real_data / "titles.csv", catalogue)])
    joined.write(tmp_path / "titles.csv")
    assert joined.left_out == {str(real_data / "titles.csv"): {}}
    expected = Catalogue.read(real_data / "anime.csv", titles=real_data / "titles.csv")
    again = Catalogue.read(real_data / "anime.csv", titles=tmp_path / "titles.csv")
    pd.testing.assert_frame_equal(again.frame.drop(columns="synonyms"), expected.frame.drop(columns="synonyms"))
    for before, after in zip(expected.frame.itertuples(), again.frame.itertuples(), strict=True):
        kept, named = after.synonyms.split("|"), (after.name, after.english, after.japanese)
        removed = set(before.synonyms.split("|")) - set(kept)  # "A & B", say, beside "A and B"
        assert {*map(fold_name, removed)} <= {*map(fold_name, (*kept, *named))}


def test_cell_comes_from_the_first_source_that_knows_it(catalogue: Catalogue, tmp_path: Path) -> None:
    table = write_csv(
        tmp_path / "more.csv", "anime_id,english,year", [(100, "AoT", ""), (101, "One", 1999), (7, "", "")]
    )
    release = database(tmp_path, KYOJIN, anime(f"{MAL}101", title="Two"))
    sources = [read_details(table, catalogue), read_offline_database(release, catalogue)]
    joined = join_details(catalogue, sources)
    assert joined.frame.loc[100, ["english", "japanese", "year"]].tolist() == ["AoT", "進撃の巨人", "2006"]
    assert joined.frame.loc[101, ["english", "synonyms", "year"]].tolist() == ["One", "Two", "1999"]
    assert joined.cell_counts["english"].tolist() == [2, 0]
    assert joined.cell_counts["year"].tolist() == [1, 1]
    assert joined.left_out[str(table)] == {"titles that the catalogue lacks": 1}
    assert join_details(catalogue, sources[::-1]).frame.loc[100, "english"] == "Attack on Titan"


def test_studio_is_spelled_as_in_the_first_source(catalogue: Catalogue, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "more.csv", "anime_id,studios", [(101, "MADHOUSE|Bones")])
    sources = [read_details(table, catalogue), read_offline_database(database(tmp_path, KYOJIN), catalogue)]
    joined = join_details(catalogue, sources).frame
    assert joined.loc[[100, 101], "studios"].tolist() == ["MADHOUSE", "MADHOUSE|Bones"]


def test_synonyms_are_distinct_and_limited(catalogue: Catalogue, tmp_path: Path) -> None:
    names = ["Shingeki!! no KYOJIN", "ATTACK  on titan", *(f"name {number}" for number in range(MAX_SYNONYMS + 3))]
    rows = [(100, "Attack on Titan", "|".join([*names, "☆", "☆"]), "", "", "", "")]
    table = write_csv(tmp_path / "more.csv", COLUMNS, rows)
    joined = join_details(catalogue, [read_details(table, catalogue)])
    synonyms = joined.frame.loc[100, "synonyms"].split("|")
    assert synonyms == [names[0], *names[2 : MAX_SYNONYMS + 1]]
    assert joined.left_out[str(table)] == {f"synonyms after the first {MAX_SYNONYMS} of a title": 5}


def test_without_sources_every_cell_is_unknown(catalogue: Catalogue) -> None:
    joined = join_details(catalogue, [])
    assert (joined.frame == "").all(axis=None)
    assert joined.frame.index.tolist() == catalogue.anime_ids.tolist()


def test_failed_write_leaves_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    joined = join_details(catalogue, [])
    with pytest.raises(OutputError, match="cannot be written"):
        joined.write(tmp_path / "folder")
    joined.write(tmp_path / "new" / "titles.csv")
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["folder", "new", "titles.csv"]


def test_script_writes_a_table_that_the_catalogue_reads(data_folder: Path, tmp_path: Path) -> None:
    release, out = database(tmp_path, KYOJIN), tmp_path / "titles.csv"
    done = prepare(data_folder, out, data_folder / "titles.csv", release)
    assert done.returncode == 0, done.stderr
    for part in ("english", "of 60 titles", "of 2026-07-04", "left out of", "related ids", str(out), "(ODbL) 1.0"):
        assert part in done.stdout, done.stdout
    catalogue = Catalogue.read(data_folder / "anime.csv", titles=out)
    assert (catalogue[100].english, catalogue[103].english) == ("Attack on Titan", "Third Show")
    assert (catalogue[100].japanese, catalogue[100].year, catalogue[100].related_ids) == (
        "進撃の巨人",
        2006,
        (105, 103),
    )
    assert catalogue.search("атака титанов")[0].anime_id == 100


def test_input_is_not_overwritten(catalogue: Catalogue, tmp_path: Path) -> None:
    release = database(tmp_path, KYOJIN)
    before = release.read_bytes()
    (tmp_path / "link.csv").symlink_to(release)
    with pytest.raises(InputError, match="choose another name"):
        join_details(catalogue, []).write(tmp_path / "link.csv", [tmp_path / "other.csv", release])
    assert release.read_bytes() == before


def test_script_fails_with_a_sentence_and_keeps_the_old_table(data_folder: Path, tmp_path: Path) -> None:
    release, out = database(tmp_path, KYOJIN, {"sources": 1}), tmp_path / "titles.csv"
    out.write_text("old")
    done = prepare(data_folder, out, release)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "line 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert out.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    assert json.loads(release.read_text().splitlines()[2]) == {"sources": 1}
