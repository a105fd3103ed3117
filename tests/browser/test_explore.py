"""The tab with the map of all titles and the meanings of the factors."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from visitor_actions import DESKTOP, PHONE, Visit, cut_off, open_filters, open_tab, rate, recommended
from waiting import wait_until

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


def names_on(page: Page) -> list[str]:
    """Return the names that the map shows now."""
    drawing(page)
    return page.evaluate(f"{MAP}.names().map(label => label.text)")


def names_around(page: Page) -> int:
    """Return how many titles are named on the map, with their whole names in view."""
    return page.evaluate(f"""{MAP}.names().filter(({{ title, left, top, width }}) => title && left > width / 2
        && left < {MAP}.width - width / 2 && top > 8 && top < {MAP}.height - 8).length""")


def swipe(page: Page, *frames: list[tuple[float, float]]) -> None:
    """Move fingers over the map: their places in each frame, from the middle of the map. Then lift them."""
    box = page.locator("#map canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, places in [("touchStart", frames[0]), *(("touchMove", frame) for frame in frames[1:]), ("touchEnd", [])]:
        points = [{"x": x + across, "y": y + down, "id": finger} for finger, (across, down) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_names_never_overlap_and_stay_while_the_map_moves(visit: Visit, app: str, size: tuple[int, int]) -> None:
    page = open_map(visit(f"{app}?rated=9253:10,4224:8,20:3", size, **STILL))
    regions = page.evaluate(f"{MAP}.regions.map(region => region.label)")
    for scale in (1, 2, 3.7, 9, 40):
        page.evaluate(f"scale => {MAP}.go({{ x: 0.6, y: 0.45 }}, scale)", scale)
        shown = names_on(page)
        assert len(set(shown) - set(regions)) > (3 if size == PHONE else 5), scale  # titles at every scale
        assert (len(set(shown) & set(regions)) > 3) == (scale == 1) or 1 < scale < 4
        boxes = page.evaluate(f"""{MAP}.names().map(({{ left, top, width, height }}) =>
            [left - width / 2, top - height / 2, left + width / 2, top + height / 2])""")
        for index, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[index + 1 :]:
                assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom, scale
        before = page.evaluate(f"""{MAP}.names().filter(({{ left, top }}) =>
            Math.hypot(left - {MAP}.width / 2, top - {MAP}.height / 2) < {MAP}.width / 6).map(label => label.text)""")
        page.evaluate(f"{MAP}.drag([0, 0], [3, -2])")
        drawing(page)
        assert set(before) & set(names_on(page)) == set(before)
    page.get_by_role("button", name="All", exact=True).click()
    best = page.evaluate(f"{MAP}.landmarks.slice(0, {MAP}.regions.length).map(title => title.label)")
    assert len(set(best) & set(names_on(page))) >= (2 if size == PHONE else 4)  # the best-known of the regions


def test_labels_are_placed_best_first(visit: Visit, app: str) -> None:
    page = open_map(visit(app, **STILL))
    placed = page.evaluate("""() => {
        const label = (x, y, region = false) => ({ x, y, width: 60, height: 16, region });
        const { placed } = anisvd.mapLabels;
        const show = (labels, bounds) => placed(labels, bounds).map(({ x, y, across, down }) => [x, y, across, down]);
        const crowd = Array.from({ length: 50 }, () => label(100, 100));
        return {
            apart: show([label(0, 0), label(200, 0)]),
            two: show([label(0, 0, true), label(0, 0, true)]),
            crowd: show(crowd).length,
            bounded: show([label(2, 50)], { left: 0, top: 0, right: 100, bottom: 100 }),
            none: show([label(2, 5)], { left: 0, top: 0, right: 30, bottom: 10 }),
        };
    }""")
    assert placed["apart"] == [[0, 0, 0, -14], [200, 0, 0, -14]]  # above their points
    assert placed["two"] == [[0, 0, 0, 0], [0, 0, 0, -19]]  # the second region's name steps aside
    assert placed["crowd"] == 2  # above and below the point
    assert placed["bounded"] == [[2, 50, 38, 0]]  # not cut off on the left
    assert placed["none"] == []


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
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom in").click()
    zoomed = view(page)
    pointer = on_screen(page, clickable_title(page)["id"])  # the title stays under the pointer
    page.mouse.move(*pointer)
    page.mouse.down()
    page.mouse.move(pointer[0] + 30, pointer[1] + 20, steps=4)
    page.mouse.up()
    moved = view(page)
    assert (moved[0], moved[1] < zoomed[1], moved[2] < zoomed[2]) == (zoomed[0], True, True)
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()  # a drag is no click
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
    expect(page.get_by_role("heading", name="Loved by many")).to_be_visible()
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
    assert "Me" in names_on(page)
    assert names_around(page) > 3
    legend = page.locator("#map .legend button")
    legend.filter(has_text="Mecha").click()
    search_box = page.get_by_label("Find a title on the map")
    search_box.press_sequentially("stiens gate", delay=10)
    expect(page.locator(".map-found")).to_have_attribute("data-query", "stiens gate")  # the answer to the last letter
    page.locator(".map-found").get_by_role("button", name="Steins;Gate", exact=True).click()
    expect(page.get_by_role("heading", name="More like Steins;Gate")).to_be_visible()
    expect(page.locator(".map-found li")).to_have_count(0)
    assert page.evaluate(f"[{MAP}.chosen.id, {MAP}.chosen.x, {MAP}.chosen.y]") == [9253, *view(page)[1:]]
    expect(search_box).to_have_value("")
    expect(page.locator(".map-chosen")).to_contain_text("Steins;Gate")
    expect(page.locator(".map-said")).to_contain_text("Filter Mecha removed")  # it hid the title
    assert page.evaluate(f"{MAP}.only") is None
    assert names_around(page) > 3
    search_box.fill("zzzqqq")
    expect(page.locator(".map-said")).to_contain_text("No title on the map has this name")
    search_box.fill("")
    assert legend.count() == page.evaluate(f"{MAP}.regions.length") + 1 > 6
    pixels = drawing(page)
    legend.nth(2).click()
    expect(legend.nth(2)).to_have_attribute("aria-pressed", "true")
    assert (page.evaluate(f"{MAP}.only"), drawing(page) != pixels) == (2, True)
    legend.nth(2).click()
    assert (page.evaluate(f"{MAP}.only"), drawing(page)) == (None, pixels)
    page.get_by_role("button", name="All", exact=True).click()
    page.locator("#map canvas").scroll_into_view_if_needed()
    swipe(page, [(-20, 0), (20, 0)], [(-40, 0), (40, 0)], [(-80, 0), (80, 0)])
    page.wait_for_function(f"{MAP}.view.scale > 3")
    expect(page.get_by_role("heading", name="More like Steins;Gate")).to_be_visible()  # a pinch is no tap


def test_one_finger_scrolls_the_page_and_two_move_the_map(visit: Visit, app: str) -> None:
    page = open_map(visit(app, PHONE, has_touch=True, **STILL))
    page.locator("#map canvas").scroll_into_view_if_needed()
    start, top = view(page), page.evaluate("scrollY")
    swipe(page, [(0, 0)], *([(0, -30 * step)] for step in range(1, 6)))
    page.wait_for_function(f"scrollY > {top + 50}")
    assert view(page) == start
    swipe(page, [(0, 0)], [(20, 0)], [(50, 0)])
    expect(page.locator(".map-said")).to_contain_text("two fingers")
    assert view(page) == start
    top = page.evaluate("scrollY")
    swipe(page, [(-30, 0), (30, 0)], *([(-30, -12 * step), (30, -12 * step)] for step in range(1, 6)))
    page.wait_for_function(f"{MAP}.view.y > {start[2] + 0.1}")
    assert view(page)[0] == pytest.approx(start[0])
    assert page.evaluate("scrollY") == top
    sizes = page.locator("#map :is(button, input):visible, .factor-panel > summary").evaluate_all(
        "all => all.map(element => element.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44
    panel = page.locator(".factor-panel")
    expect(panel.locator(".factors")).to_be_hidden()
    panel.get_by_text("What a factor means").click()
    button = panel.get_by_role("button", name="On the map: factor 2")
    button.click()
    page.wait_for_function(f"{MAP}.factor?.number === 1")
    expect(page.locator("#map canvas")).to_be_in_viewport(ratio=0.9)


def test_factor_colours_the_map_beside_it(visit: Visit, app: str) -> None:
    page = open_map(visit(app, **STILL))
    canvas, panel = page.locator("#map canvas").bounding_box(), page.locator(".factor-panel").bounding_box()
    assert canvas["x"] + canvas["width"] < panel["x"]
    assert panel["y"] < canvas["y"]
    by_genre = drawing(page)
    buttons = page.locator("[data-factor]")
    buttons.first.hover()
    page.wait_for_function(f"{MAP}.factor?.number === 0")
    pointed = drawing(page)
    buttons.nth(1).click()
    page.wait_for_function(f"{MAP}.factor?.number === 1")
    page.mouse.move(5, 5)
    assert len({by_genre, pointed, drawing(page)}) == 3
    low, high = (
        [title.inner_text() for title in end.locator("button").all()]
        for end in page.locator(".factors > li").nth(1).locator(".end").all()
    )
    numbers = page.evaluate(f"{MAP}.titles.map(title => [title.label, {MAP}.factor.values[title.index]])")
    values = dict(numbers)
    assert all(values[name] < 0 for name in low)
    assert all(values[name] > 0 for name in high)
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    buttons.nth(1).click()
    page.mouse.move(5, 5)
    page.wait_for_function(f"{MAP}.factor === null")
    assert drawing(page) == by_genre


def test_map_that_cannot_be_loaded_can_be_tried_again(visit: Visit, app: str) -> None:
    page = visit(app, PHONE, covers=False)
    asked: list[Route] = []
    page.route("**/map.json*", lambda route: asked.append(route))
    open_tab(page, "Explore")
    expect(page.get_by_text("The map is loading")).to_be_visible()
    expect(page.locator(".map-failed")).to_be_hidden()
    wait_until(lambda: page.evaluate("true") and asked)
    asked.pop().abort()
    expect(page.get_by_text("The map could not be loaded.")).to_be_visible()
    expect(page.get_by_text("The map is loading")).to_be_hidden()
    page.unroute("**/map.json*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#map[data-ready]")).to_be_visible()
    expect(page.get_by_text("The map could not be loaded.")).to_be_hidden()


def test_search_offers_adult_titles_when_they_are_left_out(visit: Visit, app: str) -> None:
    page = open_map(visit(app, **STILL))
    shown, every = (
        {row[6] for row in page.request.get(f"{app}/map.json?adult={adult}").json()["titles"]} for adult in (0, 1)
    )
    name = max(every - shown, key=len)
    page.get_by_label("Find a title on the map").fill(name)
    page.get_by_role("button", name="Search adult titles, too").click()
    page.locator(".map-found").get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_function(f"{MAP}.chosen !== null")
    assert page.evaluate(f"{MAP}.chosen.label") == name
    assert names_around(page) > 3


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
