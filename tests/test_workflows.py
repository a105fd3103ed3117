"""The workflows on GitHub: pinned, with no more rights than they need, and they run what exists."""

import re

import pytest
import yaml
from small_data import ROOT

WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_is_pinned_and_may_only_read(name: str) -> None:
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []
    for step in steps:
        for path in re.findall(r"(?:scripts/\S+\.py|requirements\S*\.txt)", step.get("run", "")):
            assert (ROOT / path).is_file(), path
        assert "${{" not in step.get("run", "")  # it would become a part of the command


def test_refresh_comes_every_week() -> None:
    # YAML 1.1 reads the key "on" as true.
    (schedule,) = yaml.safe_load(WORKFLOWS["refresh.yml"])[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", schedule["cron"])
