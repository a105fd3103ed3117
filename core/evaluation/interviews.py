"""Simulated interviews: how good lists are after each way to choose the titles that a visitor is asked about.

The users were held out of training. Half of a user's franchises are the *pool*, whose ratings the user can
tell; the ratings of the other half judge. So nobody who tells of a later season "hasn't seen" the first. An
interviewer shows walls of six titles. A title in the pool is answered with its rating. Any other counts as
"haven't seen it", also one that the user watched without rating it or rated in the other half. So there are
about twice as many questions as for a visitor who rates every title they know.

After exactly n ratings the user is folded in, and the whole catalogue is ranked without the titles
that the user has seen outside the judging half, asked about or not. So all interviewers are judged on
the same titles. Relevant titles are rated high (8 of 10) in the judging half. *Without sequels* only
the first unseen part of each franchise is ranked and counts, as on the page by default: a visitor who
has seen the third season has seen the first two, and listing them is no great discovery.

The figures after n ratings are over the users whom every interviewer got to tell n ratings within
`MOST_QUESTIONS`: the same users for all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..model.card import markdown_table
from ..model.model import Model
from ..model.training import Progress
from ..numerics.arrays import Float32, Float64, Int64
from ..numerics.sparse import history_matrix, keep_entries, row_of_entries
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste
from . import metrics
from .figures import figure_rows, figures_to_dict
from .measure import LIST_LENGTH, USERS_PER_BLOCK, top_lists
from .metrics import Estimate, Estimates

WALL = 6
MOST_QUESTIONS = 300
NUMBERS = (1, 3, 5, 10)
RANDOM = "random ones of those they know"
INTERVIEW_METRICS = {"ndcg": "NDCG@10", "first_parts": "without sequels", "rmse": "RMSE"}

Interviewer = Callable[[Taste, int, Int64], Int64]
"""Return the positions of the titles to ask about, from a taste, the size of the wall, and the positions
of titles answered with "haven't seen it"."""


@dataclass(frozen=True)
class Panel:
    """Users to interview, a row in each matrix, CSR [n_users, n_items].

    ``pool`` are the ratings that a user can tell, ``judging`` those that judge, and ``seen`` is all that the
    user has seen without the judging half.
    """

    pool: sparse.csr_array
    judging: sparse.csr_array
    seen: sparse.csr_array

    @classmethod
    def draw(cls, matrix: sparse.csr_array, franchises: Int64, seed: int) -> "Panel":
        """Return the histories of users that no model was trained on, their franchises split at random.

        ``franchises`` holds the number of the franchise of each title, int64 [n_items].
        """
        rated = explicit(matrix)
        # A coin for each franchise of each user.
        begun = row_of_entries(rated) * (int(franchises.max()) + 1) + franchises[rated.indices]
        distinct, number = np.unique(begun, return_inverse=True)
        in_pool = np.random.default_rng(seed).random(len(distinct))[number] < 0.5
        pool = keep_entries(rated, in_pool)
        watched = keep_entries(matrix, matrix.data < 0)
        return cls(pool, keep_entries(rated, ~in_pool), sparse.csr_array(pool + watched))

    def __len__(self) -> int:
        return int(self.pool.shape[0])

    def ratings_in_pool(self, user: int) -> dict[int, float]:
        """Return a user's ratings in the pool by catalogue position."""
        entries = slice(self.pool.indptr[user], self.pool.indptr[user + 1])
        return dict(zip(self.pool.indices[entries].tolist(), self.pool.data[entries].tolist(), strict=True))


class Reply(NamedTuple):
    """A rating that a user told, and the number of the question that brought it, from 1."""

    position: int
    rating: float
    question: int


@dataclass(frozen=True)
class Outcome:
    """The figures after n ratings, over the same users for all interviewers.

    ``estimates`` are by interviewer and metric of `INTERVIEW_METRICS`. ``questions``, int64 [n_users] by
    interviewer, is how many questions each user was asked.
    """

    estimates: dict[str, Estimates]
    questions: dict[str, Int64]


def in_order(order: Int64) -> Interviewer:
    """Return the interviewer that asks everybody about the same positions, in this order."""

    def interviewer(taste: Taste, k: int, unknown: Int64) -> Int64:
        return order[~np.isin(order, np.concatenate([taste.positions, unknown]))][:k]

    return interviewer


def most_popular(ratings: Ratings) -> Int64:
    """Return the positions of all titles but adult ones, ordered by the number of users who list them."""
    return _by_worth(np.bincount(ratings.matrix.indices, minlength=ratings.matrix.shape[1]), ratings)


