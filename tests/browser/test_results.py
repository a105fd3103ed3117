"""The list: cards, what can be done with them, and the controls."""

import csv
import io
import json
import re
from pathlib import Path

from hands import DESKTOP, PHONE, Visit, cards, rate, rated, refine, search, wish
from playwright.sync_api import Page, expect


def test_a_card_is_rated_turned_down_and_followed(page: Page) -> None:
    rate(page, "steins gate", "Steins;Gate", 10)
    first, second, third = cards(page)[:3]
    card = page.locator("#results .card").first
    expect(card.get_by_role("link", name=f"{first} on MyAnimeList")).to_have_attribute(
        "href", f"https://myanimelist.net/anime/{card.get_attribute('data-id')}"
    )
    card.get_by_text("Seen it").click()
    card.get_by_role("radio", name="7 of 10").click()
    expect(page.get_by_label(f"Your rating of {first}", exact=True)).to_have_value("7")
    assert first not in cards(page)
    page.get_by_role("button", name=f"Not interested in {second}").click()
    expect(page.get_by_role("button", name=f"Not interested in {second}")).to_have_count(0)
    assert len(cards(page)) == 10
    page.get_by_role("button", name="bring back").click()
    expect(page.get_by_role("button", name=f"Not interested in {second}")).to_be_visible()
    page.get_by_role("button", name=f"More like {third}").click()
    expect(page.get_by_role("heading", name=f"More like {third}")).to_be_focused()
    assert third not in cards(page)
    page.locator("#results").get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()


def test_reasons_and_genres_are_taken_out_with_one_click_and_put_back(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "toradora", "Toradora!", 9)
    both = cards(page)
    page.get_by_role("button", name="The list without Toradora!").first.click()
    expect(wish(page, "without Toradora!")).to_be_visible()
    assert cards(page) != both
    assert "Toradora!" not in cards(page)
    expect(page.locator(".because").first).not_to_contain_text("Toradora!")
    wish(page, "without Toradora!").click()
    expect(wish(page, "without Toradora!")).to_have_count(0)
    assert cards(page) == both
    genre = page.locator(".genres button").first.inner_text()
    page.locator(".genres button").first.click()
    expect(wish(page, f"no {genre}")).to_be_visible()
    expect(page.locator(".genres button", has_text=re.compile(f"^{genre}$"))).to_have_count(0)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(wish(page, f"no {genre}")).to_have_count(0)


def test_controls_narrow_the_list_and_say_so(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "naruto", "Naruto", 9)
    refine(page)
    page.get_by_label("How many").select_option("5")
    expect(page.locator("#results .card")).to_have_count(5)
    page.get_by_role("button", name="Show 10 more").click()
    expect(page.locator("#results .card")).to_have_count(15)
    controls = page.locator("#controls")
    controls.get_by_role("button", name="Movie", exact=True).click()
    expect(wish(page, "Movie")).to_be_visible()
    expect(page.locator("#results .card .facts", has_text=re.compile("^Movie"))).to_have_count(15)
    wish(page, "Movie").click()
    controls.get_by_role("button", name="Romance", exact=True).click()
    expect(wish(page, "only Romance")).to_be_visible()
    expect(page.locator("#results .card", has=page.get_by_role("button", name="No more Romance"))).to_have_count(15)
    controls.get_by_role("button", name="Romance, wanted").click()
    expect(wish(page, "no Romance")).to_be_visible()
    expect(page.get_by_role("button", name="No more Romance", exact=True)).to_have_count(0)
    page.get_by_label("From year").fill("2010")
    page.get_by_label("From year").press("Enter")
    expect(wish(page, "from 2010")).to_be_visible()
    years = [int(re.search(r"\d{4}", facts)[0]) for facts in page.locator("#results .card .facts").all_inner_texts()]
    assert min(years) >= 2010
    page.get_by_label("From year").fill("18")  # the browser says what is wrong
    page.get_by_label("From year").press("Enter")
    expect(wish(page, "from 2010")).to_be_visible()
    page.get_by_label("Listed by at least").select_option("300,000 people")
    page.get_by_label("Mainstream or hidden gems").press("ArrowRight")
    expect(wish(page, "hidden gems")).to_be_visible()
    controls.get_by_role("button", name="Likes only").click()
    expect(wish(page, "likes only")).to_be_visible()
    page.get_by_role("button", name="Reset the choices").click()
    expect(page.locator(".wishes li")).to_have_count(0)
    expect(page.get_by_label("From year")).to_have_value("")
    expect(page.locator("#results .card")).to_have_count(10)


def test_sequels_come_only_when_wanted(visit: Visit, app: str) -> None:
    page = visit(app)
    rate(page, "code geass", "Code Geass: Lelouch of the Rebellion", 10)
    assert "Code Geass: Lelouch of the Rebellion R2" in cards(page)  # the first unseen part
    refine(page)
    page.get_by_label("Sequels").select_option("only what you haven’t begun")
    expect(wish(page, "nothing begun")).to_be_visible()
    assert not [name for name in cards(page) if name.startswith("Code Geass")]
    page.get_by_label("Sequels").select_option("everything")
    expect(wish(page, "sequels, too")).to_be_visible()


def test_a_short_list_says_what_to_loosen(visit: Visit, app: str) -> None:
    page = visit(app + "?from=2015&genres=Mecha&members=100000")
    expect(page.locator("#results .notice")).to_contain_text(re.compile("Nothing qualifies|Only"))
    loosen = page.locator("#results .notice button").first
    n = int(re.search(r"\(([\d,]+)\)", loosen.inner_text())[1].replace(",", ""))
    before = len(cards(page))
    loosen.click()
    expect(page.locator("#results .card")).to_have_count(min(n, 10))
    assert n > before


def test_the_list_is_downloaded_as_csv_and_json(visit: Visit, app: str, tmp_path: Path) -> None:
    page = visit(app)
    rate(page, "monster", "Monster", 10)
    files = {}
    for kind in ("CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files[kind] = path.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(files["CSV"])))
    items = json.loads(files["JSON"])
    assert [row["english"] or row["name"] for row in rows] == cards(page)
    assert [str(item["anime_id"]) for item in items] == [row["anime_id"] for row in rows]
    assert items[0]["because"][0]["english"] == rows[0]["because"] == "Monster"


def test_more_than_a_list_full_of_cards_stays_usable_on_a_phone(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    search(page, "steins")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.keyboard.press("Escape")
    page.locator("#wall li").first.get_by_role("radio", name="8 of 10").click()
    page.get_by_role("button", name="See your list").click()
    expect(page.get_by_role("heading", name="Your next anime")).to_be_in_viewport()
    expect(page.get_by_role("button", name="See your list")).not_to_be_in_viewport()
    assert rated(page)


def test_a_rating_changes_the_list_within_a_blink(visit: Visit, app: str) -> None:
    """Not a timing test: that no second is lost to a queue or a debounce. The figure: benchmark.py."""
    page = visit(app, DESKTOP)
    taken = page.evaluate(
        """async () => {
            const link = () => document.querySelector("#results [data-link]").dataset.link;
            const before = link(), started = performance.now();
            document.querySelector("#wall [role=radio]").click();
            while (link() === before) await new Promise(requestAnimationFrame);
            return performance.now() - started;
        }"""
    )
    assert taken < 1500
