"""The tab with the map of all titles and the meanings of the factors."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from visitor_actions import DESKTOP, PHONE, Visit, cut_off, open_filters, open_tab, rate, recommended

STILL = {"reduced_motion": "reduce"}
MAP = "document.querySelector('#map').map"


def open_map(page: Page) -> Page:
    open_tab(page, "Explore")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    return page


def view(page: Page) -> tuple[float, float, float]:
    """Return the scale of the map and the coordinates of its centre."""
    return tuple(page.evaluate(f"[{MAP}.view.scale, {MAP}.view.x, {MAP}.view.y]"))


def on_screen(page: Page, anime_id: int) -> tuple[float, float]:
    """Return the coordinates of a title in the window."""
    return tuple(
        page.evaluate(
            f"""id => {{
        const {{ canvas }} = {MAP}, {{ left, top }} = canvas.getBoundingClientRect();
        const [x, y] = {MAP}.toScreen({MAP}.byId.get(id));
        return [left + canvas.clientLeft + x, top + canvas.clientTop + y];
    }}""",
            anime_id,
        )
    )


def drawing(page: Page) -> str:
    """Return the pixels of the map, once it is drawn."""
    return page.evaluate("""async () => {
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        return document.querySelector("#map canvas").toDataURL();
    }""")


def clickable_title(page: Page) -> dict[str, Any]:
    """Return a title in view that no other title covers."""
    title = page.evaluate(f"""() => {{
        const map = {MAP};
        const {{ id, label }} = map.titles.findLast(title => {{
            const [left, top] = map.toScreen(title);
            const bottom = Math.min(map.height, innerHeight - map.canvas.getBoundingClientRect().top) - 20;
            const inside = left > 20 && top > 20 && left < map.width - 20 && top < bottom;
            return inside && title !== map.chosen && map.under([left, top]) === title;
        }});
        return {{ id, label }};
    }}""")
    assert title["label"]
    return title


def test_map_can_be_zoomed_moved_and_clicked(visit: Visit, app: str) -> None:
    page = open_map(visit(app, DESKTOP, **STILL))
    n = int(re.sub(r"\D", "", page.locator(".explore .facts").first.inner_text()))
    assert n == page.evaluate(f"{MAP}.titles.length") > 10_000
    start, pixels = view(page), drawing(page)
    canvas = page.locator("#map canvas")
    box = canvas.bounding_box()
    pointer = (box["x"] + 200, box["y"] + 150)
    below_pointer = page.evaluate(f"{MAP}.toMap([200, 150])")
    page.mouse.move(*pointer)
    page.mouse.wheel(0, -50)  # this scrolls the page
    expect(page.locator(".map-said")).to_contain_text("hold Ctrl")
    assert view(page) == start
    canvas.evaluate("canvas => canvas.focus({ preventScroll: true })")
    page.mouse.wheel(0, -500)
    page.wait_for_function(f"{MAP}.view.scale > 2")
    assert page.evaluate(f"{MAP}.toMap([200, 150])") == pytest.approx(below_pointer, abs=2e-3)  # a pixel
    assert drawing(page) != pixels
    page.get_by_role("button", name="Farther").click()
    page.get_by_role("button", name="Closer").click()
    zoomed = view(page)
    pointer = on_screen(page, clickable_title(page)["id"])  # the title stays under the pointer
    page.mouse.move(*pointer)
    page.mouse.down()
    page.mouse.move(pointer[0] + 30, pointer[1] + 20, steps=4)
    page.mouse.up()
    moved = view(page)
    assert (moved[0], moved[1] < zoomed[1], moved[2] < zoomed[2]) == (zoomed[0], True, True)
    expect(page.get_by_role("heading", name="Loved by most")).to_be_visible()  # a drag is no click
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert (view(page)[1] > moved[1], view(page)[2] > moved[2]) == (True, True)
    page.keyboard.press("-")
    assert view(page)[0] < moved[0]
    page.keyboard.press("+")
    title = clickable_title(page)
    page.mouse.move(*on_screen(page, title["id"]))
    expect(canvas).to_have_css("cursor", "pointer")
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_role("heading", name=f"More like {title['label']}")).to_be_visible()
    assert page.evaluate(f"{MAP}.chosen.id") == title["id"]
    page.wait_for_function(f"{MAP}.listed.length === 10")
    page.go_back()
    expect(page.get_by_role("heading", name="Loved by most")).to_be_visible()
    page.wait_for_function(f"{MAP}.chosen === null")
    page.get_by_role("button", name="All", exact=True).click()
    assert view(page) == start
    page.get_by_role("button", name="Light or dark").click()
    assert drawing(page) != pixels
    open_filters(page)
    page.get_by_role("button", name="Include adult titles").click()
    expect(page.locator(".explore .facts").first).not_to_have_text(re.compile(f"^{n:,} "))
    page.wait_for_function(f"{MAP}?.titles.length > {n}")


def test_map_finds_titles_and_shows_the_visitor(visit: Visit, app: str) -> None:
    page = visit(app, PHONE, has_touch=True, **STILL)
    open_map(page)
    me = page.get_by_role("button", name="Me", exact=False).and_(page.locator("[data-map=me]"))
    expect(me).to_be_hidden()
    assert not cut_off(page)
    open_tab(page, "Rate")
    rate(page, "toradora", "Toradora!", 10)
    open_map(page)
    expect(me).to_be_visible()
    page.wait_for_function(f"{MAP}.rated.length === 1 && {MAP}.spot")
    me.click()
    spot = page.evaluate(f"[{MAP}.spot.x, {MAP}.spot.y]")
    assert view(page)[1:] == tuple(spot)
    assert view(page)[0] > 1
    search_box = page.get_by_label("Find a title on the map")
    search_box.press_sequentially("stiens gate", delay=10)
    expect(page.locator(".map-found")).to_have_attribute("data-query", "stiens gate")  # the answer to the last letter
    page.locator(".map-found").get_by_role("button", name="Steins;Gate", exact=True).click()
    expect(page.get_by_role("heading", name="More like Steins;Gate")).to_be_visible()
    expect(page.locator(".map-found li")).to_have_count(0)
    assert page.evaluate(f"[{MAP}.chosen.id, {MAP}.chosen.x, {MAP}.chosen.y]") == [9253, *view(page)[1:]]
    expect(search_box).to_have_value("")
    expect(page.locator(".map-chosen")).to_contain_text("Steins;Gate")
    search_box.fill("zzzqqq")
    expect(page.locator(".map-said")).to_contain_text("No title of that name")
    search_box.fill("")
    legend = page.locator("#map .legend button")
    assert legend.count() == page.evaluate(f"{MAP}.regions.length") + 1 > 6
    pixels = drawing(page)
    legend.nth(2).click()
    expect(legend.nth(2)).to_have_attribute("aria-pressed", "true")
    assert (page.evaluate(f"{MAP}.only"), drawing(page) != pixels) == (2, True)
    legend.nth(2).click()
    assert (page.evaluate(f"{MAP}.only"), drawing(page)) == (None, pixels)
    page.get_by_role("button", name="All", exact=True).click()
    page.locator("#map canvas").scroll_into_view_if_needed()
    box = page.locator("#map canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, distance in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80), ("touchEnd", None)):
        points = [] if distance is None else [{"x": x + side * distance, "y": y, "id": side + 1} for side in (-1, 1)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function(f"{MAP}.view.scale > 3")
    expect(page.get_by_role("heading", name="More like Steins;Gate")).to_be_visible()  # a pinch is no tap


@pytest.mark.xdist_group("hostile")
def test_factors_and_map_differ_between_models(visit: Visit, app: str, hostile_app: str) -> None:
    contents = []
    for address in (app, hostile_app):
        page = open_map(visit(address, covers=False))
        names = page.locator(".factors .traits").all_inner_texts()
        assert len(names) == 2 * page.locator(".factors > li").count() > 0
        assert all(name.strip() for name in names)
        expect(page.locator(".factors h3").first).to_have_text(re.compile(r"^Factor 1 \d+\.\d% of the variation$"))
        contents.append((names, page.evaluate(f"{MAP}.regions.map(region => region.label)"), view(page)))
        title = page.locator(".factors .end button").first
        name = title.inner_text()
        title.click()
        expect(page.get_by_role("heading", name=f"More like {name}")).to_be_visible()
        assert len(recommended(page)) == 10
        page.wait_for_function(f"{MAP}.chosen")
    assert contents[0][0] != contents[1][0]
    assert contents[0][1] != contents[1][1]
