"""From answers of the model to HTML, by Jinja2 templates with autoescaping.

Not by ``gr.HTML``'s own Handlebars templates: Gradio evaluates their output as a JavaScript
template literal, so that a title named ``${alert(1)}`` would run. What is rendered here passes
through ``${value}`` as it is.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.catalogue import Catalogue, Title
from core.certainty import Certainty
from core.model import Model
from core.profile import Profile, genre_shares
from core.ratings import WATCHED
from core.recommend import Recommendation
from core.source import ServedModel
from core.taste import Taste
from core.ui.covers import drawn_cover
from core.ui.state import NOVELTY_STEPS, PageState
from core.ui.wishes import Wish, wishes

HISTORY_SHOWN = 1_000
RATED_SHOWN = 30
TELLING = 0.05  # a reason with less has its share unsaid
MOST = 0.97  # of the titles began by the year that the page names as the newest
STARS = 5
LENGTHS = (5, 10, 20, 30, 50, 100)
MEMBERS = (0, 1_000, 10_000, 50_000, 100_000, 300_000)
TABS = (("rate", "Rate a few shows"), ("user", "Existing user"))
CERTAINTY_WORDS = (
    (0.25, "First guesses"),
    (0.45, "Taking shape"),
    (0.65, "Getting to know you"),
    (1.0, "Knows you well"),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:g}"
    environment.filters["rating"] = lambda value: "seen" if value == WATCHED else f"{value:g}"
    environment.globals.update(watched=WATCHED, drawn_cover=drawn_cover)
    return environment


def render(template: str, **context: Any) -> str:
    """A template of ``core/ui/templates``, every value escaped."""
    return _environment().get_template(template).render(**context)


@dataclass(frozen=True)
class Person:
    """An existing user in three lines: how many titles, what kind, which they love."""

    user_id: int | None
    n: int
    genres: str
    favourites: list[Title]

    @classmethod
    def of(cls, taste: Taste, model: Model) -> "Person":
        """By the genres of their taste, and their highest ratings."""
        leanings = genre_shares(model.catalogue, taste.positions)
        much = [one.genre for one in leanings if one.share > one.average][:2]
        best = [model.catalogue[anime_id] for anime_id, _ in _favourites_first(taste, model.catalogue)[:3]]
        return cls(taste.user_id, len(taste), " and ".join(much), best)


def header(served: ServedModel) -> str:
    """Name, promise, tabs, and the notice if there is one."""
    return render("header.html", notice=served.notice, tabs=TABS)


def footer(served: ServedModel) -> str:
    """Which model answers, and what it was trained from."""
    return render(
        "footer.html", served=served, info=served.model.info, newest=newest_year(served.model.catalogue, MOST)
    )


def search(longest: int) -> str:
    """Where to type the name of a show."""
    return render("search.html", longest=longest)


def skeleton(kind: str) -> str:
    """What stands in the place of the ``wall`` or the ``results`` until they are there."""
    return render("skeleton.html", kind=kind)


def banner(shared: bool, dropped: int) -> str:
    """That a list was shared by link, and what of it this model does not know."""
    return render("banner.html", shared=shared, dropped=dropped)


def found(titles: list[Title], query: str, state: PageState, model: Model) -> str:
    """What a search found, each title with buttons to rate it."""
    ratings = dict(state.ratings)
    newest = newest_year(model.catalogue, MOST)
    return render(
        "found.html", titles=titles, query=query.strip(), ratings=ratings, steps=rating_steps(model), newest=newest
    )


def wall(titles: Sequence[Title], n_rated: int, model: Model) -> str:
    """Titles to rate with one tap."""
    steps = rating_steps(model)
    stars = dict.fromkeys(steps[math.ceil(len(steps) * star / STARS) - 1] for star in range(1, STARS + 1))
    return render("wall.html", titles=titles, n_rated=n_rated, stars=list(stars))


def rated(state: PageState, model: Model, everything: bool = False) -> str:
    """The visitor's own ratings, the latest first, to change or remove; of many only the latest."""
    latest = list(reversed(state.ratings))[: None if everything else RATED_SHOWN]
    titles = [(model.catalogue[anime_id], rating) for anime_id, rating in latest]
    counts = {"n_rated": len(state.ratings), "n_unseen": len(state.unseen), "n_hidden": len(state.hidden)}
    return render("rated.html", titles=titles, steps=rating_steps(model), **counts)


