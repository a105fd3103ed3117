"""The map's titles, the model card and the code, without a browser."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from small_data import ROOT
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Model
from core.model.card import model_card
from core.serving.model_source import ServedModel
from core.ui.routes.map_and_code import STEPS, sight_routes
from core.ui.translations import texts_in


def client(*serving: Model) -> TestClient:
    """Serve the models in turn, the last one for ever."""
    queue = list(serving)

    def current() -> ServedModel:
        model = queue.pop(0) if len(queue) > 1 else queue[0]
        return ServedModel(model, "a test", "", datetime.now(UTC), "")

    return TestClient(Starlette(routes=sight_routes(current)))


@pytest.fixture
def http(model: Model) -> TestClient:
    return client(model)


def test_map_has_every_title_except_adult_ones_most_members_last(http: TestClient, model: Model) -> None:
    answer = http.get("/map.json")
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.headers["content-type"] == "application/json"
    titles = answer.json()["titles"]
    every_title = map(model.catalogue.title, range(len(model.catalogue)))
    adult = {title.anime_id for title in every_title if "Hentai" in title.genres}
    assert {row[0] for row in titles} == set(model.item_ids.tolist()) - adult
    everything = http.get("/map.json?adult=1").json()["titles"]
    assert {row[0] for row in everything} == set(model.item_ids.tolist())
    assert [row[4] for row in titles] == sorted(row[4] for row in titles)
    coordinates = dict(zip(model.item_ids.tolist(), model.coordinates.tolist(), strict=True))
    for anime_id, x, y, region, members, known, name in everything:
        assert (x / STEPS * 2 - 1, y / STEPS * 2 - 1) == pytest.approx(coordinates[anime_id], abs=1e-4)
        title = model.catalogue[anime_id]
        assert (members, name) == (title.members, title.label)
        assert known == model.is_known(anime_id)
        assert -1 <= region < len(model.regions.genres)
        assert region < 0 or model.regions.genres[region] in title.genres


def test_map_is_in_the_visitors_language(http: TestClient, model: Model) -> None:
    maps = {language: http.get(f"/map.json?language={language}").json() for language in ("en", "ja", "fr")}
    assert maps["fr"] == maps["en"]
    assert {row[0]: row[6] for row in maps["ja"]["titles"]}[103] == "三番目"
    for language in ("en", "ja"):
        labels = [region["label"] for region in maps[language]["regions"]]
        assert labels == [texts_in(language).named("genre", genre) for genre in model.regions.genres]
    assert [(region["x"], region["y"]) for region in maps["ja"]["regions"]] == [
        (region["x"], region["y"]) for region in maps["en"]["regions"]
    ]


@pytest.mark.parametrize("query", ["adult=yes", "adult=", "language=%00", "language=../en", "x=1&adult=1&adult=0"])
def test_map_is_returned_for_any_query(http: TestClient, query: str) -> None:
    assert json.dumps(http.get(f"/map.json?{query}").json(), allow_nan=False)


def test_factor_has_a_number_for_each_title_of_the_map(http: TestClient, model: Model) -> None:
    for adult in (0, 1):
        titles = http.get(f"/map.json?adult={adult}").json()["titles"]
        answer = http.get(f"/map-factor?number=1&adult={adult}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
        numbers = dict(zip((row[0] for row in titles), np.frombuffer(answer.content, np.int8).tolist(), strict=True))
        assert max(abs(number) for number in numbers.values()) == 127 or not adult
        for sign, end in zip((-1, 1), model.meanings[1].ends, strict=True):
            assert all(sign * numbers[title.anime_id] > 0 for title in end.titles)


@pytest.mark.parametrize("query", ["", "number=", "number=-1", "number=12", "number=1.0", "number=%00", "number=x"])
def test_there_are_twelve_factors(http: TestClient, query: str) -> None:
    assert http.get(f"/map-factor?{query}").status_code == 404


def test_another_model_has_another_map(model: Model) -> None:
    catalogue = model.catalogue
    frame = catalogue.frame.assign(english="Renamed")
    renamed = replace(model, catalogue=type(catalogue)(frame))
    http = client(model, model, renamed)
    first, again, other = (http.get("/map.json").json() for _ in range(3))
    assert first == again
    assert {row[6] for row in other["titles"]} == {"Renamed"}


def test_card_is_that_of_the_model_in_service(http: TestClient, model: Model) -> None:
    answer = http.get("/model-card")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == model_card(model.info, model.catalogue)


def test_code_is_the_file_that_runs(http: TestClient) -> None:
    answer = http.get("/code/core/numerics/truncated_svd.py")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == (ROOT / "core" / "numerics" / "truncated_svd.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/code/core/",
        "/code/core/nothing.py",
        "/code/core/ui",
        "/code/core/ui/page",
        "/code/core/ui%2Fpage.py",
        "/code/core/ui/assets/page.js",
        "/code/core/..%2Fapp.py",
        "/code/core/%2e%2e%2fapp.py",
        "/code/core/..%2F..%2F..%2F..%2Fetc%2Fpasswd",
        "/code/core/%2Fetc%2Fpasswd",
        "/code/core/..%2Fcore%2Fnumerics%2Ftruncated_svd.py",
        "/code/core/bundled",
        "/code/core/numerics/truncated_svd.py%00",
        "/code/core/" + "x" * 5_000 + ".py",
        "/code/app.py",
    ],
)
def test_no_other_file_is_served_as_code(http: TestClient, path: str) -> None:
    assert http.get(path).status_code == 404
