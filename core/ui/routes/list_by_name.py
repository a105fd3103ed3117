"""``POST /bring-myanimelist``: the name of a user of MyAnimeList comes in, what `POST /bring` answers goes out."""

import asyncio
import json
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...serving.model_source import ServedModel
from ...watchlists.entries import WatchlistError
from ...watchlists.myanimelist_api import ADDRESS, MyAnimeListApi
from ..translations import texts_in
from .list_upload import brought, trouble

BRING_BY_NAME = "/bring-myanimelist"
AT_ONCE, PATIENCE_SECONDS = 3, 5.0
"""How many lists are fetched at one time, and how long others wait for that."""


def name_route(current: Callable[[], ServedModel], environment: Mapping[str, str]) -> Route:
    """Return the route ``POST /bring-myanimelist?language=…``, which takes ``{"name": …}``.

    The environment has ``MAL_CLIENT_ID``, and for tests ``MAL_API_ADDRESS``. The list of a name is kept in memory for
    ten minutes: see `core.watchlists.myanimelist_api`.
    """
    client_id = environment.get("MAL_CLIENT_ID", "").strip()
    api = MyAnimeListApi(client_id, environment.get("MAL_API_ADDRESS", "").strip() or ADDRESS)
    places = asyncio.Semaphore(AT_ONCE)

    async def endpoint(request: Request) -> Response:
        texts = texts_in(request.query_params.get("language"))
        sent = json.loads(await request.body())  # the gates let only JSON through
        name = sent.get("name") if isinstance(sent, dict) else ""
        name = name.strip() if isinstance(name, str) else ""
        try:
            try:
                await asyncio.wait_for(places.acquire(), PATIENCE_SECONDS)
            except TimeoutError:
                raise WatchlistError("mal_busy") from None
            try:
                return JSONResponse(
                    await run_in_threadpool(lambda: brought(api.watchlist(name), current().model, texts))
                )
            finally:
                places.release()
        except WatchlistError as error:
            return JSONResponse({"report": trouble(error, texts)})

    return Route(BRING_BY_NAME, endpoint, methods=["POST"])
