"""``POST /bring-myanimelist`` without a browser: a name comes in, a list and a report go out."""

from datetime import UTC, datetime

import pytest
from myanimelist_server import list_entry, running_myanimelist
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import WATCHED, Model
from core.serving.model_source import ServedModel
from core.ui.routes.list_by_name import name_route


def client(model: Model, **environment: str) -> TestClient:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return TestClient(Starlette(routes=[name_route(lambda: served, environment)]))


def test_list_by_name_is_answered_like_a_file(model: Model) -> None:
    with running_myanimelist() as server:
        server.lists["somebody"] = [
            list_entry(103, score=9), list_entry(105), list_entry(107, "dropped"), list_entry(108, "plan_to_watch"),
        ]  # fmt: skip
        http = client(model, MAL_CLIENT_ID="an id", MAL_API_ADDRESS=server.address)
        answer = http.post("/bring-myanimelist", json={"name": " somebody "}).json()
        assert answer["ratings"] == [[103, 9.0], [105, WATCHED], [107, 4.0]]
        assert (answer["planned"], answer["dropped"]) == ([108], [[107, WATCHED]])
        assert "MyAnimeList, list of <bdi>somebody</bdi>, 4 entries" in answer["report"]
        answer = http.post("/bring-myanimelist?language=id", json={"name": "nobody"}).json()
        assert set(answer) == {"report"}
        assert "Tidak ada pengguna" in answer["report"]
        assert {client_id for _, _, client_id in server.requests} == {"an id"}


@pytest.mark.parametrize("sent", [[], 5, "x", {}, {"name": None}, {"name": {"a": 1}}, {"name": "<b>"}])
def test_anything_but_a_name_gets_a_sentence(model: Model, sent: object) -> None:
    http = client(model, MAL_CLIENT_ID="an id", MAL_API_ADDRESS="http://127.0.0.1:1")
    assert "2 to 16 letters" in http.post("/bring-myanimelist", json=sent).json()["report"]
    assert "has no access to MyAnimeList" in client(model).post("/bring-myanimelist", json=sent).json()["report"]
