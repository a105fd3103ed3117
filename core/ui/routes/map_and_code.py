"""What the tabs *Explore* and *How it works* fetch: the map's titles, the model card, and the code that
answers.
"""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ...model.card import model_card
from ...model.model import Model
from ...numerics.arrays import Float32
from ...serving.model_source import ServedModel
from ..page.explore import map_titles, map_version
from ..translations import Words, words

CORE = Path(__file__).parents[2]
STEPS = 65_535  # places are told as whole numbers from 0 to this


def sight_routes(current: Callable[[], ServedModel]) -> list[Route]:
    """``GET /map.json?language=…&adult=1&version=…``, ``/model-card`` and ``/code/core/….py``."""
    maps: dict[tuple[str, bool], tuple[Model, bytes]] = {}

    def title_map(request: Request) -> Response:
        served, said = current(), words(request.query_params.get("language"))
        model = served.model
        key = (said.language, request.query_params.get("adult") == "1")
        made_of, content = maps.get(key, (None, b""))
        if made_of is not model:
            content = gzip.compress(json.dumps(map_data(model, said, key[1]), separators=(",", ":")).encode())
            maps[key] = (model, content)
        asked = request.query_params.get("version")
        lasting = "private, max-age=86400" if asked == map_version(served) else "no-cache"
        headers = {"Content-Encoding": "gzip", "Cache-Control": lasting}
        return Response(content, media_type="application/json", headers=headers)

    def card(request: Request) -> Response:
        served = current()
        return PlainTextResponse(model_card(served.model.info), media_type="text/markdown; charset=utf-8")

    def code(request: Request) -> Response:
        module = CORE / request.path_params["name"]
        if module not in _modules():
            return PlainTextResponse("There is no such module. Modules are core/**/*.py.", status_code=404)
        return PlainTextResponse(module.read_text(encoding="utf-8"))

    return [
        Route("/map.json", title_map),
        Route("/model-card", card),
        Route("/code/core/{name:path}", code),
    ]


@cache
def _modules() -> frozenset[Path]:
    return frozenset(CORE.rglob("*.py"))


def map_data(model: Model, words: Words, adult: bool) -> dict[str, object]:
    """What ``assets/map.js`` draws: ``{"titles": [[anime_id, x, y, region, members, known, name], …], "regions":
    [{"label", "x", "y"}, …]}``, the best known titles last, so that they lie on top. ``known`` is 0 for
    a title that too few rated to have factors.
    """
    catalogue, regions = model.catalogue, model.regions
    trained = np.zeros(len(catalogue), dtype=int)
    trained[model.ranker.factors.columns] = 1
    shown = np.flatnonzero(map_titles(model, adult))
    shown = shown[np.argsort(catalogue.members[shown], kind="stable")]

    def steps(places: Float32) -> list[list[int]]:
        return np.rint((places.clip(-1, 1) + 1) / 2 * STEPS).astype(int).tolist()  # type: ignore[no-any-return]

    rows = zip(
        catalogue.anime_ids[shown].tolist(),
        steps(model.coordinates[shown]),
        regions.region_of_title[shown].tolist(),
        catalogue.members[shown].tolist(),
        trained[shown].tolist(),
        (words.label(catalogue.title(int(at))) for at in shown),
        strict=True,
    )
    labels = [words.named("genre", genre) for genre in regions.genres]
    return {
        "titles": [[one, *place, *rest] for one, place, *rest in rows],
        "regions": [
            {"label": label, "x": x, "y": y} for label, (x, y) in zip(labels, steps(regions.centres), strict=True)
        ],
    }
