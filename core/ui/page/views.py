"""The parts of the page: which template shows what of the model's answers, in which words."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ...data.catalogue import Catalogue, Title
from ...insight.profile import Profile, genre_shares
from ...model.model import Model
from ...numerics.arrays import Float32
from ...recommend.certainty import Certainty
from ...recommend.filters import ADULT_GENRE
from ...recommend.fold_in import Taste
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ...serving.model_source import ServedModel
from ..rendering import render
from ..translations import LANGUAGES, Words
from .active_filters import Wish, wishes
from .state import NOVELTY_STEPS, TABS, PageState

HISTORY_SHOWN = 1_000
RATED_SHOWN = 30
TELLING = 0.05  # a reason with less has its share unsaid
MOST = 0.97  # of the titles began by the year that the page names as the newest
STARS = 5
LENGTHS = (5, 10, 20, 30, 50, 100)
MEMBERS = (0, 1_000, 10_000, 50_000, 100_000, 300_000)
CERTAINTY_LEVELS = ((0.25, "guesses"), (0.45, "shape"), (0.65, "knowing"), (1.0, "well"))


@dataclass(frozen=True)
class Person:
    """An existing user in three lines: how many titles, what kind, which they love."""

    user_id: int | None
    n: int
    genres: list[str]
    favourites: list[Title]

    @classmethod
    def of(cls, taste: Taste, model: Model) -> "Person":
        """By the genres of their taste, and their highest ratings."""
        leanings = genre_shares(model.catalogue, taste.positions)
        much = [one.genre for one in leanings if one.share > one.average and one.genre != ADULT_GENRE][:2]
        best = [model.catalogue[anime_id] for anime_id, _ in favourites_first(taste, model.catalogue)[:3]]
        return cls(taste.user_id, len(taste), much, best)


class Card(NamedTuple):
    """A recommendation as it is shown: with each one's expected rating, and each one's reasons."""

    item: Recommendation | JointRecommendation
    title: Title
    expected: Sequence[tuple[str, float]]
    because: Sequence[tuple[str, Sequence[tuple[Reason, str]]]]


def shell(part: str, words: Words) -> str:
    """A part that stands in the page before the server was asked: the ``header``, the ``search``, the
    button to ``refine``, and what waits in the place of the ``wall`` and the ``results``.
    """
    if part == "header":
        return render("header.html", words, tabs=TABS, languages=LANGUAGES, spoken=words.part("say"))
    if part in ("wall", "results"):
        return render("skeleton.html", words, kind=part)
    return render(f"{part}.html", words)


def footer(served: ServedModel, words: Words) -> str:
    """Which model answers, and what it was trained from."""
    newest = newest_year(served.model.catalogue, MOST)
    return render("footer.html", words, served=served, info=served.model.info, newest=newest)


def banner(notice: str, shared: bool, swapped: bool, dropped: int, words: Words) -> str:
    """That another model serves than the wanted one; that a list was shared by link, and what of it
    this model does not know; that ratings are another person's.
    """
    return render("banner.html", words, notice=notice, shared=shared, swapped=swapped, dropped=dropped)


def found(titles: list[Title], query: str, state: PageState, model: Model, words: Words) -> str:
    """What a search found, each title with buttons to rate it."""
    ratings = dict(state.ratings)
    newest = newest_year(model.catalogue, MOST)
    steps = model.rating_scale.steps
    context = {"titles": titles, "query": query.strip(), "ratings": ratings, "steps": steps, "newest": newest}
    return render("found.html", words, **context)


def wall(titles: Sequence[Title], n_rated: int, model: Model, words: Words) -> str:
    """Titles to rate with one tap."""
    steps = model.rating_scale.steps
    stars = dict.fromkeys(steps[math.ceil(len(steps) * star / STARS) - 1] for star in range(1, STARS + 1))
    return render("wall.html", words, titles=titles, n_rated=n_rated, stars=list(stars))


def rated(state: PageState, model: Model, words: Words, everything: bool = False) -> str:
    """The visitor's own ratings, the latest first, to change or remove; of many only the latest."""
    latest = list(reversed(state.ratings))[: None if everything else RATED_SHOWN]
    titles = [(model.catalogue[anime_id], rating) for anime_id, rating in latest]
    counts = {
        "n_rated": len(state.ratings),
        "n_unseen": len(state.unseen),
        "n_hidden": len(state.hidden),
        "n_planned": len(state.planned),
    }
    return render("rated.html", words, titles=titles, steps=model.rating_scale.steps, swapped=state.swapped, **counts)


