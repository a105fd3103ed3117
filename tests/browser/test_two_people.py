"""The tab for two people: the other person, and the list for both."""

from playwright.sync_api import Page, expect
from visitor_actions import PHONE, Visit, cut_off, open_tab, rate, rated, recommended


def list_link(page: Page) -> str:
    return page.locator("#results [data-link]").get_attribute("data-link")


def expect_list_for_two(page: Page) -> None:
    """Expect both predicted ratings on each card, and reasons of both people."""
    expect(page.get_by_role("heading", name="For the two of you")).to_be_visible()
    expect(page.locator("#results .card .predicted dt")).to_have_text(["for you", "for them"] * len(recommended(page)))
    for rating in page.locator("#results .predicted dd").all_inner_texts():
        assert 1 <= float(rating) <= 10
    for side in ("you:", "they:"):
        expect(page.locator("#results .because", has_text=side).first).to_be_visible()


def test_other_person_comes_by_link_and_the_balance_changes_the_list(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "clannad", "Clannad", 3)
    own = recommended(page)
    open_tab(page, "Together")
    expect(page.get_by_text("until then this is your own list")).to_be_visible()
    assert recommended(page) == own
    box = page.get_by_label("Their AniSVD link")
    box.fill("https://example.org/?q=1")
    box.press("Enter")
    expect(page.locator("#toast")).to_contain_text("No ratings are in that link")
    box.fill(f"{app}/?rated=2167:10,4224:9,20:seen&k=5")
    page.get_by_role("button", name="Use it").first.click()
    expect(page.locator("#partner-heading")).to_be_focused()
    expect(page.locator("#partner-heading")).to_contain_text("3 ratings")
    expect_list_for_two(page)
    assert not {"Steins;Gate", "Clannad", "Toradora!", "Naruto"} & set(recommended(page))
    assert recommended(page) != own
    assert not cut_off(page)
    balance = page.get_by_label("Whom to please")
    lists = []
    for key, value in (("Home", "0"), ("End", "4")):
        before = list_link(page)
        balance.press(key)
        expect(balance).to_have_value(value)
        expect(page.locator("#results [data-link]")).not_to_have_attribute("data-link", before)
        lists.append((recommended(page), page.locator("#results .predicted dd").all_inner_texts()))
    assert lists[0][0] != lists[1][0]
    lowest = [min(map(float, ratings[:2])) for _, ratings in lists]
    assert lowest[1] >= lowest[0]  # the less pleased person gets a better first title
    other = visit(f"{app}?{list_link(page)}")
    expect_list_for_two(other)
    assert recommended(other) == lists[1][0]
    expect(other.get_by_label("Whom to please")).to_have_value("4")
    expect(other.locator("#partner-heading")).to_contain_text("3 ratings")
    page.get_by_role("button", name="Somebody else").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    assert recommended(page) == own


def test_other_person_rates_on_the_same_screen(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "steins gate", "Steins;Gate", 10)
    open_tab(page, "Together")
    page.get_by_role("button", name="They rate here, now").click()
    banner = page.locator(".banner")
    expect(banner).to_contain_text("What you rate now counts for the other person")
    expect(page.locator("#rated li")).to_have_count(0)
    rate(page, "toradora", "Toradora!", 9)
    expect(page.get_by_role("heading", name="Their ratings")).to_be_visible()
    page.reload()
    expect(banner).to_be_visible()
    assert rated(page) == ["Toradora!"]
    banner.get_by_role("button", name="Back to the two of you").click()
    expect(banner).to_have_count(0)
    expect(page.locator("#partner-heading")).to_contain_text("1 rating")
    expect_list_for_two(page)
    assert not {"Steins;Gate", "Toradora!"} & set(recommended(page))
    page.get_by_role("button", name="Change their ratings").click()
    expect(page.get_by_label("Your rating of Toradora!", exact=True)).to_have_value("9")
    banner.get_by_role("button", name="Back to the two of you").click()
    expect(page.get_by_role("heading", name="For the two of you")).to_be_visible()
    open_tab(page, "Rate")
    assert rated(page) == ["Steins;Gate"]
    open_tab(page, "Together")
    page.get_by_role("button", name="Somebody else").click()
    user = page.locator("#users option").first.get_attribute("value")
    box = page.get_by_label("Or an existing user")
    box.fill("123456789")
    box.press("Enter")
    expect(page.locator("#panel-more .notice")).to_contain_text("There is no user 123456789 in this model")
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    box.fill(user)
    box.press("Enter")
    expect(page.locator("#partner-heading")).to_contain_text(f"User {user}")
    expect_list_for_two(page)
    page.reload()
    expect(page.locator("#partner-heading")).to_contain_text(f"User {user}")


def test_each_person_gets_their_lists_back_on_the_tab_of_two_people(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10&partner=4224:9&tab=together")
    heading, banner = page.get_by_role("heading", name="For the two of you"), page.locator(".banner [data-do=swap]")
    for go_back in (lambda: open_tab(page, "Together"), page.go_back):
        page.get_by_role("button", name="Change their ratings").click()
        expect(banner).to_be_visible()
        assert rated(page) == ["Toradora!"]
        go_back()
        expect(heading).to_be_visible()
        expect(banner).to_have_count(0)
        open_tab(page, "Rate")
        expect(page.get_by_label("Your rating of Steins;Gate", exact=True)).to_have_value("10")
        assert rated(page) == ["Steins;Gate"]
        open_tab(page, "Together")
        expect(heading).to_be_visible()
    page.get_by_role("button", name="Change their ratings").click()
    expect(banner).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(banner).to_have_count(0)
    assert rated(page) == ["Steins;Gate"]
