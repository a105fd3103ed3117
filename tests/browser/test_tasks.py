"""What visitors come for, from the first look to the end, on a phone and on a desktop."""

from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, Route, expect
from visitor_actions import PHONE, Visit, open_details, open_filters, open_tab, rate, recommended

import core

STORY = {
    "description": "A castle walks.",
    "duration": 119,
    "trailer": {"id": "abc", "site": "youtube"},
    "externalLinks": [{"site": "Netflix", "url": "https://www.netflix.com/title/1", "type": "STREAMING"}],
}
BUNDLED = Path(core.__file__).parent / "bundled"


def tell(route: Route) -> None:
    """Answer in place of AniList."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    route.fulfill(json={"data": {"Media": STORY}}, headers=headers)


def test_three_taps_make_a_list_whose_titles_can_be_read_about_and_kept(
    visit: Visit, app: str, size: tuple[int, int]
) -> None:
    page = visit(app, size, anilist=tell)
    for n in range(3):
        page.locator("#wall .stars").nth(n).get_by_role("radio").last.click()
        expect(page.locator("#rated li")).to_have_count(n + 1)
    expect(page.get_by_role("heading", name="Your next anime")).to_be_visible()
    assert len(recommended(page)) == 10
    # What is number 3 about, and where can it be seen?
    third = recommended(page)[2]
    details = open_details(page, third)
    expect(details.get_by_text("A castle walks.")).to_be_visible()
    expect(details.get_by_role("link", name="Netflix")).to_have_attribute("href", "https://www.netflix.com/title/1")
    # Keep it, and find it on another day.
    page.get_by_role("button", name=f"Plan to watch {third}", exact=True).click()
    expect(page.locator("#toast")).to_contain_text(f"Planned: {third}")
    later = visit(app, size, context=page.context)
    open_tab(later, "My list")
    expect(later.locator("#mine-list li")).to_have_count(1)
    expect(later.locator("#mine-list li")).to_contain_text(third)


def test_two_people_agree_on_a_film(page: Page, size: tuple[int, int]) -> None:
    rate(page, "spirited away", "Spirited Away", 10)
    open_tab(page, "Together")
    page.get_by_role("button", name="Rate here, now").click()
    expect(page.locator(".banner")).to_contain_text("counts for")
    rate(page, "steins gate", "Steins;Gate", 9)
    page.locator(".banner button").click()
    expect(page.locator(".banner")).to_have_count(0)
    open_filters(page)
    page.locator("#controls").get_by_role("button", name="Movie", exact=True).click()
    expect(page.locator("#results .wishes li")).to_have_count(1)
    if size == PHONE:
        show = page.locator(".sheet-foot button")
        expect(show).to_contain_text("Show")
        show.click()
        expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator("#results .card")).to_have_count(10)
    facts = page.locator("#results .front .facts").all_inner_texts()
    assert all(text.startswith("Movie") for text in facts)


def test_600_entries_are_brought_and_the_unknown_ones_explained(
    page: Page, size: tuple[int, int], tmp_path: Path
) -> None:
    catalogue = pd.read_parquet(BUNDLED / "catalogue.parquet").sort_values("members", ascending=False)
    known = catalogue[["anime_id", "name"]].head(597).itertuples(index=False, name=None)
    unknown = [(99_000_001, "A Series of Next Year"), (99_000_002, "Stiens Gaet"), (99_000_003, "Qzxv Wjk")]
    rows = "".join(
        f"<anime><series_animedb_id>{anime_id}</series_animedb_id><series_title><![CDATA[{name}]]></series_title>"
        "<my_score>7</my_score><my_status>Completed</my_status></anime>"
        for anime_id, name in [*known, *unknown]
    )
    (tmp_path / "list.xml").write_text(f"<myanimelist>{rows}</myanimelist>", encoding="utf-8")
    open_tab(page, "My list")
    page.set_input_files("#bring-file", tmp_path / "list.xml")
    report = page.locator("#report")
    expect(report).to_contain_text("597 of 600")
    assert page.evaluate("anisvd.state.ratings.length") == 597
    for _, name in unknown:
        expect(report).to_contain_text(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
