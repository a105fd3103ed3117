"""The parts of the page: each function fills the template of one part."""

import json
import math
from collections.abc import Sequence
from typing import Any

from ...data.catalogue import Catalogue, Title
from ...data.genres import ADULT_GENRES
from ...insight.personas import Persona
from ...model.sources import known_sources
from ...serving.model_source import ServedModel
from ..rendering import kept, render
from ..translations import LANGUAGES, Texts
from .state import PageState
from .visitor import Visitor

SHELL = ("header", "search", "refine")
BAR = {"rate": ("rate",), "list": ("list",), "together": ("together", "user"), "explore": ("explore",), "how": ("how",)}
"""The tabs of the bar, and the values of `PageState.tab` at which each of them is selected."""
RATED_SHOWN = 30
STARS = 5
FIRST_YEAR = 1950  # where no year is known
LENGTHS = (5, 10, 20, 30, 50, 100)
CONTROLLED = (
    "k", "sequels", "plan", "min_members", "min_year", "max_year", "types", "genres", "exclude_genres",
    "themes", "exclude_themes", "studios", "likes_only", "adult", "extras",
)  # fmt: skip
"""The fields of the state that the controls show."""
STUDIOS = 60
MEMBERS = (0, 1_000, 10_000, 50_000, 100_000, 300_000)


def shell(part: str, texts: Texts) -> str:
    """Return a part that does not follow the state: one of `SHELL`."""
    return render(f"{part}.html", texts, tabs=BAR, languages=LANGUAGES)


def footer(served: ServedModel, texts: Texts) -> str:
    """Return which model answers, and from which data it was trained."""
    info, last = served.model.info, season_of_end(served.model.catalogue, texts)
    sources = known_sources(info.sources)
    return render("footer.html", texts, served=served, info=info, last_season=last, sources=sources)


def banner(visitor: Visitor, shared: bool, n_wrong: int) -> str:
    """Return what there is to say above the page: of the model, a shared list, who rates now, and wrong values."""
    state, notice = visitor.state, visitor.served.notice
    rater = visitor.name_of(state.handed + 1, state.others[state.handed - 1]) if state.handed else ""
    return render("banner.html", visitor.texts, notice=notice, shared=shared, rater=rater, n_wrong=n_wrong)


def wall(titles: Sequence[Title], visitor: Visitor) -> str:
    """Return titles to rate with one tap on one of five stars, and the personas for who wants to look around."""
    state, texts = visitor.state, visitor.texts
    steps = visitor.model.rating_scale.steps
    stars = dict.fromkeys(steps[math.ceil(len(steps) * star / STARS) - 1] for star in range(1, STARS + 1))
    offered = visitor.model.personas if visitor.borrowed or not state.ratings else ()
    return render(
        "wall.html",
        texts,
        titles=titles,
        state=state,
        stars=tuple(stars),
        personas=[
            (persona, _shared_by(persona, texts), json.dumps(visitor.ratings_of(persona))) for persona in offered
        ],
        borrowed=visitor.borrowed,
        **_choice(visitor),
    )


def _choice(visitor: Visitor) -> dict[str, Any]:
    """Return the next two groups of covers, its number and how many there are; None for the groups after the last one,
    and for visitors who rate.
    """
    state, catalogue, pairs = visitor.state, visitor.model.catalogue, visitor.model.pairs
    answered = {*state.preferred, *state.passed}
    open_pairs = [pair for pair in pairs if answered.isdisjoint(pair.one + pair.other)]
    pair = open_pairs[0] if open_pairs and not state.ratings else None
    groups = pair and [
        ([catalogue[anime_id] for anime_id in one], list(one), list(other)) for one, other in (pair, pair[::-1])
    ]
    return {"groups": groups, "n_pairs": len(pairs), "n_chosen": len(pairs) - len(open_pairs)}


def _shared_by(persona: Persona, texts: Texts) -> str:
    """Return what the titles of a persona have in common, as words."""
    return " · ".join(texts.named(trait.kind, trait.value) for trait in persona.traits)


def rated(visitor: Visitor, n_shown: int | None = RATED_SHOWN) -> str:
    """Return the visitor's latest ratings, to change or remove, latest first; all for ``n_shown`` None."""
    state, model = visitor.state, visitor.model
    titles = [(model.catalogue[anime_id], rating) for anime_id, rating in state.ratings[::-1][:n_shown]]
    return render(
        "rated.html",
        visitor.texts,
        titles=titles,
        steps=model.rating_scale.steps,
        state=state,
        borrowed=visitor.borrowed,
    )


def controls(visitor: Visitor) -> str:
    """Return the controls of the list."""
    state, catalogue = visitor.state, visitor.model.catalogue
    chosen = {*state.genres, *state.exclude_genres}
    return kept(
        "controls.html",
        visitor.texts,
        state=PageState(planned=state.planned[:1], **{name: getattr(state, name) for name in CONTROLLED}),
        genres=tuple(
            genre for genre in catalogue.genres if state.adult or genre in chosen or genre not in ADULT_GENRES
        ),
        themes=catalogue.themes,
        studios=tuple(dict.fromkeys((*state.studios, *catalogue.studios[:STUDIOS]))),
        types=catalogue.types,
        lengths=tuple(sorted({*LENGTHS, state.k})),
        members=tuple(sorted({*MEMBERS, state.min_members})),
        years=(int(catalogue.known_years[0]) if len(catalogue.known_years) else FIRST_YEAR, newest_year(catalogue)),
    )


def newest_year(catalogue: Catalogue) -> int:
    """Return the year in which the newest title begins; 0 if no year is known."""
    return int(catalogue.known_years[-1]) if len(catalogue.known_years) else 0


def season_of_end(catalogue: Catalogue, texts: Texts) -> str:
    """Return the season and year with which a catalogue ends, or the year alone; an empty text if no year is known."""
    year, season = catalogue.ends
    return str(texts(f"season.{season or 'unknown'}", year=str(year))) if year else ""
