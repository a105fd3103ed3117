"""The parts of the page: each function fills the template of one part."""

import math
from collections.abc import Sequence

from ...data.catalogue import Catalogue, Title
from ...model.sources import known_sources
from ...serving.model_source import ServedModel
from ..rendering import kept, render
from ..translations import LANGUAGES, Texts
from .state import NOVELTY_STEPS, TABS, PageState
from .visitor import Visitor

SHELL = ("header", "search", "refine")
RATED_SHOWN = 30
NEWEST_SHARE = 0.97  # of the titles began by the year that the page names as the newest
STARS = 5
FIRST_YEAR = 1950  # where no year is known
LENGTHS = (5, 10, 20, 30, 50, 100)
CONTROLLED = (
    "k", "sequels", "novelty", "plan", "min_members", "min_year", "max_year", "types", "genres", "exclude_genres",
    "likes_only", "adult",
)  # fmt: skip
"""The fields of the state that the controls show."""
MEMBERS = (0, 1_000, 10_000, 50_000, 100_000, 300_000)


def shell(part: str, texts: Texts) -> str:
    """Return a part that stands in the page before the server is asked: one of `SHELL`, or a skeleton of the ``wall``
    or the ``results``.
    """
    if part in SHELL:
        return render(f"{part}.html", texts, tabs=TABS, languages=LANGUAGES)
    return render("skeleton.html", texts, kind=part)


def footer(served: ServedModel, texts: Texts) -> str:
    """Return which model answers, and from which data it was trained."""
    newest = newest_year(served.model.catalogue, NEWEST_SHARE)
    info = served.model.info
    sources = known_sources(info.sources)
    return render("footer.html", texts, served=served, info=info, newest=newest, sources=sources)


def search_results(titles: list[Title], query: str, visitor: Visitor) -> str:
    """Return the titles of a search with buttons to rate them."""
    return render(
        "found.html",
        visitor.texts,
        titles=titles,
        query=query.strip(),
        ratings=dict(visitor.state.ratings),
        steps=visitor.model.rating_scale.steps,
        newest=newest_year(visitor.model.catalogue, NEWEST_SHARE),
    )


def wall(titles: Sequence[Title], visitor: Visitor) -> str:
    """Return titles to rate with one tap on one of five stars."""
    steps = visitor.model.rating_scale.steps
    stars = dict.fromkeys(steps[math.ceil(len(steps) * star / STARS) - 1] for star in range(1, STARS + 1))
    return render("wall.html", visitor.texts, titles=titles, state=visitor.state, stars=tuple(stars))


def rated(visitor: Visitor, n_shown: int | None = RATED_SHOWN) -> str:
    """Return the visitor's latest ratings, to change or remove, latest first; all for ``n_shown`` None."""
    state, model = visitor.state, visitor.model
    titles = [(model.catalogue[anime_id], rating) for anime_id, rating in state.ratings[::-1][:n_shown]]
    return render("rated.html", visitor.texts, titles=titles, steps=model.rating_scale.steps, state=state)


def controls(visitor: Visitor) -> str:
    """Return the controls of the list."""
    state, catalogue = visitor.state, visitor.model.catalogue
    return kept(
        "controls.html",
        visitor.texts,
        state=PageState(planned=state.planned[:1], **{name: getattr(state, name) for name in CONTROLLED}),
        genres=catalogue.genres,
        types=catalogue.types,
        lengths=tuple(sorted({*LENGTHS, state.k})),
        members=tuple(sorted({*MEMBERS, state.min_members})),
        novelty_steps=NOVELTY_STEPS,
        years=(int(catalogue.known_years[0]) if len(catalogue.known_years) else FIRST_YEAR, newest_year(catalogue)),
    )


def newest_year(catalogue: Catalogue, share: float = 1.0) -> int:
    """Return the year by which this share of the titles had begun; 0 if no year is known."""
    years = catalogue.known_years
    return int(years[int(share * (len(years) - 1))]) if len(years) else 0