def dock(state: PageState, words: Words) -> str:
    """On a phone: the way to the list."""
    return render("dock.html", words, n_rated=len(state.ratings))


def controls(state: PageState, model: Model, words: Words) -> str:
    """What narrows and turns the list."""
    catalogue = model.catalogue
    years = catalogue.frame["year"]
    return render(
        "controls.html",
        words,
        state=state,
        genres=catalogue.genres,
        types=catalogue.types,
        lengths=sorted({*LENGTHS, state.k}),
        members=sorted({*MEMBERS, state.min_members}),
        novelty_steps=NOVELTY_STEPS,
        years=(int(np.nan_to_num(years.min(), nan=1950)), newest_year(catalogue)),
    )


def results(
    cards: list[Card],
    model: Model,
    state: PageState,
    words: Words,
    heading: Markup,
    hint: str,
    order: str,
    loosenings: list[Wish],
    certainty: Certainty | None = None,
    ask: Title | None = None,
    more: int = 0,
    spot: Float32 | None = None,
) -> str:
    """Recommendations as cards, with what narrows the list, and what to do about it."""
    level = next((level for share, level in CERTAINTY_LEVELS if certainty and certainty.share <= share), "")
    return render(
        "results.html",
        words,
        cards=cards,
        k=state.k,
        link=state.to_link(),
        back=state.like is not None,
        heading=heading,
        hint=hint,
        order=order,
        removable=not state.is_for_two,
        telling=TELLING,
        wishes=wishes(state, model, words),
        loosenings=loosenings,
        certainty=certainty,
        certainty_level=level,
        ask=ask,
        more=more,
        spot=spot,
        steps=model.rating_scale.steps,
    )


def person(state: PageState, words: Words, sample: list[int], people: list[Person], trouble: str = "") -> str:
    """To pick an existing user."""
    context = {"state": state, "sample": sample, "people": people, "trouble": trouble, "profile": None}
    return render("person.html", words, **context)


def chosen_person(state: PageState, words: Words, sample: list[int], taste: Taste, told: Profile, model: Model) -> str:
    """An existing user: taste at a glance, and history, the favourites first."""
    catalogue = model.catalogue
    entries = favourites_first(taste, catalogue)
    return render(
        "person.html",
        words,
        state=state,
        sample=sample,
        people=[],
        trouble="",
        profile=told,
        most=max(*told.histogram, 1),
        widest=max((max(one.share, one.average) for one in told.genres), default=1.0),
        low=int(model.rating_scale.low),
        surprises=[(one, catalogue[one.anime_id]) for one in told.surprises],
        history=[(catalogue[anime_id], rating) for anime_id, rating in entries[:HISTORY_SHOWN]],
        n_more=len(entries) - HISTORY_SHOWN,
        history_json=json.dumps([[anime_id, rating] for anime_id, rating in reversed(entries)]),
    )


def favourites_first(taste: Taste, catalogue: Catalogue) -> list[tuple[int, float]]:
    """Ids and ratings, the highest first, of equal ones the title that more people list."""
    return sorted(taste.ratings.items(), key=lambda entry: (-entry[1], -catalogue[entry[0]].members))


def newest_year(catalogue: Catalogue, share: float = 1.0) -> int:
    """The year up to which this share of the titles began; 0 if no year is known."""
    return int(np.nan_to_num(catalogue.frame["year"].quantile(share), nan=0))
