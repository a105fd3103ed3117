"""The tab where visitors rate: search, suggestions and their ratings."""

import re

from playwright.sync_api import Page, Route, expect
from visitor_actions import PHONE, SEARCH, Visit, active_filter, open_tab, rate, rated, recommended, search


def test_three_ratings_give_ten_recommendations(page: Page) -> None:
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
    before = recommended(page)
    assert len(before) == 10
    rate(page, "attack on t", "Attack on Titan", 9)
    rate(page, "千と千尋", "Spirited Away", 10)
    rate(page, "kimi no na wa", "Your Name.", 8)
    assert rated(page) == ["Your Name.", "Spirited Away", "Attack on Titan"]
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    after = recommended(page)
    assert len(after) == 10
    assert after != before
    assert not {"Attack on Titan", "Spirited Away", "Your Name."} & set(after)
    first = page.locator("#results .card").first
    expect(first.locator(".facts")).to_have_text(re.compile(r"(TV|Movie).*\d{4}.*episode"))
    expect(first.locator(".predicted dd")).to_have_text(re.compile(r"^\d+(\.\d)?–\d+(\.\d)?$"))
    expect(first.locator(".figures dd").nth(1)).to_have_text(re.compile(r"^\d\.\d\d$"))
    expect(first.locator(".because")).to_contain_text(re.compile("Attack on Titan|Spirited Away|Your Name"))


def test_suggestions_are_rated_with_one_tap_or_skipped(page: Page) -> None:
    wall = page.locator("#wall li[data-id]")
    expect(wall).to_have_count(6)

    def names() -> list[str]:
        return wall.evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")

    before = names()
    page.evaluate("performance.now = () => 0")  # every tap comes too soon
    wall.nth(0).get_by_role("radio", name="8 of 10").click()
    expect(page.locator(f'#wall li[data-name="{before[0]}"]')).to_have_count(0)
    wall.nth(0).get_by_role("radio", name="8 of 10").click()  # ignored: too soon to have seen the new title
    assert wall.nth(0).locator("[aria-checked=true]").count() == 0
    assert rated(page) == [before[0]]
    assert names()[1:] == before[1:]  # the others keep their positions
    wall.nth(1).get_by_role("button", name=f"Haven’t seen {before[1]}").click()
    expect(page.locator(f'#wall li[data-name="{before[1]}"]')).to_have_count(0)
    assert names()[2:] == before[2:]
    shown = names()
    page.get_by_role("button", name="None: show others").click()
    expect(page.locator(f'#wall li[data-name="{shown[0]}"]')).to_have_count(0)
    expect(wall).to_have_count(6)
    assert not {*shown} & {*names()}
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("not seen", exact=False).and_(page.locator("#rated p"))).to_have_count(0)


def test_title_that_would_tell_most_comes_first_and_stars_fill_only_under_a_moving_pointer(page: Page) -> None:
    wall = page.locator("#wall li[data-id]")
    is_filled = "star => getComputedStyle(star).color === getComputedStyle(star).webkitTextStrokeColor"
    filled = f"[...document.querySelectorAll('#wall .stars button')].filter({is_filled}).length"
    star = wall.nth(1).get_by_role("radio", name="8 of 10")
    star.hover()
    if page.evaluate("matchMedia('(hover: hover)').matches"):
        page.wait_for_function(f"{filled} === 4")
    name = wall.nth(1).get_attribute("data-name")
    star.click()
    expect(page.locator(f'#wall li[data-name="{name}"]')).to_have_count(0)
    page.wait_for_function(f"{filled} === 0")  # another title is under the pointer now
    star.hover(position={"x": 2, "y": 2})
    if page.evaluate("matchMedia('(hover: hover)').matches"):
        page.wait_for_function(f"{filled} === 4")
    # From any tab, the title that would tell most comes to the first tile.
    open_tab(page, "Explore")
    button = page.get_by_role("button", name="it helps most")
    asked = button.locator("bdi").inner_text()
    button.focus()
    page.keyboard.press("Enter")
    expect(wall.first).to_have_attribute("data-name", asked)
    expect(wall.first.locator(":focus")).to_have_attribute("role", "radio")
    expect(wall.first).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".busy")).to_have_count(0)
    before = wall.evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")
    page.keyboard.press("8")
    expect(page.locator(f'#rated li[data-name="{asked}"]')).to_have_count(1)
    assert wall.evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")[1:] == before[1:]


