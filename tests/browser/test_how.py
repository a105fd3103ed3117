"""The tab that shows how a list is computed: its numbers and its links."""

import re

from playwright.sync_api import Locator, Page, expect
from visitor_actions import DESKTOP, PHONE, Visit, open_tab, rate, recommended


def table(page: Page, name: str) -> list[list[str]]:
    """Return the cells of the table with this name, row by row from the head."""
    return (
        page.get_by_role("region", name=name)
        .locator("tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    )


def shorter_lists(page: Page) -> dict[str, list[str]]:
    """Return the lists with fewer factors, and the one with all, by the number of factors."""
    lists = page.locator(".lists section")
    return {part.locator("h5").inner_text().split()[0]: part.locator("li").all_inner_texts() for part in lists.all()}


def number(text: str) -> float:
    return float(text.replace(",", ""))


def names(part: Locator) -> list[str]:
    return part.locator("bdi").all_inner_texts()


def assert_tables_need_no_scrolling(page: Page) -> None:
    tables = page.locator(".inside :is(.fold, .matrices)")
    assert tables.count() > 2
    for part in tables.all():
        assert part.evaluate("part => part.scrollWidth <= part.clientWidth"), part.get_attribute("aria-label")


def assert_product_fills_the_cells(page: Page, scores: list[float]) -> None:
    """Check that u · σ · v of the shown factors and what the others add make the scores."""
    u, sigma = (
        [number(cell) for cell in page.locator(f".matrix .rows {kind}").all_inner_texts()]
        for kind in (".entry", ".sigma")
    )
    assert sigma == sorted(sigma, reverse=True)
    rows = page.locator(".matrix tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('.entry')].map(cell => cell.innerText))"
    )
    v = [[number(cell) for cell in row] for row in rows]
    assert (len(u), len(sigma), len(v), len(v[0])) == (6, 6, 6, 3)
    filled = page.locator(".filled li").all_inner_texts()
    for title, text in enumerate(filled):
        score, rest = (float(found) for found in re.findall(r"-?\d+\.\d\d", text))
        terms = [a * b * row[title] for a, b, row in zip(u, sigma, v, strict=True)]
        rounded = sum(abs(a * b) + abs(b * row[title]) for a, b, row in zip(u, sigma, v, strict=True)) * 0.0005
        assert abs(sum(terms) + rest - score) < rounded + 0.01
        assert score == scores[title]


def assert_point_adds_up(rows: list[list[str]]) -> None:
    """Check that the numbers of each factor multiply to its term, and that the terms add up to the score."""
    _, *rows, rest, score = rows
    for row in rows:
        assert re.match(r"\d+: .", row[0])
        _, own, prior, share, along, term = (number(cell) for cell in row[1:7])
        assert 0 <= share <= 1
        rounded = 0.001 * abs(share * along) + 0.005 * abs((own + prior) * along) + 0.001
        assert abs((own + prior) * share * along - term) <= rounded
    assert re.match(r"the other 504 factors", rest[0])
    assert abs(sum(number(row[6]) for row in rows) + number(rest[2]) - number(score[2])) < 0.01


def test_share_of_variation_is_the_same_on_both_tabs(visit: Visit, app: str) -> None:
    page = visit(f"{app}?tab=how")
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    two_factors = re.findall(r"([\d.]+)% of the variation", page.locator(".lists h5").first.inner_text())
    open_tab(page, "Explore")
    expect(page.locator(".factors > li").first).to_be_visible()
    shares = [float(re.findall(r"([\d.]+)%", head)[0]) for head in page.locator(".factors h3").all_inner_texts()[:2]]
    assert abs(sum(shares) - float(two_factors[0])) < 0.11
    expect(page.locator("figure polyline")).to_have_count(0)


def test_charts_and_tables_are_readable_in_the_dark(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:5&tab=how&__theme=dark")
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    for chart in page.locator(".figures-row svg").all():
        texts = chart.locator("text").all_text_contents()
        assert texts[:6] == ["1", "2", "8", "32", "128", "512"]
        assert chart.locator(".cut").count() == 5
        colours = chart.locator("text").first.evaluate(
            "text => [getComputedStyle(text).fill, getComputedStyle(text).stroke]"
        )
        assert colours == ["rgb(182, 171, 181)", "none"]  # --ink-soft of the dark theme
    assert_tables_need_no_scrolling(page)


def test_numbers_add_up_to_the_list(visit: Visit, app: str) -> None:
    page = visit(app)
    open_tab(page, "How it works")
    expect(page.get_by_text("You have not rated anything yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Compared with the textbook method")).to_have_count(0)
    average = [row[-1] for row in table(page, "Your position becomes scores")[1::2]]
    expect(page.get_by_text("You rated nothing: all cells of your row are empty")).to_be_visible()
    assert_product_fills_the_cells(page, [number(score) for score in average[:3]])
    page.locator("#panel-more").get_by_role("button", name="Rate anime").click()
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "clannad", "Clannad", 2)
    rate(page, "toradora", "Toradora!", 8)
    recommendations = recommended(page)
    open_tab(page, "How it works")
    expect(page.get_by_role("heading", name="Compared with the textbook method")).to_be_visible()
    weights = table(page, "Your ratings become weights")[1:]
    assert {row[0]: row[1] for row in weights} == {"Steins;Gate": "10", "Clannad": "2", "Toradora!": "8"}
    sizes = [number(row[-1]) for row in weights]
    assert [abs(size) for size in sizes] == sorted((abs(size) for size in sizes), reverse=True)
    assert {row[0]: number(row[-1]) > 0 for row in weights} == {
        "Steins;Gate": True,
        "Clannad": False,
        "Toradora!": True,
    }
    assert_point_adds_up(table(page, "Weights become your position"))
    own_row = page.locator(".matrix .row li").all_inner_texts()
    for text, (name, rating, *_, size) in zip(own_row[:3], weights, strict=True):
        cell, label = re.fullmatch(r"(\S+)\s+(.+)", text, re.DOTALL).groups()
        assert (label, abs(number(cell) - number(size)) < 0.006) == (f"{name}: {rating}", True)
    assert [text.split()[0] for text in own_row[3:]] == ["?"] * 3
    head, *rows = table(page, "Your position becomes scores")
    assert [cell.split()[0] for cell in head[1:]] == ["2", "8", "32", "128", "512"]
    parts = [row[0] for row in rows[1::2]]
    rows = rows[::2]
    scores = [number(row[-1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert average != [row[-1] for row in rows]
    assert_product_fills_the_cells(page, scores[:3])
    for terms, score in zip(parts, scores, strict=True):
        added = [number(part) for part in re.findall(r"(-?[\d,]+\.\d\d)(?= ·|$)", terms)]
        assert len(added) == 4  # for three titles and the average person
        assert [abs(part) for part in added[:3]] == sorted((abs(part) for part in added[:3]), reverse=True)
        assert abs(sum(added) - score) < 0.03
    ours, classic = page.locator(".sides ol").all()
    assert names(ours) == [row[0] for row in rows]
    facts = ours.locator(".facts").all_inner_texts()
    assert [float(re.findall(r"[\d.]+", fact)[0]) for fact in facts] == scores
    ranks = [int(re.search(r"no\. ([\d,]+) for you", fact)[1].replace(",", "")) for fact in facts]
    assert ranks != sorted(ranks)  # the second stage and the dial have their say
    assert names(ours)[ranks.index(1)] == recommendations[0]
    assert len(names(classic)) == len(rows)
    assert names(classic) != names(ours)
    assert set(names(page.locator(".sides .both"))) == set(names(ours)) & set(names(classic))
    lists = shorter_lists(page)
    assert list(lists) == ["2", "8", "32", "128", "512"]
    whole = lists.pop("512")
    assert whole == names(ours)  # no truncation: this is the list
    for column in lists.values():
        ranks = [re.fullmatch(r"(.+)\sno\. ([\d,]+)", cell).groups() for cell in column]
        assert all((int(rank) <= 5) == (name in whole) for name, rank in ranks)
    highlighted = set(names(page.locator(".lists .other")))
    assert highlighted == {re.sub(r"\sno\..*", "", cell) for column in lists.values() for cell in column} - set(whole)
    weights = page.get_by_role("group", name="The weight of each rating").locator("dd").all_inner_texts()
    assert [number(cell) < 0 for cell in weights] == [True] * 4 + [False] * 7
    assert "-0.000" not in page.locator(".inside").inner_text()
    expected = page.get_by_text("A second model predicts ratings").inner_text()
    card = page.locator("#results .card").and_(page.locator(f'[data-name="{rows[0][0]}"]'))
    on_card = card.locator(".predicted dd").text_content()
    assert re.search(rf"With your ratings it expects {on_card}\.", expected)
    assert page.locator("figure polyline").count() == 2


def test_links_to_code_work_and_tables_fit_a_phone(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:5&tab=how", PHONE)
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    metrics = table(page, "How good is it?")
    assert len(metrics) > 4
    assert metrics[0] == ["", "NDCG@10", "RMSE"]
    assert metrics[1][0] == "1 shown"
    assert metrics[1][-1] == "known users"
    assert all(re.fullmatch(r"–|\d\.\d{3}", cell) for row in metrics[2:] for cell in row[1:])
    assert_tables_need_no_scrolling(page)
    region = page.get_by_role("region", name="How good is it?")
    expect(region.get_by_role("table").get_by_role("row")).to_have_count(len(metrics))  # folded, it is still a table
    cell = region.locator("tbody td:not(.blank)").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"NDCG@10, 1 shown"'
    head = region.locator("tbody th").first.bounding_box()
    assert head["y"] + head["height"] <= cell.bounding_box()["y"]
    parts = [page.locator(f"#matrix-{name}").bounding_box()["y"] for name in ("a", "u", "sigma", "v")]
    assert parts == sorted(parts)
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == "none"
    rows = [page.locator(f".matrix {row}").last.bounding_box() for row in (".rows .entry", ".sigma", "tbody .entry")]
    assert max(row["y"] for row in rows) - min(row["y"] for row in rows) < 4  # a factor's numbers stand side by side
    links = page.locator(".inside a").evaluate_all("links => [...new Set(links.map(link => link.href))]")
    assert len(links) > 6
    for address in links:
        answer = page.request.get(address)
        assert answer.ok, address
        assert answer.text().startswith('"""' if address.endswith(".py") else "---"), address
