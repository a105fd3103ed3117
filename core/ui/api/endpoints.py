"""The endpoints: what programs may ask the model."""

from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest
from typing import Literal

from pydantic import Field

from ...data.catalogue import Title
from ...errors import InputError
from ...model.model import Model
from ...recommend.filters import Filters
from ...recommend.novelty import DEFAULT
from ...recommend.together import BALANCE, MOST_PEOPLE, JointRecommendation
from ...recommend.top_k import Recommendation
from ...serving.model_source import ServedModel
from .endpoint import Endpoint, Question

MAX_LIMIT = 100
MAX_DIGITS = 18
LONGEST_NAME = 20

COUNT: int = Field(10, description="How many, 1 to 1000.")


class Search(Question):
    """Find anime by name, and their MyAnimeList ids, which the other tools take."""

    query: str = Field(description="English or Japanese name, or how it begins; typos are forgiven.")
    limit: int = Field(10, description="How many titles at most, 1 to 100.")

    def answer(self, model: Model) -> list[Title]:
        """Return the titles whose names fit, without adult ones."""
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InputError(f"limit is {self.limit}; expected 1 to {MAX_LIMIT}.")
        return model.catalogue.search(self.query, self.limit, ~model.catalogue.is_adult)


class FilteredQuestion(Question):
    """A question with the fields of `Filters` as parameters, which say what titles it is about."""

    genres: list[str] | None = Field(None, description='All of these, such as "Comedy".')
    exclude_genres: list[str] | None = Field(None, description="None of these.")
    types: list[str] | None = Field(None, description="One of TV, Movie, OVA, ONA, Special, Music.")
    min_members: int = Field(0, description="Least members.")
    min_year: int | None = Field(None, description="From this year on.")
    max_year: int | None = Field(None, description="Up to this year.")
    adult: bool = Field(False, description="Allow adult titles.")
    sequels: Literal["all", "first", "new"] = Field(
        "all",
        description='"first": first unseen part of each franchise; "new": none begun.',
    )
    exclude_ids: list[int] | None = Field(None, description="Ids to leave out.")
    themes: list[str] | None = Field(None, description='Any of these, such as "Isekai".')
    exclude_themes: list[str] | None = Field(None, description="None of these.")
    studios: list[str] | None = Field(None, description="Any of these.")
    exclude_studios: list[str] | None = Field(None, description="None of these.")
    extras: bool = Field(False, description="Allow recaps, specials, music videos.")

    @property
    def filters(self) -> Filters:
        """The filters; a parameter without a value keeps their default."""
        return Filters(**self.model_dump(include=set(FilteredQuestion.model_fields), exclude_none=True))


class RankedQuestion(FilteredQuestion):
    """A question for recommendations."""

    novelty: float = Field(
        DEFAULT,
        description="0: well known; 0.5: new to them; 1: hidden; below 0, to -1: probably seen.",
    )


class Recommend(RankedQuestion):
    """Recommend anime to somebody who rated some, best first, with reasons; never a title they rated."""

    ratings: dict[str, float] = Field(
        description='By MyAnimeList id, 1 to 10, or -1 for seen without a rating: {"5114": 10}. '
        "Unknown ids are ignored."
    )
    k: int = COUNT
    complete: bool | None = Field(None, description="True: all they have seen; false: a sample; default: guessed.")
    unseen: list[int] | None = Field(None, description="Ids they haven't seen: safe to recommend.")

    def answer(self, model: Model) -> list[Recommendation]:
        """Return recommendations for a folded-in person."""
        taste = model.fold_in(_by_id(self.ratings), self.complete, _known(self.unseen, model))
        return model.recommend(taste, self.k, self.filters, self.novelty)