def test_persona_is_borrowed_replaced_given_back_and_made_ones_own(page: Page) -> None:
    chips = page.locator("#wall .personas button")
    expect(chips).to_have_count(3)
    example = page.locator("#wall .notice")
    expect(example).to_have_count(0)
    shown = []
    for number in (0, 1):
        chips.nth(number).focus()
        page.keyboard.press("Enter")
        expect(chips.nth(number)).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#wall [aria-pressed=true]")).to_have_count(1)
        expect(example).to_contain_text(f"somebody who likes {chips.nth(number).inner_text()}")
        expect(page.get_by_role("heading", name="Example ratings")).to_be_visible()
        expect(page.locator("#rated li")).to_have_count(4)
        shown.append(rated(page))
        assert len(recommended(page)) == 10
    assert not {*shown[0]} & {*shown[1]}
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(chips.nth(0)).to_have_attribute("aria-pressed", "true")
    assert rated(page) == shown[0]
    chips.nth(0).click()
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
    chips.nth(0).click()
    expect(page.locator("#rated li")).to_have_count(4)
    page.locator("#wall li").first.get_by_role("radio", name="8 of 10").click()
    expect(page.get_by_role("heading", name="Your ratings")).to_be_visible()
    expect(chips).to_have_count(0)


def test_choices_between_covers_lead_to_a_list_without_ratings(page: Page) -> None:
    choice, count = page.locator("#choice"), page.locator("#choice h3 .count")
    page.get_by_text("Or compare covers").focus()
    page.keyboard.press("Enter")
    groups = choice.locator(".pair button")
    expect(groups).to_have_count(2)
    expect(groups.first.locator(".cover")).to_have_count(3)
    chosen = groups.first.locator("bdi").all_inner_texts()
    before = recommended(page)
    groups.first.focus()
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 5")
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    expect(groups.first).to_be_focused()
    expect(page.locator("#rated li")).to_have_count(0)
    assert recommended(page) != before
    assert not {*chosen} & {*choice.locator("bdi").all_inner_texts()}
    choice.get_by_role("button", name="Neither").click()
    expect(count).to_have_text("3 of 5")
    page.locator("#wall").get_by_role("button", name="Undo").click()
    expect(count).to_have_text("2 of 5")
    page.reload()
    expect(count).to_have_text("2 of 5")
    for number in (3, 4, 5):
        groups.nth(1).click()
        expect(count).to_have_text(f"{number} of 5")
    groups.nth(1).click()
    expect(choice).to_have_count(0)
    expect(page.locator("#wall")).to_contain_text("5 choices made.")
    assert len(recommended(page)) == 10
    page.get_by_role("button", name="Clear choices").click()
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
    assert recommended(page) == before


def test_ratings_can_be_changed_removed_undone_and_cleared_and_survive_a_reload(page: Page) -> None:
    rate(page, "naruto", "Naruto", 9)
    rate(page, "bleach", "Bleach", 8)
    naruto = page.get_by_label("Your rating of Naruto")
    naruto.select_option("2")
    expect(page.locator("#toast")).to_contain_text("Rated 2: Naruto")
    page.reload()
    expect(page.locator("#rated li")).to_have_count(2)
    expect(naruto).to_have_value("2")
    page.get_by_role("button", name="Remove Naruto").click()
    expect(page.locator("#rated li")).to_have_count(1)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(naruto).to_have_value("2")
    page.locator("#rated").get_by_role("button", name="Undo").click()
    expect(naruto).to_have_value("2")  # the reload has emptied what Undo goes back to
    naruto.select_option("seen")
    expect(naruto).to_have_value("-1")
    page.get_by_role("button", name="Clear all").click()
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#rated li")).to_have_count(2)


def test_no_quick_tap_is_lost(visit: Visit, app: str) -> None:
    page = visit(app)
    expect(search(page, "naruto")).to_have_count(6)
    page.evaluate(
        "document.querySelectorAll('#found li').forEach(li => li.querySelector('button[data-value=\"7\"]').click())"
    )
    expect(page.locator("#rated li")).to_have_count(6)
    expect(page.locator("#results .card")).to_have_count(10)