def dock(state: PageState) -> str:
    """On a phone: the way to the list."""
    return render("dock.html", n_rated=len(state.ratings))


def controls(state: PageState, model: Model) -> str:
    """What narrows and turns the list."""
    catalogue = model.catalogue
    years = catalogue.frame["year"]
    return render(
        "controls.html",
        state=state,
        genres=catalogue.genres,
        types=catalogue.types,
        lengths=sorted({*LENGTHS, state.k}),
        members=sorted({*MEMBERS, state.min_members}),
        novelty_steps=NOVELTY_STEPS,
        years=(int(np.nan_to_num(years.min(), nan=1950)), newest_year(catalogue)),
    )


def results(
    recommendations: list[Recommendation],
    model: Model,
    state: PageState,
    heading: str,
    hint: str,
    loosenings: list[Wish],
    certainty: Certainty | None = None,
    ask: Title | None = None,
    more: int = 0,
) -> str:
    """Recommendations as cards, with what narrows the list, and what to do about it."""
    words = next((words for share, words in CERTAINTY_WORDS if certainty and certainty.share <= share), "")
    return render(
        "results.html",
        cards=[(item, model.catalogue[item.anime_id]) for item in recommendations],
        k=state.k,
        link=state.to_link(),
        back=state.like is not None,
        heading=heading,
        hint=hint,
        whose="for them" if state.listed_user is not None else "for you" if state.ratings else "",
        telling=TELLING,
        wishes=wishes(state, model),
        loosenings=loosenings,
        certainty=certainty,
        certainty_words=words,
        ask=ask,
        more=more,
        steps=rating_steps(model),
    )


def person(state: PageState, sample: list[int], people: list[Person], trouble: str = "") -> str:
    """To pick an existing user."""
    return render("person.html", state=state, sample=sample, people=people, trouble=trouble, profile=None)


def chosen_person(state: PageState, sample: list[int], taste: Taste, told: Profile, model: Model) -> str:
    """An existing user: taste at a glance, and history, the favourites first."""
    catalogue = model.catalogue
    entries = _favourites_first(taste, catalogue)
    return render(
        "person.html",
        state=state,
        sample=sample,
        people=[],
        trouble="",
        profile=told,
        most=max(*told.histogram, 1),
        widest=max((max(one.share, one.average) for one in told.genres), default=1.0),
        low=int(model.rating_scale[0]),
        surprises=[(one, catalogue[one.anime_id]) for one in told.surprises],
        history=[(catalogue[anime_id], rating) for anime_id, rating in entries[:HISTORY_SHOWN]],
        n_more=len(entries) - HISTORY_SHOWN,
        history_json=json.dumps([[anime_id, rating] for anime_id, rating in reversed(entries)]),
    )


def _favourites_first(taste: Taste, catalogue: Catalogue) -> list[tuple[int, float]]:
    """Ids and ratings, the highest first, of equal ones the title that more people list."""
    return sorted(taste.ratings.items(), key=lambda entry: (-entry[1], -catalogue[entry[0]].members))


def rating_steps(model: Model) -> list[int]:
    """The ratings that a visitor can give: the whole numbers of the scale."""
    low, high = model.rating_scale
    return list(range(math.ceil(low), math.floor(high) + 1))


def newest_year(catalogue: Catalogue, share: float = 1.0) -> int:
    """The year up to which this share of the titles began; 0 if no year is known."""
    return int(np.nan_to_num(catalogue.frame["year"].quantile(share), nan=0))