def popular_and_disputed(ratings: Ratings) -> Int64:
    """Return the positions of all titles but adult ones, ordered by ``log n_j · H_j``.

    ``n_j`` is the number of the title's ratings and ``H_j`` their entropy (Rashid et al.: Getting to know
    you, 2002).
    """
    # How often each title got each of ten ratings, int64 [n_items, 10].
    rated = explicit(ratings.matrix)
    steps = np.round(ratings.scale.on_ten(rated.data) - 1).astype(np.int64)
    counts = np.bincount(rated.indices * 10 + steps, minlength=rated.shape[1] * 10).reshape(-1, 10)
    # The entropy of the shares, float64 [n_items].
    n_ratings = np.maximum(counts.sum(axis=1), 1)
    shares = counts / n_ratings[:, None]
    entropy = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    return _by_worth(np.log(n_ratings) * entropy, ratings)


def _by_worth(worth: npt.NDArray[Any], ratings: Ratings) -> Int64:
    order = np.argsort(-worth, kind="stable")
    return order[Filters().mask(ratings.catalogue)[order]]


def interview(model: Model, panel: Panel, user: int, interviewer: Interviewer, n: int) -> list[Reply]:
    """Return the replies of one user, in order.

    The interview ends after a wall that brings n ratings or more, when the pool is used up, or when
    `MOST_QUESTIONS` are asked.
    """
    pool = panel.ratings_in_pool(user)
    replies: list[Reply] = []
    unknown: list[int] = []
    n_questions = 0
    while len(replies) < min(n, len(pool)) and n_questions < MOST_QUESTIONS:
        taste = model.fold_in({int(model.item_ids[reply.position]): reply.rating for reply in replies})
        wall = interviewer(taste, WALL, np.array(unknown, dtype=np.int64)).tolist()
        if not wall:
            break
        for position in wall:
            n_questions += 1
            if position in pool:
                replies.append(Reply(position, pool[position], n_questions))
            else:
                unknown.append(position)
    return replies


def known_at_random(panel: Panel, seed: int) -> list[list[Reply]]:
    """Return the replies of users who tell their pool in random order, a rating for each question.

    No page could ask so: it would have to know which titles the visitor has seen.
    """
    random = np.random.default_rng(seed)
    interviews = []
    for user in range(len(panel)):
        pool = panel.ratings_in_pool(user)
        order = random.permutation(list(pool)).tolist()
        interviews.append([Reply(position, pool[position], question) for question, position in enumerate(order, 1)])
    return interviews


def simulate(
    model: Model,
    panel: Panel,
    interviewers: Mapping[str, Interviewer],
    numbers: Sequence[int] = NUMBERS,
    seed: int = 0,
    on_progress: Progress = lambda stage, done: None,
) -> dict[int, Outcome]:
    """Interview every user with every interviewer and with `RANDOM`. Return the outcome after n ratings, by n."""
    interviews: dict[str, list[list[Reply]]] = {}
    for name, interviewer in interviewers.items():
        interviews[name] = []
        for user in range(len(panel)):
            interviews[name].append(interview(model, panel, user, interviewer, max(numbers)))
            on_progress(name, (user + 1) / len(panel))
    interviews[RANDOM] = known_at_random(panel, seed)
    outcomes = {}
    for n in numbers:
        # The users who gave n ratings to every interviewer, and their first n replies.
        enough = np.all([[len(replies) >= n for replies in by_user] for by_user in interviews.values()], axis=0)
        users = np.flatnonzero(enough)
        first = {name: [by_user[user][:n] for user in users] for name, by_user in interviews.items()}
        if len(users):
            estimates = {name: _judge(model, panel, users, replies) for name, replies in first.items()}
            questions = {name: np.array([row[-1].question for row in replies]) for name, replies in first.items()}
            outcomes[n] = Outcome(estimates, questions)
    return outcomes


def choose(model: Model, panel: Panel, user: int, random: np.random.Generator) -> list[tuple[int, ...]]:
    """Return the ids that one user prefers in each of `Model.pairs`; none where they know neither group.

    A title of the pool speaks for its group by ``½ + (rating - their mean) / 2``. A standard normal error is added.
    """
    pool = {int(model.item_ids[position]): rating for position, rating in panel.ratings_in_pool(user).items()}
    mean = float(np.mean(list(pool.values()))) if pool else 0.0
    preferred: list[tuple[int, ...]] = []
    for pair in model.pairs:
        known = [[pool[anime_id] for anime_id in group if anime_id in pool] for group in pair]
        one, other = (sum(0.5 + (rating - mean) / 2 for rating in group) for group in known)
        chosen = pair.one if one - other + random.standard_normal() > 0 else pair.other
        preferred.append(chosen if any(known) else ())
    return preferred


