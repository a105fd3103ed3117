"""The state of the page: reloads, links, tabs, the Back button and other visitors."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from small_data import HOSTILE
from visitor_actions import (
    DESKTOP,
    PHONE,
    Visit,
    active_filter,
    open_details,
    open_filters,
    open_users,
    rate,
    rated,
    recommended,
)

GRANT = {"permissions": ["clipboard-read", "clipboard-write"]}


def test_link_restores_the_whole_state_in_another_browser(visit: Visit, app: str) -> None:
    page = visit(app, **GRANT)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "clannad", "Clannad", 4)
    open_details(page, recommended(page)[0]).get_by_role("button", name="Not interested").click()
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    open_filters(page)
    page.get_by_label("Series you have started").select_option("show all parts")
    page.get_by_label("From year").fill("2005")
    page.get_by_label("From year").press("Enter")
    expect(active_filter(page, "2005 or later")).to_be_visible()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_contain_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "k=" not in link  # only what differs from the defaults
    other = visit(link, PHONE)
    assert (recommended(other), rated(other)) == (recommended(page), rated(page))
    expect(active_filter(other, "2005 or later")).to_be_visible()
    open_filters(other)
    expect(other.locator("#sequels")).to_have_value("all")
    rate(other, "monster", "Monster", 8)
    other.reload()
    expect(other.locator("#rated li")).to_have_count(3)
    other.get_by_role("button", name="Back to my ratings").click()
    expect(other.locator("#rated li")).to_have_count(0)
    assert "?" not in other.url
    other.locator("#toast").get_by_role("button", name="Undo").click()
    expect(other.locator("#rated li")).to_have_count(3)
    assert rated(page) == ["Clannad", "Steins;Gate"]


def test_shared_list_replaces_the_own_one_only_on_request(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "naruto", "Naruto", 9)
    shared = visit(f"{app}?rated=9253:10,2167:seen&no=Ecchi", context=page.context)
    assert rated(shared) == ["Clannad", "Steins;Gate"]
    expect(page.locator("#rated li")).to_have_count(1)
    shared.get_by_role("button", name="Use as my ratings").click()
    expect(shared.locator("#banner, .banner")).to_have_count(0)
    expect(page.locator("#rated li")).to_have_count(2)  # the other tab follows
    shared.locator("#toast").get_by_role("button", name="Undo").click()
    expect(shared.locator("#rated li")).to_have_count(1)
    assert rated(shared) == ["Naruto"]


def test_two_tabs_share_ratings_and_two_visitors_do_not(visit: Visit, app: str) -> None:
    page = visit(app)
    second = visit(app, context=page.context)
    stranger = visit(app)
    rate(page, "cowboy bebop", "Cowboy Bebop", 10)
    expect(second.locator("#rated li")).to_have_count(1)
    rate(second, "trigun", "Trigun", 8)
    expect(page.locator("#rated li")).to_have_count(2)
    expect(stranger.locator("#rated li")).to_have_count(0)
    stranger.reload()
    expect(stranger.get_by_role("heading", name="Loved by many")).to_be_visible()


def test_back_button_changes_views_and_keeps_ratings(page: Page) -> None:
    rate(page, "steins gate", "Steins;Gate", 10)
    name = recommended(page)[0]
    open_details(page, name).get_by_role("button", name="More like this").first.click()
    expect(page.get_by_role("heading", name=f"More like {name}")).to_be_visible()
    open_users(page)
    page.locator(".people button").first.click()
    expect(page.get_by_role("button", name="Use these ratings as mine")).to_be_visible()
    page.go_back()
    expect(page.locator(".people button").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="One list for two to six people")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=f"More like {name}")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    assert rated(page) == ["Steins;Gate"]
    page.go_forward()
    expect(page.get_by_role("heading", name=f"More like {name}")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=f"More like {name}")).to_be_visible()


def test_undo_restores_a_shared_list_and_never_changes_another_tab(visit: Visit, app: str) -> None:
    page = visit(app)
    second = visit(app, context=page.context)
    rate(page, "cowboy bebop", "Cowboy Bebop", 10)
    expect(second.locator("#rated li")).to_have_count(1)
    rate(second, "trigun", "Trigun", 8)
    expect(page.locator("#rated li")).to_have_count(2)
    page.locator("#rated").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("There is nothing to undo")
    assert rated(second) == ["Trigun", "Cowboy Bebop"]
    page.goto(f"{app}?rated=9253:10")
    expect(page.locator("#rated li")).to_have_count(1)
    page.get_by_role("button", name="Back to my ratings").click()
    expect(page.locator("#rated li")).to_have_count(2)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#rated li")).to_have_count(1)
    expect(page.get_by_role("button", name="Use as my ratings")).to_be_visible()
    assert rated(second) == ["Trigun", "Cowboy Bebop"]


def test_back_never_leaves_the_site(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10&like=1535")
    expect(page.get_by_role("heading", name="More like Death Note")).to_be_visible()
    page.locator("#results").get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    page.get_by_role("button", name="Use as my ratings").click()
    open_details(page, recommended(page)[0]).get_by_role("button", name="More like this").first.click()
    expect(page.get_by_role("heading", name="More like", exact=False)).to_be_visible()
    second = visit(app, context=page.context)  # starts at the list, with the same ratings
    expect(second.get_by_role("heading", name="Your next anime")).to_be_visible()


@pytest.mark.parametrize(
    "storage",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full') }",
        "localStorage.setItem('anisvd', '[1,2'); localStorage.setItem('anisvd-theme', '{}')",
        "localStorage.setItem('anisvd', '{\"ratings\": 5, \"k\": {}}')",
    ],
)
def test_page_works_without_storage_and_with_garbage_in_it(visit: Visit, app: str, storage: str) -> None:
    page = visit(app, init=storage)
    rate(page, "monster", "Monster", 9)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    blocked = "throw" in storage
    expect(page.get_by_text("Your browser does not let this page save anything")).to_be_visible(visible=blocked)


def test_unknown_entries_of_a_link_are_counted(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10,999999999:8,1:11,x&genres=Nope&k=1000&utm_source=x")
    expect(page.get_by_text("5 entries were left out: this model does not know them.")).to_be_visible()
    assert rated(page) == ["Steins;Gate"]


def test_hostile_links_do_no_harm(visit: Visit, app: str) -> None:
    attack = "<img src=x onerror=alert(1)>${alert(1)}\"'\u202e🦊"
    names = ("rated", "user", "tab", "like", "no", "genres", "k", "from", "hidden", "without", "types", "novelty")
    page = visit(f"{app}?{'&'.join(f'{name}={quote(attack)}' for name in names)}&unseen={'A' * 10_000}")
    expect(page.locator("#results .card")).to_have_count(10)
    page.goto(f"{app}?tab=user&user={quote(attack)}")
    expect(page.locator("#panel-more .notice")).to_contain_text("There is no user <img src=x onerror")
    assert page.locator(".part .notice img").count() == 0


@pytest.mark.xdist_group("hostile")  # so that only one worker starts that app
def test_hostile_names_show_as_text_everywhere(visit: Visit, hostile_app: str) -> None:
    page = visit(hostile_app, DESKTOP, covers=False)
    page.on("dialog", lambda dialog: dialog.dismiss())
    for query, name in zip(("script", "alert(1) x", "img src"), HOSTILE, strict=True):
        box = page.get_by_label("Find an anime you know")
        box.fill(query)
        row = page.locator("#found li").filter(has=page.get_by_text(name, exact=True))
        row.get_by_role("radio", name="9 of 10").click()
        expect(page.locator("#rated li").filter(has=page.get_by_text(name, exact=True))).to_be_visible()
    expect(page.locator("#rated .title")).to_have_text(list(reversed(HOSTILE)))
    expect(page.locator("#results .because b").first).to_be_visible()
    page.locator("#results .about").first.click()
    page.locator(".panel [data-do=without]").first.click()
    page.locator(".panel [data-field=without]:visible").click()
    expect(page.locator(".wishes li")).to_have_count(1)
    page.locator(".panel .top [data-field=like]").click()
    expect(page.locator("#results-heading")).to_contain_text("More like")
    page.get_by_label("Find an anime you know").fill('<img src=x onerror="window.hacked = 1">${window.hacked = 1}')
    expect(page.locator("#found")).to_contain_text("“<img")
    open_users(page)
    page.get_by_role("button", name="Surprise me").click()
    expect(page.locator("#history-list")).to_be_visible()
    assert page.locator(".part script, .part img:not(.cover img)").count() == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.xdist_group("hostile")  # so that only one worker starts that app
def test_page_names_its_model(visit: Visit, app: str, hostile_app: str) -> None:
    expect(visit(app).locator(".colophon")).to_contain_text("bundled with the app")
    expect(visit(hostile_app).locator(".colophon")).to_contain_text("local folder small")
