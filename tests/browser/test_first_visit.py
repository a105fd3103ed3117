"""The first seconds of a visit: what is there before Gradio, and that nothing of it is lost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, expect
from visitor_actions import DESKTOP, PHONE, Visit, rate, rated, recommended

SLOW_3G, ROUND_TRIP = 50_000, 0.4  # bytes a second, seconds
SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifts += entry.value }))
        .observe({ type: "layout-shift", buffered: true });
"""
SEEN = """
    window.shownNames = new Set();
    const look = () => {
        for (const card of document.querySelectorAll("#results .card[data-id]")) {
            const title = card.querySelector(".title");
            if (!title.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
            window.shownNames.add(card.dataset.name);
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""
PLACES = """() => [".masthead h1", ".tabs button:last-child", "#search", "#wall h2", "#wall li:nth-child(2) .stars",
    ".refine", "#results h2", "#results .novelty .scale", ".card:nth-child(3) h3", ".card:nth-child(3) .actions"]
    .map(selector => document.querySelector(selector).getBoundingClientRect())
    .map(({ x, y, width, height }) => [x, y, width, height].map(Math.round))"""
FORBIDDEN = """
    if (window.top !== window) Object.defineProperty(window, "localStorage", { get() { throw new DOMException() } });
"""


@contextmanager
def held(page: Page, address: str) -> Iterator[None]:
    """Hold back the answers to some requests of a page."""
    routes: list[Route] = []
    page.route(address, lambda route: routes.append(route))
    yield
    for route in routes:
        route.continue_()
    page.unroute(address)


def test_list_is_there_before_gradio_and_stays_in_place(visit: Visit, app: str, size: tuple[int, int]) -> None:
    page = visit("about:blank", size, init=SHIFTS, ready="body")
    with held(page, "**/run/predict"):
        with held(page, re.compile(r"/(assets|anisvd|static)/")):
            page.goto(app, wait_until="commit")
            expect(page.locator("#results .card").nth(3)).to_be_visible()
            expect(page.locator("#wall li")).to_have_count(6)
            names = recommended(page)
            received = page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
            assert received / SLOW_3G + 2 * ROUND_TRIP < 4  # all that the list waits for
        expect(page.locator("gradio-app #results")).to_be_attached()
        before = page.evaluate(PLACES)
    page.locator("body[data-tab]").wait_for()
    assert page.evaluate(PLACES) == before
    assert recommended(page)[:6] == names
    assert page.evaluate("window.shifts") <= 0.05


def test_taps_before_the_page_is_ready_count_once(visit: Visit, app: str) -> None:
    page = visit("about:blank", PHONE, ready="body")
    with held(page, re.compile(r"/assets/.*\.js")):
        page.goto(app, wait_until="commit")
        tiles = page.locator("#wall li")
        first, second = (tiles.nth(index).get_attribute("data-name") for index in range(2))
        tiles.nth(0).get_by_role("radio", name="4 of 10").click()
        tiles.nth(0).get_by_role("radio", name="10 of 10").click()
        tiles.nth(1).get_by_role("radio", name="2 of 10").focus()
        page.keyboard.press("Enter")
        expect(tiles.nth(0).get_by_role("radio", name="10 of 10")).to_be_checked()
        expect(tiles.nth(0).get_by_role("radio", name="4 of 10")).not_to_be_checked()
        plan = page.locator("#results .card").nth(2).locator("[data-field=planned]")
        planned = int(plan.get_attribute("data-value"))
        plan.click()
        expect(page.locator(".first-soon")).to_contain_text("as soon as the page is ready")
        page.get_by_label("Find an anime you know").fill("naruto")
    expect(page.locator("#rated li")).to_have_count(2)
    expect(page.locator("#found li").first).to_contain_text("Naruto")
    assert rated(page) == [second, first]
    kept = page.evaluate("JSON.parse(localStorage.anisvd)")
    assert [rating for _, rating in kept["ratings"]] == [10, 2]
    assert kept["planned"] == [planned]


def test_returning_visitor_sees_no_list_but_their_own(visit: Visit, app: str) -> None:
    page = visit(app, DESKTOP, init=SHIFTS + SEEN)
    strangers = set(recommended(page))
    rate(page, "toradora", "Toradora!", 10)
    rate(page, "clannad", "Clannad", 9)
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    own = recommended(page)
    assert strangers - set(own)
    with held(page, re.compile(r"/assets/.*\.js")):
        with held(page, "**/first"):
            page.reload(wait_until="commit")
            expect(page.locator(".first-waiting")).to_be_visible()
            expect(page.locator("#results .card .title").first).to_be_hidden()
        expect(page.locator("#results-heading")).to_have_text("Your next anime")
        assert recommended(page) == own
        assert rated(page) == ["Clannad", "Toradora!"]
    page.locator("body[data-tab]").wait_for()
    assert set(page.evaluate("[...window.shownNames]")) == set(own)
    assert page.evaluate("window.shifts") <= 0.05
    with held(page, re.compile(r"/assets/.*\.js")):
        page.goto(f"{app}?rated=9253:10", wait_until="commit")
        expect(page.get_by_text("Somebody shared these ratings")).to_be_visible()
        assert rated(page) == ["Steins;Gate"]
        page.get_by_role("button", name="Back to my ratings").click()
    expect(page.locator("#rated li")).to_have_count(2)


def test_blocked_storage_is_told_and_the_page_opens_in_a_window(chromium: Browser, app: str) -> None:
    space = "https://huggingface.co/spaces/somebody/anisvd"
    body = f'<iframe src="{app}" width="380" height="800"></iframe>'
    context = chromium.new_context(permissions=["local-network-access"])  # the app of the test is a local one
    context.add_init_script(FORBIDDEN)
    page = context.new_page()
    page.route(space, lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(space)
    frame = page.frame_locator("iframe")
    frame.locator("#wall li").first.get_by_role("radio", name="8 of 10").click()
    expect(frame.locator("#rated li")).to_have_count(1)
    expect(frame.locator(".forgotten")).to_contain_text("lost when you leave")
    expect(frame.get_by_text("Your ratings are kept only in your browser")).to_be_hidden()
    with context.expect_page() as window:
        frame.get_by_role("link", name="Open in a new tab").click()
    expect(window.value.locator("#rated li")).to_have_count(1)
    expect(window.value.locator(".forgotten")).to_be_hidden()
    context.close()
