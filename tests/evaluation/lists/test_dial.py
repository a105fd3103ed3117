"""The curve of the dial, and its part of the report, on a small model; then evaluate.py as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from small_data import ROOT, SMALL, write_csv

from core import Model, Ratings
from core.evaluation.charts import save_charts
from core.evaluation.lists.dial import (
    ALPHAS,
    DISCOVERY,
    MOST_MEMBERS,
    PLAIN,
    PLANNED,
    TOLD,
    TOLD_OF_PLANNERS,
    DialCurve,
    ListUsers,
    alpha_name,
    curve_of_dial_to_dict,
    dial_curve,
)
from core.evaluation.lists.dial_report import dial_charts, dial_markdown
from core.evaluation.lists.list_metrics import TitleFeatures, make_lists, measure_lists
from core.evaluation.lists.listers import recommended
from core.evaluation.lists.visits import discovery, planned
from core.evaluation.measure import measure
from core.evaluation.splits import hold_out

POSITIONS = (0.0, 0.5)


def random_histories(n_users: int, seed: int) -> sparse.csr_array:
    """Return histories of 30 to 45 of 60 titles; even users like even titles."""
    random = np.random.default_rng(seed)
    chosen = random.random((n_users, 60)).argsort(axis=1) < random.integers(30, 46, n_users)[:, None]
    liked = (np.arange(60) + np.arange(n_users)[:, None]) % 2 == 0
    return sparse.csr_array((chosen * np.where(liked, 9, 5)).astype(np.float32))


@pytest.fixture(scope="module")
def users(ratings: Ratings) -> ListUsers:
    histories, planners = random_histories(24, seed=1), random_histories(20, seed=2)
    plans = sparse.csr_array((planners.toarray() == 0).astype(np.float32))
    holdouts = {"3": hold_out(ratings.matrix, 3, seed=1), "80%": hold_out(ratings.matrix, 0.8, seed=1)}
    return ListUsers(holdouts, histories, planners, plans)


@pytest.fixture(scope="module")
def curve(model: Model, users: ListUsers) -> DialCurve:
    return dial_curve(model, users, POSITIONS, seed=5)


def test_every_protocol_has_all_histories_and_lists(curve: DialCurve) -> None:
    assert list(curve) == [DISCOVERY, *map(alpha_name, ALPHAS), PLANNED, PLAIN]
    assert list(curve[DISCOVERY]) == [str(n) for n in TOLD]
    assert list(curve[PLANNED]) == [str(n) for n in TOLD_OF_PLANNERS]
    assert list(curve[PLAIN]) == ["3", "80%"]
    for by_history in curve.values():
        assert all(list(by_list) == ["novelty 0", "novelty 0.5", MOST_MEMBERS] for by_list in by_history.values())


def test_figures_are_those_of_the_visits_of_the_seed(model: Model, users: ListUsers, curve: DialCurve) -> None:
    titles = TitleFeatures.of(model.catalogue, model.franchises)
    visits = {
        alpha_name(0.25): discovery(users.histories, model.catalogue, 5, 0.25, seed=5),
        PLANNED: planned(users.planners, users.plans, 5, seed=5),
    }
    for protocol, own in visits.items():
        expected = measure_lists(make_lists(recommended(model, 0.5), own), own, titles)
        figures = curve[protocol]["5"]["novelty 0.5"]
        assert {name: figure.value for name, figure in figures.items()} == {
            name: figure.value for name, figure in expected.items()
        }


def test_plain_is_the_ranking_of_the_whole_catalogue(
    model: Model, ratings: Ratings, users: ListUsers, curve: DialCurve
) -> None:
    """At its left end the dial ranks as `rank_scores` does."""
    for history, holdout in users.holdouts.items():
        expected = measure(model, holdout, ratings).estimates["ndcg"]
        figure = curve[PLAIN][history]["novelty 0"]["ndcg"]
        assert figure.value == pytest.approx(expected.value)
        assert figure.standard_error == pytest.approx(expected.standard_error)
        assert "wasted" not in curve[PLAIN][history]["novelty 0"]


def test_discovery_is_the_mean_over_alphas(curve: DialCurve) -> None:
    for metric in ("ndcg", "wasted", "same"):
        parts = [curve[alpha_name(alpha)]["3"]["novelty 0"][metric] for alpha in ALPHAS]
        mean = curve[DISCOVERY]["3"]["novelty 0"][metric]
        assert mean.value == pytest.approx(np.mean([part.value for part in parts]))
        assert mean.influence == pytest.approx(np.mean([part.influence for part in parts], axis=0))
        assert 0 < mean.standard_error <= max(part.standard_error for part in parts)


def test_protocols_without_users_are_left_out(model: Model, users: ListUsers) -> None:
    curve = dial_curve(model, ListUsers(users.holdouts), POSITIONS)
    assert list(curve) == [PLAIN]
    assert "Plain" in dial_markdown(curve)
    planned_only = dial_curve(model, ListUsers(users.holdouts, None, users.planners, users.plans), (0.0,))
    assert list(planned_only) == [PLANNED, PLAIN]
    assert "Discovery" not in dial_markdown(planned_only)


def test_report_has_every_protocol(curve: DialCurve, tmp_path: Path) -> None:
    page = dial_markdown(curve)
    estimate, planned_figures = curve[DISCOVERY]["10"]["novelty 0.5"]["ndcg"], curve[PLANNED]["40"]["novelty 0.5"]
    assert f"| {estimate.value:.3f} ±{estimate.standard_error:.3f} |" in page
    estimate, wasted = planned_figures["ndcg"], planned_figures["wasted"]
    assert f"| {estimate.value:.3f} ±{estimate.standard_error:.3f}, {wasted.value:.0%} |" in page
    assert f"{curve[DISCOVERY]['3']['novelty 0']['wasted'].value:.0%} | " in page
    tables = [part.splitlines() for part in page.split("\n\n") if part.startswith("|")]
    assert [len(table) - 2 for table in tables] == [3, 9, 3, 3, 3]
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
    content = json.loads(json.dumps(curve_of_dial_to_dict(curve), allow_nan=False))
    difference = curve[PLANNED]["3"]["novelty 0.5"]["ndcg"] - curve[PLANNED]["3"]["novelty 0"]["ndcg"]
    figure = content[PLANNED]["3"]["novelty 0.5"]["ndcg"]
    assert figure["difference"] == difference.value
    assert figure["its standard error"] == difference.standard_error
    (chart,) = save_charts(dial_charts(curve), tmp_path)
    assert (tmp_path / chart).stat().st_size > 10_000


def long_lists(folder: Path, data_folder: Path) -> tuple[Path, Path]:
    """Write rating.csv with users 2001 to 2040 of 30 titles and more, and what twenty of them plan; return both."""
    histories = random_histories(40, seed=3).toarray()
    user, title = np.nonzero(histories)
    rows = [*zip(2001 + user, 100 + title, histories[user, title].astype(int), strict=True)]
    ratings = folder / "rating.csv"
    added = write_csv(folder / "added.csv", "user_id,anime_id,rating", rows).read_text(encoding="utf-8")
    known = (data_folder / "rating.csv").read_text(encoding="utf-8")
    ratings.write_text(known + added.split("\n", 1)[1], encoding="utf-8")
    user, title = np.nonzero(histories[:20] == 0)
    plans = [*zip(2001 + user, 100 + title, strict=True)]
    return ratings, write_csv(folder / "planned.csv", "user_id,anime_id", plans)


def evaluate(ratings: Path, data_folder: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "base.json").write_text(json.dumps(SMALL.to_recipe()))
    command = [sys.executable, "scripts/evaluate.py", "--ratings", ratings, "--anime", data_folder / "anime.csv"]
    command += ["--config", folder / "base.json", "--out", folder / "report", "--test-users", "60", "--no-curves"]
    return subprocess.run([*map(str, command), *more], cwd=ROOT, capture_output=True, text=True, check=False)


def test_evaluate_reports_the_lists(data_folder: Path, tmp_path: Path) -> None:
    ratings, plans = long_lists(tmp_path, data_folder)
    more = ["--planned", str(plans), "--protocols", "discovery,planned", "--positions", "0", "0.75"]
    done = evaluate(ratings, data_folder, tmp_path, *more)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"README.md", "report.json", "dial.png"}
    content = json.loads((tmp_path / "report" / "report.json").read_text())
    assert content["results"] == {}
    assert set(content["lists"]) == {DISCOVERY, *map(alpha_name, ALPHAS), PLANNED, PLAIN}
    assert "novelty 0.75" in content["lists"][PLANNED]["40"]
    assert "20 users with plans, never trained on" in content["facts"]["Data"]
    page = (tmp_path / "report" / "README.md").read_text()
    assert "**Planned**" in page
    assert "](dial.png)" in page
    assert "## Ratings" not in page


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--protocols", "discovery"], 0, "`discovery` did not take part: none of the users held out has seen 30"),
        (["--protocols", "planned"], 1, "needs --planned FILE"),
    ],
)
def test_protocol_without_users_is_told(
    data_folder: Path, tmp_path: Path, more: list[str], status: int, message: str
) -> None:
    done = evaluate(data_folder / "rating.csv", data_folder, tmp_path, *more)
    assert done.returncode == status
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
