"""The app as it starts for everybody, and Chromium to visit it."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import ANILIST, COVERS, DESKTOP, PHONE, Visit
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from running import running_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
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
    """The app with the small model, some of whose titles are attacks."""
    with running_app(MODEL_DIR=str(model_folder)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """A new visitor with a browser of their own: ``visit(url, size, covers=True, …)``, or with
    ``context=`` another tab of one; ``init`` is a script that runs before the page's; ``anilist``
    answers in AniList's place, which is asked for nothing without it. At the end: nothing in any
    console, no failed request, no other host.
    """
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def cover(route: Route) -> None:
        route.fulfill(body=PIXEL, content_type="image/png")

    def watch(page: Page, covers: bool, anilist: bool) -> None:
        def note(line: str, url: str = "") -> None:
            if anilist and url.startswith(ANILIST):
                return  # what its errors look like to people is what such a test looks at
            # A page that is left closes its open streams, and covers fail when a test blocks them.
            if "ERR_ABORTED" not in line and (covers or not (url.startswith(COVERS) or "ERR_FAILED" in line)):
                trouble.append(line)

        page.on("console", lambda message: note(f"console: {message.text}", message.location["url"]))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("requestfailed", lambda failed: note(f"failed: {failed.url} {failed.failure}", failed.url))
        page.on(
            "response",
            lambda answer: note(f"{answer.status}: {answer.url}", answer.url) if answer.status >= 400 else None,
        )
        page.on(
            "request",
            lambda sent: (
                None
                if sent.url.startswith(("http://127.0.0.1:", "data:", "blob:", *COVERS))
                else note(f"other host: {sent.url}", sent.url)
            ),
        )

    def open_page(
        url: str,
        size: tuple[int, int] = DESKTOP,
        *,
        covers: bool = True,
        context: BrowserContext | None = None,
        anilist: Callable[[Route], None] | None = None,
        init: str = "",
        **options,
    ) -> Page:
        if context is None:
            context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
            for host in COVERS:
                context.route(f"{host}**", cover if covers else lambda route: route.abort())
            if anilist:
                context.route(f"{ANILIST}**", anilist)
            context.add_init_script(init)
            contexts.append(context)
        page = context.new_page()
        watch(page, covers, bool(anilist))
        page.goto(url)
        page.locator("#results .card[data-id], #results .notice").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.wait_for_timeout(100)
        context.close()
    assert not trouble


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param


@pytest.fixture
def page(visit: Visit, app: str, size: tuple[int, int]) -> Page:
    """A visitor's page of the bundled model, at both sizes."""
    return visit(app, size)