def after_choices(model: Model, panel: Panel, seed: int = 0) -> dict[int, Estimate]:
    """Return NDCG@10 without sequels after 0, 1, … choices between covers, over all users, by the number of choices."""
    random = np.random.default_rng(seed)
    preferred = [choose(model, panel, user, random) for user in range(len(panel))]
    liked = keep_entries(panel.judging, model.rating_scale.liked(panel.judging.data))
    masked = _all_but_first_parts(panel.seen, model)
    figures = {}
    for n in range(len(model.pairs) + 1):
        tastes = [replace(model.nobody, preferred_ids=tuple(chain.from_iterable(row[:n]))) for row in preferred]
        figures[n] = metrics.mean(_ndcg(np.stack([taste.scores for taste in tastes]), liked, masked))
    return figures


def _judge(model: Model, panel: Panel, users: Int64, replies: list[list[Reply]]) -> Estimates:
    """Return the figures of lists and predictions after these replies, a row for each user."""
    rows = [sorted(row) for row in replies]  # by position
    shown = history_matrix(
        [[reply.position for reply in row] for row in rows],
        [[reply.rating for reply in row] for row in rows],
        panel.pool.shape[1],
    )
    blocks = []
    for start in range(0, len(users), USERS_PER_BLOCK):
        block = slice(start, start + USERS_PER_BLOCK)
        judging, seen = panel.judging[users[block]], panel.seen[users[block]]
        # NDCG@10 with and without sequels, float64 [n_block] each.
        scores = model.rank_scores(shown[block])
        liked = keep_entries(judging, model.rating_scale.liked(judging.data))
        ndcgs = [_ndcg(scores, liked, masked) for masked in (seen, _all_but_first_parts(seen, model))]
        # The sum of squared errors of the predicted ratings, float64 [n_block].
        row = row_of_entries(judging)
        errors = model.predict_ratings(shown[block])[row, judging.indices].astype(np.float64) - judging.data
        blocks.append([*ndcgs, np.bincount(row, errors**2, judging.shape[0])])
    ndcg, first_parts, squared = np.concatenate(blocks, axis=1)
    n_judging = np.diff(panel.judging[users].indptr).astype(np.float64)
    mse = metrics.mean(squared / n_judging, n_judging)
    return {"ndcg": metrics.mean(ndcg), "first_parts": metrics.mean(first_parts), "rmse": metrics.root(mse)}


def _ndcg(scores: Float32, liked: sparse.csr_array, masked: sparse.csr_array) -> Float64:
    """Return NDCG@10 of the best titles that are not masked, float64 [n]; relevant are the liked ones of them."""
    relevant = (liked.toarray() != 0) & (masked.toarray() == 0)
    top = top_lists(scores, masked, LIST_LENGTH)
    return metrics.ndcg(np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1))


def _all_but_first_parts(seen: sparse.csr_array, model: Model) -> sparse.csr_array:
    """Return every title that is not the first unseen part of its franchise, CSR [n, n_items]."""
    rows = np.split(seen.indices, seen.indptr[1:-1])
    return sparse.csr_array(~np.array([model.franchises.first_unseen(row) for row in rows]))


def outcomes_to_dict(outcomes: Mapping[int, Outcome]) -> dict[str, Any]:
    """Return every figure and its difference to the first interviewer, ready for JSON."""
    content: dict[str, Any] = {}
    for n, outcome in outcomes.items():
        content[str(n)] = {}
        for name, figures in figures_to_dict(outcome.estimates).items():
            questions = outcome.questions[name]
            spread = {"mean": float(questions.mean()), "median": float(np.median(questions))}
            content[str(n)][name] = {"users": len(questions), **figures, "questions": spread}
    return content


def outcomes_table(outcomes: Mapping[int, Outcome]) -> str:
    """Return a Markdown table of the first interviewer's figures and the differences of the others to them."""
    rows = [["ratings", "users", "asked about", *INTERVIEW_METRICS.values(), "questions: mean, median"]]
    for n, outcome in outcomes.items():
        for index, row in enumerate(figure_rows(outcome.estimates, INTERVIEW_METRICS)):
            questions = outcome.questions[row[0]]
            head = [str(n), f"{len(questions):,}"] if index == 0 else ["", ""]
            rows.append([*head, *row, f"{questions.mean():.1f}, {np.median(questions):.0f}"])
    return markdown_table(rows)
