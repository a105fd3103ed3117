"""The picture that chats show for a link."""

from collections.abc import Callable

from cachetools import LRUCache, cached
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...serving.model_source import ServedModel
from ..first.picture import N_COVERS, list_picture
from ..page.state import PageState
from ..page.visitor import Visitor
from ..translations import texts_in

KEPT = 64  # pictures, of some 60 kB
DAY = "public, max-age=86400"


def preview_route(current: Callable[[], ServedModel]) -> Route:
    """Return the route ``GET /preview.png``: a PNG of 1200 x 630 in English, with the list of a link. It takes the
    same parameters as a link to the page. The last pictures are kept, because a link is often shown in many chats.
    """

    @cached(LRUCache(KEPT), key=lambda served, link: (served.revision, link))
    def picture(served: ServedModel, link: str) -> bytes:
        state, _ = PageState.from_link(link, served.model)
        texts = texts_in()
        shown = Visitor(state, served, texts).shown
        heading = texts("results.nobody") if shown.about == "nobody" else texts("first.heading")
        titles = [served.model.catalogue[item.anime_id] for item in shown.recommendations[:N_COVERS]]
        return list_picture(heading.unescape(), texts("promise").unescape(), titles)

    def preview(request: Request) -> Response:
        served = current()
        state, _ = PageState.from_link(str(request.url.query), served.model)
        return Response(picture(served, state.to_link()), media_type="image/png", headers={"Cache-Control": DAY})

    return Route("/preview.png", preview)
