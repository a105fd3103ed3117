"""Pairs: how much ways to make one list for two are worth, judged by what both were held out with.

Users that no model was trained on are paired at random, each of them once, so that the pairs are
independent. A part of each one's ratings is shown, the rest judges: relevant to somebody is what they
rated high (8 of 10) there. Titles that either of them was shown with are not ranked and don't count.

Somebody's held-out titles are those that they chose to watch alone, so a list is judged well that puts
the favourites of both next to each other. For an evening together a title counts that *both* rated high:
that is judged by itself, on the pairs that have any.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.scale import RatingScale
from ..model.model import Model
from ..numerics.arrays import Bool, Int64
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste
from ..recommend.together import BALANCE, TOLERANCE, recommend_together
from ..recommend.top_k import top_k
from . import metrics
from .metrics import Estimate
from .splits import hold_out

History = int | float
HISTORIES: tuple[tuple[History, History], ...] = ((3, 3), (10, 10), (0.8, 0.8), (3, 0.8))
BALANCES = (0.0, 0.25, 0.5, 0.75, 1.0)
WHOLE_CATALOGUE = Filters(adult=True)
LENGTH = 10
METRICS = {
    "ndcg": "NDCG@10",
    "lower": "of the one served worse",
    "both": "of what both like",
    "without_hit": "somebody without a hit",
    "disliked": "rated 5 or less",
}

Positions = Int64
Strategy = Callable[[Sequence[Taste]], Positions]
"""From two tastes to the catalogue positions of their list."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of users: what is shown of each, and what judges, CSR [n_pairs, n_items] for either of them."""

    shown: tuple[sparse.csr_array, sparse.csr_array]
    held_out: tuple[sparse.csr_array, sparse.csr_array]

    @classmethod
    def of(cls, matrix: sparse.csr_array, histories: tuple[History, History], seed: int) -> "Pairs":
        """Pair the rows of users that no model was trained on. ``histories`` as in `core.evaluation.splits.hold_out`,
        one for the first of each pair and one for the second; pairs stay that have something to judge
        by on both sides.
        """
        half = matrix.shape[0] // 2
        order = np.random.default_rng(seed).permutation(matrix.shape[0])
        first = hold_out(matrix[order[:half]], histories[0], seed)
        second = hold_out(matrix[order[half : 2 * half]], histories[1], seed + 1)
        in_first, in_second = np.isin(first.rows, second.rows), np.isin(second.rows, first.rows)
        shown = first.shown[in_first], second.shown[in_second]
        return cls(shown, (first.held_out[in_first], second.held_out[in_second]))

    def __len__(self) -> int:
        return int(self.shown[0].shape[0])


@dataclass(frozen=True)
class Outcome:
    """What a strategy comes to over pairs.

    Attributes
    ----------
    ndcg
        The mean of the two NDCG@10.
    lower
        The lower of the two.
    both
        NDCG@10 where relevant is what both rated high.
    without_hit
        The share of pairs of whom somebody finds nothing relevant on the list.
    disliked
        The share of ratings of 5 of 10 or less among those that are known of the listed titles.
    """

    ndcg: Estimate
    lower: Estimate
    both: Estimate
    without_hit: Estimate
    disliked: Estimate


def strategies(model: Model) -> dict[str, Strategy]:
    """Averaging of scores first, which the others are compared with; then what AniSVD does at several
    balances, the default one without its bar against titles that one of them would rate low, the
    average of predicted ratings, and the list that the first one of them would get.
    """

    def together(balance: float, tolerance: float = TOLERANCE) -> Strategy:
        def strategy(tastes: Sequence[Taste]) -> Positions:
            listed = recommend_together(tastes, LENGTH, WHOLE_CATALOGUE, balance=balance, tolerance=tolerance)
            return np.array([model.catalogue.position(item.anime_id) for item in listed], dtype=np.int64)

        return strategy

    def predictions(tastes: Sequence[Taste]) -> Positions:
        scores = np.stack([taste.predicted for taste in tastes]).mean(axis=0)
        return top_k(scores, _allowed(tastes), model.catalogue, LENGTH)

    def first(tastes: Sequence[Taste]) -> Positions:
        return top_k(tastes[0].scores, _allowed(tastes), model.catalogue, LENGTH)

    return {
        "averaging": together(0.0, tolerance=1.0),
        **{f"balance {balance:g}": together(balance) for balance in BALANCES},
        f"balance {BALANCE:g}, nobody spared": together(BALANCE, tolerance=1.0),
        "predicted ratings, averaged": predictions,
        "the list of one of them": first,
    }


