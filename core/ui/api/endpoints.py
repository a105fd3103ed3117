"""The web API: what the model answers to programs, over ``gradio_client``, plain HTTP and MCP."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from ...data.catalogue import Title
from ...errors import InputError
from ...recommend.filters import ADULT_GENRE, Filters
from ...recommend.listing import Recommendation
from ...recommend.together import BALANCE, JointRecommendation
from ...serving.model_source import ServedModel
from .endpoint import Endpoint

MAX_LIMIT = 100
LONGEST_ID = 18


def endpoints(current: Callable[[], ServedModel]) -> list[Endpoint]:
    """``/search``, ``/recommend``, ``/recommend_for_user``, ``/recommend_together`` and ``/similar``.
    ``current`` gives the model in service at the time of each call.
    """

    def search(query: str, limit: int = 10) -> list[Title]:
        """Find anime by name, and their MyAnimeList ids, which the other tools take.

        Args:
            query: English or Japanese name, or how it begins; typos are forgiven.
            limit: How many titles at most, 1 to 100.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InputError(f"limit is {limit}; expected 1 to {MAX_LIMIT}.")
        return current().model.catalogue.search(query, limit)

    def recommend(
        ratings: dict[str, float], k: int = 10, *, filters: Filters, novelty: float = 0.0
    ) -> list[Recommendation]:
        """Recommend anime to somebody who rated some, best first, with reasons. Never what they rated.

        Args:
            ratings: By MyAnimeList id, 1 to 10, or -1 for seen without a rating: {"5114": 10}. Unknown ids are ignored.
            k: How many titles, 1 to 1000.
            novelty: From -1, mainstream, to 1, hidden gems.
        """
        model = current().model
        return model.recommend(model.fold_in(_ratings(ratings)), k, filters, novelty)

    def recommend_for_user(
        user_id: int | str, k: int = 10, *, filters: Filters, novelty: float = 0.0
    ) -> list[Recommendation]:
        """Recommend anime to a user of the data set that the model was trained on.

        Args:
            user_id: One of the users that the model stores; the error for any other names some.
            k: How many titles, 1 to 1000.
            novelty: From -1, mainstream, to 1, hidden gems.
        """
        model = current().model
        if isinstance(user_id, str):
            number = _number(user_id)
            user_id = user_id[:LONGEST_ID] if number is None else number
        return model.recommend(model.user_taste(user_id), k, filters, novelty)

    def recommend_together(
        ratings: dict[str, float],
        other_ratings: dict[str, float],
        k: int = 10,
        balance: float = BALANCE,
        *,
        filters: Filters,
        novelty: float = 0.0,
    ) -> list[JointRecommendation]:
        """Recommend anime that two people would both like, best first, with each one's reasons.

        Args:
            ratings: Of the one, by MyAnimeList id, 1 to 10, or -1 for seen without a rating: {"5114": 10}.
            other_ratings: Of the other, likewise.
            k: How many titles, 1 to 1000.
            balance: From 0, what suits them on average, to 1, what suits the less pleased one.
            novelty: From -1, mainstream, to 1, hidden gems.
        """
        model = current().model
        both = [model.fold_in(_ratings(one)) for one in (ratings, other_ratings)]
        return model.recommend_together(both, k, filters, balance, novelty)

    def similar(anime_id: int, k: int = 10, *, filters: Filters) -> list[Recommendation]:
        """Anime that the same people like, nearest first.

        Args:
            anime_id: MyAnimeList id of the title; if that is adult, adult titles come, too.
            k: How many titles, 1 to 1000.
        """
        model = current().model
        adult = filters.adult or ADULT_GENRE in model.catalogue[anime_id].genres
        return model.similar(anime_id, k, replace(filters, adult=adult))

    filtered = (recommend, recommend_for_user, recommend_together, similar)
    return [Endpoint(search), *(Endpoint(function, {"filters": chosen}) for function in filtered)]


def chosen(
    genres: list[str] | None = None,
    exclude_genres: list[str] | None = None,
    types: list[str] | None = None,
    min_members: int = 0,
    min_year: int | None = None,
    max_year: int | None = None,
    adult: bool = False,
    sequels: Literal["all", "first", "new"] = "all",
    exclude_ids: list[int] | None = None,
) -> Filters:
    """Filters, from what JSON has.

    Args:
        genres: Only titles with all of these genres, such as "Comedy"; a wrong one is answered with the list of all.
        exclude_genres: No title with any of these genres.
        types: Only these types: TV, Movie, OVA, ONA, Special, Music.
        min_members: Only titles that at least so many people list.
        min_year: Only titles from this year on.
        max_year: Only titles up to this year.
        adult: Allow adult titles.
        sequels: "first": of a franchise only the first unseen part, none of disliked ones; "new": only unbegun ones.
        exclude_ids: MyAnimeList ids that shall not come.
    """
    return Filters(
        genres=tuple(genres or ()),
        exclude_genres=tuple(exclude_genres or ()),
        types=tuple(types or ()),
        min_members=min_members,
        min_year=min_year,
        max_year=max_year,
        adult=adult,
        sequels=sequels,
        exclude_ids=tuple(exclude_ids or ()),
    )


def _ratings(ratings: dict[str, float]) -> dict[int, float]:
    """JSON has only text as keys."""
    numbered = {_number(key): rating for key, rating in ratings.items()}
    if None in numbered:
        wrong = next(key for key in ratings if _number(key) is None)
        raise InputError(f'{wrong[:LONGEST_ID]!r} is not a MyAnimeList id; expected ratings such as {{"5114": 10}}.')
    return {anime_id: rating for anime_id, rating in numbered.items() if anime_id is not None}


def _number(text: str) -> int | None:
    """The id that a text holds, or None."""
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) <= LONGEST_ID else None
