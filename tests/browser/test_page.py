import re

from playwright.sync_api import Browser, Page, expect
from small_data import HOSTILE


def search(page: Page, text: str) -> None:
    box = page.get_by_label("Find a show you know")
    box.fill("")
    box.press_sequentially(text, delay=15)


def rate(page: Page, text: str, name: str, rating: int) -> None:
    search(page, text)
    # The list is patched in place while one types: wait for the answer to the last letter.
    expect(page.locator("#found ul")).to_have_attribute("data-query", text)
    found = page.locator("#found li").filter(has=page.get_by_text(name, exact=True))
    found.get_by_role("button", name=str(rating), exact=True).click()
    expect(page.locator("#rated li").filter(has=page.get_by_text(name, exact=True))).to_be_visible()


def cards(page: Page) -> list[str]:
    return page.locator("#results .card .title").all_inner_texts()


def test_a_visitor_rates_three_shows_and_gets_ten_recommendations(page: Page, app: str) -> None:
    page.goto(app)
    expect(page.locator("#results .card")).to_have_count(10)
    before = cards(page)
    rate(page, "attack on t", "Attack on Titan", 9)
    rate(page, "千と千尋", "Spirited Away", 10)
    rate(page, "kimi no na wa", "Your Name.", 8)
    expect(page.locator("#rated li")).to_have_count(3)
    expect(page.locator("#results .card")).to_have_count(10)
    after = cards(page)
    assert after != before
    assert not {"Attack on Titan", "Spirited Away", "Your Name."} & set(after)
    first = page.locator("#results .card").first
    expect(first.locator(".genres span").first).to_be_visible()
    expect(first.locator(".facts")).to_have_text(re.compile(r"(TV|Movie).*\d{4}.*episode"))
    expect(first.locator(".predicted dd")).to_have_text(re.compile(r"^\d+\.\d$"))
    expect(first.locator(".figures dd").nth(1)).to_have_text(re.compile(r"^\d\.\d\d$"))
    expect(first.locator(".because")).to_contain_text(re.compile("Attack on Titan|Spirited Away|Your Name"))


def test_ratings_can_be_changed_and_removed_and_survive_a_reload(page: Page, app: str) -> None:
    page.goto(app)
    rate(page, "naruto", "Naruto", 9)
    rate(page, "bleach", "Bleach", 8)
    naruto = page.locator("#rated li").filter(has=page.get_by_text("Naruto", exact=True))
    naruto.get_by_role("button", name="2", exact=True).click()
    expect(naruto.get_by_role("button", name="2", exact=True)).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#rated li")).to_have_count(2)
    expect(naruto.get_by_role("button", name="2", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Remove Naruto").click()
    expect(page.locator("#rated li")).to_have_count(1)
    page.get_by_role("button", name="Remove Bleach").click()
    expect(page.get_by_role("heading", name="Loved by most")).to_be_visible()


def test_quick_taps_are_all_kept(page: Page, app: str) -> None:
    page.goto(app)
    search(page, "naruto")
    expect(page.locator("#found li")).to_have_count(6)
    page.evaluate(
        "document.querySelectorAll('#found li').forEach(li => li.querySelector('button[data-rating=\"7\"]').click())"
    )
    expect(page.locator("#rated li")).to_have_count(6)


def test_how_many_and_adult_titles_are_the_visitors_choice(page: Page, app: str) -> None:
    page.goto(app)
    expect(page.locator("#results .card")).to_have_count(10)
    number = page.get_by_label("number input for How many").first
    for k in (25, 3):
        number.fill(str(k))
        number.press("Enter")
        expect(page.locator("#results .card")).to_have_count(k)
    page.get_by_label("Adult titles, too").first.check()
    expect(page.locator("#results .card")).to_have_count(3)


def test_nothing_found_says_what_to_do(page: Page, app: str) -> None:
    page.goto(app)
    search(page, "zzzqqq")
    expect(page.locator("#found")).to_contain_text("Nothing is called “zzzqqq” here")


def test_an_existing_user_shows_history_and_recommendations(page: Page, app: str) -> None:
    page.goto(app)
    page.get_by_role("tab", name="Existing user").click()
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator("#history li").first).to_be_visible()
    expect(page.locator("#user-results .card")).to_have_count(10)
    box = page.get_by_label("User of the data set")
    box.click()
    page.get_by_role("option").first.click()
    picked = box.input_value()
    expect(page.get_by_role("heading", name=f"Next for user {picked}", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=f"User {picked}", exact=True)).to_be_visible()


def test_an_unknown_user_gets_a_sentence(page: Page, app: str) -> None:
    page.goto(app)
    page.get_by_role("tab", name="Existing user").click()
    box = page.get_by_label("User of the data set")
    for wrong in ("123456789", "<b>me</b>"):
        box.fill(wrong)
        box.press("Enter")
        expect(page.locator("#history")).to_contain_text("There is no user")
        expect(page.locator("#history")).to_contain_text(wrong)
    assert page.locator("#history b").count() == 0


def test_the_page_says_which_model_it_runs(page: Page, app: str, hostile_app: str) -> None:
    page.goto(app)
    expect(page.locator(".colophon")).to_contain_text("bundled with the app")
    page.goto(hostile_app)
    expect(page.locator(".colophon")).to_contain_text("local folder small")


def test_hostile_names_show_as_text(page: Page, hostile_app: str) -> None:
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(hostile_app)
    for query, name in zip(("script", "alert(1) x", "img src"), HOSTILE, strict=True):
        rate(page, query, name, 9)
    expect(page.locator("#rated .title")).to_have_text(list(reversed(HOSTILE)))
    expect(page.locator("#results .because b").first).to_have_text(re.compile("alert"))
    search(page, '<img src=x onerror="window.hacked = 1">${window.hacked = 1}')
    expect(page.locator("#found")).to_contain_text("Nothing is called “<img")
    assert page.locator(".part img, .part script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_two_visitors_do_not_see_each_others_ratings(page: Page, app: str, chromium: Browser) -> None:
    page.goto(app)
    rate(page, "cowboy bebop", "Cowboy Bebop", 10)
    other = chromium.new_page()
    other.goto(app)
    expect(other.locator("#results .card")).to_have_count(10)
    expect(other.locator("#rated li")).to_have_count(0)
    other.close()


def test_nothing_is_wider_than_the_screen(page: Page, app: str) -> None:
    page.goto(app)
    search(page, "steins")
    expect(page.locator("#found li").first).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
