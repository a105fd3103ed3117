"""The picture that chats show for a link."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image, ImageColor
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Model
from core.serving.model_source import ServedModel
from core.ui.first.picture import COVER, MARGIN, PAPER, TOP, WIDTH, list_picture
from core.ui.routes import preview
from core.ui.routes.preview import preview_route


@pytest.fixture
def client(model: Model) -> TestClient:
    served = ServedModel(model, "a test", "", datetime.now(UTC))
    return TestClient(Starlette(routes=[preview_route(lambda: served)]))


@pytest.mark.parametrize(
    "query", ["", "?rated=101:9,102:3", "?tab=user&user=nobody", "?rated=x&k=1", "?genres=Nope&from=2099", "?like=101"]
)
def test_picture_of_any_link_is_a_png_of_the_size_that_chats_expect(client: TestClient, query: str) -> None:
    answer = client.get(f"/preview.png{query}")
    assert answer.headers["content-type"] == "image/png"
    assert "max-age" in answer.headers["cache-control"]
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(answer.content) < 200_000


def test_other_lists_have_other_pictures(client: TestClient) -> None:
    links = ("", "?rated=101:9,102:3", "?rated=101:2,104:9", "?types=Movie")
    assert len({client.get(f"/preview.png{link}").content for link in links}) == len(links)


def test_picture_is_drawn_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(preview, "list_picture", lambda *given: drawn.append(given[0]) or b"x")
    for query in ("?rated=101:9", "?utm_source=chat&rated=101:9.0", "?rated=101:9&k=20"):
        assert client.get(f"/preview.png{query}").content == b"x"
    assert drawn == ["Next for you"] * 2


@pytest.mark.parametrize(
    "name", ["", "ポケモン", "W" * 500, "A very long name " * 9, "Ōkami – “x” ★", "\u202e\x00\n<b>", "a " * 300]
)
def test_any_name_is_drawn_within_its_cover(model: Model, name: str) -> None:
    title = replace(model.catalogue.title(0), english=name)
    drawn = Image.open(io.BytesIO(list_picture("Next", "for you", [title]))).convert("RGB")
    right = drawn.crop((MARGIN + COVER[0], TOP, WIDTH, TOP + COVER[1]))
    assert {colour for _, colour in right.getcolors(WIDTH * 400) or []} == {ImageColor.getrgb(PAPER)}
