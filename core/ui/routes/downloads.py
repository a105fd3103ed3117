"""The list as a file: ``list.csv`` and ``list.json`` take the same parameters as a link to the page."""

import csv
import io
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...errors import AniSVDError
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Recommendation
from ...serving.model_source import ServedModel
from ..page.state import PageState
from ..page.visitor import Visitor, by_person
from ..translations import texts_in

COLUMNS = (
    "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
    "predicted_rating", "because",
)  # fmt: skip
Recommendations = list[Recommendation] | list[JointRecommendation]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def download_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """Return the routes ``GET /list.csv`` and ``GET /list.json``. An unknown user gets 404 and a sentence. Other
    values that the model does not know are left out, as on the page.
    """

    def route(suffix: str, respond: Callable[[Recommendations], Response]) -> Route:
        def endpoint(request: Request) -> Response:
            served = current()
            state, _ = PageState.from_link(str(request.url.query), served.model)
            try:
                response = respond(Visitor(state, served, texts_in()).answer.recommendations)
            except AniSVDError as error:
                return PlainTextResponse(str(error), status_code=404)
            response.headers["Content-Disposition"] = f'attachment; filename="anisvd.{suffix}"'
            return response

        return Route(f"/list.{suffix}", endpoint)

    return [route("csv", as_csv), route("json", as_json)]


def as_json(recommendations: Recommendations) -> Response:
    """Return a JSON array with the fields of `Recommendation` or `JointRecommendation`."""
    return JSONResponse([item.as_dict() for item in recommendations])


def as_csv(recommendations: Recommendations) -> Response:
    """Return UTF-8 with a byte order mark, for spreadsheets. An apostrophe comes before a name that a spreadsheet
    would take for a formula. For two people a cell has both values, separated by a slash.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for item in recommendations:
        ratings, reasons = zip(*by_person(item), strict=True)
        texts = {
            "genres": ", ".join(item.genres),
            "predicted_rating": " / ".join(f"{rating:.2f}" for rating in ratings),
            "because": " / ".join(
                " | ".join(reason.english or reason.name for reason in because) for because in reasons
            ),
        }
        writer.writerow([_cell((item.as_dict() | texts)[column]) for column in COLUMNS])
    return Response("\ufeff" + stream.getvalue(), media_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
