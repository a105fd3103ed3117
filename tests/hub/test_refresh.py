"""scripts/refresh.py against the test Hub: one commit if something changed, none if not, none of a damaged release."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hub_server import TestHub
from offline_database_files import HEADER, MAL, anime, lines, whole_release
from programs import REPO, Done, Programs

from core import Catalogue, Model

FALL = {"animeSeason": {"season": "FALL", "year": 2026}, "status": "ONGOING", "tags": ["action", "comedy"]}
FIRST = anime(f"{MAL}70001", "https://anilist.co/anime/190001", title="Atarashii", synonyms=["新しい"], **FALL)
LATER = [
    FIRST | {"episodes": 24},
    anime(f"{MAL}70002", title="Tsugi", **FALL | {"animeSeason": {"season": "WINTER", "year": 2027}}),
    anime(f"{MAL}70003", title="Mada", **FALL | {"status": "UPCOMING"}),
]


def release(folder: Path, catalogue: Catalogue, *entries: dict[str, Any]) -> Path:
    """Write a release with the titles of a catalogue and these entries, as it is published."""
    path = folder / f"{len(entries)}.jsonl.zst"
    path.write_bytes(pa.Codec("zstd").compress(whole_release(catalogue, *entries), asbytes=True))
    return path


def refresh(programs: Programs, path: Path, *arguments: object) -> Done:
    return programs.run("scripts/refresh.py", "--repo", REPO, "--release", path, *arguments)


def titles(hub: TestHub) -> list[str]:
    """Return the titles of all commits, newest first."""
    return [commit["title"] for commit in hub.commits(REPO)]


def test_release_that_changes_something_is_one_commit(
    programs: Programs, hub: TestHub, model_commit: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    before, first = titles(hub), release(tmp_path, catalogue, FIRST)
    done = refresh(programs, first, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "nothing was pushed" in done.stdout
    assert titles(hub) == before

    done = refresh(programs, first)
    assert done.returncode == 0, done.stderr
    assert "Open Database License" in done.stdout
    after_first = ["1 new title up to fall 2026, 0 with newer details: Atarashii", *before]
    assert titles(hub) == after_first
    done = refresh(programs, first)
    assert "unchanged" in done.stdout, done.stderr
    assert titles(hub) == after_first

    done = refresh(programs, release(tmp_path, catalogue, *LATER))
    assert done.returncode == 0, done.stderr
    assert "1 titles that the catalogue lacks and that have not begun" in done.stdout
    assert titles(hub) == ["1 new title up to winter 2027, 1 with newer details: Tsugi", *after_first]


def test_visitors_find_new_titles_and_nearly_the_list_of_before(
    programs: Programs, hub: TestHub, model_commit: str, model: Model, catalogue: Catalogue, tmp_path: Path
) -> None:
    done = refresh(programs, release(tmp_path, catalogue, FIRST))
    assert done.returncode == 0, done.stderr
    pushed = hub.files(REPO)
    folder = tmp_path / "pulled"
    folder.mkdir()
    for name, location in pushed.items():
        (folder / name).write_bytes(location.read_bytes())
    pulled = Model.load(folder)
    assert pulled.catalogue.search("atarashi")[0].anime_id == 70001
    assert pulled.catalogue.ids_by_anilist_id[190001] == 70001
    assert pulled.user_ids.tolist() == model.user_ids.tolist()
    before, now = (
        {item.anime_id for item in either.recommend(either.fold_in({103: 9, 110: 8}), 20)} for either in (model, pulled)
    )
    assert len(before & now) >= 17


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lastUpdate"),
        (lines(HEADER, FIRST), "not a whole release"),
        (lines(HEADER, FIRST)[:-9], "not valid JSON"),
        (lines(HEADER, FIRST | {"episodes": -1}), "'episodes'"),
    ],
)
def test_damaged_release_is_refused_and_the_hub_is_not_touched(
    content: bytes, message: str, programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path
) -> None:
    (tmp_path / "release.jsonl").write_bytes(content)
    before = hub.refs(REPO)
    done = refresh(programs, tmp_path / "release.jsonl")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert hub.refs(REPO) == before
    assert {request.method for request in hub.requests} <= {"GET", "HEAD"}


def test_model_that_somebody_pushed_meanwhile_stays(
    programs: Programs, hub: TestHub, model_commit: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("newer")
    newer = hub.commit_folder(REPO, tmp_path / "other", message="trained anew")
    code = f"from core.hub.client import push\ntry: push({{'x': b'x'}}, REPO, message='m', parent={model_commit!r})"
    done = programs.python(f"{code}\nexcept HubError as error: print(error)")
    assert "somebody else changed it" in done.stdout, done.stderr
    assert hub.refs(REPO)["refs/heads/main"] == newer


def test_model_in_a_folder_is_refreshed(
    programs: Programs, model_folder: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    files, out = ["--release", release(tmp_path, catalogue, FIRST)], tmp_path / "out"
    done = programs.run("scripts/refresh.py", "--model", model_folder, "--out", out, *files)
    assert done.returncode == 0, done.stderr
    assert 70001 in Model.load(out).catalogue
    assert 70001 not in Model.load(model_folder).catalogue
    done = programs.run("scripts/refresh.py", "--model", out, *files)
    assert "unchanged" in done.stdout, done.stderr