def _allowed(tastes: Sequence[Taste]) -> Bool:
    return np.asarray(np.all([taste.allowed(WHOLE_CATALOGUE) for taste in tastes], axis=0))


def measure(
    model: Model,
    pairs: Pairs,
    by_name: Mapping[str, Strategy],
    on_progress: Callable[[str, float], None] = lambda stage, done: None,
) -> dict[str, Outcome]:
    """Let every strategy make a list for every pair, and judge it."""
    tastes = [[model.fold_in(_told(model, side[[pair]])) for side in pairs.shown] for pair in range(len(pairs))]
    outcomes = {}
    for name, strategy in by_name.items():
        figures = []
        for pair, both in enumerate(tastes):
            held_out = [side[[pair]] for side in pairs.held_out]
            figures.append(judged(strategy(both), held_out, np.concatenate([one.seen for one in both]), both[0].scale))
            on_progress(name, (pair + 1) / len(pairs))
        by_metric = dict(zip([*METRICS, "known"], np.array(figures).T, strict=True))
        known = by_metric.pop("known")
        by_metric["disliked"] /= np.where(known > 0, known, np.nan)
        weights = {"disliked": known}
        outcomes[name] = Outcome(**{at: metrics.mean(of, weights.get(at)) for at, of in by_metric.items()})
    return outcomes


def _told(model: Model, row: sparse.csr_array) -> dict[int, float]:
    return dict(zip(model.item_ids[row.indices].tolist(), row.data.tolist(), strict=True))


def judged(
    listed: Positions, held_out: Sequence[sparse.csr_array], seen: npt.ArrayLike, scale: RatingScale
) -> tuple[float, ...]:
    """The figures of one list: mean and lower NDCG, NDCG of what all rated high, whether somebody
    finds nothing, and how many of the known ratings of listed titles are low, and how many there are.

    Parameters
    ----------
    held_out
        What judges, CSR [1, n_items] for each person.
    seen
        Catalogue positions that could not be listed.
    """
    liked, disliked, known = [], 0, 0
    for row in held_out:
        liked.append(np.setdiff1d(row.indices[scale.liked(row.data)], seen))
        disliked += int(np.isin(listed, row.indices[scale.disliked(row.data)]).sum())
        known += int(np.isin(listed, row.indices).sum())
    each = [_ndcg(listed, relevant) for relevant in liked]
    common = _ndcg(listed, reduce(np.intersect1d, liked))
    nothing = np.nan if np.isnan(each).any() else float(min(each) == 0)
    return float(np.mean(each)), float(np.min(each)), common, nothing, disliked, known


def _ndcg(listed: Positions, relevant: npt.NDArray[np.integer[Any]]) -> float:
    return float(metrics.ndcg(np.isin(listed, relevant)[None], np.array([len(relevant)]))[0])


def outcomes_to_dict(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Every figure, and its difference to the first strategy, with standard errors, ready for JSON."""
    first = next(iter(outcomes.values()))
    return {name: {metric: _figures(one, first, metric) for metric in METRICS} for name, one in outcomes.items()}


def _figures(one: Outcome, first: Outcome, metric: str) -> dict[str, float]:
    estimate: Estimate = getattr(one, metric)
    difference = estimate - getattr(first, metric)
    return {
        "value": estimate.value,
        "standard error": estimate.standard_error,
        "difference": difference.value,
        "its standard error": difference.standard_error,
    }


def outcomes_table(outcomes: Mapping[str, Outcome]) -> str:
    """The same as a Markdown table: the first strategy's figures, and how the others differ from it."""
    lines = [f"| list | {' | '.join(METRICS.values())} |", "|---" * (1 + len(METRICS)) + "|"]
    first = next(iter(outcomes.values()))
    for name, one in outcomes.items():
        cells = [name]
        for metric in METRICS:
            figures = _figures(one, first, metric)
            told = f"{figures['difference']:+.3f} ±{figures['its standard error']:.3f}"
            cells.append(f"{figures['value']:.3f}" if one is first else told)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
