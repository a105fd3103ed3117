"""The tab where visitors bring a watchlist: files, pasted text, AniList by user name."""

import gzip
import json
from typing import Any

from playwright.sync_api import Page, Route, expect
from visitor_actions import PHONE, Visit, active_filter, open_filters, open_tab, rate, rated, recommended
from watchlist_files import anilist_answer, anilist_entry, anilist_error, as_json, mal_entry, mal_export

NARUTO, CLANNAD, STEINS_GATE, BLEACH, DEATH_NOTE = 20, 2167, 9253, 269, 1535
EXPORT = mal_export(
    mal_entry(STEINS_GATE, score=10)
    + mal_entry(NARUTO, score=9)
    + mal_entry(CLANNAD)
    + mal_entry(BLEACH, "Dropped")
    + mal_entry(DEATH_NOTE, "Plan to Watch")
    + mal_entry(STEINS_GATE, score=2)
    + mal_entry(10**8, score=8, title="<b>Nobody</b> knows this")
)
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}


def file(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "", "buffer": content}


def expect_notice(page: Page, sentence: str) -> None:
    """Expect a report that is one sentence and has the focus."""
    expect(page.locator("#report .notice")).to_contain_text(sentence)
    expect(page.locator("#report")).to_be_focused()


def paste(page: Page, text: str) -> None:
    page.get_by_label("Or paste its text").fill(text)
    page.get_by_role("button", name="Import text").click()


def rating(page: Page, title: str) -> str:
    return page.locator("#rated").get_by_label(f"Your rating of {title}", exact=True).input_value()


def test_watchlist_from_a_file_is_merged_with_own_ratings(visit: Visit, app: str) -> None:
    page = visit(app, PHONE)
    rate(page, "naruto", "Naruto", 4)
    rate(page, "toradora", "Toradora!", 9)
    open_tab(page, "My list")
    bring = page.get_by_label("A file")
    bring.set_input_files(file("animelist.xml.gz", gzip.compress(EXPORT.encode())))
    expect(page.locator("#toast")).to_contain_text("5 titles imported.")
    expect(page.locator("#report")).to_be_focused()
    report = page.locator("#report")
    expect(report).to_contain_text("MyAnimeList, list of somebody, 7 entries")
    counts = [int(line.split()[0]) for line in report.locator("summary").all_inner_texts()]
    assert sum(counts) == 7
    for line in (
        "2 rated",
        "1 seen, not rated",
        "1 dropped: counts as 4 of 10 or less",
        "1 planned",
        "1 newer than this catalogue, which ends with",
        "1 listed twice",
    ):
        expect(report).to_contain_text(line)
    expect(report.get_by_text("<b>Nobody</b> knows this")).to_be_visible()
    report.get_by_role("button", name="See recommendations").click()
    expect(page.locator("#results-heading")).to_be_focused()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    open_tab(page, "Rate")
    expect(page.locator("#rated li")).to_have_count(2)
    assert rating(page, "Naruto") == "4"
    assert "complete" not in page.locator("#results [data-link]").get_attribute("data-link")
    expect(page.get_by_role("button", name="Clear planned")).to_have_count(0)
    open_tab(page, "My list")
    bring.set_input_files(file("animelist.xml", EXPORT.encode()))
    expect(page.locator("#report")).to_contain_text("7 entries")
    open_tab(page, "Rate")
    expect(page.locator("#rated li")).to_have_count(5)
    assert [rating(page, name) for name in ("Naruto", "Toradora!", "Steins;Gate", "Clannad", "Bleach")] == [
        "9", "9", "10", "-1", "-1",
    ]  # fmt: skip
    link = page.locator("#results [data-link]")
    assert "complete=1" in link.get_attribute("data-link")
    page.get_by_role("button", name="Show all 5").click()
    page.locator("#rated").get_by_label("Your rating of Clannad", exact=True).select_option("8")
    expect(page.locator("#toast")).to_contain_text("Rated 8: Clannad")
    page.reload()
    expect(page.locator("#rated").get_by_label("Your rating of Clannad", exact=True)).to_have_value("8")
    assert len(rated(page)) == 5
    assert "complete=1" in link.get_attribute("data-link")  # an own rating leaves the list whole
    open_filters(page)
    plan = page.get_by_label("Titles you plan to watch")
    plan.select_option("show them first")
    expect(active_filter(page, "planned titles first")).to_be_visible()
    assert recommended(page)[0] == "Death Note"
    plan.select_option("do not show them")
    expect(active_filter(page, "no planned titles")).to_be_visible()
    assert "Death Note" not in recommended(page)
    page.get_by_role("button", name="Clear planned").click()
    expect(plan).to_have_count(0)