class RecommendForUser(RankedQuestion):
    """Recommend anime to a user of the data set that the model was trained on."""

    user_id: int | str = Field(description="A user that the model stores; the error for any other user names some.")
    k: int = COUNT

    def answer(self, model: Model) -> list[Recommendation]:
        """Return recommendations for a stored user."""
        user_id = self.user_id
        if isinstance(user_id, str):
            user_id = int(user_id) if _is_id(user_id) else user_id[:MAX_DIGITS]
        return model.recommend(model.user_taste(user_id), self.k, self.filters, self.novelty)


class RecommendTogether(RankedQuestion):
    """Recommend anime that two to six people would all like, best first, with reasons for each of them."""

    ratings: dict[str, float] = Field(
        description='Of the first person, by MyAnimeList id, 1 to 10, or -1 for seen without a rating: {"5114": 10}.'
    )
    other_ratings: dict[str, float] = Field(description="Of the second person, in the same form.")
    k: int = COUNT
    balance: float = Field(
        BALANCE, description="From 0, what suits them on average, to 1, what suits the least pleased person."
    )
    more_ratings: list[dict[str, float]] | None = Field(None, description="Of up to four more people.")
    complete: list[bool] | None = Field(None, description="By person: true: all they have seen; false: a sample.")
    unseen: list[list[int]] | None = Field(None, description="By person: ids they haven't seen: safe to recommend.")
    names: list[str] | None = Field(None, description="By person; each line of the answer repeats them.")

    def answer(self, model: Model) -> list[JointRecommendation]:
        """Return recommendations for folded-in people."""
        people = [self.ratings, self.other_ratings, *(self.more_ratings or ())]
        if len(people) > MOST_PEOPLE:
            raise InputError(f"more_ratings has {len(people) - 2} people; expected {MOST_PEOPLE - 2} at most.")
        for name, values in (("complete", self.complete), ("unseen", self.unseen), ("names", self.names)):
            if values and len(values) > len(people):
                raise InputError(f"{name} has {len(values)} entries; there are {len(people)} people.")
        given = zip_longest(range(len(people)), self.complete or (), self.unseen or ())
        tastes = [
            model.fold_in(_by_id(people[index]), complete, _known(unseen, model)) for index, complete, unseen in given
        ]
        listed = model.recommend_together(tastes, self.k, self.filters, self.balance, self.novelty)
        names = tuple(name[:LONGEST_NAME] for name in self.names or ())
        return [replace(item, names=names) for item in listed]


class Similar(FilteredQuestion):
    """Find anime that the same people like, nearest first."""

    anime_id: int = Field(description="MyAnimeList id of the title; if it is adult, adult titles are included.")
    k: int = COUNT

    def answer(self, model: Model) -> list[Recommendation]:
        """Return the nearest titles."""
        adult = self.adult or bool(model.catalogue.is_adult[model.catalogue.position(self.anime_id)])
        return model.similar(self.anime_id, self.k, replace(self.filters, adult=adult))


def _by_id(ratings: dict[str, float]) -> dict[int, float]:
    """Return ratings by number, as JSON has only text as keys. Raises `InputError` for a key that is no id."""
    for text in ratings:
        if not _is_id(text):
            raise InputError(f'{text[:MAX_DIGITS]!r} is not a MyAnimeList id; expected ratings such as {{"5114": 10}}.')
    return {int(text): rating for text, rating in ratings.items()}


def _known(anime_ids: list[int] | None, model: Model) -> list[int]:
    """Return the ids that the catalogue has."""
    return [anime_id for anime_id in anime_ids or () if anime_id in model.catalogue]


def _is_id(text: str) -> bool:
    """Return whether a text spells an id, of an anime or a user."""
    digits = text.strip()
    return digits.isdecimal() and len(digits) <= MAX_DIGITS


def endpoints(current: Callable[[], ServedModel]) -> list[Endpoint]:
    """Return all endpoints. ``current`` returns the model in service at the time of a call."""
    return [
        Endpoint("search", Search, current),
        Endpoint("recommend", Recommend, current),
        Endpoint("recommend_for_user", RecommendForUser, current),
        Endpoint("recommend_together", RecommendTogether, current),
        Endpoint("similar", Similar, current),
    ]
