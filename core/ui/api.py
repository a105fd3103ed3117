"""The web API: the model's answers as plain lists of dicts, for ``gradio_client``, curl and MCP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.events import api

from core.errors import AniSVDError, InputError
from core.filters import Filters
from core.recommend import Recommendation
from core.source import ServedModel

MAX_LIMIT = 100


def add_endpoints(current: Callable[[], ServedModel]) -> None:
    """Add ``/search``, ``/recommend``, ``/recommend_for_user`` and ``/similar`` to the Blocks
    that is being built. ``current`` gives the model in service at the time of each call.
    """

    def search(query: str, limit: int = 10) -> list[dict[str, Any]]:
        """Find titles by their Japanese or English name.

        Args:
            query: The name, or how it begins.
            limit: How many titles at most, 1 to 100.
        """
        with _plain_errors():
            if not 1 <= limit <= MAX_LIMIT:
                raise InputError(f"limit is {limit}; expected 1 to {MAX_LIMIT}.")
            return [title.as_dict() for title in current().model.catalogue.search(query, int(limit))]

    def recommend(
        ratings: dict[str, float],
        k: int = 10,
        genres: list[str] | None = None,
        exclude_genres: list[str] | None = None,
        types: list[str] | None = None,
        min_members: int = 0,
        min_year: int | None = None,
        max_year: int | None = None,
        adult: bool = False,
    ) -> list[dict[str, Any]]:
        """Recommend titles to somebody who rated some.

        Args:
            ratings: {"anime_id": rating}: MyAnimeList ids; ratings 1 to 10, or -1 for watched without a rating.
            k: How many recommendations.
            genres: Only titles with all of these genres.
            exclude_genres: No title with any of these genres.
            types: Only these types: TV, Movie, OVA, ONA, Special, Music.
            min_members: Only titles that at least so many people list.
            min_year: Only titles from this year on.
            max_year: Only titles up to this year.
            adult: Allow adult titles.
        """
        with _plain_errors():
            model = current().model
            filters = _filters(genres, exclude_genres, types, min_members, min_year, max_year, adult)
            return _dicts(model.recommend(model.fold_in(_ratings(ratings)), k, filters))

    def recommend_for_user(
        user_id: int,
        k: int = 10,
        genres: list[str] | None = None,
        exclude_genres: list[str] | None = None,
        types: list[str] | None = None,
        min_members: int = 0,
        min_year: int | None = None,
        max_year: int | None = None,
        adult: bool = False,
    ) -> list[dict[str, Any]]:
        """Recommend titles to an existing user of the data set.

        Args:
            user_id: One of the users that the model stores.
            k: How many recommendations.
            genres: Only titles with all of these genres.
            exclude_genres: No title with any of these genres.
            types: Only these types: TV, Movie, OVA, ONA, Special, Music.
            min_members: Only titles that at least so many people list.
            min_year: Only titles from this year on.
            max_year: Only titles up to this year.
            adult: Allow adult titles.
        """
        with _plain_errors():
            model = current().model
            filters = _filters(genres, exclude_genres, types, min_members, min_year, max_year, adult)
            return _dicts(model.recommend(model.user_taste(user_id), k, filters))

    def similar(anime_id: int, k: int = 10) -> list[dict[str, Any]]:
        """Titles that the same people like.

        Args:
            anime_id: MyAnimeList id of the title.
            k: How many titles.
        """
        with _plain_errors():
            return _dicts(current().model.similar(anime_id, k))

    for endpoint in (search, recommend, recommend_for_user, similar):
        api(endpoint, api_name=endpoint.__name__, queue=False)


def _filters(
    genres: list[str] | None,
    exclude_genres: list[str] | None,
    types: list[str] | None,
    min_members: int,
    min_year: int | None,
    max_year: int | None,
    adult: bool,
) -> Filters:
    return Filters(
        tuple(genres or ()), tuple(exclude_genres or ()), tuple(types or ()), min_members, min_year, max_year, adult
    )


def _ratings(ratings: dict[str, float]) -> dict[int, float]:
    """JSON has only text as keys."""
    if not isinstance(ratings, dict):
        raise InputError(f'ratings is {ratings!r}; expected an object such as {{"5114": 10}}.')
    if wrong := [key for key in ratings if not str(key).strip().isdecimal()]:
        raise InputError(f'{wrong[0]!r} is not a MyAnimeList id; expected ratings such as {{"5114": 10}}.')
    return {int(key): rating for key, rating in ratings.items()}


def _dicts(recommendations: list[Recommendation]) -> list[dict[str, Any]]:
    return [item.as_dict() for item in recommendations]


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What is wrong with a call reaches the caller as a sentence, not as a server error."""
    try:
        yield
    except AniSVDError as error:
        raise gr.Error(str(error), print_exception=False) from error
