"""Resources of the tabs *Explore* and *How it works*: the titles of the map, the model card, and the code that runs."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ...insight.factor_meanings import centred_loadings
from ...model.card import model_card
from ...model.model import Model
from ...numerics.arrays import Float32, Int64
from ...serving.model_source import ServedModel
from ..page.explore import FACTORS_SHOWN, map_titles, map_version
from ..translations import Texts, texts_in

CORE = Path(__file__).parents[2]
COMPRESSION = 5  # 2 % larger than at 9, in a quarter of the time
STEPS = 65_535  # coordinates are whole numbers from 0 to this


def sight_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """Return the routes ``GET /map.json?language=…&adult=1&version=…``, ``/map-factor?number=…&adult=1&version=…``,
    ``/model-card`` and ``/code/core/….py``.
    """

    def caching(served: ServedModel, version: str | None) -> dict[str, str]:
        return {"Cache-Control": "private, max-age=86400" if version == map_version(served) else "no-cache"}

    def title_map(request: Request) -> Response:
        served, query = current(), request.query_params
        content = packed_map(served, texts_in(query.get("language")), query.get("adult") == "1")
        headers = {"Content-Encoding": "gzip"} | caching(served, query.get("version"))
        return Response(content, media_type="application/json", headers=headers)

    def map_factor(request: Request) -> Response:
        served, query = current(), request.query_params
        number = query.get("number", "")
        if number not in map(str, range(min(FACTORS_SHOWN, len(served.model.singular_values)))):
            return PlainTextResponse("There is no such factor.", status_code=404)
        content = factor_steps(served.model, int(number), query.get("adult") == "1").tobytes()
        headers = caching(served, query.get("version"))
        return Response(content, media_type="application/octet-stream", headers=headers)

    def card(request: Request) -> Response:
        model = current().model
        return PlainTextResponse(model_card(model.info, model.catalogue), media_type="text/markdown; charset=utf-8")

    def code(request: Request) -> Response:
        module = CORE / request.path_params["name"]
        if module not in _modules():
            return PlainTextResponse("There is no such module. Modules are core/**/*.py.", status_code=404)
        return PlainTextResponse(module.read_text(encoding="utf-8"))

    return [
        Route("/map.json", title_map),
        Route("/map-factor", map_factor),
        Route("/model-card", card),
        Route("/code/core/{name:path}", code),
    ]


@cache
def _modules() -> frozenset[Path]:
    return frozenset(CORE.rglob("*.py"))


def packed_map(served: ServedModel, texts: Texts, adult: bool) -> bytes:
    """Return `map_data` as JSON, compressed with gzip. It is made once for each model."""
    key = "map", texts.language, adult
    if key not in served.made:
        content = json.dumps(map_data(served.model, texts, adult), separators=(",", ":"), allow_nan=False)
        served.made[key] = gzip.compress(content.encode(), COMPRESSION)
    return served.made[key]


def map_data(model: Model, texts: Texts, adult: bool) -> dict[str, object]:
    """Return what ``assets/map.js`` draws: ``{"titles": [[anime_id, x, y, region, members, known, name], …], "regions":
    [{"label", "x", "y"}, …]}``. The titles with most members come last and are drawn on top. ``known`` is 0 for a
    title that is placed by its facts, because too few people rated it.
    """
    catalogue, regions, labels = model.catalogue, model.regions, texts.labels(model.catalogue)
    shown = _drawn(model, adult)
    titles = zip(
        catalogue.anime_ids[shown].tolist(),
        *_steps(model.coordinates[shown]),
        regions.region_of_title[shown].tolist(),
        catalogue.members[shown].tolist(),
        model.ranker.rated[shown].astype(int).tolist(),
        [labels[position] for position in shown.tolist()],
        strict=True,
    )
    labels = [texts.named("genre", genre) for genre in regions.genres]
    centres = zip(labels, *_steps(regions.centres), strict=True)
    return {"titles": list(titles), "regions": [{"label": label, "x": x, "y": y} for label, x, y in centres]}


def factor_steps(model: Model, number: int, adult: bool) -> npt.NDArray[np.int8]:
    """Return how far each title of the map lies towards an end of a factor, int8 [n_shown], from -127 for the first
    end to 127 for the second, in the order of `map_data`. The farthest hundredth of all titles has 127 or -127.
    """
    loadings = centred_loadings(model.ranker.factors, number)
    most = max(float(np.quantile(np.abs(loadings), 0.99)), 1e-9)
    return np.asarray(np.rint((loadings[_drawn(model, adult)] / most).clip(-1, 1) * 127), dtype=np.int8)


def _drawn(model: Model, adult: bool) -> Int64:
    """Return the catalogue positions of the titles on the map, in the order of drawing, int64 [n_shown]."""
    shown = np.flatnonzero(map_titles(model, adult))
    return shown[np.argsort(model.catalogue.members[shown], kind="stable")]


def _steps(coordinates: Float32) -> list[list[int]]:
    """Return x and y, -1..1, float32 [n, 2], as whole numbers from 0 to `STEPS`, two lists of n."""
    steps = np.rint((coordinates.clip(-1, 1) + 1) / 2 * STEPS).astype(int)
    return [axis.tolist() for axis in steps.T]
