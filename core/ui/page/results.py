"""The visitor's list: its cards, its active filters, and what to change if it is short."""

from typing import NamedTuple

from ...data.catalogue import Title
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ..rendering import render
from .active_filters import active_filters, loosenings
from .state import LONGEST_LIST
from .visitor import Visitor

LOOSENINGS = 3
STEP = 10
CERTAINTY_LEVELS = ((0.25, "guesses"), (0.45, "shape"), (0.65, "knowing"), (1.0, "well"))


class Card(NamedTuple):
    """A recommendation as the page shows it.

    ``ratings`` and ``reasons`` have an entry for each person, which begins with the key of the text to show before.
    """

    item: Recommendation | JointRecommendation
    title: Title
    ratings: list[tuple[str, float]]
    reasons: list[tuple[str, list[tuple[Reason, Title]]]]


def results(visitor: Visitor, suggested: list[Title]) -> str:
    """Return the list as HTML. The first of the ``suggested`` titles is the one to rate next."""
    state, model, shown = visitor.state, visitor.model, visitor.shown
    n_shown = len(shown.recommendations)
    certainty = model.certainty(shown.taste) if shown.about == "own" else None
    is_short = n_shown < state.k and shown.about != "two"
    return render(
        "results.html",
        visitor.texts,
        state=state,
        about=shown.about,
        like=None if state.like is None else model.catalogue[state.like],
        is_known=state.like is None or model.is_known(state.like),
        cards=[_card(item, visitor) for item in shown.recommendations],
        active_filters=active_filters(visitor),
        loosenings=loosenings(visitor)[:LOOSENINGS] if is_short else [],
        certainty=certainty,
        certainty_level=certainty and next(level for share, level in CERTAINTY_LEVELS if certainty.share <= share),
        ask=suggested[0] if certainty and suggested else None,
        more=min(state.k + STEP, LONGEST_LIST) if n_shown == state.k < LONGEST_LIST else 0,
        spot=model.taste_coordinates(shown.taste) if state.tab == "explore" and len(shown.taste) else None,
        steps=model.rating_scale.steps,
    )


def _card(item: Recommendation | JointRecommendation, visitor: Visitor) -> Card:
    if isinstance(item, JointRecommendation):
        ratings = list(zip(("card.you", "card.partner"), item.predicted_ratings, strict=True))
        reasons = list(zip(("card.because.you", "card.because.partner"), item.because, strict=True))
    else:
        # Somebody without ratings gets no prediction, but the average one's list.
        is_user = visitor.shown.taste.user_id is not None
        whose = "card.them" if is_user else "card.you"
        ratings = [(whose, item.predicted_rating)] if is_user or visitor.state.ratings else []
        reasons = [("card.because", item.because)]
    catalogue = visitor.model.catalogue
    titled = [(key, [(reason, catalogue[reason.anime_id]) for reason in person]) for key, person in reasons]
    return Card(item, catalogue[item.anime_id], ratings, titled)
