"""The first HTML of a visit: our link preview instead of Gradio's, and the first list in it."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import gradio as gr
import pytest
from fastapi import FastAPI
from markupsafe import escape
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import Model
from core.serving.model_source import ServedModel
from core.ui import build_page
from core.ui.first.files import ASSETS, Files, version
from core.ui.first.layer import FirstPage, first_route, preferred_language
from core.ui.page.state import PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import LANGUAGES, texts_in


class Document(HTMLParser):
    """The language, the metas, the title, and the ids with their parents of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.metas: list[tuple[str, str]] = []
        self.links: dict[str, str] = {}
        self.ids: list[str] = []
        self.language = self.title = ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values: dict[str, str] = {name: value or "" for name, value in attributes}
        if tag == "html":
            self.language = values["lang"]
        if tag == "meta" and "content" in values:
            self.metas.append((values.get("property") or values["name"], values["content"]))
        if tag == "link":
            self.links[values["rel"]] = values["href"]
        self._in_title = tag == "title"
        self.ids += [values["id"]] if "id" in values else []

    def handle_data(self, data: str) -> None:
        self.title += data if self._in_title else ""
        self._in_title = False


@pytest.fixture(scope="module")
def served(model: Model) -> ServedModel:
    return ServedModel(model, "a test", "", datetime.now(UTC))


@pytest.fixture(scope="module")
def client(served: ServedModel) -> TestClient:
    page = gr.mount_gradio_app(FastAPI(), build_page(lambda: served), "/")
    return TestClient(FirstPage(page, lambda: served), "https://anime.example")


def listed(state: PageState, served: ServedModel, language: str) -> list[str]:
    """Return the names on the list of a state."""
    texts = texts_in(language)
    recommendations = Visitor(state, served, texts).answer.recommendations
    return [texts.label(served.model.catalogue[item.anime_id]) for item in recommendations]


def meta(document: Document, name: str) -> str:
    (content,) = [content for known, content in document.metas if known == name]
    return content


def test_preview_is_ours_alone(client: TestClient) -> None:
    answer = client.get("/")
    document = Document(answer.text)
    assert document.title == meta(document, "og:title") == str(texts_in()("title"))
    assert meta(document, "description") == meta(document, "og:description") == str(texts_in()("first.description"))
    assert meta(document, "og:url") == document.links["canonical"] == "https://anime.example/"
    head = answer.text.partition("window.gradio_config")[0]
    assert "Gradio" not in re.sub(r"<(style|script).*?</\1>", "", head, flags=re.DOTALL)
    assert {name for name, _ in document.metas if name.startswith("twitter:")} == {"twitter:card"}


def test_gradio_still_starts(client: TestClient) -> None:
    html = client.get("/").text
    begin, _, end = html.partition('<div id="first"')
    assert "window.gradio_config = " in begin
    for needed in ("<gradio-app", '<script type="module"', '<link rel="stylesheet" crossorigin href="./assets/'):
        assert needed not in begin
        assert end.count(needed) == 1
    assert "window.gradio_api_info" not in html  # which it fetches, then


def test_shared_list_is_named(client: TestClient, served: ServedModel) -> None:
    document = Document(client.get("/?rated=101:9,102:3&tab=explore&__theme=dark&utm_source=x").text)
    state = PageState(ratings=((101, 9), (102, 3)))
    names = listed(state, served, "en")[:3]
    assert meta(document, "og:description") == "Next for you: " + ", ".join(names)
    assert meta(document, "og:url") == f"https://anime.example/?{state.to_link()}"
    assert document.links["canonical"] == "https://anime.example/"


@pytest.mark.parametrize("query", ["user=nobody&tab=user", "rated=x", "k=1&k=2&k=", "%ff=%00", "tab=how", "?"])
def test_any_query_is_answered(client: TestClient, query: str) -> None:
    assert meta(Document(client.get(f"/?{query}").text), "og:description")


def test_nothing_of_a_request_becomes_html(client: TestClient) -> None:
    attack = '"><script>alert(1)</script>'
    names = ("rated", "user", "tab", "like", "no", "genres", "from", "hidden", "types")
    query = "&".join(f"{name}={quote(attack)}" for name in names)
    headers = {"host": 'evil"><script>alert(1)</script>', "accept-language": attack}
    html = client.get(f"/?{query}&tab=user", headers=headers).text
    assert "<script>alert" not in html


@pytest.mark.parametrize("prefix", ["", "/anime"])
def test_address_is_that_of_the_visitor(client: TestClient, prefix: str) -> None:
    behind_a_proxy = TestClient(client.app, "http://127.0.0.1", root_path=prefix)
    headers = {"x-forwarded-host": "public.example", "x-forwarded-proto": "https"}
    document = Document(behind_a_proxy.get(f"{prefix}/", headers=headers).text)
    assert meta(document, "og:url") == f"https://public.example{prefix}/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_list_is_there_in_the_language_of_the_browser(
    client: TestClient, served: ServedModel, language: str
) -> None:
    answer = client.get("/", headers={"accept-language": f"fr,{language};q=0.8,en;q=0.5"})
    document, texts = Document(answer.text), texts_in(language)
    assert document.language == language
    assert answer.headers["vary"] == "Accept-Language"
    assert str(texts("results.nobody")) in answer.text
    names = [escape(name) for name in listed(PageState(), served, language)[:6]]
    assert [name for name in names if f'data-name="{name}"' not in answer.text] == []
    assert len(document.ids) == len(set(document.ids))


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("ja-JP,en;q=0.9", "ja"), ("en;q=0.1, id;q=0.2", "id"), ("de, *;q=x, JA", "ja"), (";q=;,,", "en")],
)
def test_language_of_a_header(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_other_answers_pass_unchanged(client: TestClient) -> None:
    assert client.get("/config").json()["version"]
    assert client.get("/nothing").status_code == 404
    assert client.head("/").status_code == 200


def test_own_page_follows_what_a_browser_keeps(served: ServedModel) -> None:
    client = TestClient(Starlette(routes=[first_route(lambda: served)]))
    sent: dict[str, Any] = {"language": "ja", "kept": {"ratings": [[101, 9]]}, "query": ""}
    html = client.post("/first", content=json.dumps(sent)).text
    assert str(texts_in("ja")("rated.heading")) in html
    assert 'class="rated"' in html
    for strange in ("null", "[]", '{"kept": 3, "language": {}}'):
        assert client.post("/first", content=strange).status_code == 200


def test_files_are_kept_for_good_under_their_version() -> None:
    client = TestClient(Starlette(routes=[Mount("/anisvd", Files(directory=ASSETS))]))
    assert "immutable" in client.get(f"/anisvd/page.js?v={version()}").headers["cache-control"]
    assert client.get("/anisvd/page.js?v=older").headers["cache-control"] == "no-cache"
    etag = client.get("/anisvd/page.js").headers["etag"]
    assert client.get("/anisvd/page.js", headers={"if-none-match": etag}).status_code == 304
