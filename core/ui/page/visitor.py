"""A visitor's request, with the tastes and the list that follow from it."""

from dataclasses import dataclass, replace
from functools import cached_property

from ...errors import AniSVDError, InputError
from ...insight.personas import Persona
from ...model.model import Model
from ...recommend.fold_in import Taste
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ...serving.model_source import ServedModel
from ...watchlists.matching import rating_of_dropped
from ..translations import Texts
from .people.person import Person
from .people.values import Rated
from .state import BALANCE_STEPS, PageState


@dataclass(frozen=True)
class Answer:
    """A list, and the tastes of the people that it is for, the visitor's or the existing user's first."""

    about: str  # "own", "nobody" (the visitor rated nothing), "user", "group", or "like": titles like another one
    tastes: tuple[Taste, ...]
    recommendations: list[Recommendation] | list[JointRecommendation]

    @property
    def taste(self) -> Taste:
        """The taste of the first person."""
        return self.tastes[0]


@dataclass(frozen=True)
class Visitor:
    """A request: the state, the model that answers, and the texts in the visitor's language. Tastes and the list are
    computed once, when first needed.
    """

    state: PageState
    served: ServedModel
    texts: Texts

    @property
    def model(self) -> Model:
        """The model that answers."""
        return self.served.model

    @cached_property
    def taste(self) -> Taste:
        """The visitor's own taste, by all their ratings."""
        state = self.state
        ratings = self._counted(state.ratings, state.dropped)
        taste = self.model.fold_in(ratings, complete=state.complete, unseen=state.unseen)
        return replace(taste, preferred_ids=state.preferred)

    @cached_property
    def answer(self) -> Answer:
        """The list that the state asks for. Raises `AniSVDError` if an existing user is not there."""
        return self._answer(self.state)

    @cached_property
    def shown(self) -> Answer:
        """The list on the page: `answer`, without existing users who are not there."""
        missing = tuple(self.missing)
        return self._answer(self.state.without_users(missing)) if missing else self.answer

    @property
    def trouble(self) -> str:
        """A sentence if an existing user is not there, else an empty string."""
        return next(iter(self.missing.values()), "")

    @cached_property
    def missing(self) -> dict[int | str, str]:
        """The existing users who are not there, each with a sentence."""
        sentences = {}
        for user in self.state.listed_users:
            try:
                self.model.user_taste(user)
            except AniSVDError as error:
                sentences[user] = self.explain(error, user)
        return sentences

    @cached_property
    def people(self) -> list[str]:
        """The names of the people for whom the list is, the visitor first; empty for a person of a pair without a name,
        who needs none.
        """
        others = self.state.without_users(tuple(self.missing)).listed_others
        names = [self.name_of(number, person) for number, person in others]
        if len(others) == 1 and not others[0][1].name and others[0][1].user is None:
            names = [""]
        return [self.texts("together.you"), *names]

    def name_of(self, number: int, person: Person) -> str:
        """Return what one of the others is called."""
        if person.name:
            return person.name
        is_user = person.user is not None
        return self.texts("person.user", id=str(person.user)) if is_user else self.texts("together.person", n=number)

    def ratings_of(self, persona: Persona) -> tuple[Rated, ...]:
        """Return the ratings that the state has after a tap on a persona: the best one for each title."""
        return tuple((anime_id, self.model.rating_scale.high) for anime_id in persona.anime_ids)

    @cached_property
    def borrowed(self) -> Persona | None:
        """The persona whose ratings these are; None for ratings of the visitor's own."""
        ratings = {*self.state.ratings}
        return next((persona for persona in self.model.personas if {*self.ratings_of(persona)} == ratings), None)

    def is_estimated(self, anime_id: int) -> bool:
        """Return whether nothing but its facts says who likes a title: too few people have rated it."""
        return not self.model.is_known(anime_id)

    def hides(self, anime_id: int) -> bool:
        """Return whether a title is adult, and nothing that this visitor has rated or asked for."""
        catalogue = self.model.catalogue
        is_adult = not self.state.adult and bool(catalogue.is_adult[catalogue.position(anime_id)])
        return is_adult and anime_id not in self.taste.ratings

    def explain(self, error: AniSVDError, user: int | str | None) -> str:
        """Return in a sentence why an existing user is not there."""
        is_unknown = isinstance(error, InputError)
        return self.texts("trouble.user", user=str(user)) if is_unknown else self.texts("trouble.users")

    def _answer(self, state: PageState) -> Answer:
        model, filters, novelty = self.model, state.filters(), state.novelty
        about, taste = ("own" if state.ratings or state.preferred else "nobody"), self.taste
        if state.listed_user is not None:
            about, taste = "user", model.user_taste(state.listed_user).with_seen(taste)
        taste = taste.narrowed(state.without, state.likes_only)
        if state.like is not None:
            return Answer("like", (taste,), model.similar(state.like, state.k, filters, taste))
        if others := state.listed_others:
            tastes = taste, *(self.taste_of(person) for _, person in others)
            balance = state.balance / BALANCE_STEPS
            return Answer("group", tastes, model.recommend_together(tastes, state.k, filters, balance, novelty))
        first = state.planned if state.plan == "first" else ()
        return Answer(about, (taste,), model.recommend(taste, state.k, filters, novelty, first))

    def taste_of(self, person: Person) -> Taste:
        """Return the taste of one of the others. Raises `AniSVDError` if they are a user who is not there."""
        if person.user is not None:
            return self.model.user_taste(person.user)
        ratings = self._counted(person.ratings, person.dropped)
        taste = self.model.fold_in(ratings, complete=person.complete, unseen=person.unseen)
        return replace(taste, preferred_ids=person.preferred)

    def _counted(self, ratings: tuple[Rated, ...], dropped: tuple[int, ...]) -> dict[int, float]:
        """Return ratings as they count, those of dropped titles lowered, by the id of the title."""
        rating_of, scale = dict(ratings), self.model.rating_scale
        return rating_of | {anime_id: rating_of_dropped(rating_of[anime_id], scale) for anime_id in dropped}


def by_person(item: Recommendation | JointRecommendation) -> list[tuple[float, tuple[Reason, ...]]]:
    """Return the predicted rating and the reasons of each person whom the list is for."""
    if isinstance(item, JointRecommendation):
        return list(zip(item.predicted_ratings, item.because, strict=True))
    return [(item.predicted_rating, item.because)]
