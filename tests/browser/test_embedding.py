"""The page where others publish it: under a prefix behind a proxy, and in the frame of its Space."""

import threading
from collections.abc import Iterator
from urllib.request import urlopen

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from running import running_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from visitor_actions import DESKTOP, Visit, open_tab, rate
from waiting import HANG_SECONDS, wait_until

PREFIX = "/anime"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}


@pytest.fixture
def proxied_app() -> Iterator[str]:
    """The app behind a proxy that publishes it under a prefix, which it strips."""
    with running_app(GRADIO_ROOT_PATH=PREFIX) as url:
        unkept = httpx.Limits(max_keepalive_connections=0)  # the app ends idle connections; httpx does not ask again
        client = httpx.AsyncClient(base_url=url, timeout=HANG_SECONDS, limits=unkept)

        async def forward(request: Request) -> Response:
            asked = client.build_request(
                request.method,
                httpx.URL(path="/" + request.path_params["path"], query=request.url.query.encode()),
                headers=[(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP],
                content=await request.body(),
            )
            answer = await client.send(asked, stream=True)
            headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
            return StreamingResponse(answer.aiter_bytes(), answer.status_code, headers)

        routes = [
            Route(f"{PREFIX}/{{path:path}}", forward, methods=["GET", "POST"]),
            Route("/favicon.ico", lambda request: Response(status_code=204)),  # of the host; browsers ask for it
        ]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}{PREFIX}/"
        server.should_exit = True
        thread.join(HANG_SECONDS)


def test_page_works_under_a_prefix(visit: Visit, proxied_app: str) -> None:
    page = visit(proxied_app, DESKTOP)
    rate(page, "fullmetal brotherhood", "Fullmetal Alchemist: Brotherhood", 9)
    open_tab(page, "Explore")
    expect(page.locator("#map canvas")).to_be_visible()
    address = page.get_by_role("link", name="JSON").get_attribute("href")
    assert page.request.get(f"{proxied_app}{address}").json()[0]["rank"] == 1
    open_tab(page, "My list")
    page.locator("[data-bring]").set_input_files({"name": "x.xml", "mimeType": "text/xml", "buffer": b"no list"})
    expect(page.locator("#report")).to_contain_text("neither XML nor JSON")


def test_page_works_in_the_frame_of_its_space(chromium: Browser, app: str) -> None:
    space = "https://huggingface.co/spaces/somebody/anisvd"
    body = f'<iframe src="{app}" width="380" height="800"></iframe>'
    context = chromium.new_context(permissions=["local-network-access"])  # the app of the test is a local one
    page = context.new_page()
    page.route(space, lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(space)
    frame = page.frame_locator("iframe")
    frame.locator("#wall li").first.get_by_role("radio", name="8 of 10").click()
    expect(frame.locator("#rated li")).to_have_count(1)
    context.close()


def test_no_other_site_may_frame_it(app: str) -> None:
    with urlopen(app, timeout=HANG_SECONDS) as answer:
        policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space")
