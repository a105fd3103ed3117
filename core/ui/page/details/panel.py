"""The details of a title on the list: its facts, the order of its series, titles like it, and why it is listed."""

from typing import Any

import numpy as np

from ....data.catalogue import Title
from ....recommend.filters import Filters
from ....watchlists.anilist import ANILIST_URL
from ...rendering import render
from ..visitor import Visitor
from .reasons import EXPLAINED, reasons

SIMILAR_SHOWN = 6
SIMILAR_ASKED = 40  # of them those of its own series, and those that the visitor does not want, are left out
PARTS_SHOWN = 12
ABOUT_QUERY = """query ($id: Int) {
  Media(idMal: $id, type: ANIME) {
    description(asHtml: false) duration trailer { id site } nextAiringEpisode { airingAt episode }
    externalLinks { site url type language }
  }
}"""
"""What the visitor's browser asks AniList of a title by its id: see ``assets/synopsis.js``."""


def details(anime_id: Any, visitor: Visitor) -> str:
    """Return the details of a title as HTML; an empty text for an unknown one, and for one that is hidden."""
    catalogue, state = visitor.model.catalogue, visitor.state
    if type(anime_id) is not int or anime_id not in catalogue or visitor.hides(anime_id):
        return ""
    title = catalogue[anime_id]
    addresses = [("mal", "MyAnimeList", f"https://myanimelist.net/anime/{anime_id}")]
    if title.anilist_id:
        addresses.append(("anilist", "AniList", f"https://anilist.co/anime/{title.anilist_id}"))
    return render(
        "details.html",
        visitor.texts,
        title=title,
        catalogue=catalogue,
        state=state,
        addresses=addresses,
        anilist={"url": ANILIST_URL, "query": ABOUT_QUERY, "id": anime_id},
        order=watch_order(anime_id, visitor),
        ratings=dict(state.ratings),
        similar=similar(anime_id, visitor),
        people=reasons(anime_id, visitor),
        is_explained=visitor.shown.about in EXPLAINED,
    )


def watch_order(anime_id: int, visitor: Visitor) -> list[Title]:
    """Return the titles of a series in the order in which to watch them, at most `PARTS_SHOWN` around this one.

    Adult titles and extras are left out as on the list, unless the visitor has rated them.
    """
    model, state = visitor.model, visitor.state
    position = model.catalogue.position(anime_id)
    franchises = model.franchises
    parts = franchises.parts_of(franchises.numbers[[position]])[0]
    shown = model.mask(Filters(adult=state.filters().allows_adult, extras=state.extras))[parts]
    shown |= parts == position
    shown |= np.isin(model.catalogue.anime_ids[parts], [rated for rated, _ in state.ratings])
    listed = parts[shown]
    first = max(0, min(int(np.flatnonzero(listed == position)[0]) - PARTS_SHOWN // 2, len(listed) - PARTS_SHOWN))
    return [model.catalogue.title(part) for part in listed[first : first + PARTS_SHOWN].tolist()]


def similar(anime_id: int, visitor: Visitor) -> list[Title]:
    """Return titles like this one, one of each other series, that the visitor has not seen, nearest first."""
    model, state = visitor.model, visitor.state
    catalogue, series = model.catalogue, model.franchises.numbers
    filters = Filters(adult=state.filters().allows_adult, extras=state.extras)
    nearest = model.similar(anime_id, SIMILAR_ASKED, filters, visitor.taste)
    # The nearest title of each other series.
    by_series: dict[int, Title] = {}
    for item in nearest:
        if item.anime_id not in state.hidden:
            by_series.setdefault(int(series[catalogue.position(item.anime_id)]), catalogue[item.anime_id])
    by_series.pop(int(series[catalogue.position(anime_id)]), None)
    return list(by_series.values())[:SIMILAR_SHOWN]
