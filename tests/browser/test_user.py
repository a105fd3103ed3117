"""The tab with users of the data set."""

import re

from playwright.sync_api import Page, expect
from small_data import ROOT
from visitor_actions import open_users, recommended

from core import Model


def test_existing_user_has_taste_history_and_recommendations(page: Page) -> None:
    open_users(page)
    expect(page.locator(".people button").first).to_contain_text(re.compile(r"User \d+ \d+ titles"))
    page.get_by_role("button", name="Surprise me").click()
    heading = page.get_by_role("heading", name=re.compile(r"^User \d+$"))
    user = heading.inner_text().removeprefix("User ")
    expect(page.get_by_role("heading", name=f"Next for user {user}", exact=True)).to_be_visible()
    expect(page.locator("#results .card")).to_have_count(10)
    expect(page.locator(".histogram li")).to_have_count(10)
    expect(page.locator(".leanings tbody tr").first).to_contain_text("%")
    history = page.locator("#history-list li:visible")
    n = history.count()
    best = [int(row.inner_text().split("\n")[0]) for row in history.all()[:5]]
    assert best == sorted(best, reverse=True)
    name = history.nth(n // 2).get_attribute("data-name")
    page.get_by_label("Search their history").fill(name[:8].upper())
    expect(page.locator(f"#history-list li:visible[data-name={name!r}]")).to_have_count(1)
    page.get_by_label("Search their history").fill("")
    page.get_by_label("Sort their history").select_option("name")
    names = [row.get_attribute("data-name") for row in history.all()]
    assert len(names) == n
    assert page.evaluate("names => names.every((name, i) => !i || names[i - 1].localeCompare(name) <= 0)", names)
    recommendations = recommended(page)
    page.get_by_role("button", name="Use these ratings as mine").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    n_rated = len(
        Model.load(ROOT / "core" / "bundled").user_taste(int(user)).ratings
    )  # adult titles, too, which the history hides
    assert n <= n_rated
    if n_rated > 30:
        page.get_by_role("button", name=f"Show all {n_rated}").click()
    expect(page.locator("#rated li")).to_have_count(n_rated)
    assert recommended(page) == recommendations


def test_user_is_chosen_by_id_and_an_unknown_id_gets_an_error(page: Page) -> None:
    open_users(page)
    box = page.get_by_label("User number", exact=True)
    user = page.locator("#users option").first.get_attribute("value")
    box.fill(user)
    box.press("Enter")
    expect(page.get_by_role("heading", name=f"Next for user {user}", exact=True)).to_be_visible()
    box.fill("123456789")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#panel-more .notice")).to_contain_text("There is no user 123456789 here")
    expect(page.locator("#results .card")).to_have_count(10)
    box.fill("<b>me</b>")
    box.press("Enter")
    expect(page.locator("#panel-more .notice")).to_contain_text("<b>me</b>")
    assert page.locator("#panel-more .notice b").count() == 0
