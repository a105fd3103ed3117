"""The list as a file: ``list.csv`` and ``list.json`` take the same parameters as a link to the page."""

import csv
import io
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...errors import AniSVDError
from ...model.model import Model
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ...serving.model_source import ServedModel
from ..page.answers import answer
from ..page.state import PageState

COLUMNS = (
    "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
    "predicted_rating", "because",
)  # fmt: skip
Listed = list[Recommendation] | list[JointRecommendation]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def download_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """``GET /list.csv`` and ``GET /list.json``. A wrong user is answered with 404 and a sentence;
    whatever else the model doesn't know is left out, as on the page.
    """

    def route(name: str, respond: Callable[[Listed], Response]) -> Route:
        def endpoint(request: Request) -> Response:
            model = current().model
            try:
                return respond(listed(str(request.url.query), model))
            except AniSVDError as error:
                return PlainTextResponse(str(error), status_code=404)

        return Route(f"/{name}", endpoint)

    return [route("list.csv", as_csv), route("list.json", as_json)]


def listed(query: str, model: Model) -> Listed:
    """The list that the page shows for a link."""
    return answer(PageState.from_link(query, model)[0], model).recommendations


def as_json(recommendations: Listed) -> Response:
    """A JSON array with the fields of `Recommendation` or `JointRecommendation`."""
    return JSONResponse([item.as_dict() for item in recommendations], headers=_saved_as("anisvd.json"))


def as_csv(recommendations: Listed) -> Response:
    """UTF-8 with a byte order mark, for spreadsheets; names that one would take for a formula begin
    with an apostrophe. Of two people, what differs stands in one cell, with a slash between.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for item in recommendations:
        people: list[tuple[float, tuple[Reason, ...]]]
        if isinstance(item, JointRecommendation):
            people = list(zip(item.predicted_ratings, item.because, strict=True))
        else:
            people = [(item.predicted_rating, item.because)]
        told = {
            "genres": ", ".join(item.genres),
            "predicted_rating": " / ".join(f"{rating:.2f}" for rating, _ in people),
            "because": " / ".join(" | ".join(one.english or one.name for one in because) for _, because in people),
        }
        writer.writerow([_cell((item.as_dict() | told)[column]) for column in COLUMNS])
    text = "\ufeff" + stream.getvalue()
    return Response(text, media_type="text/csv; charset=utf-8", headers=_saved_as("anisvd.csv"))


def _cell(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
