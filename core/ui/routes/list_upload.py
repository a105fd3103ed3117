"""``POST /bring``: a watchlist comes in, ratings and a report go out. Nothing is kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...data.catalogue import Title
from ...model.model import Model
from ...serving.model_source import ServedModel
from ...watchlists.anilist import POINTS
from ...watchlists.entries import MAX_BYTES, Watchlist, WatchlistError
from ...watchlists.matching import MatchedEntry, MatchedWatchlist, match_entries, own_rating
from ...watchlists.reader import read_watchlist
from ..page.views import season_of_end
from ..rendering import render
from ..translations import Texts, texts_in

NAMES_SHOWN = 200
BRING = "/bring"
LIST_BYTES = MAX_BYTES
"""How large a body this route takes."""
USED = ("rated", "seen", "dropped", "planned")
WHY_NOT = ("newer", "not_anime", "misspelt", "unknown", "only_anilist_id")
"""Kinds of entries that the catalogue lacks."""


def bringing_route(current: Callable[[], ServedModel]) -> Route:
    """Return the route ``POST /bring?language=…&scale=…&pasted=1``, which takes the bytes of a watchlist.

    The answer is ``{"ratings": [[anime_id, rating], …], "planned": [anime_id, …], "dropped": [[anime_id, rating], …],
    "report": HTML}``, or a report alone if the bytes are no watchlist. Dropped titles are among the ``ratings`` as
    they count, and among ``dropped`` with the visitor's own rating or -1.
    """

    async def endpoint(request: Request) -> Response:
        query = request.query_params
        texts, scale = texts_in(query.get("language")), query.get("scale")
        score_format = scale if scale in POINTS else None
        content: bytes | str = await request.body()
        if query.get("pasted") == "1" and isinstance(content, bytes):
            content = content.decode("utf-8", errors="replace")  # whatever encoding its XML declares
        try:
            return JSONResponse(await run_in_threadpool(_read, content, score_format, current().model, texts))
        except WatchlistError as error:
            return JSONResponse({"report": trouble(error, texts)})

    return Route(BRING, endpoint, methods=["POST"])


def trouble(error: WatchlistError, texts: Texts) -> str:
    """Return why there is no watchlist, as HTML; if only its scale is unknown, with the scales to choose from."""
    sentence = texts(f"lists.{error.kind}", **error.facts)
    return render("trouble.html", texts, trouble=sentence, scales=POINTS if error.kind == "score_format" else ())


def _read(content: bytes | str, score_format: str | None, model: Model, texts: Texts) -> dict[str, Any]:
    return brought(read_watchlist(content, score_format), model, texts)


def brought(watchlist: Watchlist, model: Model, texts: Texts) -> dict[str, Any]:
    """Return what a watchlist brings, for the answer of `bringing_route`."""
    matched = match_entries(watchlist, model.catalogue, model.rating_scale)
    return {
        "ratings": list(matched.ratings.items()),
        "planned": matched.planned,
        "dropped": list(matched.dropped.items()),
        "report": report(watchlist, matched, model, texts),
    }


def report(watchlist: Watchlist, matched: MatchedWatchlist, model: Model, texts: Texts) -> str:
    """Return how many entries there are of each kind, with names, as HTML. The kinds that count come first, then those
    that the catalogue lacks.
    """
    by_kind: defaultdict[str, list[MatchedEntry]] = defaultdict(list)
    for entry in matched.entries:
        by_kind[entry.kind].append(entry)
    kinds = [kind for kind in dict.fromkeys((*USED, *WHY_NOT, *by_kind)) if kind in by_kind]
    return render(
        "report.html",
        texts,
        watchlist=watchlist,
        rows=[(kind, len(by_kind[kind]), _names(by_kind[kind], model, texts)) for kind in kinds],
        matched_by=Counter(entry.matched_by for entry in matched.entries),
        shown=NAMES_SHOWN,
        used=USED,
        n_counting=len(matched.ratings) + len(matched.planned),
        misspelt=[_suggestion(entry, model) for entry in by_kind["misspelt"]],
        planned=matched.planned,
        last_season=season_of_end(model.catalogue, texts),
    )


def _suggestion(matched: MatchedEntry, model: Model) -> tuple[str, Title, float | None]:
    """Return the name of a misspelt entry, the title that it may mean, and its rating; None for a planned title."""
    entry, title = matched.entry, model.catalogue[matched.suggested_id or 0]
    return entry.name, title, None if entry.status == "planned" else own_rating(entry, model.rating_scale)


def _names(entries: Sequence[MatchedEntry], model: Model, texts: Texts) -> list[str]:
    return [
        matched.entry.name if matched.anime_id is None else texts.label(model.catalogue[matched.anime_id])
        for matched in entries[:NAMES_SHOWN]
    ]
