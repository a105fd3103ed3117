"""The app as it starts for everybody, and Chromium to visit it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright
from running import running_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


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


@pytest.fixture(params=[(390, 844), (1280, 900)], ids=["phone", "desktop"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A visitor's page. At the end: nothing in the console, no failed request, no other host."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on("requestfailed", lambda failed: trouble.append(f"failed: {failed.url} {failed.failure}"))
    page.on(
        "response", lambda answer: trouble.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
    )

    def note_host(sent: Request) -> None:
        if not sent.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            trouble.append(f"other host: {sent.url}")

    page.on("request", note_host)
    yield page
    # A page that is left closes its open streams; that is no failure of the app's.
    page.wait_for_timeout(200)
    found = [line for line in trouble if "ERR_ABORTED" not in line]
    context.close()
    assert not found
