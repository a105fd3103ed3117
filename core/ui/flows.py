"""What happens on the page: each visitor's action as a function from state to what is shown.

Nothing is kept on the server. The visitor's ratings come with every call and live in their own
browser; every handler returns all that changes at once.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gradio as gr

from core.errors import AniSVDError
from core.filters import Filters
from core.model import Model
from core.source import ServedModel
from core.taste import check_rating
from core.ui import views

SEARCH_LIMIT = 6
K_RANGE = (3, 25)
USERS_LISTED = 200

Pairs = list[list[float]]
"""A visitor's ratings as ``[[anime_id, rating], …]``, oldest first: JSON that keeps its order."""


class RatePanel(NamedTuple):
    """What changes when the visitor rates: the stored ratings, and the parts of the page."""

    ratings: Pairs
    rated: str
    results: str


class UserPanel(NamedTuple):
    """What the tab of an existing user shows."""

    history: str
    results: str


class Flows:
    """The handlers. ``current`` gives the model in service at the time of each call."""

    def __init__(self, current: Callable[[], ServedModel]) -> None:
        self._current = current

    @property
    def _model(self) -> Model:
        return self._current().model

    def search(self, query: str, ratings: Pairs | None) -> str:
        """Titles for what is typed so far."""
        model = self._model
        titles = model.catalogue.search(query[:200], SEARCH_LIMIT)
        return views.found(titles, query[:200], clean_ratings(ratings, model), _scale(model))

    def rate(self, event: gr.EventData, k: float, adult: bool) -> RatePanel:
        """The visitor rated, changed or removed something: ``event.ratings`` is the whole list."""
        return self.show(getattr(event, "ratings", []), k, adult)

    def show(self, ratings: Pairs | None, k: float, adult: bool) -> RatePanel:
        """The visitor's ratings, and what to watch next."""
        model = self._model
        given = clean_ratings(ratings, model)
        pairs = [[anime_id, rating] for anime_id, rating in given.items()]
        recommendations = model.recommend(model.fold_in(given), _k(k), Filters(adult=bool(adult)))
        heading = "Your next anime" if given else "Loved by most"
        hint = "" if given else "This is where everybody starts. Rate a show, and it becomes yours."
        results = views.results(recommendations, model, _k(k), heading, hint)
        return RatePanel(pairs, views.rated(given, model.catalogue, _scale(model)), results)

    def choices(self) -> tuple[Any, Any]:
        """Existing users to pick from."""
        try:
            users = self._model.user_ids[:USERS_LISTED].tolist()
        except AniSVDError as error:
            return gr.update(), views.message(str(error))
        return gr.update(choices=[str(user_id) for user_id in users]), gr.update()

    def user(self, user_id: Any, k: float, adult: bool) -> UserPanel:
        """An existing user's history and recommendations."""
        return _user_panel(self._model, user_id, k, adult)

    def any_user(self, k: float, adult: bool) -> tuple[str, str, str]:
        """A user drawn by chance: the id, and what `user` shows."""
        model = self._model
        try:
            user_id = random.choice(model.user_ids.tolist())
        except AniSVDError as error:
            return ("", views.message(str(error)), "")
        return (str(user_id), *_user_panel(model, user_id, k, adult))


def _user_panel(model: Model, user_id: Any, k: float, adult: bool) -> UserPanel:
    if user_id in (None, ""):
        return UserPanel(views.message("Pick a user, or let chance pick one."), "")
    try:
        taste = model.user_taste(int(user_id) if str(user_id).strip().isdecimal() else user_id)
        recommendations = model.recommend(taste, _k(k), Filters(adult=bool(adult)))
    except AniSVDError as error:
        return UserPanel(views.message(str(error)), "")
    results = views.results(recommendations, model, _k(k), f"Next for user {taste.user_id}", "")
    return UserPanel(views.history(taste, model.catalogue), results)


def clean_ratings(pairs: Sequence[Sequence[float]] | None, model: Model) -> dict[int, float]:
    """Ratings from a browser, of which nothing may be assumed: what isn't one is left out."""
    ratings: dict[int, float] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        try:
            anime_id, rating = pair
            check_rating(rating, model.rating_scale, "The rating")
            if anime_id in model.catalogue:
                ratings[int(anime_id)] = rating
        except (AniSVDError, TypeError, ValueError):
            continue
    return ratings


def _scale(model: Model) -> list[int]:
    low, high = model.rating_scale
    return list(range(int(low), int(high) + 1))


def _k(k: float) -> int:
    return min(max(int(k or 0), K_RANGE[0]), K_RANGE[1])
