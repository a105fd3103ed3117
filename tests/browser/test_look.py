"""Accessibility, layout, covers and colours of the page."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect
from visitor_actions import COVERS, DESKTOP, PHONE, Visit, open_filters, open_tab, open_users, rate, search
from watchlist_files import anilist_answer, anilist_entry, as_json, mal_entry, mal_export

EXPORT = mal_export(mal_entry(20, score=9) + mal_entry(1535, "Plan to Watch") + mal_entry(10**8, title="Nobody knows"))
UNSCALED = as_json(anilist_answer([anilist_entry(1, 20, score=3)], score_format=None)).decode()

WIDTH = "document.documentElement.scrollWidth"
# The button with the title of a card covers the whole card.
LOW_TARGETS = """() => [...document.querySelectorAll(".part :is(button, select, input, summary)")]
    .filter(target => target.checkVisibility({visibilityProperty: true}) && !target.closest(".unseen, .front h3"))
    .filter(target => target.getBoundingClientRect().height < 43.9).map(target => target.outerHTML.slice(0, 120))"""
VISIBLE_COVERS_ARE_LOADED = """() => {
    const box = cover => cover.getBoundingClientRect();
    const covers = [...document.querySelectorAll(".cover img")];
    const shown = covers.filter(cover => cover.checkVisibility({contentVisibilityAuto: true}));
    const visible = shown.filter(cover => box(cover).bottom > 0 && box(cover).top < innerHeight);
    return visible.length && visible.every(cover => cover.complete && cover.naturalWidth);
}"""
LAYOUT_SHIFTS = """async () => {
    const shifts = [];
    const add = entries => shifts.push(...entries.map(({ value, startTime, sources }) => [value, startTime,
        ...sources.map(source => source.node?.className ?? source.node?.nodeName)]));
    const observer = new PerformanceObserver(list => add(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    add(observer.takeRecords());
    return shifts;
}"""


def violations(page: Page, selector: str = ".part") -> list[str]:
    """Return the accessibility problems that axe-core sees in our parts of the page, or in one of them."""
    results = Axe().run(page, context={"include": [[selector]]})
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in results.response["violations"]
        for node in rule["nodes"]
    ]


LOOKS = pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])


@LOOKS
def test_axe_sees_no_problem_in_lists_and_users(visit: Visit, app: str, size: tuple[int, int], scheme: str) -> None:
    page = visit(app, size, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    assert not violations(page)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "toradora", "Toradora!", 3)
    open_filters(page)
    page.locator("#controls").get_by_role("button", name="Romance", exact=True).click()
    page.locator("#controls").get_by_role("button", name="Drama", exact=True).click()
    page.locator("#controls").get_by_role("button", name="Drama, chosen", exact=True).click()
    page.keyboard.press("Escape")
    page.locator(".actions [data-do=seen]").first.click()
    page.locator(".actions .about").first.click()
    expect(page.locator(".panel .why")).to_be_visible()
    search(page, "naruto")
    assert not violations(page)
    search(page, "zzzqqq")
    page.locator(".panel .similar button").first.click()
    open_users(page)
    expect(page.locator(".people button").first).to_be_visible()
    assert not violations(page)
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator(".histogram")).to_be_visible()
    assert not violations(page)
    page.goto(f"{app}?rated=9253:10,5:99&tab=user&user=x&from=2016&genres=Mecha&types=Movie")
    expect(page.locator("#first")).to_have_count(0)
    expect(page.locator("#results .notice")).to_be_visible()
    assert not violations(page)


@LOOKS
def test_axe_sees_no_problem_on_the_other_tabs(visit: Visit, app: str, size: tuple[int, int], scheme: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:3,2167:seen&tab=list", size, color_scheme=scheme, reduced_motion="reduce")
    panel, report = "#panel-more", page.locator("#report")
    page.locator(".bring details summary").click()
    for text, sentence in ((UNSCALED, "Which scale"), (EXPORT, "1 planned")):
        page.get_by_label("Or paste its text").fill(text)
        page.get_by_role("button", name="Import text").click()
        expect(report).to_contain_text(sentence)
        assert not violations(page, panel)
    open_tab(page, "Together")
    box = page.get_by_label("Or a user number")
    box.fill("123456789")
    box.press("Enter")
    expect(page.locator("#panel-more .notice")).to_be_visible()
    assert not violations(page, panel)
    page.get_by_label("Their AniSVD link").fill("?rated=4224:9")
    page.get_by_role("button", name="Use it").first.click()
    expect(page.get_by_label("Who matters most")).to_be_visible()
    assert not violations(page, panel) + violations(page, "#results .card:first-child")
    open_tab(page, "Explore")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.get_by_label("Find a title on the map").press_sequentially("naruto")
    expect(page.locator(".map-found li").first).to_be_visible()
    page.locator("#map .legend button").first.click()
    assert not violations(page, panel)
    open_tab(page, "How it works")
    expect(page.locator(".sides")).to_be_visible()
    assert not violations(page, panel)
    open_tab(page, "Together")
    page.get_by_role("button", name="Change ratings").click()
    expect(page.locator(".banner button").last).to_be_visible()
    assert not violations(page, ".banner")


def assert_fits(page: Page, size: tuple[int, int]) -> None:
    """Check that no part is wider than the screen, and that each target on a phone is as high as a thumb is wide."""
    assert page.evaluate(WIDTH) <= size[0]
    if size == PHONE:
        assert not page.evaluate(LOW_TARGETS)


def test_nothing_moves_or_is_too_wide(visit: Visit, app: str, size: tuple[int, int]) -> None:
    page = visit(app, size)
    page.wait_for_function(VISIBLE_COVERS_ARE_LOADED)
    shifts = page.evaluate(LAYOUT_SHIFTS)
    assert sum(value for value, *_ in shifts) < 0.1, shifts
    rate(page, "monster", "Monster", 9)
    assert_fits(page, size)
    open_filters(page)
    assert_fits(page, size)
    page.keyboard.press("Escape")
    search(page, "steins")
    assert_fits(page, size)
    open_users(page)
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator(".histogram")).to_be_visible()
    assert_fits(page, size)


def test_covers_are_loaded_lazily_without_a_referrer(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10&k=50", PHONE)
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if request.url.startswith(COVERS) else None)
    page.reload()
    expect(page.locator("#results .card")).to_have_count(50)
    page.wait_for_function(VISIBLE_COVERS_ARE_LOADED)
    assert 0 < len(requests) < 40  # none of those far below
    assert not any("referer" in request.headers for request in requests)


def test_page_works_without_covers(visit: Visit, app: str) -> None:
    page = visit(app, PHONE, covers=False)
    page.locator("#results .front").last.scroll_into_view_if_needed()
    expect(page.locator(".cover-name").first).to_be_visible()
    expect(page.locator("#wall li:first-child .cover img")).to_have_count(0)
    rate(page, "monster", "Monster", 9)


def test_tile_never_shows_the_cover_of_the_title_before(visit: Visit, app: str) -> None:
    page = visit(app)
    page.evaluate("""() => document.querySelectorAll(".wall .cover img").forEach(img => { img.marked = true })""")
    before = page.locator("#wall img").first.get_attribute("src")
    page.get_by_role("button", name="None: show others").click()
    expect(page.locator("#wall img").first).not_to_have_attribute("src", before)
    assert page.evaluate("[...document.querySelectorAll('.wall .cover img')].every(img => !img.marked)")


def test_visitor_chooses_light_or_dark(visit: Visit, app: str) -> None:
    page = visit(app, color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