def test_anilist_is_asked_only_when_the_button_is_pressed(visit: Visit, app: str) -> None:
    watchlist = anilist_answer([anilist_entry(1, STEINS_GATE, score=90)], [anilist_entry(2, DEATH_NOTE, "PLANNING")])
    answers: list[tuple[str, int, Any]] = [
        ("AniList knows nobody by this name", 404, anilist_error("User not found", 404)),
        ("This list is private", 404, anilist_error("Private User", 404)),
        ("AniList is asked too much", 429, anilist_error("Too Many Requests.", 429)),
        ("AniList answered with an error (Internal Server Error)", 500, anilist_error("Internal Server Error", 500)),
        ("AniList cannot be reached from here", 0, None),
        ("", 200, watchlist),
    ]
    requests: list[dict[str, Any]] = []

    def anilist(route: Route) -> None:
        requests.append(json.loads(route.request.post_data))
        _, status, answer = answers[len(requests) - 1]
        route.fulfill(status=status, json=answer, headers=CORS) if status else route.abort()

    page = visit(app, anilist=anilist)
    open_tab(page, "My list")
    name = page.get_by_label("User name on AniList")
    name.fill("some body")
    paste(page, "not a list")
    expect_notice(page, "neither XML nor JSON")
    page.get_by_role("button", name="Import from MyAnimeList").click()
    expect_notice(page, "This server has no access to MyAnimeList")
    assert not requests
    for sentence, status, _ in answers:
        page.get_by_role("button", name="Import from AniList").click()
        if status == 200:
            expect(page.locator("#report")).to_contain_text("AniList, list of somebody, 2 entries")
        else:
            expect_notice(page, sentence)
    assert [request["variables"] for request in requests] == [{"name": "some body"}] * len(answers)
    assert all("MediaListCollection" in request["query"] for request in requests)
    open_tab(page, "Rate")
    expect(page.locator("#rated li")).to_have_count(1)
    assert rated(page) == ["Steins;Gate"]
    assert rating(page, "Steins;Gate") == "9"
    expect(page.locator("#rated")).to_contain_text("1 planned")


def test_pasted_text_is_read_and_unreadable_input_gets_a_sentence(visit: Visit, app: str) -> None:
    page = visit(app, covers=False)
    open_tab(page, "My list")
    bring = page.get_by_label("A file")
    expect(bring).to_be_visible()
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><myanimelist>&b;</myanimelist>'
    for content, sentence in (
        (b"dear diary", "neither XML nor JSON"),
        (bomb.encode(), "defines its own entities"),
        (gzip.compress(EXPORT.encode())[:100], "ends too early"),
        (gzip.compress(EXPORT.encode())[:100], "ends too early"),  # a second time, too
    ):
        page.evaluate("document.querySelector('#report').replaceChildren()")
        bring.set_input_files(file("list.xml.gz", content))
        expect_notice(page, sentence)
    bring.evaluate(
        """input => {
            const chosen = new DataTransfer();
            chosen.items.add(new File([new Uint8Array(11 << 20)], "list.xml"));
            input.files = chosen.files;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect_notice(page, "larger than 10 MB")
    page.route("**/bring?*", lambda route: route.abort())
    paste(page, EXPORT)
    expect_notice(page, "The server did not answer")
    page.unroute("**/bring?*")
    text = as_json(anilist_answer([anilist_entry(1, CLANNAD, score=3, title="Clannad")], score_format=None)).decode()
    paste(page, text)
    expect_notice(page, "Which scale do you use on AniList?")
    page.get_by_role("button", name="5 stars").click()
    expect(page.locator("#report")).to_contain_text("AniList, list of somebody, 1 entry")
    open_tab(page, "Rate")
    expect(page.locator("#rated li")).to_have_count(1)
    assert (rated(page), rating(page, "Clannad")) == (["Clannad"], "5")
