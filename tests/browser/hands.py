"""What visitors do, for tests."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PHONE, DESKTOP = (390, 844), (1440, 900)
COVERS = ("https://cdn.myanimelist.net/", "https://example.org/")  # the second: of the small model
ANILIST = "https://graphql.anilist.co"
Visit = Callable[..., Page]
"""``visit(url, size, …)``: see the fixture of that name."""
SEARCH = "Find a show you know"


def search(page: Page, text: str) -> Locator:
    """Type, and wait for the answer to the last letter; the titles found."""
    box = page.get_by_label(SEARCH)
    box.fill("")
    box.press_sequentially(text, delay=10)
    expect(page.locator("#found [data-query]")).to_have_attribute("data-query", text)
    return page.locator("#found li")


def rate(page: Page, text: str, name: str, rating: int) -> None:
    found = search(page, text).and_(page.locator(f'[data-name="{name}"]'))
    found.get_by_role("radio", name=f"{rating} of 10").click()
    expect(page.locator(f'#rated li[data-name="{name}"]')).to_be_visible()
    expect(page.locator("#found li")).to_have_count(0)


def cards(page: Page) -> list[str]:
    return page.locator("#results .card").evaluate_all("cards => cards.map(card => card.dataset.name)")


def rated(page: Page) -> list[str]:
    return page.locator("#rated li").evaluate_all("rows => rows.map(row => row.dataset.name)")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def refine(page: Page) -> None:
    page.get_by_role("button", name="Refine the list").click()
    expect(page.get_by_label("How many")).to_be_visible()


def wish(page: Page, text: str) -> Locator:
    """What narrows the list, as a button that takes it back."""
    return page.get_by_role("button", name=f"Undo: {text}")


def cut_off(page: Page) -> list[str]:
    """What of the page's own parts reaches beyond the screen, and nobody can scroll to it."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".part *")].filter(element => {
            const { left, right, width } = element.getBoundingClientRect();
            if (!width || (right <= innerWidth + 1 && left >= -1) || element.closest(".unseen")) return false;
            const flow = (one) => one.clientWidth <= innerWidth && getComputedStyle(one).overflowX;
            const scrolls = (one) => ["auto", "scroll"].includes(flow(one));
            for (let around = element; around; around = around.parentElement) if (scrolls(around)) return false;
            return true;
        }).map(element => element.outerHTML.slice(0, 100))"""
    )
