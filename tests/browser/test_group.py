"""The tab of a group: its people, and the list for all of them."""

from playwright.sync_api import Page, expect
from visitor_actions import PHONE, Visit, cut_off, open_tab, rate, rated, recommended

HAND_BACK = ".banner [data-do=hand]"


def list_link(page: Page) -> str:
    return page.locator("#results [data-link]").get_attribute("data-link")


def expect_list_for(page: Page, *people: str) -> None:
    """Expect everybody's predicted ratings on each card."""
    number = {2: "two", 3: "three", 4: "four"}[len(people)]
    expect(page.get_by_role("heading", name=f"For the {number} of you")).to_be_visible()
    expect(page.locator("#results .card .predicted dt")).to_have_text(list(people) * len(recommended(page)))
    for rating in page.locator("#results .predicted dd").all_inner_texts():
        assert all(1 <= float(end) <= 10 for end in rating.split("–"))


def test_other_person_comes_by_link_and_the_balance_changes_the_list(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "clannad", "Clannad", 3)
    own = recommended(page)
    open_tab(page, "Together")
    expect(page.get_by_text("Until somebody else is here, this is your own list")).to_be_visible()
    assert recommended(page) == own
    box = page.get_by_label("Their AniSVD link")
    box.fill("https://example.org/?q=1")
    box.press("Enter")
    expect(page.locator("#toast")).to_contain_text("No ratings are in that link")
    box.fill(f"{app}/?rated=2167:10,4224:9,20:seen,1535:5&k=5")
    page.get_by_role("button", name="Use it").first.click()
    expect(page.locator("#person-2")).to_be_focused()
    expect(page.locator("#person-2")).to_contain_text("4 ratings")
    expect_list_for(page, "for you", "for them")
    for side in ("you:", "they:"):
        expect(page.locator("#results .because", has_text=side).first).to_be_visible()
    assert not {"Steins;Gate", "Clannad", "Toradora!", "Naruto"} & set(recommended(page))
    assert recommended(page) != own
    assert not cut_off(page)
    balance = page.get_by_label("Who matters most")
    lists = []
    for key, value in (("Home", "0"), ("End", "4")):
        before = list_link(page)
        balance.press(key)
        expect(balance).to_have_value(value)
        expect(page.locator("#results [data-link]")).not_to_have_attribute("data-link", before)
        lists.append((recommended(page), page.locator("#results .predicted dd").all_inner_texts()))
    assert lists[0][0] != lists[1][0]
    lowest = [min(float(rating.split("–")[0]) for rating in ratings[:2]) for _, ratings in lists]
    assert lowest[1] >= lowest[0]  # the less pleased person gets a better first title
    name = page.get_by_label("Name: Person 2")
    name.fill("<b>Aki")
    name.press("Enter")
    expect_list_for(page, "for you", "for <b>Aki")
    page.get_by_role("button", name="Films only", exact=True).click()
    expect(page.get_by_role("button", name="Remove filter: Movie")).to_be_visible()
    expect(page.locator("#results .card .facts span:first-child")).to_have_text(["Movie"] * 10)
    other = visit(f"{app}?{list_link(page)}")
    expect_list_for(other, "for you", "for <b>Aki")
    assert recommended(other) == recommended(page)
    expect(other.get_by_label("Who matters most")).to_have_value("4")
    expect(other.locator("#person-2")).to_contain_text("4 ratings")
    page.get_by_role("button", name="Remove: <b>Aki").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect_list_for(page, "for you", "for <b>Aki")


def test_three_people_rate_on_the_same_screen(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "steins gate", "Steins;Gate", 10)
    banner, titles = page.locator(".banner"), [("toradora", "Toradora!"), ("monster", "Monster")]
    for number, (text, title) in enumerate(titles, 2):
        if number == 3:
            page.get_by_text("Add somebody").click()
        open_tab(page, "Together")  # on this tab already, it is shown anew, and what was unfolded stays so
        page.get_by_role("button", name="Rate here, now", exact=True).click()
        expect(banner).to_contain_text(f"What you rate now counts for Person {number}")
        expect(page.locator("#rated li")).to_have_count(0)
        rate(page, text, title, 9)
        expect(page.get_by_role("heading", name="Their ratings")).to_be_visible()
        page.reload()
        expect(banner).to_be_visible()
        assert rated(page) == [title]
        banner.get_by_role("button", name="Back to the group").click()
        expect(banner).to_have_count(0)
        expect(page.locator("#together-heading")).to_be_focused()
        expect(page.locator(f"#person-{number}")).to_contain_text("1 rating")
    expect_list_for(page, "You", "Person 2", "Person 3")
    assert not {"Steins;Gate", "Toradora!", "Monster"} & set(recommended(page))
    page.locator("#results .about").first.click()
    expect(page.locator(".panel .why h4").last).to_contain_text("Why for")
    # The second person changes a rating, while the others keep theirs.
    page.get_by_role("button", name="Change ratings: Person 2").click()
    expect(page.get_by_label("Your rating of Toradora!", exact=True)).to_have_value("9")
    page.get_by_label("Your rating of Toradora!", exact=True).select_option("10")
    banner.get_by_role("button", name="Back to the group").click()
    expect_list_for(page, "You", "Person 2", "Person 3")
    open_tab(page, "Rate")
    assert rated(page) == ["Steins;Gate"]
    # An existing user joins; one who is not there is named, and counts for nothing.
    open_tab(page, "Together")
    user = page.locator("#users option").first.get_attribute("value")
    for wanted in ("123456789", user):
        page.get_by_text("Add somebody").click()
        box = page.get_by_label("Or a user number")
        box.fill(wanted)
        box.press("Enter")
        expect(page.get_by_label(f"Name: User {wanted}")).to_be_visible()
    expect(page.locator("#panel-more .notice")).to_contain_text("There is no user 123456789 here")
    expect_list_for(page, "You", "Person 2", "Person 3", f"User {user}")
    expect(page.get_by_text("The group is full: six people")).to_have_count(0)
    page.get_by_text("Add somebody").click()
    page.get_by_role("button", name="Surprise me").click()
    expect(page.get_by_text("The group is full: six people")).to_be_visible()
    assert not cut_off(page)


def test_everybody_gets_their_lists_back_on_the_tab_of_the_group(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10&partner=4224:9&tab=together")  # a link of the time when groups were two people
    heading, banner = page.get_by_role("heading", name="For the two of you"), page.locator(HAND_BACK)
    for go_back in (lambda: open_tab(page, "Together"), page.go_back):
        page.get_by_role("button", name="Change ratings").click()
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
    page.get_by_role("button", name="Change ratings").click()
    expect(banner).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(banner).to_have_count(0)
    assert rated(page) == ["Steins;Gate"]
