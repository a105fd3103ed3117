"""``POST /bring``: a list from elsewhere comes in, ratings and a report go out; nothing is kept."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...model.model import Model
from ...serving.model_source import ServedModel
from ...watchlists.anilist import POINTS
from ...watchlists.entries import MAX_BYTES, Watchlist, WatchlistError
from ...watchlists.matching import MatchedEntry, MatchedWatchlist, match_entries
from ...watchlists.reader import read_watchlist
from ..rendering import render
from ..translations import Words, words

NAMES_SHOWN = 200
MAX_RECEIVED = 100 << 20  # bytes
USED = ("rated", "seen", "dropped", "planned")


def bringing_route(current: Callable[[], ServedModel]) -> Route:
    """``POST /bring?language=…&scale=…&pasted=1`` with the bytes of a list answers ``{"ratings":
    [[anime_id, rating], …], "planned": [anime_id, …], "report": HTML}``; of what is no list, only a
    report that says so.
    """

    async def endpoint(request: Request) -> Response:
        asked = request.query_params
        said = words(asked.get("language"))
        try:
            content = await _received(request)
            # Pasted text is UTF-8, whatever encoding its XML declares.
            given = content.decode("utf-8", errors="replace") if asked.get("pasted") == "1" else content
            scale = asked.get("scale")
            known = scale if scale in POINTS else None
            return JSONResponse(await run_in_threadpool(_read, given, known, current().model, said))
        except ClientDisconnect:
            return Response(status_code=400)
        except WatchlistError as error:
            return JSONResponse({"report": trouble(error, said)})

    return Route("/bring", endpoint, methods=["POST"])


async def _received(request: Request) -> bytes:
    """The body. What is too large is received to its end, for else no answer reaches whoever sends it;
    but not kept, and not for ever.
    """
    content, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BYTES:
            content += chunk
        elif size > MAX_RECEIVED:
            break
    if size > MAX_BYTES:
        raise WatchlistError("too_large", megabytes=f"{size / (1 << 20):.1f}", limit=MAX_BYTES >> 20)
    return bytes(content)


def trouble(error: WatchlistError, said: Words) -> str:
    """Why there is no list; where only its scale is unknown, with the scales to choose from."""
    sentence = said(f"lists.{error.kind}", **error.facts)
    return render("trouble.html", said, trouble=sentence, scales=POINTS if error.kind == "score_format" else ())


def _read(content: bytes | str, score_format: str | None, model: Model, said: Words) -> dict[str, Any]:
    brought = read_watchlist(content, score_format)
    known = match_entries(brought, model.catalogue, model.rating_scale)
    ratings = [[anime_id, rating] for anime_id, rating in known.ratings.items()]
    return {"ratings": ratings, "planned": list(known.planned), "report": report(brought, known, model, said)}


def report(brought: Watchlist, known: MatchedWatchlist, model: Model, said: Words) -> str:
    """What became of each entry: how many of each kind, and which of those that don't count."""
    of_kind: defaultdict[str, list[MatchedEntry]] = defaultdict(list)
    for matched in known.entries:
        of_kind[matched.kind].append(matched)
    order = [*(kind for kind in USED if kind in of_kind), *(kind for kind in of_kind if kind not in USED)]
    rows = [(kind, len(of_kind[kind]), _names(of_kind[kind], model, said)) for kind in order]
    by = {way: sum(matched.matched_by == way for matched in known.entries) for way in ("same_id", "name")}
    return render(
        "report.html", said, brought=brought, rows=rows, by=by, shown=NAMES_SHOWN, used=USED, planned=known.planned
    )


def _names(entries: Sequence[MatchedEntry], model: Model, said: Words) -> list[str]:
    return [
        said.label(model.catalogue[matched.anime_id]) if matched.anime_id is not None else matched.entry.name
        for matched in entries[:NAMES_SHOWN]
    ]
