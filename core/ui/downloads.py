"""The list as a file: ``list.csv`` and ``list.json`` take the same parameters as a link to the page."""

import csv
import io
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import AniSVDError
from core.model import Model
from core.recommend import Recommendation
from core.source import ServedModel
from core.ui.flows import answer
from core.ui.state import PageState

COLUMNS = (
    "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
    "predicted_rating", "because",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def download_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """``GET /list.csv`` and ``GET /list.json``. A wrong user is answered with 404 and a sentence;
    whatever else the model doesn't know is left out, as on the page.
    """

    def route(name: str, respond: Callable[[list[Recommendation]], Response]) -> Route:
        def endpoint(request: Request) -> Response:
            model = current().model
            try:
                return respond(listed(str(request.url.query), model))
            except AniSVDError as error:
                return PlainTextResponse(str(error), status_code=404)

        return Route(f"/{name}", endpoint)

    return [route("list.csv", as_csv), route("list.json", as_json)]


def listed(query: str, model: Model) -> list[Recommendation]:
    """The list that the page shows for a link."""
    return answer(PageState.from_link(query, model)[0], model).recommendations


def as_json(recommendations: list[Recommendation]) -> Response:
    """A JSON array with the fields of `Recommendation`."""
    return JSONResponse([item.as_dict() for item in recommendations], headers=_saved_as("anisvd.json"))


def as_csv(recommendations: list[Recommendation]) -> Response:
    """UTF-8 with a byte order mark, for spreadsheets; names that one would take for a formula begin
    with an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for item in recommendations:
        reasons = " | ".join(reason.english or reason.name for reason in item.because)
        values = item.as_dict() | {"genres": ", ".join(item.genres), "because": reasons}
        rounded = values | {"predicted_rating": round(item.predicted_rating, 2)}
        writer.writerow([_cell(rounded[column]) for column in COLUMNS])
    text = "\ufeff" + stream.getvalue()
    return Response(text, media_type="text/csv; charset=utf-8", headers=_saved_as("anisvd.csv"))


def _cell(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
