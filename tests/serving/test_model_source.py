import logging
from pathlib import Path

import pytest

from core import Model
from core.serving.model_source import BUNDLED, ModelSource


def test_local_folder_comes_first(model_folder: Path) -> None:
    source = ModelSource({"MODEL_DIR": str(model_folder), "MODEL_REPO_ID": "nobody/asked"})
    served = source.current()
    assert served.source == "local folder small"
    assert len(served.model.catalogue) == 60
    assert served.notice == ""
    assert source.settled


def test_bundled_model_serves_without_configuration() -> None:
    source = ModelSource({})
    served = source.current()
    assert served.source == "bundled with the app"
    assert served.health()["status"] == "ok"
    assert len(served.model.user_ids) >= 300
    assert source.settled


def test_broken_model_is_refused_with_a_notice(tmp_path: Path) -> None:
    served = ModelSource({"MODEL_DIR": str(tmp_path)}).current()
    assert served.source == "bundled with the app"
    assert "could not be loaded" in served.notice


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_wrong_refresh_time_is_logged_and_replaced(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ModelSource({"MODEL_REFRESH_SECONDS": text})
    assert f"MODEL_REFRESH_SECONDS is {text!r}" in caplog.text


def test_bundled_model_is_within_its_size_budget() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 15e6
    waits_for = ("config.json", "model.safetensors", "catalogue.parquet")
    assert sum((BUNDLED / name).stat().st_size for name in waits_for) <= 12e6


def test_textbook_model_is_not_served(textbook: Model, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    textbook.save(tmp_path / "textbook")
    served = ModelSource({"MODEL_DIR": str(tmp_path / "textbook")}).current()
    assert served.source == "bundled with the app"
    assert "This is a textbook model" in caplog.text
