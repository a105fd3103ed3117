"""The tabs that look inside the model: *Explore* and *How it works*."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

from scipy import sparse

from ...data.catalogue import Title
from ...insight.walkthrough import CUTS, RatedTitle, ScoredTitle, TruncatedList, Walkthrough, textbook_list
from ...model.card import by_title, quality_rows
from ...model.model import Model
from ...recommend.fold_in import Taste
from ..rendering import render
from ..translations import Words
from .answers import Visitor
from .explore import _end_name

RATED_SHOWN = 8
PARTS_SHOWN = 3  # titles of the visitor that add most to a score
WIDTH, HEIGHT = 320, 120  # of the pictures, in their own units


class ScoreRow(NamedTuple):
    """A score, and what it is made of: the visitor's titles that add most, all ``others``, and everybody."""

    scored: ScoredTitle
    parts: list[tuple[Title, float]]
    n_others: int
    others: float


class Picture(NamedTuple):
    """A curve over the number of factors: SVG points, and its labels ``(place, text)`` along each side."""

    name: str
    points: str
    left: list[tuple[float, str]]
    right: tuple[float, str]
    ticks: list[tuple[float, str]]


def how(visitor: Visitor, trouble: str) -> str:
    """The model in pictures and numbers, with the visitor's own ratings."""
    model, said = visitor.model, visitor.words
    taste = model.fold_in(dict(visitor.state.ratings))
    steps = model.walkthrough(taste, filters=visitor.state.filters())
    own = bool(visitor.state.ratings)
    return render(
        "how.html",
        said,
        own=own,
        steps=steps,
        **_steps_told(model, steps, said),
        expected=_expected(model, taste, steps.scores[0].title) if steps.scores and own else None,
        textbook=_textbook(model, visitor, taste),
        mean=_mean(taste),
        textbook_factors=len(model.textbook.factors.singular_values),
        quality=_quality(model, said),
        info=model.info,
        width=WIDTH,
        height=HEIGHT,
    )


def _steps_told(model: Model, steps: Walkthrough, words: Words) -> dict[str, object]:
    """What the page tells of the steps besides their own numbers."""
    return {
        "rated": _strongest(steps),
        "factors": [_leaning(model, one.index, one.own + one.prior > 0, words) for one in steps.point],
        "pictures": _pictures(steps, words),
        "settled": _settled(steps.truncated),
        "turn": next((rating for rating, weight in steps.weights if weight > 0), None),
        "rows": [_score_row(one, steps.rated) for one in steps.scores],
        "rest": steps.scores[0].score - sum(one.term for one in steps.point) if steps.scores else 0.0,
    }


def _leaning(model: Model, index: int, high: bool, words: Words) -> str:
    """The name of one end of a factor."""
    return _end_name(model.meanings[index].ends[int(high)], words)


def _settled(lists: Sequence[TruncatedList]) -> int:
    """From how many factors on the list is that of all factors."""
    whole = lists[-1].titles
    return min(one.factors for one in takewhile(lambda one: one.titles == whole, reversed(lists)))


def _score_row(scored: ScoredTitle, rated: Sequence[RatedTitle]) -> ScoreRow:
    added = [(one.title, part) for one, part in zip(rated, scored.by_titles, strict=True) if part]
    added.sort(key=lambda one: -abs(one[1]))
    others = [part for _, part in added[PARTS_SHOWN:]]
    return ScoreRow(scored, added[:PARTS_SHOWN], len(others), sum(others))


def _expected(model: Model, taste: Taste, title: Title) -> tuple[float, float]:
    """The rating to expect of somebody who told nothing, and of the visitor."""
    rows = sparse.vstack([model.fold_in({}).row, taste.row], format="csr")
    nobody, own = model.predict_ratings(rows)[:, model.catalogue.position(title.anime_id)].tolist()
    return nobody, own


def _textbook(model: Model, visitor: Visitor, taste: Taste) -> list[tuple[Title, float]]:
    """What the classic recipe recommends for the visitor's ratings, and the ratings that it predicts."""
    found = textbook_list(model.textbook, taste, model.catalogue, taste.allowed(visitor.state.filters()))
    return [(model.catalogue[one.anime_id], one.score) for one in found]


def _mean(taste: Taste) -> float | None:
    given = taste.row.data[taste.row.data >= taste.scale.low]
    return float(given.mean()) if len(given) else None


class Quality(NamedTuple):
    """The measured figures: metrics with their numbers of columns, what was shown, a row for each recipe."""

    groups: list[tuple[str, int]]
    columns: list[str]
    rows: list[list[str]]


def _quality(model: Model, words: Words) -> Quality:
    (_, *columns), *rows = quality_rows(by_title(model.info))
    groups = groupby(name.partition(", ")[0] for name in columns)
    return Quality(
        [(metric, len(list(same))) for metric, same in groups],
        [_column(name, words) for name in columns],
        [
            [
                words.named("column", title.strip("*")),
                *(cell if cell == "–" else words.number(float(cell), 3) for cell in cells),
            ]
            for title, *cells in rows
        ],
    )


def _column(name: str, words: Words) -> str:
    """What was shown, given such as ``NDCG@10, 3 shown``, ``NDCG@10, 80% shown``."""
    shown = name.partition(", ")[2].removesuffix(" shown")
    if not name.endswith(" shown"):
        return words("how.quality.known") if shown == "known users" else words.named("column", name)
    return words("how.quality.share" if shown.endswith("%") else "how.quality.number", n=shown)


def _strongest(steps: Walkthrough) -> list[RatedTitle]:
    """The ratings that weigh most."""
    return sorted(steps.rated, key=lambda one: -abs(one.scaled or 0.0))[:RATED_SHOWN]


def _pictures(steps: Walkthrough, words: Words) -> list[Picture]:
    """The spectrum over the number of factors, on a logarithmic scale: singular values, and energy."""
    points = steps.spectrum.thinned()
    last, largest = points[-1][0], points[0][1]
    widest = math.log(max(last, 2))

    def across(number: int) -> float:
        return round(WIDTH * math.log(number) / widest, 1)

    ticks = [(across(one), words.number(one)) for one in (1, *(cut for cut in CUTS if cut < last), last)]

    def picture(name: str, parts: list[float], told: Callable[[float], str]) -> Picture:
        curve = " ".join(f"{across(at[0])},{HEIGHT * (1 - part):.1f}" for at, part in zip(points, parts, strict=True))
        left, right = [(HEIGHT * (1 - part), told(part)) for part in (0.0, *{parts[0], 1.0})], parts[-1]
        return Picture(name, curve, left, (HEIGHT * (1 - right), told(right)), ticks)

    return [
        picture("sigma", [sigma / largest for _, sigma, _ in points], lambda part: words.number(part * largest, 1)),
        picture("energy", [energy for _, _, energy in points], words.percent),
    ]
