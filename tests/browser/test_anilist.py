"""Signing in to AniList: the token stays in the tab and goes to AniList alone; planned titles are saved there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Request, Route, expect
from running import running_app
from test_look import violations
from test_my_list import keep
from visitor_actions import PHONE, Visit, open_tab
from watchlist_files import anilist_answer, anilist_entry

TOKEN = "secret-token"
DEATH_NOTE, MONSTER, STEINS_GATE, FRIEREN = 1535, 19, 9253, 52991
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "content-type, authorization",
    "Access-Control-Expose-Headers": "Retry-After",
}


@pytest.fixture(scope="module")
def app_with_client() -> Iterator[str]:
    with running_app(ANILIST_CLIENT_ID="4711") as url:
        yield url


class AniList:
    """Answers in place of AniList, and notes what it was asked. ``refusals`` are statuses that come first."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.tokens: set[str | None] = set()
        self.refusals: list[int] = []

    def __call__(self, route: Route) -> None:
        if route.request.method == "OPTIONS":
            return route.fulfill(status=204, headers=CORS)
        query = json.loads(route.request.post_data)["query"]
        self.tokens.add(route.request.headers.get("authorization"))
        if self.refusals:
            status = self.refusals.pop(0)
            error = {"errors": [{"message": "Invalid token", "status": status}], "data": None}
            return route.fulfill(status=status, json=error, headers=CORS | {"Retry-After": "1"})
        self.queries.append(query)
        return route.fulfill(json=self.answer(query), headers=CORS)

    def answer(self, query: str) -> dict[str, Any]:
        if "Viewer" in query:
            return {"data": {"Viewer": {"name": "somebody"}}}
        if "MediaListCollection" in query:
            return anilist_answer([anilist_entry(1, STEINS_GATE, score=90), anilist_entry(MONSTER, MONSTER)])
        return {"data": {f"a{index}": {"id": index} for index in range(query.count("SaveMediaListEntry"))}}


def test_visitor_signs_in_saves_planned_titles_and_signs_out(visit: Visit, app_with_client: str) -> None:
    anilist, sent = AniList(), []
    page = visit(f"{app_with_client}?tab=list", PHONE, anilist=anilist,
                 init=keep({"planned": [DEATH_NOTE, MONSTER, FRIEREN]}))  # fmt: skip
    page.on("request", lambda request: sent.append(request))
    # AniList's own page, which sends the visitor back with a token.
    asked: list[str] = []

    def authorize(route: Route) -> None:
        asked.append(route.request.url)
        back = f"{app_with_client}/#access_token={TOKEN}&token_type=Bearer&expires_in=31536000"
        route.fulfill(status=302, headers={"Location": back})

    page.context.route("https://anilist.co/**", authorize)
    box = page.locator("#anilist")
    box.get_by_role("button", name="Sign in to AniList").click()
    expect(box.get_by_role("button", name="Sign out")).to_be_visible()
    assert asked == ["https://anilist.co/api/v2/oauth/authorize?client_id=4711&response_type=token"]
    assert TOKEN not in page.url
    assert page.evaluate("Object.values(localStorage).join()").count(TOKEN) == 0
    assert not violations(page, "#panel-more")
    assert not anilist.queries  # nothing is asked before a button is pressed
    anilist.refusals = [429]
    box.get_by_role("button", name="Save 3 planned titles to AniList").click()
    expect(box.get_by_role("status")).to_have_text("2 titles saved to AniList. 1 was on your list already.")
    (mutation,) = [query for query in anilist.queries if query.startswith("mutation")]
    assert mutation.count("status: PLANNING") == 2
    assert f"mediaId: {DEATH_NOTE}," in mutation
    assert anilist.tokens == {f"Bearer {TOKEN}"}
    box.get_by_role("button", name="Import my AniList list").click()
    expect(page.locator("#report")).to_contain_text("AniList, list of somebody, 2 entries")
    anilist.refusals = [401]
    box.get_by_role("button", name="Save 2 planned titles to AniList").click()
    expect(box.get_by_role("status")).to_contain_text("Sign in again.")
    expect(box.get_by_role("button", name="Sign in to AniList")).to_be_visible()
    box.get_by_role("button", name="Sign in to AniList").click()
    box.get_by_role("button", name="Sign out").click()
    expect(box.get_by_role("button", name="Sign in to AniList")).to_be_visible()
    assert page.evaluate("Object.values(sessionStorage).join()").count(TOKEN) == 0

    def has_token(request: Request) -> bool:
        return TOKEN in f"{request.url}{request.post_data}{request.headers}"

    assert not [request.url for request in sent if request.url.startswith(app_with_client) and has_token(request)]


def test_token_that_was_not_asked_for_is_dropped_and_no_client_means_no_button(
    visit: Visit, app_with_client: str, app: str
) -> None:
    page = visit(f"{app_with_client}?tab=list#access_token={TOKEN}", PHONE)
    expect(page.get_by_role("button", name="Sign in to AniList")).to_be_visible()
    assert TOKEN not in page.url
    assert page.evaluate("Object.values(sessionStorage).join()").count(TOKEN) == 0
    page = visit(app, PHONE)
    open_tab(page, page.locator("#tab-list").inner_text())
    expect(page.get_by_role("button", name="Import from AniList")).to_be_visible()
    assert page.get_by_role("button", name="Sign in to AniList").count() == 0
