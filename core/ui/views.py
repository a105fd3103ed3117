"""From answers of the model to HTML, by Jinja2 templates with autoescaping.

Not by ``gr.HTML``'s own Handlebars templates: Gradio evaluates their output as a JavaScript
template literal, so that a title named ``${alert(1)}`` would run. What is rendered here passes
through ``${value}`` as it is.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.catalogue import Catalogue, Title
from core.model import Model
from core.ratings import WATCHED
from core.recommend import Recommendation
from core.source import ServedModel
from core.taste import Taste

HISTORY_SHOWN = 60


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["rating"] = lambda value: "seen" if value == WATCHED else f"{value:g}"
    environment.globals["watched"] = WATCHED
    return environment


def render(template: str, **context: Any) -> str:
    """A template of ``core/ui/templates``, every value escaped."""
    return _environment().get_template(template).render(**context)


def header(served: ServedModel) -> str:
    """Name, promise, and the notice if there is one."""
    return render("header.html", notice=served.notice)


def footer(served: ServedModel) -> str:
    """Which model answers, and what it was trained from."""
    return render("footer.html", served=served, info=served.model.info)


def found(titles: list[Title], query: str, ratings: dict[int, float], scale: list[int]) -> str:
    """What a search found, each title with buttons to rate it."""
    return render("found.html", titles=titles, query=query.strip(), ratings=ratings, scale=scale)


def rated(ratings: dict[int, float], catalogue: Catalogue, scale: list[int]) -> str:
    """The visitor's own ratings, the latest first, to change or remove."""
    titles = [(catalogue[anime_id], rating) for anime_id, rating in reversed(ratings.items())]
    return render("rated.html", titles=titles, scale=scale)


def results(recommendations: list[Recommendation], model: Model, k: int, heading: str, hint: str) -> str:
    """Recommendations as cards."""
    cards = [(item, model.catalogue[item.anime_id]) for item in recommendations]
    return render("results.html", cards=cards, k=k, heading=heading, hint=hint)


def history(taste: Taste, catalogue: Catalogue) -> str:
    """What an existing user has rated, the favourites first."""
    entries = sorted(taste.ratings.items(), key=lambda entry: (-entry[1], -catalogue[entry[0]].members))
    shown = [(catalogue[anime_id], rating) for anime_id, rating in entries[:HISTORY_SHOWN]]
    rated = [rating for rating in taste.ratings.values() if rating != WATCHED]
    mean = sum(rated) / len(rated) if rated else None
    return render(
        "history.html",
        user_id=taste.user_id,
        shown=shown,
        n_rated=len(rated),
        n_watched=len(taste) - len(rated),
        n_more=len(entries) - len(shown),
        mean=mean,
    )


def message(text: str) -> str:
    """A sentence in place of results: what is wrong, and what to do."""
    return render("message.html", text=text)
