"""Compact cards, and the details that open below them."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from visitor_actions import DESKTOP, PHONE, Visit, active_filter, open_details, recommended

RATED = "?rated=9253:10,4224:9,20:7,1535:8"


def heights(page: Page) -> list[float]:
    return page.locator("#results .front").evaluate_all("fronts => fronts.map(front => front.offsetHeight)")


def test_cards_are_compact_and_of_one_height(visit: Visit, app: str) -> None:
    for size in (PHONE, (320, 640), DESKTOP):
        page = visit(app + RATED, size)
        assert len({*heights(page)}) == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        if size != DESKTOP:
            assert page.locator("#results .cards").bounding_box()["height"] <= 1800
            targets = page.locator("#results .actions button").all()
            assert all(target.bounding_box()["height"] >= 44 for target in targets)
    page = visit(app + RATED + "&tab=together&partner=2167:10", (390, 800))
    assert len({*heights(page)}) == 1


def test_plan_is_one_tap_and_taken_back_by_another(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    first = recommended(page)[0]
    plan = page.get_by_role("button", name=f"Plan to watch {first}", exact=True)
    plan.click()
    expect(plan).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_contain_text(f"Planned: {first}")
    expect(page.locator("#rated")).to_contain_text("1 planned")
    page.reload()
    expect(page.locator("#first")).to_have_count(0)  # the list of the first HTML has been replaced
    expect(plan).to_have_attribute("aria-pressed", "true")
    plan.click()
    expect(plan).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#rated")).not_to_contain_text("planned")


def test_details_open_in_place_one_at_a_time(visit: Visit, app: str) -> None:
    page = visit(app + RATED, DESKTOP, busy=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/details" in request.url else None)
    first, second, third = recommended(page)[:3]
    name = page.get_by_role("heading", name=first).get_by_role("button")
    expect(name).to_have_attribute("aria-expanded", "false")
    neighbour = page.locator("#results .front").nth(1)
    before = neighbour.bounding_box()
    name.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel .top")).to_be_visible()
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(name).to_be_focused()
    assert neighbour.bounding_box() == before  # the details are below the row
    page.locator("#results .front").nth(2).click(position={"x": 40, "y": 60})  # the cover is the button, too
    expect(page.locator(f'.card.open[data-name="{third}"] .panel .top')).to_be_visible()
    expect(page.locator(".panel")).to_have_count(1)
    expect(name).to_have_attribute("aria-expanded", "false")
    details = open_details(page, second)
    assert len(requests) == 3
    details.get_by_role("button", name="More like this").first.focus()
    page.get_by_role("button", name=f"Plan to watch {third}", exact=True).click()  # the details stay open
    expect(page.locator("#toast")).to_contain_text("Planned")
    expect(details.locator(".top")).to_be_visible()
    details.get_by_role("button", name="More like this").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_have_count(0)
    expect(page.get_by_role("button", name=f"More about {second}", exact=True)).to_be_focused()
    page.locator("#results .actions [data-do=seen]").first.click()
    expect(page.locator(".front .how:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".front .how:visible")).to_have_count(0)
    page.route("**/details", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name=f"More about {first}", exact=True).click()
    expect(page.locator(".panel .notice")).to_contain_text("The server did not answer")


def test_details_tell_facts_reasons_and_titles_like_it(visit: Visit, app: str, size: tuple[int, int]) -> None:
    page = visit(app + RATED, size)
    names = recommended(page)
    details = open_details(page, names[0])
    expect(details.locator(".known")).to_contain_text(re.compile(r"\d+ episodes?"))
    numbers = [int(cell.rstrip("%")) for cell in details.locator(".why td:last-child").all_inner_texts()]
    assert sum(numbers[:-1]) == numbers[-1] == 100
    expect(details.locator(".similar button")).to_have_count(6)
    ask = details.get_by_role("button", name="Try without it: Steins;Gate")
    ask.focus()
    page.keyboard.press("Enter")
    expect(details.locator("tr", has_text="Steins;Gate")).to_contain_text(re.compile(r"no\. \d+ without it"))
    expect(details.get_by_role("button", name="Ignore it: Steins;Gate")).to_be_focused()
    genre = details.locator("[data-field=genres]").first
    name = genre.inner_text()
    genre.click()
    expect(active_filter(page, f"only {name}")).to_be_visible()
    expect(details.locator(f'[data-do=only][data-value="{name}"]')).to_have_attribute("aria-pressed", "true")
    details.get_by_text("Exclude a genre").click()
    details.get_by_role("button", name=f"no {name}", exact=True).click()
    expect(active_filter(page, f"no {name}")).to_be_visible()
    expect(active_filter(page, f"only {name}")).to_have_count(0)
    expect(page.locator(".panel")).to_have_count(0)  # the title has that genre
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(active_filter(page, f"only {name}")).to_be_visible()


def test_watch_order_ticks_what_was_seen(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=1575:10&types=TV&sequels=all", PHONE)
    details = open_details(page, "Code Geass: Lelouch of the Rebellion R2")
    order = details.locator(".order li")
    expect(order.nth(0)).to_contain_text(re.compile("✓.*seen", re.DOTALL))
    expect(details.locator("[aria-current]")).to_contain_text("this one")
    unseen = details.locator(".order [data-do=rate]").first
    name = unseen.evaluate("button => button.closest('[data-name]').dataset.name")
    unseen.click()
    expect(details.locator(f'.order li[data-name="{name}"]')).to_contain_text("✓")
    expect(details.locator(".order li[aria-current]")).to_be_visible()
    details.locator(".similar button").first.click()
    expect(page.locator("#results-heading")).to_contain_text("More like")


CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
HOSTILE_MEDIA: dict[str, Any] = {
    "description": "A <i>tale</i>.<br>Told ~!twice!~ once.<img src=x onerror=window.hacked=1><script>hacked=1</script>",
    "duration": 24,
    "trailer": {"id": "dQw4w9WgXcQ", "site": "youtube"},
    "nextAiringEpisode": {"airingAt": 4_000_000_000, "episode": 7},
    "externalLinks": [
        {"site": "Stream", "url": "https://example.org/watch", "type": "STREAMING", "language": None},
        {"site": "<b>Script</b>", "url": "javascript:window.hacked=1", "type": "STREAMING", "language": None},
        {"site": "Plain", "url": "http://example.org/", "type": "STREAMING", "language": None},
        {"site": "Social", "url": "https://example.org/social", "type": "SOCIAL", "language": None},
        None,
    ],
}


def test_anilist_tells_the_story_after_the_tap_and_is_asked_once(visit: Visit, app: str) -> None:
    requests: list[Any] = []

    def anilist(route: Route) -> None:
        requests.append(route.request.post_data_json)
        route.fulfill(json={"data": {"Media": HOSTILE_MEDIA}}, headers=CORS)

    page = visit(app + RATED, PHONE, anilist=anilist, color_scheme="dark", reduced_motion="reduce")
    name = recommended(page)[0]
    assert not requests
    details = open_details(page, name)
    expect(details.locator(".story")).to_have_text("A tale.\nTold once.", use_inner_text=True)
    expect(details.locator(".minutes")).to_have_text("24 min")
    expect(details.locator(".next")).to_contain_text("Episode 7 airs on Oct 2, 2096")
    links = {link.inner_text().strip(): link for link in details.locator(".watch a:visible").all()}
    assert [*links] == ["▶ Trailer", "Stream"]
    assert links["▶ Trailer"].get_attribute("href") == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert {link.get_attribute("rel") for link in links.values()} == {"noopener noreferrer"}
    assert page.evaluate("window.hacked") is None
    small = [
        target.inner_text() or target.get_attribute("aria-label")
        for target in details.locator("button:visible, a:visible, select:visible, summary:visible").all()
        if target.bounding_box()["height"] < 44
    ]
    assert not small
    assert details.locator("script, .story *").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "experimental"],
        "rules": {"label-content-name-mismatch": {"enabled": True}},
    }
    found = Axe().run(page, context={"include": [["#results .card:first-child"]]}, options=options)
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
    site = details.locator(".top [data-site]:visible")
    expect(site).to_have_attribute("href", re.compile("^https://myanimelist.net/anime/\\d+$"))
    details.get_by_label("Links go to").select_option("AniList")
    expect(site).to_have_attribute("href", re.compile("^https://anilist.co/anime/\\d+$"))
    page.reload()
    expect(page.locator("#first")).to_have_count(0)  # the list of the first HTML has been replaced
    details = open_details(page, name)
    expect(details.locator(".story")).to_contain_text("Told once.")
    expect(details.locator(".top [data-site]:visible")).to_have_text("AniList")
    (request,) = requests
    assert str(request["variables"]["id"]) == page.locator("#results .card").first.get_attribute("data-id")


def test_page_says_so_when_anilist_does_not_answer(visit: Visit, app: str) -> None:
    answers = iter([{"status": 500, "json": {"errors": []}}, {"json": {"data": None}}, {"body": "<html>"}])

    def anilist(route: Route) -> None:
        answer = next(answers, None)
        route.fulfill(headers=CORS, **answer) if answer else route.abort()

    blocked = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } });"
    page = visit(app + RATED, anilist=anilist, init=blocked)
    for name in recommended(page)[:4]:
        details = open_details(page, name)
        expect(details.locator(".failed")).to_contain_text("AniList does not answer")
        expect(details.locator(".failed a:visible")).to_have_text("MyAnimeList")
        expect(details.locator(".known")).to_be_visible()
        page.keyboard.press("Escape")
    # An answer that is too late counts as none; details that are closed meanwhile ask no more.
    late = visit(app + RATED, anilist=lambda route: None, init="AbortSignal.timeout = () => AbortSignal.abort();")
    details = open_details(late, recommended(late)[0])
    expect(details.locator(".failed")).to_be_visible()
