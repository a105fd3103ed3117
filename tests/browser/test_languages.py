"""The page in the visitor's language, from the first moment and in every part."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect
from visitor_actions import DESKTOP, PHONE, Visit, cut_off

from core.ui.page.state import TABS
from core.ui.translations import FOLDER, texts_in

STATE = "rated=9253:10,2167:4,20:seen&partner=4224:9&planned=1535&no=Ecchi&from=1980"


def sentences() -> list[str]:
    """Return the English texts between their placeholders, if they have at least two words."""
    texts = json.loads((FOLDER / "en.json").read_text(encoding="utf-8")).values()
    forms = [form for text in texts for form in ([text] if isinstance(text, str) else text.values())]
    parts = [part.strip() for form in forms for part in re.split(r"{\w+}", form)]
    return [part for part in parts if len(re.findall(r"[A-Za-z’]{2,}", part)) > 1 and part != "Death Note"]


def expect_language(page: Page, language: str) -> None:
    texts = texts_in(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page).to_have_title(str(texts("title")))
    expect(page.locator("#masthead")).to_contain_text(str(texts("promise")))
    expect(page.get_by_label(str(texts("search")))).to_be_visible()
    expect(page.locator("#results-heading")).to_have_text(str(texts("results.nobody")))


@pytest.mark.parametrize(("locale", "language"), [("ja-JP", "ja"), ("id-ID", "id"), ("fr-FR", "en")])
def test_browser_chooses_the_language(visit: Visit, app: str, locale: str, language: str) -> None:
    page = visit(app, locale=locale)
    expect_language(page, language)
    if language == "en":
        return
    routes: list[Route] = []
    page.route("**/gradio_api/run/**", lambda route: routes.append(route))
    page.reload()
    # What is shown before Gradio has an answer.
    expect(page.locator("#first")).to_be_visible()
    expect(page.locator("#first #masthead")).to_contain_text(str(texts_in(language)("promise")))
    expect(page.locator("#first #results-heading")).to_have_text(str(texts_in(language)("results.nobody")))
    expect(page.locator("#first #tab-together")).to_have_text(str(texts_in(language)("tab.together")))
    for route in routes:
        route.continue_()
    page.unroute("**/gradio_api/run/**")
    expect_language(page, language)


def test_language_chosen_by_the_visitor_survives_a_reload(visit: Visit, app: str) -> None:
    page = visit(app, locale="ja-JP")
    page.locator("select.language").select_option("id")
    expect_language(page, "id")
    page.reload()
    expect_language(page, "id")
    expect(page.locator("select.language")).to_have_value("id")


def untranslated(page: Page, english: list[str]) -> list[str]:
    """Return the English texts that the page shows."""
    shown = page.locator("body").inner_text()
    return [sentence for sentence in english if sentence in shown]


@pytest.mark.parametrize("language", ["ja", "id"])
def test_every_tab_is_translated_and_fits(visit: Visit, app: str, language: str) -> None:
    page = visit(f"{app}?{STATE}", PHONE, locale=language)
    english, texts = sentences(), texts_in(language)
    assert len(english) > 200

    def open_tab(name: str) -> None:
        page.locator("#tab-together" if name == "user" else f"#tab-{name}").click()
        if name == "user":
            page.locator(".switch [data-value=user]").click()
        key = {"rate": "wall.next", "list": "bring.heading", "user": "person.show", "explore": "map.heading"}.get(name)
        panel = page.locator("#panel-rate" if name == "rate" else "#panel-more")
        expect(panel).to_contain_text(str(texts(key or f"{name}.heading")))

    for name in TABS:
        open_tab(name)
        if name == "rate":
            page.locator(".refine").click()
            expect(page.locator("#controls")).to_contain_text(str(texts("controls.reset")))
            page.keyboard.press("Escape")
            expect(page.locator("#controls")).to_be_hidden()
            page.locator(".card .about").first.click()
            expect(page.locator(".why").first).to_contain_text(str(texts("why.score")))
        elif name == "list":
            page.locator("#bring-text").fill("?")
            page.locator("form[data-do=readList] button").click()
            expect(page.locator("#report")).to_contain_text(str(texts("lists.other_text")))
        elif name == "user":
            assert (untranslated(page, english), cut_off(page)) == ([], [])
            page.locator(".people button").first.click()
            expect(page.locator(".histogram")).to_be_visible()
        elif name == "explore":
            expect(page.locator("#map[data-ready]")).to_be_visible()
            labels = page.evaluate("document.querySelector('#map').map.regions.map(region => region.label)")
            assert (
                labels == page.locator("#map .legend button").all_inner_texts()[:-1]
            )  # the last button is for all other titles
        assert (untranslated(page, english), cut_off(page)) == ([], []), name
    if language == "id":  # it has the longest words
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        for name in TABS:
            open_tab(name)
            assert (untranslated(page, english), cut_off(page)) == ([], []), name
