"""The tab *How it works*: the steps from the visitor's ratings to their list, with the numbers of the model."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

from ...data.catalogue import Title
from ...insight.steps import RatedTitle, ScoredTitle, TruncatedList, Walkthrough
from ...insight.walkthrough import CUTS, textbook_list
from ...model.card import by_title, quality_rows
from ...model.model import Model
from ..rendering import render
from ..translations import Texts
from .explore import end_name
from .visitor import Visitor

RATED_SHOWN = 8
LEFT_OUT = (", 5 shown", ", 15 shown", ", 20 shown")
"""Columns of the measured quality for which the page has no room: the model's card has them."""
PARTS_SHOWN = 3  # the visitor's titles that add most to a score
WIDTH, HEIGHT = 320, 120  # of a chart, in SVG units


class Score(NamedTuple):
    """A score with the parts of the visitor's titles that add most to it, and the number and sum of the others."""

    scored: ScoredTitle
    parts: list[tuple[Title, float]]
    n_others: int
    others: float


class Curve(NamedTuple):
    """A curve over the number of factors, in SVG units from the upper left corner."""

    name: str
    points: str  # as "x,y x,y"
    ticks: list[tuple[float, str]]  # labels below, with their x
    left: list[tuple[float, str]]  # labels on the left, with their y
    right: tuple[float, str]  # the label of the last point


def how_it_works(visitor: Visitor) -> str:
    """Return the tab as HTML."""
    model, texts, taste, filters = visitor.model, visitor.texts, visitor.taste, visitor.state.filters()
    steps = model.walkthrough(taste, filters=filters)
    has_ratings = bool(visitor.state.ratings)
    best = model.catalogue.position(steps.scores[0].title.anime_id) if steps.scores and has_ratings else None
    ratings = taste.row.data[taste.row.data >= taste.scale.low]
    textbook = textbook_list(model.textbook, taste, model.catalogue, taste.allowed(filters))
    # The end of each factor on which the person stands.
    named = [(factor.index, factor.own + factor.prior) for factor in steps.point]
    named += zip(steps.product.factors, steps.product.u, strict=True)
    return render(
        "how.html",
        texts,
        info=model.info,
        has_ratings=has_ratings,
        steps=steps,
        curves=_curves(steps, texts),
        width=WIDTH,
        height=HEIGHT,
        settled=_settled(steps.truncated),
        turn=next((rating for rating, weight in steps.weights if weight > 0), None),
        strongest=sorted(steps.rated, key=lambda rated: -abs(rated.scaled))[:RATED_SHOWN],
        names={index: end_name(model.meanings[index].ends[int(coordinate > 0)], texts) for index, coordinate in named},
        scores=[_score(scored, steps.rated) for scored in steps.scores],
        expected=None if best is None else [float(person.predicted[best]) for person in (model.nobody, taste)],
        textbook=[(model.catalogue[title.anime_id], title.score) for title in textbook],
        textbook_factors=len(model.textbook.factors.singular_values),
        mean=float(ratings.mean()) if len(ratings) else None,
        listed=[model.rank(taste, scored.title.anime_id, filters, visitor.state.novelty) for scored in steps.scores],
        quality=_quality(model, texts),
    )


def _curves(steps: Walkthrough, texts: Texts) -> list[Curve]:
    """Return two curves over the number of factors: the singular values, and the energy that the factors keep."""
    factors, singular_values, energies = zip(*steps.spectrum.thinned(), strict=True)
    largest = singular_values[0]
    shares = [value / largest for value in singular_values]
    return [
        _curve("sigma", factors, shares, lambda share: texts.number(share * largest, 1), texts),
        _curve("energy", factors, energies, texts.percent, texts),
    ]


def _curve(
    name: str, factors: Sequence[int], shares: Sequence[float], label: Callable[[float], str], texts: Texts
) -> Curve:
    """Return a curve of ``shares`` of the height, 0..1, over the numbers of factors on a logarithmic axis. ``label``
    turns a share into the number that it stands for.
    """
    last = factors[-1]

    def x(factor: int) -> float:
        return round(WIDTH * math.log(factor) / math.log(max(last, 2)), 1)

    def y(share: float) -> float:
        return HEIGHT * (1 - share)

    return Curve(
        name=name,
        points=" ".join(f"{x(factor)},{y(share):.1f}" for factor, share in zip(factors, shares, strict=True)),
        ticks=[(x(factor), texts.number(factor)) for factor in (1, *(cut for cut in CUTS if cut < last), last)],
        left=[(y(share), label(share)) for share in dict.fromkeys((0.0, shares[0], 1.0))],
        right=(y(shares[-1]), label(shares[-1])),
    )


def _settled(lists: Sequence[TruncatedList]) -> int:
    """Return the number of factors from which on the list is the one of all factors."""
    titles = lists[-1].titles
    return min(shorter.factors for shorter in takewhile(lambda shorter: shorter.titles == titles, reversed(lists)))


def _score(scored: ScoredTitle, rated: Sequence[RatedTitle]) -> Score:
    parts = [(source.title, part) for source, part in zip(rated, scored.by_titles, strict=True) if part]
    parts.sort(key=lambda part: -abs(part[1]))
    others = [part for _, part in parts[PARTS_SHOWN:]]
    return Score(scored, parts[:PARTS_SHOWN], len(others), sum(others))


def _quality(model: Model, texts: Texts) -> dict[str, object]:
    """Return the measured quality: metrics with their numbers of columns, column heads, and a row for each recipe."""
    head, *all_rows = quality_rows(by_title(model.info))
    kept = [index for index, name in enumerate(head) if not name.endswith(LEFT_OUT)]
    (_, *columns), *rows = ([row[index] for index in kept] for row in (head, *all_rows))
    metrics = groupby(name.partition(", ")[0] for name in columns)
    return {
        "metrics": [(metric, len(list(names))) for metric, names in metrics],
        "columns": [_column(name, texts) for name in columns],
        "rows": [
            [texts.named("column", recipe.strip("*")), *(_figure(cell, texts) for cell in cells)]
            for recipe, *cells in rows
        ],
    }


def _figure(cell: str, texts: Texts) -> str:
    return cell if cell == "–" else texts.number(float(cell), 3)


def _column(name: str, texts: Texts) -> str:
    """Return how much of a history was shown, from a name such as ``NDCG@10, 3 shown`` or ``NDCG@10, 80% shown``."""
    shown = name.partition(", ")[2].removesuffix(" shown")
    if not name.endswith(" shown"):
        return texts("how.quality.known") if shown == "known users" else texts.named("column", name)
    return texts("how.quality.share" if shown.endswith("%") else "how.quality.number", n=shown)
