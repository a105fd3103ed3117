"""The recommendations: cards, their buttons, and the filters."""

import csv
import io
import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from visitor_actions import (
    DESKTOP,
    PHONE,
    Visit,
    active_filter,
    open_details,
    open_filters,
    open_tab,
    rate,
    rated,
    recommended,
    search,
)


def test_card_can_be_rated_rejected_and_followed(page: Page) -> None:
    rate(page, "steins gate", "Steins;Gate", 10)
    first, second, third = recommended(page)[:3]
    card = page.locator("#results .card").first
    card.get_by_role("button", name="Seen it").click()
    card.get_by_role("radio", name="7 of 10").click()
    expect(page.get_by_label(f"Your rating of {first}", exact=True)).to_have_value("7")
    assert first not in recommended(page)
    more = page.get_by_role("button", name=f"More about {second}", exact=True)
    open_details(page, second).get_by_role("button", name="Not interested").click()
    expect(more).to_have_count(0)
    assert len(recommended(page)) == 10
    page.get_by_role("button", name="Show again").click()
    expect(more).to_be_visible()
    open_details(page, third).get_by_role("button", name="More like this").first.click()
    expect(page.get_by_role("heading", name=f"More like {third}")).to_be_focused()
    assert third not in recommended(page)
    page.locator("#results").get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()


def test_one_click_removes_a_reason_or_genre_and_another_restores_it(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "toradora", "Toradora!", 9)
    both = recommended(page)
    details = open_details(page, both[0])
    details.get_by_role("button", name="Try without it: Toradora!").click()
    details.get_by_role("button", name="Ignore it: Toradora!").click()
    expect(active_filter(page, "ignoring Toradora!")).to_be_visible()
    assert recommended(page) != both
    assert "Toradora!" not in recommended(page)
    expect(page.locator(".because").first).not_to_contain_text("Toradora!")
    active_filter(page, "ignoring Toradora!").click()
    expect(active_filter(page, "ignoring Toradora!")).to_have_count(0)
    assert recommended(page) == both


def test_filters_restrict_the_list_and_are_shown(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "naruto", "Naruto", 9)
    open_filters(page)
    page.get_by_label("Number of titles").select_option("5")
    expect(page.locator("#results .card")).to_have_count(5)
    page.get_by_role("button", name="Show 10 more").click()
    expect(page.locator("#results .card")).to_have_count(15)
    controls = page.locator("#controls")
    controls.get_by_role("button", name="Movie", exact=True).click()
    expect(active_filter(page, "Movie")).to_be_visible()
    expect(page.locator("#results .card .facts", has_text=re.compile("^Movie"))).to_have_count(15)
    active_filter(page, "Movie").click()
    controls.get_by_role("button", name="Romance", exact=True).click()
    expect(active_filter(page, "only Romance")).to_be_visible()
    controls.get_by_role("button", name="Romance, chosen").click()
    expect(active_filter(page, "no Romance")).to_be_visible()
    page.get_by_label("From year").fill("2010")
    page.get_by_label("From year").press("Enter")
    expect(active_filter(page, "2010 or later")).to_be_visible()
    years = [int(re.search(r"\d{4}", facts)[0]) for facts in page.locator("#results .card .facts").all_inner_texts()]
    assert min(years) >= 2010
    page.get_by_label("From year").fill("18")  # the browser says what is wrong
    page.get_by_label("From year").press("Enter")
    expect(active_filter(page, "2010 or later")).to_be_visible()
    page.get_by_label("Popularity").select_option("on 300,000 people’s lists or more")
    controls.get_by_role("button", name="Include recaps, specials and music videos").click()
    expect(active_filter(page, "Include recaps")).to_be_visible()
    controls.get_by_role("button", name="Ignore my low ratings").click()
    expect(active_filter(page, "Ignore my low ratings")).to_be_visible()
    page.get_by_role("button", name="Reset filters").click()
    expect(page.locator(".wishes li")).to_have_count(0)
    expect(page.get_by_label("From year")).to_have_value("")
    expect(page.locator("#results .card")).to_have_count(10)


