"""``POST /my-list.xml`` and such: the state comes in, a file goes out, and `POST /bring` takes it back."""

import csv
import io
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import WATCHED, Model
from core.serving.model_source import ServedModel
from core.ui.routes.list_export import export_routes
from core.ui.routes.list_upload import bringing_route

STATE = {"ratings": [[103, 9], [105, WATCHED], [107, 8]], "planned": [108, 112], "dropped": [107]}


@pytest.fixture
def http(model: Model) -> TestClient:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return TestClient(Starlette(routes=[*export_routes(lambda: served), bringing_route(lambda: served)]))


@pytest.mark.parametrize("suffix", ["xml", "json"])
def test_exported_list_can_be_brought_back(http: TestClient, suffix: str) -> None:
    file = http.post(f"/my-list.{suffix}", json=STATE)
    assert file.headers["content-disposition"] == f'attachment; filename="anisvd-my-list.{suffix}"'
    brought = http.post("/bring", content=file.content).json()
    assert brought["ratings"] == [[103, 9], [105, WATCHED], [107, 4]]
    assert (brought["planned"], brought["dropped"]) == ([108, 112], [[107, 8]])


def test_table_has_a_row_for_each_title(http: TestClient) -> None:
    file = http.post("/my-list.csv", json=STATE)
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(row["anime_id"], row["rating"], row["status"]) for row in rows] == [
        ("103", "9", "completed"), ("105", "", "completed"), ("107", "8", "dropped"), ("108", "", "planned"),
        ("112", "", "planned"),
    ]  # fmt: skip


@pytest.mark.parametrize("sent", [5, [], {}, {"ratings": "x", "planned": [999, {}], "dropped": 5}])
def test_anything_else_makes_an_empty_list(http: TestClient, sent: object) -> None:
    for suffix in ("xml", "json", "csv"):
        assert http.post(f"/my-list.{suffix}", json=sent).status_code == 200
    assert "<anime>" not in http.post("/my-list.xml", json=sent).text


def test_twenty_thousand_entries_fit(http: TestClient) -> None:
    state = {"ratings": [[100 + number % 60, 7] for number in range(20_000)]}
    assert http.post("/my-list.xml", json=state).text.count("<anime>") == 60
