"""The panel of the tab *My list*."""

from typing import Any

from ....data.genres import ADULT_GENRES
from ....insight.profile import profile
from ....model.model import Model
from ....recommend.fold_in import Taste
from ....watchlists.anilist import ANILIST_QUERY, ANILIST_URL
from ...rendering import render
from ..visitor import Visitor
from .shelf import MANY, ORDERS, ShelfView, kept_titles, names, shelves_of


def my_list(visitor: Visitor, sent: Any = None) -> str:
    """Return what the visitor keeps, and the ways to bring a list, as HTML. ``sent`` is their view of it, as a browser
    sends it: see `ShelfView.of`.
    """
    shelves = shelves_of(visitor.state)
    view = ShelfView.of(sent, shelves)
    return render(
        "my_list.html",
        visitor.texts,
        state=visitor.state,
        sizes={shelf: len(ratings) for shelf, ratings in shelves.items()},
        view=view,
        orders=[order for order in ORDERS if order != "rating" or view.shelf in ("rated", "dropped")],
        entries=_entries(visitor, view, len(shelves[view.shelf])),
        anilist={"url": ANILIST_URL, "query": ANILIST_QUERY},
    )


def entries(visitor: Visitor, sent: Any) -> str:
    """Return the entries of the shelf that the visitor looks at, as HTML."""
    shelves = shelves_of(visitor.state)
    view = ShelfView.of(sent, shelves)
    return _entries(visitor, view, len(shelves[view.shelf]))


def _entries(visitor: Visitor, view: ShelfView, size: int) -> str:
    """Return the entries of a shelf of this size, as HTML."""
    return render(
        "my_list_entries.html",
        visitor.texts,
        view=view,
        rows=[(kept, names(kept.title, visitor), is_hidden) for kept, is_hidden in kept_titles(visitor, view)],
        size=size,
        is_whole=size <= view.most,
        most=MANY,
        steps=visitor.model.rating_scale.steps,
    )


def numbers(visitor: Visitor) -> str:
    """Return the visitor's own taste in numbers, as HTML: by their own ratings, also of dropped titles."""
    taste = visitor.model.fold_in(dict(visitor.state.ratings), complete=visitor.state.complete)
    context = taste_numbers(taste, visitor.model, visitor.state.adult)
    return render("taste.html", visitor.texts, **context)


def taste_numbers(taste: Taste, model: Model, adult: bool) -> dict[str, Any]:
    """Return what ``taste.html`` shows of a taste; of adult titles and genres only if ``adult``."""
    catalogue, shown = model.catalogue, profile(model, taste)
    return {
        "is_own": taste.user_id is None,
        "profile": shown,
        "genres": [leaning for leaning in shown.genres if adult or leaning.genre not in ADULT_GENRES],
        "low": int(taste.scale.low),
        "surprises": [
            (surprise, catalogue[surprise.anime_id])
            for surprise in shown.surprises
            if adult or not catalogue.is_adult[catalogue.position(surprise.anime_id)]
        ],
    }