def test_dial_turns_the_list(page: Page, size: tuple[int, int]) -> None:
    rate(page, "naruto", "Naruto", 9)
    dial = page.get_by_role("radiogroup", name="How well known the titles are")
    chosen = dial.locator("[aria-checked=true]")
    expect(chosen).to_have_text("balanced")
    dial.scroll_into_view_if_needed()  # nothing is unfolded for it
    expect(dial.get_by_role("radio")).to_have_text(
        ["well known", "balanced", "new to you", "little known", "hidden gems"]
    )
    assert all(step.bounding_box()["height"] >= 38 for step in dial.get_by_role("radio").all())
    before = recommended(page)
    chosen.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(chosen).to_have_text("new to you")
    expect(chosen).to_be_focused()
    sentence = "Mostly titles you have not seen"
    expect(page.locator("#dial-what")).to_contain_text(sentence)
    expect(page.locator("#said")).to_contain_text(sentence)  # for screen readers
    assert len(set(recommended(page)) & set(before)) < 8
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(chosen).to_have_text("balanced")
    assert recommended(page) == before
    dial.get_by_role("radio", name="hidden gems").click()
    expect(chosen).to_have_text("hidden gems")
    assert "dial=4" in page.locator("#results [data-link]").get_attribute("data-link")
    expect(page.locator(".card .chance").first).to_have_text("probably new")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_sequels_appear_only_on_request(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "code geass", "Code Geass: Lelouch of the Rebellion", 10)
    assert "Code Geass: Lelouch of the Rebellion R2" in recommended(page)  # the first unseen part
    open_filters(page)
    page.get_by_label("Series you have started").select_option("do not show them")
    expect(active_filter(page, "no series you started")).to_be_visible()
    assert not [name for name in recommended(page) if name.startswith("Code Geass")]
    page.get_by_label("Series you have started").select_option("show all parts")
    expect(active_filter(page, "all parts of a series")).to_be_visible()


def test_short_list_says_which_filter_to_relax(visit: Visit, app: str) -> None:
    page = visit(app + "?from=2015&genres=Mecha&members=2000000")
    expect(page.locator("#results .notice")).to_contain_text(re.compile("No title matches|Only"))
    relax = page.locator("#results .notice button").first
    n = int(re.search(r"\(([\d,]+)\)", relax.inner_text())[1].replace(",", ""))
    before = len(recommended(page))
    relax.click()
    expect(page.locator("#results .card")).to_have_count(min(n, 10))
    assert n > before


def test_list_that_no_single_filter_empties_offers_to_reset_all(visit: Visit, app: str) -> None:
    page = visit(app + "?rated=1535:9&to=1950&from=1949&genres=Mecha,Sports&studios=MAPPA&exclude=Action")
    expect(page.locator("#results .notice")).to_have_text(re.compile("No title matches your filters.\\s+Reset filters"))
    page.locator("#results .notice").get_by_role("button", name="Reset filters").click()
    expect(page.locator("#results .card")).to_have_count(10)
    expect(page.locator("#rated li")).to_have_count(1)


def test_list_can_be_downloaded_as_csv_and_json(visit: Visit, app: str, tmp_path: Path) -> None:
    page = visit(app)
    rate(page, "monster", "Monster", 10)
    files = {}
    for kind in ("CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files[kind] = path.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(files["CSV"])))
    items = json.loads(files["JSON"])
    assert [row["english"] or row["name"] for row in rows] == recommended(page)
    assert [str(item["anime_id"]) for item in items] == [row["anime_id"] for row in rows]
    assert items[0]["because"][0]["english"] == rows[0]["because"] == "Monster"


def test_phone_leads_from_the_first_rating_to_the_list(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    search(page, "steins")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.keyboard.press("Escape")
    for n in range(3):
        page.locator("#wall li").nth(n).get_by_role("radio", name="8 of 10").click()
        expect(page.locator("#rated li")).to_have_count(n + 1)
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_role("button", name="See recommendations")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="See recommendations").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_in_viewport()
    expect(page.get_by_role("button", name="See recommendations")).not_to_be_in_viewport()
    assert rated(page)
    open_tab(page, "My list")  # the tabs are in reach far below what they open
    expect(page.get_by_role("heading", name="My list", exact=True)).to_be_in_viewport()
    open_filters(page)
    page.get_by_role("button", name=re.compile("^Show .* titles")).click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_in_viewport()


def test_rating_changes_the_list_without_a_timer_or_a_queue(visit: Visit, app: str) -> None:
    """scripts/benchmark.py measures how long it takes."""
    page = visit(app, DESKTOP)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/gradio_api/" in request.url else None)
    results = page.locator("#results [data-link]")
    before = results.get_attribute("data-link")
    page.evaluate("window.setTimeout = window.setInterval = () => 0")
    page.locator("#wall [role=radio]").first.click()
    expect(results).not_to_have_attribute("data-link", before)
    (request,) = requests
    assert "/gradio_api/run/" in request
