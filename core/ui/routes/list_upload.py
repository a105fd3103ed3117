"""``POST /bring``: a watchlist comes in, ratings and a report go out. Nothing is kept."""

from collections import Counter, defaultdict
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
from ..translations import Texts, texts_in

NAMES_SHOWN = 200
MAX_RECEIVED = 100 << 20  # bytes
USED = ("rated", "seen", "dropped", "planned")


def bringing_route(current: Callable[[], ServedModel]) -> Route:
    """Return the route ``POST /bring?language=…&scale=…&pasted=1``, which takes the bytes of a watchlist.

    The answer is ``{"ratings": [[anime_id, rating], …], "planned": [anime_id, …], "report": HTML}``, or a report
    alone if the bytes are no watchlist.
    """

    async def endpoint(request: Request) -> Response:
        query = request.query_params
        texts, scale = texts_in(query.get("language")), query.get("scale")
        score_format = scale if scale in POINTS else None
        try:
            content: bytes | str = await _received(request)
            if query.get("pasted") == "1" and isinstance(content, bytes):
                content = content.decode("utf-8", errors="replace")  # whatever encoding its XML declares
            return JSONResponse(await run_in_threadpool(_read, content, score_format, current().model, texts))
        except ClientDisconnect:
            return Response(status_code=400)
        except WatchlistError as error:
            return JSONResponse({"report": trouble(error, texts)})

    return Route("/bring", endpoint, methods=["POST"])


async def _received(request: Request) -> bytes:
    """Return the body. Raises `WatchlistError` for a body that is too large. That is received to its end but not kept,
    because a sender who is cut off sees no answer; at ``MAX_RECEIVED`` receiving stops.
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


def trouble(error: WatchlistError, texts: Texts) -> str:
    """Return why there is no watchlist, as HTML; if only its scale is unknown, with the scales to choose from."""
    sentence = texts(f"lists.{error.kind}", **error.facts)
    return render("trouble.html", texts, trouble=sentence, scales=POINTS if error.kind == "score_format" else ())


def _read(content: bytes | str, score_format: str | None, model: Model, texts: Texts) -> dict[str, Any]:
    watchlist = read_watchlist(content, score_format)
    matched = match_entries(watchlist, model.catalogue, model.rating_scale)
    return {
        "ratings": list(matched.ratings.items()),
        "planned": matched.planned,
        "report": report(watchlist, matched, model, texts),
    }


def report(watchlist: Watchlist, matched: MatchedWatchlist, model: Model, texts: Texts) -> str:
    """Return how many entries there are of each kind, with names, as HTML. The kinds that count come first."""
    by_kind: defaultdict[str, list[MatchedEntry]] = defaultdict(list)
    for entry in matched.entries:
        by_kind[entry.kind].append(entry)
    kinds = [*(kind for kind in USED if kind in by_kind), *(kind for kind in by_kind if kind not in USED)]
    return render(
        "report.html",
        texts,
        watchlist=watchlist,
        rows=[(kind, len(by_kind[kind]), _names(by_kind[kind], model, texts)) for kind in kinds],
        matched_by=Counter(entry.matched_by for entry in matched.entries),
        shown=NAMES_SHOWN,
        used=USED,
        planned=matched.planned,
    )


def _names(entries: Sequence[MatchedEntry], model: Model, texts: Texts) -> list[str]:
    return [
        matched.entry.name if matched.anime_id is None else texts.label(model.catalogue[matched.anime_id])
        for matched in entries[:NAMES_SHOWN]
    ]
