"""My list: its shelves, their order and search, what can be done with an entry, and the taste in numbers."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect
from small_data import ROOT
from test_look import violations
from visitor_actions import DESKTOP, PHONE, Visit

from core import Model
from core.ui.page.my_list.shelf import FEW

NARUTO, CLANNAD, STEINS_GATE, BLEACH, TORADORA = 20, 2167, 9253, 269, 4224
DEATH_NOTE, MONSTER, ATTACK_ON_TITAN = 1535, 19, 16498
KEPT = {
    "ratings": [[STEINS_GATE, 10], [NARUTO, 6], [CLANNAD, -1], [BLEACH, 3], [TORADORA, 8]],
    "planned": [DEATH_NOTE, MONSTER, ATTACK_ON_TITAN],
    "dropped": [BLEACH],
}


def keep(state: object) -> str:
    """Return a script that gives a new visitor this state."""
    return f"localStorage.getItem('anisvd') ?? localStorage.setItem('anisvd', {json.dumps(json.dumps(state))})"


def entries(page: Page) -> list[str]:
    """Return the names of the entries that are shown."""
    return page.locator("#mine-list > li:visible").evaluate_all("rows => rows.map(row => row.dataset.name)")


def open_shelf(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).click()
    expect(page.locator(f"#mine-list[data-shelf={name.lower()}]")).to_be_visible()


def test_entries_are_sorted_searched_rated_moved_and_removed(visit: Visit, app: str) -> None:
    page = visit(f"{app}?tab=list", PHONE, init=keep(KEPT), color_scheme="dark", reduced_motion="reduce")
    shelves = page.locator(".shelves [role=radio]")
    expect(shelves).to_have_text(["Planned 3", "Rated 3", "Seen 1", "Dropped 1"])
    assert entries(page) == ["Attack on Titan", "Monster", "Death Note"]
    assert not violations(page, "#panel-more")
    page.get_by_label("Sort this part").select_option("by name")
    assert entries(page) == ["Attack on Titan", "Death Note", "Monster"]
    page.get_by_label("Search this part").fill("SHINGEKI")
    assert entries(page) == ["Attack on Titan"]
    page.get_by_label("Search this part").fill("no such title")
    expect(page.get_by_text("No title here has this name.")).to_be_visible()
    page.get_by_label("Search this part").fill("")
    page.get_by_role("button", name="Remove Monster").click()
    expect(page.locator("#toast")).to_contain_text("Removed: Monster")
    expect(shelves.first).to_have_text("Planned 2")
    assert entries(page) == ["Attack on Titan", "Death Note"]  # still by name
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(shelves.first).to_have_text("Planned 3")
    row = page.locator(f"#mine-list [data-id='{DEATH_NOTE}']")
    row.locator("summary").press("Enter")
    row.get_by_role("radio", name="9 of 10").click()
    expect(shelves).to_have_text(["Planned 2", "Rated 4", "Seen 1", "Dropped 1"])
    open_shelf(page, "Rated")
    assert entries(page)[-1] == "Toradora!"  # by name, as the planned ones were
    page.get_by_label("Sort this part").select_option("best first")
    assert entries(page) == ["Steins;Gate", "Death Note", "Toradora!", "Naruto"]
    page.get_by_role("button", name="Dropped: Naruto").press("Enter")
    expect(shelves).to_have_text(["Planned 2", "Rated 3", "Seen 1", "Dropped 2"])
    expect(page.locator("#toast")).to_contain_text("Dropped: Naruto")
    assert page.evaluate("document.activeElement.dataset.do") == "drop"
    page.get_by_role("button", name="Your taste in numbers").click()
    expect(page.locator("#mine-numbers .histogram")).to_be_visible()
    assert not violations(page, "#panel-more")
    small = """() => [...document.querySelectorAll(".mine :is(button, select, input, summary)")]
        .filter(target => target.checkVisibility() && target.offsetHeight < 44).map(target => target.outerHTML)"""
    assert page.evaluate(small) == []
    open_shelf(page, "Dropped")
    expect(page.locator("#mine-numbers .histogram")).to_be_visible()
    page.get_by_role("button", name="Dropped: Bleach").click()
    expect(shelves).to_have_text(["Planned 2", "Rated 4", "Seen 1", "Dropped 1"])
    page.locator("#mine").get_by_label("Your rating of Naruto").select_option("seen")
    expect(page.locator("#toast")).to_contain_text("Seen: Naruto")
    page.get_by_role("button", name="Remove Naruto").click()
    expect(page.locator("#mine-list")).to_contain_text("Nothing here yet. Press “Dropped”")
    kept = json.loads(page.evaluate("localStorage.anisvd"))
    assert (kept["dropped"], NARUTO in dict(kept["ratings"])) == ([], False)
    page.reload()
    page.locator("body[data-tab]:not(:has(#first))").wait_for()
    expect(shelves).to_have_text(["Planned 2", "Rated 4", "Seen 1", "Dropped 0"])
    page.get_by_text("Export your list").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="For MyAnimeList (XML)").click()
    assert download.value.suggested_filename == "anisvd-my-list.xml"
    assert Path(download.value.path()).read_text().count("<anime>") == 7
    page.get_by_role("button", name="Import your list").click()
    expect(page.locator("#bring-heading")).to_be_focused()


def test_thousands_of_entries_are_searched_on_the_server(visit: Visit, app: str) -> None:
    bundled = Model.load(ROOT / "core" / "bundled")
    ids = [int(anime_id) for anime_id in bundled.item_ids[:3_000]]
    state = {"ratings": [[anime_id, 1 + anime_id % 10] for anime_id in ids], "complete": True, "planned": [STEINS_GATE]}
    state["ratings"] = [entry for entry in state["ratings"] if entry[0] != STEINS_GATE]
    page = visit(f"{app}?tab=list", DESKTOP, init=keep(state))
    open_shelf(page, "Rated")
    rows, n = page.locator("#mine-list > li"), len(state["ratings"])
    expect(rows).to_have_count(FEW)
    oldest = bundled.catalogue[ids[0]].label
    page.get_by_label("Search this part").press_sequentially(oldest)
    expect(rows.and_(page.locator(f'[data-id="{ids[0]}"]'))).to_be_visible()
    page.get_by_label("Search this part").fill("")
    expect(rows).to_have_count(FEW)
    page.get_by_label("Sort this part").select_option("best known first")
    best_known = max(ids, key=lambda anime_id: bundled.catalogue[anime_id].members)
    expect(rows.first).to_have_attribute("data-id", str(best_known))
    page.get_by_role("button", name=f"Show all {n:,}").click()
    expect(rows).to_have_count(1_000)
    expect(page.locator(".mine")).to_contain_text("Search to find the others")
    page.get_by_role("button", name="Remove", exact=False).first.click()
    expect(page.get_by_role("radio", name="Rated")).to_have_text(f"Rated {n - 1:,}")
    expect(rows).to_have_count(1_000)
