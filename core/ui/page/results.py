"""The visitor's list: its cards, its active filters, and what to change if it is short."""

import numpy as np

from ...data.catalogue import Title
from ...data.scale import WATCHED
from ...recommend.certainty import Certainty
from ...recommend.fold_in import Taste
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Reason, Recommendation
from ..rendering import render
from .active_filters import active_filters, loosenings
from .state import DIAL_STEPS, LONGEST_LIST
from .visitor import Visitor, by_person

LOOSENINGS = 3
STEP = 10
BRIEF = 6  # cards
PROBABLY_NEW, PERHAPS_SEEN = 0.75, 0.25
"""Chances that a title is new to the visitor, from which on, and up to which, a card says so."""
CERTAINTY_LEVELS = ((0.25, "guesses"), (0.45, "shape"), (0.65, "knowing"), (1.0, "well"))


def results(visitor: Visitor, suggested: list[Title], *, brief: bool = False) -> str:
    """Return the list as HTML. The first of the ``suggested`` titles is the one to rate next. ``brief`` leaves out the
    lower cards, and the scales, which are folded at first.
    """
    state, model, shown = visitor.state, visitor.model, visitor.shown
    n_shown = len(shown.recommendations)
    is_short = n_shown < state.k and shown.about != "group"
    certainty = model.certainty(shown.taste) if shown.about == "own" else None
    people, spreads = _people(visitor), _spreads(visitor, certainty)
    return render(
        "results.html",
        visitor.texts,
        state=state,
        n_allowed=int(np.all([taste.allowed(state.filters()) for taste in shown.tastes], axis=0).sum()),
        n_people=len(shown.tastes),
        has_ranges=any(spreads),
        about=shown.about,
        like=None if state.like is None else model.catalogue[state.like],
        is_known=state.like is None or model.is_known(state.like),
        cards=[
            (item, list(zip(people, _told(item, visitor, spreads), strict=True)), _chance(item, visitor))
            for item in shown.recommendations[: BRIEF if brief else None]
        ],
        n_shown=n_shown,
        dial_steps=DIAL_STEPS,
        catalogue=model.catalogue,
        active_filters=active_filters(visitor),
        loosenings=loosenings(visitor)[:LOOSENINGS] if is_short else [],
        certainty=certainty,
        certainty_level=certainty and next(level for share, level in CERTAINTY_LEVELS if certainty.share <= share),
        ask=suggested[0] if certainty and suggested else None,
        is_estimated=visitor.is_estimated,
        new_year=model.catalogue.ends[0] if shown.about != "like" else 0,
        more=min(state.k + STEP, LONGEST_LIST) if n_shown == state.k < LONGEST_LIST else 0,
        spot=model.taste_coordinates(shown.taste) if state.tab == "explore" and len(shown.taste) else None,
        steps=() if brief else model.rating_scale.steps,
    )


def _told(
    item: Recommendation | JointRecommendation, visitor: Visitor, spreads: list[float]
) -> list[tuple[str, list[Reason]]]:
    """Return the predicted rating in words and the reasons of each person, without those that are hidden from the
    visitor. Where there is a spread, the rating is a range.
    """
    texts, scale = visitor.texts, visitor.model.rating_scale
    told = []
    for (rating, reasons), spread in zip(by_person(item), spreads, strict=True):
        ends = scale.clip(np.array([rating - spread, rating + spread], dtype=np.float32)).round(1).tolist()
        words = "–".join(texts.rating(round(end, 1)) for end in ends) if spread else texts.number(rating, 1)
        told.append((words, [reason for reason in reasons if not visitor.hides(reason.anime_id)]))
    return told


def _spreads(visitor: Visitor, certainty: Certainty | None) -> list[float]:
    """Return the expected error of each person's predicted ratings where these are shown as ranges, else 0.
    ``certainty`` is that of the visitor if the list is theirs alone.

    Predictions are right for a random part of somebody's ratings, not for their favourites: see ``docs/quality.md``.
    Nobody knows how a visitor chose what to rate; but who rated only what they like has probably begun with favourites.
    """
    model = visitor.model
    return [
        (certainty or model.certainty(taste)).expected_error if _has_only_likes(taste) else 0.0
        for taste in visitor.shown.tastes
    ]


def _has_only_likes(taste: Taste) -> bool:
    """Return whether a sample of somebody's ratings has none below "liked"."""
    ratings = taste.row.data[taste.row.data != WATCHED]
    return (
        len(ratings) > 0 and taste.user_id is None and not taste.is_complete and bool(taste.scale.liked(ratings).all())
    )


def _people(visitor: Visitor) -> list[tuple[str, str]]:
    """Return for each person the words before their rating and before their reason. For three and more people a card
    has their names and no reasons: these are in its details.
    """
    texts, shown = visitor.texts, visitor.shown
    if len(shown.tastes) > 2:
        return [(name, "") for name in visitor.people]
    if shown.about == "group":
        name = visitor.people[1]
        of_other = (texts("card.named", name=name), texts("card.because.named", name=name))
        return [
            (texts("card.you"), texts("card.because.you")),
            of_other if name else (texts("card.partner"), texts("card.because.partner")),
        ]
    if shown.taste.user_id is not None:
        return [(texts("card.them"), texts("card.because"))]
    # No ratings, no predicted rating.
    return [(texts("card.you") if visitor.state.ratings else "", texts("card.because"))]


def _chance(item: Recommendation | JointRecommendation, visitor: Visitor) -> str:
    """Return whether a title is probably ``new`` to the visitor or perhaps ``seen``; an empty text in between, and
    where everything that they have seen is known.
    """
    if visitor.shown.about != "own" or visitor.shown.taste.is_complete or not isinstance(item, Recommendation):
        return ""
    return "new" if item.new_chance >= PROBABLY_NEW else "seen" if item.new_chance <= PERHAPS_SEEN else ""
