"""``POST /my-list.xml`` and such: a visitor's own list as a file, made from their state. Nothing is kept."""

import json
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...serving.model_source import ServedModel
from ...watchlists.export import COLUMNS, ExportEntry, export_entries, to_anilist, to_myanimelist, to_rows
from ..page.state import PageState
from .spreadsheets import spreadsheet

FILES: dict[str, Callable[[Sequence[ExportEntry]], Response]] = {
    "xml": lambda entries: Response(to_myanimelist(entries), media_type="application/xml"),
    "json": lambda entries: Response(to_anilist(entries), media_type="application/json"),
    "csv": lambda entries: spreadsheet(COLUMNS, to_rows(entries)),
}


def export_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """Return the routes ``POST /my-list.xml`` (for MyAnimeList), ``/my-list.json`` (for AniList) and ``/my-list.csv``,
    which take a state as JSON. Values that the model does not know are left out, as on the page.
    """

    def route(suffix: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(_file, await request.body(), suffix, current())

        return Route(f"/my-list.{suffix}", endpoint, methods=["POST"])

    return [route(suffix) for suffix in FILES]


def _file(body: bytes, suffix: str, served: ServedModel) -> Response:
    model = served.model
    state, _ = PageState.from_json(json.loads(body), model)  # the gates let only JSON through
    entries = export_entries(dict(state.ratings), state.planned, state.dropped, model.catalogue, model.rating_scale)
    response = FILES[suffix](entries)
    response.headers["Content-Disposition"] = f'attachment; filename="anisvd-my-list.{suffix}"'
    return response
