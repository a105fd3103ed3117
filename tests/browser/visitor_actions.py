"""Actions of a visitor on the page, and what the page shows."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PHONE, DESKTOP = (390, 844), (1440, 900)
COVERS = ("https://cdn.myanimelist.net/", "https://myanimelist.net/images/", "https://example.org/")
"""Where covers come from; example.org has those of the small model."""
ANILIST, ANILIST_SIGN_IN = "https://graphql.anilist.co", "https://anilist.co/api/v2/oauth/"
Visit = Callable[..., Page]
"""``visit(url, size, …)``, the fixture of that name."""
SEARCH = "Find an anime you know"


def search(page: Page, text: str) -> Locator:
    """Type into the search box; return the titles in the answer to the last letter."""
    box = page.get_by_label(SEARCH)
    box.fill("")
    box.press_sequentially(text, delay=10)
    expect(page.locator("#found [data-query]")).to_have_attribute("data-query", text)
    return page.locator("#found li")


def rate(page: Page, text: str, name: str, rating: int) -> None:
    title = search(page, text).and_(page.locator(f'[data-name="{name}"]'))
    title.get_by_role("radio", name=f"{rating} of 10").click()
    expect(page.locator(f'#rated li[data-name="{name}"]')).to_be_visible()
    expect(page.locator("#found li")).to_have_count(0)


def recommended(page: Page) -> list[str]:
    """Return the names of the recommended titles."""
    return page.locator("#results .card").evaluate_all("cards => cards.map(card => card.dataset.name)")


def rated(page: Page) -> list[str]:
    """Return the names of the titles that the visitor has rated."""
    return page.locator("#rated li").evaluate_all("rows => rows.map(row => row.dataset.name)")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def open_users(page: Page) -> None:
    """Open what is told of existing users."""
    open_tab(page, "Together")
    page.get_by_role("button", name="See a user’s list").click()
    expect(page.locator("#user-id")).to_be_visible()  # in both panels a label names a user number


def open_filters(page: Page) -> None:
    page.locator(".refine").click()
    expect(page.get_by_label("Number of titles")).to_be_visible()


def active_filter(page: Page, text: str) -> Locator:
    """Return the button that shows an active filter and removes it."""
    return page.get_by_role("button", name=f"Remove filter: {text}")


def cut_off(page: Page) -> list[str]:
    """Return the elements of our page that reach beyond the screen and cannot be scrolled to."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".part *")].filter(element => {
            const { left, right, width } = element.getBoundingClientRect();
            if (!width || (right <= innerWidth + 1 && left >= -1) || element.closest(".unseen")) return false;
            const overflow = (box) => box.clientWidth <= innerWidth && getComputedStyle(box).overflowX;
            for (let box = element; box; box = box.parentElement)
                if (["auto", "scroll"].includes(overflow(box))) return false;
            return true;
        }).map(element => element.outerHTML.slice(0, 100))"""
    )


def open_details(page: Page, name: str) -> Locator:
    """Open the details of a recommended title; return them."""
    page.get_by_role("button", name=f"More about {name}", exact=True).click()
    details = page.locator("#results .card.open .panel:not([aria-busy])")
    expect(details.locator(".top")).to_be_visible()
    return details
