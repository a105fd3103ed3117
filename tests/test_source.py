from pathlib import Path

from core.source import BUNDLED, choose_model


def test_a_local_folder_comes_first(model_folder: Path) -> None:
    served = choose_model({"MODEL_DIR": str(model_folder)})
    assert served.source == "local folder small"
    assert len(served.model.catalogue) == 60
    assert served.notice == ""


def test_without_configuration_the_bundled_model_serves() -> None:
    served = choose_model({})
    assert served.source == "bundled with the app"
    assert served.health()["status"] == "ok"
    assert len(served.model.user_ids) >= 300


def test_a_broken_model_is_refused_and_said_so(tmp_path: Path) -> None:
    served = choose_model({"MODEL_DIR": str(tmp_path)})
    assert served.source == "bundled with the app"
    assert "could not be loaded" in served.notice


def test_the_bundled_model_keeps_its_budget() -> None:
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 15e6
    waits_for = ("config.json", "model.safetensors", "catalogue.parquet")
    assert sum((BUNDLED / name).stat().st_size for name in waits_for) <= 12e6