def test_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("steins gate")
    expect(page.locator("#found [data-query]")).to_have_attribute("data-query", "steins gate")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("9")
    expect(page.get_by_label("Your rating of Steins;Gate", exact=True)).to_have_value("9")
    page.keyboard.type("toradora")  # the search box has the focus again
    expect(page.locator("#found li").first).to_have_attribute("data-name", "Toradora!")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your rating of Toradora!", exact=True)).to_have_value("8")
    page.keyboard.type("zz")
    expect(page.locator("#found [data-query]")).to_have_attribute("data-query", "zz")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Find an anime you know")).to_have_value("")
    expect(page.locator("#found [data-query]")).to_have_count(0)
    page.keyboard.press("Tab")  # on to the wall
    page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.closest('[data-name]').dataset.name")
    page.keyboard.press("0")
    expect(page.get_by_label(f"Your rating of {name}", exact=True)).to_have_value("10")
    page.get_by_role("tab", name="Rate").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_label("User name on AniList")).to_be_visible()


def test_focus_is_never_lost_when_its_element_goes(visit: Visit, app: str) -> None:
    page = visit(app)

    def focused() -> str:
        return page.evaluate("document.activeElement.closest('.part') ? document.activeElement.outerHTML : ''")

    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "toradora", "Toradora!", 9)
    page.locator("#results .about").first.click()
    for button in (
        page.locator(".panel [data-field=genres]").first,
        page.locator(".wishes button").first,
        page.locator(".actions .plan").nth(3),
        page.locator(".panel [data-field=hidden]"),
        page.get_by_role("button", name="Show again"),
        page.get_by_role("button", name="Remove Toradora!"),
        page.get_by_role("button", name="Clear all"),
        page.locator("#toast button"),
    ):
        before = page.locator("#results [data-link]").get_attribute("data-link")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#results [data-link]")).not_to_have_attribute("data-link", before)
        expect(page.locator(".busy")).to_have_count(0)
        assert focused(), button


def test_search_without_a_match_says_so(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    search(page, "zzzqqq")
    expect(page.locator("#found")).to_contain_text("“zzzqqq” is not in this catalogue, which ends with")


def test_busy_server_is_asked_again_until_it_answers(visit: Visit, app: str) -> None:
    page = visit(app, PHONE, busy=True)
    said: list[str] = []
    page.expose_function("heard", lambda text: said.append(text))
    page.evaluate(
        "const said = document.querySelector('#said');"
        "new MutationObserver(() => heard(said.textContent)).observe(said, { childList: true })"
    )
    refusals = [{"status": 503, "headers": {"Retry-After": "0.01"}, "json": {"error": "The server is busy."}}] * 3

    def answer(route: Route) -> None:
        if refusals:
            route.fulfill(**refusals.pop())
        else:
            route.continue_()

    page.route("**/gradio_api/run/predict", answer)
    page.locator("#wall li").first.get_by_role("radio", name="8 of 10").click()
    expect(page.locator("#rated li")).to_have_count(1)
    assert not refusals
    assert "Busy, trying again …" in said


def test_weak_match_is_asked_back_and_searched_for(page: Page) -> None:
    expect(search(page, "steins gate 9")).to_have_count(0)
    expect(page.locator("#found")).to_contain_text("Did you mean")
    expect(page.locator("#found [role=radio]")).to_have_count(0)
    page.locator("#found").get_by_role("button", name="Steins;Gate", exact=True).click()
    expect(page.locator("#found li").first).to_have_attribute("data-name", "Steins;Gate")
    expect(page.get_by_label(SEARCH)).to_have_value("Steins;Gate")
    search(page, "steins gate 9")
    page.keyboard.press("Enter")
    expect(page.locator("#found li").first).to_be_visible()


def test_filter_that_is_searched_for_is_set_with_one_tap(page: Page) -> None:
    search(page, "sci-fi")
    page.get_by_role("button", name="Only Sci-Fi").click()
    expect(active_filter(page, "only Sci-Fi")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("Only Sci-Fi")
    expect(page.locator("#found [data-query]")).to_have_count(0)


def test_new_titles_are_a_shelf_that_opens_and_closes(page: Page) -> None:
    before = recommended(page)
    page.get_by_role("button", name="New in").click()
    expect(page.get_by_role("heading", name="New in")).to_be_visible()
    page.get_by_role("button", name="New in").click()
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
    assert recommended(page) == before
