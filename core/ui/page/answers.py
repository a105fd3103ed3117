"""What the list of a state holds, whoever it is for."""

from typing import NamedTuple

from ...errors import AniSVDError, InputError
from ...model.model import Model
from ...recommend.fold_in import Taste
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ...serving.model_source import ServedModel
from ..translations import Words
from .state import BALANCE_STEPS, NOVELTY_STEPS, PageState
from .views import Card


class Visitor(NamedTuple):
    """Who asks: what they said and chose, which model answers, and in which words."""

    state: PageState
    served: ServedModel
    words: Words

    @property
    def model(self) -> Model:
        """The model that answers."""
        return self.served.model

    def trouble(self, error: AniSVDError) -> str:
        """Why an existing user cannot be shown, as a sentence."""
        user = self.state.partner_user if self.state.tab == "together" else self.state.user
        unknown = isinstance(error, InputError)
        return self.words("trouble.user", user=str(user)) if unknown else self.words("trouble.users")


class Answer(NamedTuple):
    """A list: ``about`` whom or what it is (``own``, ``nobody``, ``user``, ``two`` or ``like``), whose
    taste it answers (the visitor's or the existing user's first), and the titles.
    """

    about: str
    tastes: tuple[Taste, ...]
    recommendations: list[Recommendation] | list[JointRecommendation]

    @property
    def taste(self) -> Taste:
        """Of the first person."""
        return self.tastes[0]

    def cards(self, visitor: Visitor) -> list[Card]:
        """As the page shows them."""
        return [_card(item, self.about, visitor) for item in self.recommendations]


def answer(state: PageState, model: Model) -> Answer:
    """The list that a state asks for. Raises `AniSVDError` for a user who is not there."""
    own = model.fold_in(dict(state.ratings))
    about, taste = ("own", own) if state.ratings else ("nobody", own)
    if state.listed_user is not None:
        about, taste = "user", model.user_taste(state.listed_user).with_seen(own)
    taste = taste.narrowed(state.without, state.likes_only)
    filters, novelty = state.filters(), state.novelty / NOVELTY_STEPS
    if state.like is not None:
        return Answer("like", (taste,), model.similar(state.like, state.k, filters, taste))
    if state.is_for_two:
        both = (taste, partner(state, model))
        found = model.recommend_together(both, state.k, filters, state.balance / BALANCE_STEPS, novelty)
        return Answer("two", both, found)
    first = state.planned if state.plan == "first" else ()
    return Answer(about, (taste,), model.recommend(taste, state.k, filters, novelty, first))


def partner(state: PageState, model: Model) -> Taste:
    """The other of two people. Raises `AniSVDError` for a user who is not there."""
    if state.partner_user is not None:
        return model.user_taste(state.partner_user)
    return model.fold_in(dict(state.partner))


def _card(item: Recommendation | JointRecommendation, about: str, visitor: Visitor) -> Card:
    said = visitor.words
    title = visitor.model.catalogue[item.anime_id]
    if isinstance(item, JointRecommendation):
        people = (said("card.you"), said("card.partner"))
        both = list(zip(people, item.predicted_ratings, strict=True))
        because = [
            (said(f"card.because.{who}"), _named(reasons, visitor))
            for who, reasons in zip(("you", "partner"), item.because, strict=True)
        ]
        return Card(item, title, both, because)
    whose = {"own": "card.you", "user": "card.them"}.get(about if about != "like" else _owner(visitor.state))
    expected = [(said(whose), item.predicted_rating)] if whose else []
    return Card(item, title, expected, [(said("card.because"), _named(item.because, visitor))])


def _owner(state: PageState) -> str:
    """Whose the predicted ratings of similar titles are."""
    return "user" if state.listed_user is not None else "own" if state.ratings else "nobody"


def _named(reasons: tuple[Reason, ...], visitor: Visitor) -> list[tuple[Reason, str]]:
    catalogue = visitor.model.catalogue
    return [(reason, visitor.words.label(catalogue[reason.anime_id])) for reason in reasons]
