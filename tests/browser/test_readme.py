"""The examples of README.md, run against the app."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from calls import FIELDS, list_tools
from playwright.sync_api import Browser
from skipping import skip_unless_ci
from small_data import ROOT
from waiting import HANG_SECONDS

from core import Filters, Model
from core.serving.model_source import BUNDLED

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"


def example(language: str, word: str) -> str:
    """Return the only block of code in this language with this word."""
    (code,) = (block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if word in block)
    return code


def run(*command: str) -> str:
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def names() -> list[str]:
    """The names of the titles that the examples ask for."""
    model = Model.load(BUNDLED)
    taste = model.fold_in({5114: 10, 9253: 9})
    return [item.name for item in model.recommend(taste, 5, Filters(sequels="first"))]


def names_in(lines: str) -> list[str]:
    return [line.rsplit(" ", 1)[0] for line in lines.splitlines()]


def test_python_without_a_server() -> None:
    lines = run(sys.executable, "-c", example("python", "Model.load")).splitlines()
    assert [line.split()[0] for line in lines] == [str(rank) for rank in range(1, 11)]


def test_python_client(app: str, names: list[str]) -> None:
    lines = run(sys.executable, "-c", example("python", ADDRESS).replace(ADDRESS, app))
    assert names_in(lines)[-5:] == names  # the client prints a greeting first


def test_javascript_in_a_browser(app: str, chromium: Browser, names: list[str]) -> None:
    page = chromium.new_page()
    lines: list[str] = []
    page.on("console", lambda message: lines.append(message.text))
    page.goto(f"{app}/healthz", timeout=HANG_SECONDS * 1000)
    page.evaluate("async () => {" + example("javascript", ADDRESS).replace(ADDRESS, app) + "}")
    page.close()
    assert names_in("\n".join(lines)) == names


def test_javascript_in_node(app: str, names: list[str]) -> None:
    if not shutil.which("node"):
        pytest.skip("no Node on this machine")
    code = example("javascript", ADDRESS).replace(ADDRESS, app)
    assert names_in(run("node", "--input-type=module", "-e", code)) == names


def test_curl(app: str, names: list[str]) -> None:
    if not shutil.which("curl"):
        skip_unless_ci("no curl on this machine")
    answer = json.loads(run("bash", "-c", example("bash", "curl").replace(ADDRESS, app)))
    assert [title["name"] for title in answer["data"][0]] == names


def test_settings_for_mcp_lead_to_the_tools(app: str) -> None:
    settings = json.loads(example("json", "mcpServers").replace(ADDRESS, app))
    assert len(list_tools(settings["mcpServers"]["anisvd"]["url"])) == 5


def test_table_has_every_field_of_an_answer() -> None:
    table = README.split("| field | |")[1].split("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == FIELDS
