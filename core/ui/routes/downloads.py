"""The list as a file: ``list.csv`` and ``list.json`` take the same parameters as a link to the page."""

from collections.abc import Callable

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
from .spreadsheets import spreadsheet

COLUMNS = (
    "rank", "anime_id", "name", "english", "genres", "type", "episodes", "mean_rating", "members",
    "predicted_rating", "because",
)  # fmt: skip
Recommendations = list[Recommendation] | list[JointRecommendation]


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
    """Return a table for spreadsheet programs. For two people a cell has both values, separated by a slash."""
    rows = []
    for item in recommendations:
        ratings, reasons = zip(*by_person(item), strict=True)
        texts = {
            "genres": ", ".join(item.genres),
            "predicted_rating": " / ".join(f"{rating:.2f}" for rating in ratings),
            "because": " / ".join(
                " | ".join(reason.english or reason.name for reason in because) for because in reasons
            ),
        }
        rows.append([(item.as_dict() | texts)[column] for column in COLUMNS])
    return spreadsheet(COLUMNS, rows)
