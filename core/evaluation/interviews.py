"""Interviews: how much ways to choose what to ask are worth, played on users who were held out.

Half of a user's ratings are the *pool*, what they could tell; the other half judges. A strategy
shows walls of six titles. One from the pool is answered with its rating; any other is left out from
then on ("haven't seen it"), also where the user watched it without rating it, or rated it in the
other half: so there are about twice as many questions as for somebody who tells all they know.
After exactly n ratings the user is folded in. The whole catalogue is ranked without anything that
the user is known to have seen outside the judging half, asked or not, so that every strategy is
judged on the same titles; relevant is what they rated high (8 of 10) there. *Without sequels* only
the first unseen part of each franchise counts and is ranked, as on the page, unless a visitor wants
otherwise: to tell the third season is to tell of the first two, which is no great discovery.

Users count at n who have n ratings in the pool and whom every strategy got to tell n of them within
`MOST_QUESTIONS`: the same users for all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..model.model import Model
from ..numerics.arrays import Float32, Float64, Int64
from ..numerics.sparse import history_matrix, keep_entries, rank_in_shuffled_row, row_of_entries
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste
from . import metrics
from .measure import top_lists
from .metrics import Estimate

WALL = 6
MOST_QUESTIONS = 300
NUMBERS = (1, 3, 5, 10)
USERS_PER_BLOCK = 256
RANDOM = "random ones of those they know"
METRICS = {"ndcg": "NDCG@10", "first_parts": "without sequels", "rmse": "RMSE"}

Positions = Int64
Strategy = Callable[[Taste, int, Positions], Positions]
"""From a taste, the size of the wall and the positions of what was answered with "haven't seen it"
to the titles to show."""


@dataclass(frozen=True)
class Panel:
    """The users who are asked, each one row of three CSR matrices [n_users, n_items].

    Attributes
    ----------
    pool
        The ratings that they can tell.
    judging
        Those that judge.
    seen
        All that they have, but for what judges.
    """

    pool: sparse.csr_array
    judging: sparse.csr_array
    seen: sparse.csr_array

    @classmethod
    def of(cls, matrix: sparse.csr_array, seed: int) -> "Panel":
        """Split the ratings of users that no model was trained on."""
        given = explicit(matrix)
        counts = np.repeat(np.diff(given.indptr), np.diff(given.indptr))
        told = 2 * rank_in_shuffled_row(given, np.random.default_rng(seed)) < counts
        watched = keep_entries(matrix, matrix.data < 0)
        return cls(
            keep_entries(given, told), keep_entries(given, ~told), sparse.csr_array(keep_entries(given, told) + watched)
        )


@dataclass(frozen=True)
class Interview:
    """What one user told: catalogue positions of the rated titles in order, and the number of the
    question that brought each.
    """

    rated: list[int]
    questions: list[int]


@dataclass(frozen=True)
class Outcome:
    """What a strategy comes to after n ratings: NDCG@10, the same without sequels, RMSE, and the
    questions it took each user.
    """

    ndcg: Estimate
    first_parts: Estimate
    rmse: Estimate
    questions: Int64


def in_order(order: Positions) -> Strategy:
    """Ask the same titles of everybody, in this order."""

    def strategy(taste: Taste, k: int, left_out: Positions) -> Positions:
        asked = np.concatenate([taste.positions, left_out])
        return order[~np.isin(order, asked)][:k]

    return strategy


def most_popular(ratings: Ratings) -> Positions:
    """Titles by how many users list them, without adult ones."""
    counts = np.bincount(ratings.matrix.indices, minlength=ratings.matrix.shape[1])
    return _ordered(counts, ratings)


def popular_and_disputed(ratings: Ratings) -> Positions:
    """Titles by the logarithm of their number of ratings times the entropy of these (Rashid et al.:
    Getting to know you, 2002), without adult ones.
    """
    given = explicit(ratings.matrix)
    places = np.round(ratings.scale.on_ten(given.data) - 1).astype(np.int64)
    counts = np.bincount(given.indices * 10 + places, minlength=given.shape[1] * 10).reshape(-1, 10)
    total = np.maximum(counts.sum(axis=1), 1)
    shares = counts / total[:, None]
    entropy = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    return _ordered(np.log(total) * entropy, ratings)


def _ordered(worth: npt.NDArray[Any], ratings: Ratings) -> Positions:
    order = np.argsort(-worth, kind="stable")
    return order[Filters().mask(ratings.catalogue)[order]]


def interview(model: Model, panel: Panel, user: int, strategy: Strategy, n: int) -> Interview:
    """Show walls until n titles are rated, the pool is used up, or there were too many questions."""
    cells = slice(panel.pool.indptr[user], panel.pool.indptr[user + 1])
    pool = dict(zip(panel.pool.indices[cells].tolist(), panel.pool.data[cells].tolist(), strict=True))
    told = Interview([], [])
    unknown: list[int] = []
    asked = 0
    while len(told.rated) < min(n, len(pool)) and asked < MOST_QUESTIONS:
        taste = model.fold_in({int(model.item_ids[at]): pool[at] for at in told.rated})
        wall = strategy(taste, WALL, np.array(unknown, dtype=np.int64)).tolist()
        if not wall:
            break
        for at in wall:
            asked += 1
            if at in pool:
                told.rated.append(at)
                told.questions.append(asked)
            else:
                unknown.append(at)
    return told


def known_at_random(panel: Panel, seed: int) -> list[Interview]:
    """Every user tells their pool in random order, without any question in vain. No page could ask
    so: it would have to know what the visitor has seen.
    """
    random = np.random.default_rng(seed)
    rows = np.split(panel.pool.indices, panel.pool.indptr[1:-1])
    return [Interview(random.permutation(row).tolist(), list(range(1, len(row) + 1))) for row in rows]


def simulate(
    model: Model,
    panel: Panel,
    strategies: Mapping[str, Strategy],
    numbers: Sequence[int] = NUMBERS,
    seed: int = 0,
    on_progress: Callable[[str, float], None] = lambda stage, done: None,
) -> dict[int, dict[str, Outcome]]:
    """Interview everybody with every strategy, and with `RANDOM`; judge after each of ``numbers``
    ratings. The outcomes at one number are over the same users.
    """
    users = panel.pool.shape[0]
    told: dict[str, list[Interview]] = {}
    for name, strategy in strategies.items():
        told[name] = []
        for user in range(users):
            told[name].append(interview(model, panel, user, strategy, max(numbers)))
            on_progress(name, (user + 1) / users)
    told[RANDOM] = known_at_random(panel, seed)
    outcomes = {}
    for n in numbers:
        counted = np.all([[len(one.rated) >= n for one in interviews] for interviews in told.values()], axis=0)
        chosen = np.flatnonzero(counted)
        if len(chosen):
            outcomes[n] = {name: _judge(model, panel, interviews, chosen, n) for name, interviews in told.items()}
    return outcomes


def _judge(model: Model, panel: Panel, interviews: list[Interview], chosen: Positions, n: int) -> Outcome:
    by_user = []
    for start in range(0, len(chosen), USERS_PER_BLOCK):
        users = chosen[start : start + USERS_PER_BLOCK]
        positions = [np.sort(interviews[user].rated[:n]) for user in users]
        values = [panel.pool[[user]].toarray()[0, at] for user, at in zip(users, positions, strict=True)]
        shown = history_matrix(positions, values, panel.pool.shape[1])
        judging, seen = panel.judging[users], panel.seen[users]
        scores = model.rank_scores(shown)
        error = model.predict_ratings(shown)[row_of_entries(judging), judging.indices].astype(np.float64) - judging.data
        squared = np.bincount(row_of_entries(judging), error**2, len(users))
        later = _all_but_first_parts(seen, model)
        by_user.append([*(_ndcg(scores, judging, masked, model) for masked in (seen, later)), squared])
    ndcg, first_parts, squared = np.concatenate(by_user, axis=1)
    counts = np.diff(panel.judging[chosen].indptr).astype(np.float64)
    mse = metrics.mean(squared / counts, counts)
    questions = np.array([interviews[user].questions[n - 1] for user in chosen])
    return Outcome(metrics.mean(ndcg), metrics.mean(first_parts), metrics.root(mse), questions)


def _ndcg(scores: Float32, judging: sparse.csr_array, masked: sparse.csr_array, model: Model) -> Float64:
    liked = keep_entries(judging, model.rating_scale.liked(judging.data))
    relevant = np.zeros(judging.shape, dtype=bool)
    relevant[row_of_entries(liked), liked.indices] = True
    relevant[row_of_entries(masked), masked.indices] = False
    top = top_lists(scores, masked, 10)
    return metrics.ndcg(np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1))


def _all_but_first_parts(seen: sparse.csr_array, model: Model) -> sparse.csr_array:
    """Every title that is not the first unseen part of its franchise, CSR [n, n_items]."""
    rows = np.split(seen.indices, seen.indptr[1:-1])
    return sparse.csr_array(~np.array([model.franchises.first_unseen(row) for row in rows]))


def outcomes_to_dict(outcomes: Mapping[int, Mapping[str, Outcome]]) -> dict[str, Any]:
    """Every figure, and its difference to the first strategy, with standard errors, ready for JSON."""
    return {
        str(n): {name: _figures(one, next(iter(by.values()))) for name, one in by.items()} for n, by in outcomes.items()
    }


def _figures(one: Outcome, first: Outcome) -> dict[str, Any]:
    figures: dict[str, Any] = {"users": len(one.questions)}
    for metric in METRICS:
        estimate: Estimate = getattr(one, metric)
        difference = estimate - getattr(first, metric)
        figures[metric] = {
            "value": estimate.value,
            "standard error": estimate.standard_error,
            "difference": difference.value,
            "its standard error": difference.standard_error,
        }
    figures["questions"] = {"mean": float(one.questions.mean()), "median": float(np.median(one.questions))}
    return figures


def outcomes_table(outcomes: Mapping[int, Mapping[str, Outcome]]) -> str:
    """The same as a Markdown table: the first strategy's figures, and how the others differ from it."""
    lines = [f"| told | users | asked | {' | '.join(METRICS.values())} | questions: mean, median |", "|---" * 7 + "|"]
    for n, by_name in outcomes.items():
        first = next(iter(by_name.values()))
        for name, one in by_name.items():
            cells = [str(n), f"{len(one.questions):,}"] if one is first else ["", ""]
            cells.append(name)
            for metric in METRICS:
                estimate: Estimate = getattr(one, metric)
                difference = estimate - getattr(first, metric)
                told = f"{difference.value:+.3f} ±{difference.standard_error:.3f}"
                cells.append(f"{estimate.value:.3f}" if one is first else told)
            cells.append(f"{one.questions.mean():.1f}, {np.median(one.questions):.0f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
