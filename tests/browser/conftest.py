"""The app as its users start it, and Chromium to visit it."""

import base64
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, Route, expect, sync_playwright
from running import running_app
from skipping import skip_unless_ci
from visitor_actions import ANILIST, ANILIST_SIGN_IN, COVERS, DESKTOP, PHONE, Visit
from waiting import HANG_SECONDS, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=HANG_SECONDS * 1000)
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --no-first-run"
# Messages that vanish after some seconds stay, so that a slow machine shows them to the test, too.
KEEP_MESSAGES = """
    const setTimer = window.setTimeout;
    window.setTimeout = (call, wait, ...values) => (wait >= 3000 ? 0 : setTimer(call, wait, ...values));
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """The app with the bundled model."""
    with running_app() as url:
        yield url


@pytest.fixture(scope="session")
def hostile_app(model_folder: Path) -> Iterator[str]:
    """The app with the small model. Some of its titles are attacks."""
    with running_app(MODEL_DIR=str(model_folder)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        skip_unless_ci("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split(), timeout=HANG_SECONDS * 1000)
        yield browser
        browser.close()


def know_nothing(route: Route) -> None:
    """Answer in place of AniList, which the details of a title ask."""
    route.fulfill(
        json={"data": {"Media": {}}}, headers={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    )


def send_cover(route: Route) -> None:
    route.fulfill(body=PIXEL, content_type="image/png")


class Watch:
    """The problems of a visitor's pages, and their requests without an answer."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.pending: set[Request] = set()

    def add(self, page: Page, *, covers: bool, anilist: bool, busy: bool) -> None:
        """Watch a page. Failing covers, AniList's errors and a busy server are no problems where a test causes them."""

        def note(line: str, url: str = "") -> None:
            expected = (
                anilist and url.startswith((ANILIST, ANILIST_SIGN_IN))
            ) or "ERR_ABORTED" in line  # the visitor has left the page
            expected |= busy and "503" in line
            if not expected and (covers or not (url.startswith(COVERS) or "ERR_FAILED" in line)):
                self.problems.append(line)

        def sent(request: Request) -> None:
            if "/heartbeat/" not in request.url:  # a stream without an end
                self.pending.add(request)
            is_about_a_title = request.url.startswith(ANILIST) and "idMal:" in (request.post_data or "")
            if not is_about_a_title and not request.url.startswith(("http://127.0.0.1:", "data:", "blob:", *COVERS)):
                note(f"other host: {request.url}", request.url)

        def failed(request: Request) -> None:
            self.pending.discard(request)
            note(f"failed: {request.url} {request.failure}", request.url)

        def answered(response: Response) -> None:
            if response.status >= 400:
                note(f"{response.status}: {response.url}", response.url)

        page.on("console", lambda message: note(f"console: {message.text}", message.location["url"]))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("request", sent)
        page.on("requestfinished", lambda request: self.pending.discard(request))
        page.on("requestfailed", failed)
        page.on("response", answered)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open the page as a new visitor: ``visit(url, size, covers=True, …)``.

    ``context`` is that of another page, for a second tab of the same visitor. ``busy`` allows refusals. ``init`` is a
    script that runs before the page's own. ``ready`` is a selector of what is waited for. ``anilist`` answers in place
    of AniList; without it only the details of a title may ask AniList. The end of the test checks that no console has
    a line, no request has failed, and no other host was asked.
    """
    contexts: list[BrowserContext] = []
    watch = Watch()

    def open_page(
        url: str,
        size: tuple[int, int] = DESKTOP,
        *,
        covers: bool = True,
        context: BrowserContext | None = None,
        anilist: Callable[[Route], None] | None = None,
        busy: bool = False,
        init: str = "",
        ready: str = "body[data-tab]:not(:has(#first))",
        **options: Any,
    ) -> Page:
        if context is None:
            context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
            context.set_default_timeout(HANG_SECONDS * 1000)
            for host in COVERS:
                context.route(f"{host}**", send_cover if covers else lambda route: route.abort())
            context.route(f"{ANILIST}**", anilist or know_nothing)
            context.add_init_script(KEEP_MESSAGES)
            context.add_init_script(init)
            contexts.append(context)
        page = context.new_page()
        watch.add(page, covers=covers, anilist=bool(anilist), busy=busy)
        page.goto(url)
        page.locator(ready).wait_for()
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            # To evaluate is to receive what the page has sent.
            wait_until(lambda page=page: page.evaluate("true") and not watch.pending)
        context.close()
    assert not watch.problems


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param


@pytest.fixture
def page(visit: Visit, app: str, size: tuple[int, int]) -> Page:
    """A new visitor's page with the bundled model, on a phone and on a desktop."""
    return visit(app, size)
