"""The tab that shows how a list is computed: its numbers and its links."""

import re

from playwright.sync_api import Locator, Page, expect
from visitor_actions import PHONE, Visit, open_tab, rate, recommended


def table(page: Page, name: str) -> list[list[str]]:
    """Return the cells of the table with this name, row by row from the head."""
    return (
        page.get_by_role("region", name=name)
        .locator("tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    )


def number(text: str) -> float:
    return float(text.replace(",", ""))


def names(part: Locator) -> list[str]:
    return part.locator("bdi").all_inner_texts()


def assert_point_adds_up(rows: list[list[str]]) -> None:
    """Check that the numbers of each direction multiply to its term, and that the terms add up to the score."""
    _, *rows, rest, score = rows
    for row in rows:
        assert re.match(r"\d+: .", row[0])
        _, own, prior, share, along, term = (number(cell) for cell in row[1:7])
        assert 0 <= share <= 1
        rounded = 0.001 * abs(share * along) + 0.005 * abs((own + prior) * along) + 0.001
        assert abs((own + prior) * share * along - term) <= rounded
    assert re.match(r"the other 504 directions", rest[0])
    assert abs(sum(number(row[6]) for row in rows) + number(rest[2]) - number(score[2])) < 0.01


def test_share_of_variation_is_the_same_on_both_tabs(visit: Visit, app: str) -> None:
    page = visit(f"{app}?tab=how")
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    two_factors = re.findall(r"([\d.]+)% of the variation", table(page, "What truncation keeps")[0][1])
    open_tab(page, "Explore")
    expect(page.locator(".factors > li").first).to_be_visible()
    shares = [float(re.findall(r"([\d.]+)%", head)[0]) for head in page.locator(".factors h3").all_inner_texts()[:2]]
    assert abs(sum(shares) - float(two_factors[0])) < 0.11
    expect(page.locator("figure polyline")).to_have_count(0)


def test_charts_and_tables_are_readable_in_the_dark(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:5&tab=how&__theme=dark")
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    for chart in page.locator("figure svg").all():
        texts = chart.locator("text").all_text_contents()
        assert texts[:6] == ["1", "2", "8", "32", "128", "512"]
        assert chart.locator(".cut").count() == 5
        colours = chart.locator("text").first.evaluate(
            "text => [getComputedStyle(text).fill, getComputedStyle(text).stroke]"
        )
        assert colours == ["rgb(182, 171, 181)", "none"]  # --ink-soft of the dark theme
    for region in page.locator(".inside .scroll").all():
        assert region.evaluate("region => region.scrollWidth <= region.clientWidth"), region.get_attribute("aria-label")


def test_numbers_add_up_to_the_list(visit: Visit, app: str) -> None:
    page = visit(app)
    open_tab(page, "How it works")
    expect(page.get_by_text("You have not rated anything yet")).to_be_visible()
    expect(page.get_by_role("heading", name="The textbook beside it")).to_have_count(0)
    average = [row[-1] for row in table(page, "The point becomes scores")[1::2]]
    page.locator("#panel-more").get_by_role("button", name="Rate shows").click()
    rate(page, "steins gate", "Steins;Gate", 10)
    rate(page, "clannad", "Clannad", 2)
    rate(page, "toradora", "Toradora!", 8)
    recommendations = recommended(page)
    open_tab(page, "How it works")
    expect(page.get_by_role("heading", name="The textbook beside it")).to_be_visible()
    weights = table(page, "Your ratings become weights")[1:]
    assert {row[0]: row[1] for row in weights} == {"Steins;Gate": "10", "Clannad": "2", "Toradora!": "8"}
    sizes = [number(row[-1]) for row in weights]
    assert [abs(size) for size in sizes] == sorted((abs(size) for size in sizes), reverse=True)
    assert {row[0]: number(row[-1]) > 0 for row in weights} == {
        "Steins;Gate": True,
        "Clannad": False,
        "Toradora!": True,
    }
    assert_point_adds_up(table(page, "Weights become a point"))
    head, *rows = table(page, "The point becomes scores")
    assert [cell.split()[0] for cell in head[1:]] == ["2", "8", "32", "128", "512"]
    parts = [row[0] for row in rows[1::2]]
    rows = rows[::2]
    scores = [number(row[-1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert average != [row[-1] for row in rows]
    for terms, score in zip(parts, scores, strict=True):
        added = [number(part) for part in re.findall(r"(-?[\d,]+\.\d\d)(?= ·|$)", terms)]
        assert len(added) == 4  # for three titles and the average person
        assert [abs(part) for part in added[:3]] == sorted((abs(part) for part in added[:3]), reverse=True)
        assert abs(sum(added) - score) < 0.03
    ours, classic = page.locator(".sides ol").all()
    assert names(ours) == [row[0] for row in rows]
    facts = ours.locator(".facts").all_inner_texts()
    assert [float(re.findall(r"[\d.]+", fact)[0]) for fact in facts] == scores
    ranks = [int(re.search(r"no\. ([\d,]+) on your list", fact)[1].replace(",", "")) for fact in facts]
    assert ranks != sorted(ranks)  # the second stage and the dial have their say
    assert names(ours)[ranks.index(1)] == recommendations[0]
    assert len(names(classic)) == len(rows)
    assert names(classic) != names(ours)
    assert set(names(page.locator(".sides .both"))) == set(names(ours)) & set(names(classic))
    head, *truncated = table(page, "What truncation keeps")
    assert [cell.split()[0] for cell in head[1:]] == ["2", "8", "32", "128", "512"]
    columns = list(zip(*truncated, strict=True))[1:]
    assert list(columns[-1]) == names(ours)  # no truncation: this is the list
    for column in columns[:-1]:
        ranks = [re.fullmatch(r"(.+)\sno\. ([\d,]+)", cell).groups() for cell in column]
        assert all((int(rank) <= 5) == (name in columns[-1]) for name, rank in ranks)
    highlighted = set(names(page.locator(".lists .other")))
    assert highlighted == {re.sub(r"\sno\..*", "", cell) for column in columns for cell in column} - set(columns[-1])
    weights = table(page, "The weight of each rating")
    assert [number(cell) < 0 for cell in weights[1][1:]] == [True] * 4 + [False] * 7
    assert "-0.000" not in page.locator(".inside").inner_text()
    expected = page.get_by_text("The rating on a card comes from a second model").inner_text()
    card = page.locator("#results .card").and_(page.locator(f'[data-name="{rows[0][0]}"]'))
    on_card = card.locator(".predicted dd").text_content()
    assert re.search(rf"make that {on_card}\.", expected)
    assert page.locator("figure polyline").count() == 2


def test_links_to_code_work_and_tables_fit_a_phone(visit: Visit, app: str) -> None:
    page = visit(f"{app}?rated=9253:10,20:5&tab=how", PHONE)
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    metrics = table(page, "How good is it, measured")
    assert len(metrics) > 4
    assert metrics[0] == ["", "NDCG@10", "RMSE"]
    assert metrics[1][0] == "1 shown"
    assert metrics[1][-1] == "known users"
    assert all(re.fullmatch(r"–|\d\.\d{3}", cell) for row in metrics[2:] for cell in row[1:])
    region = page.get_by_role("region", name="How good is it, measured")
    first = region.locator("tbody th").first
    x = first.bounding_box()["x"]
    region.evaluate("region => region.scrollTo(200, 0)")
    assert abs(first.bounding_box()["x"] - x) < 2  # only the other columns scroll
    links = page.locator(".inside a").evaluate_all("links => [...new Set(links.map(link => link.href))]")
    assert len(links) > 6
    for address in links:
        answer = page.request.get(address)
        assert answer.ok, address
        assert answer.text().startswith('"""' if address.endswith(".py") else "---"), address
