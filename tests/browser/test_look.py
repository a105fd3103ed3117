"""How the page looks and behaves for everybody: accessibility, layout, covers."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from hands import COVERS, DESKTOP, PHONE, Visit, rate, refine, search, tab
from list_forms import anilist_answer, anilist_entry, as_json, mal_entry, mal_export
from playwright.sync_api import Page, expect

OURS = ".part"
EXPORT = mal_export(mal_entry(20, score=9) + mal_entry(1535, "Plan to Watch") + mal_entry(10**8, title="Nobody knows"))
UNSCALED = as_json(anilist_answer([anilist_entry(1, 20, score=3)], score_format=None)).decode()


def violations(page: Page, part: str = OURS) -> list[str]:
    """What axe-core finds in anything that the project draws, or a part of it."""
    found = Axe().run(page, context={"include": [[part]]})
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


LOOKS = pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])


@LOOKS
def test_axe_finds_nothing(visit: Visit, app: str, size: tuple[int, int], scheme: str) -> None:
    page = visit(app, size, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    assert not violations(page)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "toradora", "Toradora!", 3)
    refine(page)
    page.locator("#controls").get_by_role("button", name="Romance", exact=True).click()
    page.locator("#controls").get_by_role("button", name="Drama", exact=True).click()
    page.locator("#controls").get_by_role("button", name="Drama, wanted", exact=True).click()
    page.locator(".actions summary").first.click()
    search(page, "naruto")
    assert not violations(page)
    search(page, "zzzqqq")
    page.get_by_role("button", name="More like", exact=False).first.click()
    page.get_by_role("tab", name="Existing user").click()
    expect(page.locator(".people button").first).to_be_visible()
    assert not violations(page)
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator(".histogram")).to_be_visible()
    assert not violations(page)
    page.goto(f"{app}?rated=9253:10,5:99&tab=user&user=x&from=2016&genres=Mecha&types=Movie")
    expect(page.locator("#results .notice")).to_be_visible()
    assert not violations(page)


@LOOKS
def test_axe_finds_nothing_on_the_other_tabs(visit: Visit, app: str, size: tuple[int, int], scheme: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:3,2167:seen&tab=list", size, color_scheme=scheme, reduced_motion="reduce")
    panel, report = "#panel-more", page.locator("#report")
    page.locator(".bring details summary").click()
    for text, told in ((UNSCALED, "Which scale"), (EXPORT, "1 planned")):
        page.get_by_label("Or paste its text").fill(text)
        page.get_by_role("button", name="Read it").click()
        expect(report).to_contain_text(told)
        assert not violations(page, panel)
    tab(page, "Two people")
    box = page.get_by_label("Or an existing user")
    box.fill("123456789")
    box.press("Enter")
    expect(page.locator("#panel-more .notice")).to_be_visible()
    assert not violations(page, panel)
    page.get_by_label("Their AniSVD link").fill("?rated=4224:9")
    page.get_by_role("button", name="Use it").first.click()
    expect(page.get_by_label("Whom to please")).to_be_visible()
    assert not violations(page, panel) + violations(page, "#results .card:first-child")
    tab(page, "Explore")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.get_by_label("Find a title on the map").press_sequentially("naruto")
    expect(page.locator(".map-found li").first).to_be_visible()
    page.locator("#map .legend button").first.click()
    assert not violations(page, panel)
    tab(page, "How it works")
    expect(page.locator(".sides")).to_be_visible()
    assert not violations(page, panel)
    tab(page, "Two people")
    page.get_by_role("button", name="Change their ratings").click()
    expect(page.locator(".banner button").last).to_be_visible()
    assert not violations(page, ".banner")


def test_nothing_jumps_and_nothing_is_wider_than_the_screen(visit: Visit, app: str, size: tuple[int, int]) -> None:
    page = visit(app, size)
    shifts = """() => new Promise(done => {
        new PerformanceObserver(list => done(list.getEntries().map(entry => [entry.value, entry.startTime,
            ...entry.sources.map(source => source.node?.className ?? source.node?.nodeName)]))
        ).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done([]), 500);
    })"""
    moved = page.evaluate(shifts)
    assert sum(value for value, *_ in moved) < 0.1, moved
    for change in (lambda: rate(page, "monster", "Monster", 9), lambda: refine(page), lambda: search(page, "steins")):
        change()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.get_by_role("tab", name="Existing user").click()
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator(".histogram")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_covers_come_lazily_without_a_referrer_and_are_not_needed(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    asked = []
    page.on("request", lambda sent: asked.append(sent) if sent.url.startswith(COVERS) else None)
    page.reload()
    expect(page.locator("#results .card")).to_have_count(10)
    page.wait_for_timeout(300)
    assert 0 < len(asked) < 16  # of those far below none was asked for
    assert not any("referer" in sent.headers for sent in asked)
    blocked = visit(app, PHONE, covers=False)
    blocked.locator("#results .card").last.scroll_into_view_if_needed()
    expect(blocked.locator(".cover-name").first).to_be_visible()
    expect(blocked.locator("#wall li:first-child .cover img")).to_have_count(0)
    rate(blocked, "monster", "Monster", 9)


def test_a_cover_never_shows_the_title_that_stood_there_before(visit: Visit, app: str) -> None:
    page = visit(app)
    page.evaluate("""() => document.querySelectorAll("#wall .cover img").forEach(img => { img.marked = true })""")
    before = page.locator("#wall img").first.get_attribute("src")
    page.get_by_role("button", name="None of them").click()
    expect(page.locator("#wall img").first).not_to_have_attribute("src", before)
    assert page.evaluate("[...document.querySelectorAll('#wall .cover img')].every(img => !img.marked)")


def test_light_and_dark_are_the_visitors_choice(visit: Visit, app: str) -> None:
    page = visit(app, color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
