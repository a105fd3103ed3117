"""What the operator asks: is the process alive, shall it get visitors, and its figures."""

from collections.abc import Callable
from math import nan

from prometheus_client import CONTENT_TYPE_LATEST, Info
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...gates.load import Load
from ...gates.measures import Measures
from ...serving.model_source import ServedModel, seconds_since


def operator_routes(current: Callable[[], ServedModel], load: Load, measures: Measures) -> list[Route]:
    """Return the routes.

    - ``GET /healthz``: 200 while the process lives, with the source, revision and age of its model.
    - ``GET /readyz``: 200 if it can take visitors, 503 while more wait than it can serve.
    - ``GET /metrics``: the figures, for Prometheus.
    """
    model = Info("anisvd_model", "The model in service.", registry=measures.registry)
    measures.add_gauge("anisvd_model_age_seconds", "Since the model was loaded.", lambda: current().age_seconds)
    measures.add_gauge(
        "anisvd_model_look_age_seconds",
        "Since the Hub last said that this model is the newest; NaN if it never did.",
        lambda: nan if (looked_at := current().looked_at) is None else seconds_since(looked_at),
    )
    measures.add_gauge(
        "anisvd_degraded", "1 while another model should serve, else 0.", lambda: bool(current().trouble)
    )

    def healthz(request: Request) -> Response:
        return JSONResponse(current().health())

    def readyz(request: Request) -> Response:
        ready = load.waiting < load.seats
        return JSONResponse({"status": "ready" if ready else "busy"}, 200 if ready else 503)

    def metrics(request: Request) -> Response:
        served = current()
        model.info({"revision": served.revision, "source": served.source, "reason": served.trouble})
        return Response(measures.text(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
