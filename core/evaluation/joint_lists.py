"""Joint lists: how good the ways to make one list for several people are, judged on held-out ratings.

Users that no model was trained on are put into groups at random, each user once, so that the groups are
independent. A part of each person's ratings is shown, and the rest judges: titles rated high (8 of 10)
there are relevant. Titles shown for one of them are not ranked and don't count.

People chose their held-out titles alone, so a list is judged well that puts the favourites of each next to
each other. For an evening together the titles that *two or more* rated high matter: they are judged
separately, on the groups that have such titles. Titles that all of a larger group rated high are too rare.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.scale import RatingScale
from ..model.model import Model
from ..model.training import Progress
from ..numerics.arrays import Float32, Int64
from ..recommend.filters import Filters
from ..recommend.fold_in import Taste
from ..recommend.together import BALANCE, TOLERANCE, recommend_together
from ..recommend.top_k import top_k
from . import metrics
from .measure import LIST_LENGTH
from .metrics import Estimates
from .splits import History, hold_out

HISTORIES: tuple[tuple[History, ...], ...] = (
    (3, 3), (10, 10), (0.8, 0.8), (3, 0.8), (3,) * 3, (10,) * 3, (0.8,) * 3, (3,) * 4, (10,) * 4, (0.8,) * 4,
)  # fmt: skip
"""How much is shown of each person in a group."""
BALANCES = (0.0, 0.25, 0.5, 0.75, 1.0)
WHOLE_CATALOGUE = Filters(adult=True, extras=True)
WELL_KNOWN = 0.0
JOINT_METRICS = {
    "ndcg": "NDCG@10, mean",
    "lowest": "NDCG@10, lowest",
    "shared": "NDCG@10, liked by two",
    "without_hit": "a person without a hit",
    "disliked": "rated 5 or less",
}

ListMaker = Callable[[Sequence[Taste]], Int64]
"""Returns the catalogue positions of a list, best first, from several tastes."""


@dataclass(frozen=True)
class GroupSample:
    """Shown and held-out ratings of groups: for each person of a group CSR [n_groups, n_items]."""

    shown: tuple[sparse.csr_array, ...]
    held_out: tuple[sparse.csr_array, ...]

    @classmethod
    def draw(cls, matrix: sparse.csr_array, histories: Sequence[History], seed: int) -> "GroupSample":
        """Group the rows of users that no model was trained on, and drop groups in which somebody has no rating to
        judge by.

        ``histories``, one for each person of a group, are as in `core.evaluation.splits.hold_out`.
        """
        size = matrix.shape[0] // len(histories)
        order = np.random.default_rng(seed).permutation(matrix.shape[0])
        sides = [
            hold_out(matrix[order[size * person : size * (person + 1)]], history, seed + person)
            for person, history in enumerate(histories)
        ]
        # The groups in which everybody has ratings to judge by.
        whole = reduce(np.intersect1d, [side.rows for side in sides])
        chosen = [np.isin(side.rows, whole) for side in sides]
        return cls(
            tuple(side.shown[rows] for side, rows in zip(sides, chosen, strict=True)),
            tuple(side.held_out[rows] for side, rows in zip(sides, chosen, strict=True)),
        )

    def __len__(self) -> int:
        return int(self.shown[0].shape[0])


class Judgement(NamedTuple):
    """The figures of one list for one group.

    ``ndcg`` and ``lowest`` are the mean and the lowest NDCG@10 of its people; for ``shared`` a title is relevant that
    two or more of them rated high. ``without_hit`` is 1 if a person finds nothing relevant on the list, else 0. Of the
    ``known`` ratings of listed titles, ``disliked`` are 5 of 10 or less.
    """

    ndcg: float
    lowest: float
    shared: float
    without_hit: float
    disliked: int
    known: int


def list_makers(model: Model) -> dict[str, ListMaker]:
    """Return the ways to make a list, by name, first the averaging of scores, with which the others are compared.

    *Nobody spared* is the default balance without the delay of titles that one person would rate low. All are made at
    the left end of the dial, because titles judge them that people have seen.
    """

    def together(balance: float, tolerance: float = TOLERANCE) -> ListMaker:
        def listed(tastes: Sequence[Taste]) -> Int64:
            titles = recommend_together(tastes, LIST_LENGTH, WHOLE_CATALOGUE, balance, WELL_KNOWN, tolerance)
            return np.array([model.catalogue.position(title.anime_id) for title in titles], dtype=np.int64)

        return listed

    def best(scores: Float32, tastes: Sequence[Taste]) -> Int64:
        allowed = np.asarray(np.all([taste.allowed(WHOLE_CATALOGUE) for taste in tastes], axis=0))
        return top_k(scores, allowed, model.catalogue, LIST_LENGTH)

    def predicted(tastes: Sequence[Taste]) -> Int64:
        return best(np.mean([taste.predicted for taste in tastes], axis=0), tastes)

    return {
        "averaging": together(0.0, tolerance=1.0),
        **{f"balance {balance:g}": together(balance) for balance in BALANCES},
        f"balance {BALANCE:g}, nobody spared": together(BALANCE, tolerance=1.0),
        "predicted ratings, averaged": predicted,
        "the list of one of them": lambda tastes: best(tastes[0].scores, tastes),
    }


def compare_lists(
    model: Model, groups: GroupSample, makers: Mapping[str, ListMaker], on_progress: Progress = lambda stage, done: None
) -> dict[str, Estimates]:
    """Return the figures of the lists that each maker makes for every group: by maker and metric of `JOINT_METRICS`."""
    tastes = [[Taste(side[[group]], side[[group]], model) for side in groups.shown] for group in range(len(groups))]
    figures: dict[str, Estimates] = {}
    for name, maker in makers.items():
        judgements = []
        for group, people in enumerate(tastes):
            held_out = [side[[group]] for side in groups.held_out]
            seen = np.concatenate([taste.seen for taste in people])
            judgements.append(judge(maker(people), held_out, seen, model.rating_scale))
            on_progress(name, (group + 1) / len(groups))
        # A column for each field, float64 [n_groups]; the share of disliked ratings is over all groups together.
        columns = dict(zip(Judgement._fields, np.array(judgements).T, strict=True))
        known = columns.pop("known")
        columns["disliked"] /= metrics.nan_where_zero(known)
        weights = {"disliked": known}
        figures[name] = {metric: metrics.mean(values, weights.get(metric)) for metric, values in columns.items()}
    return figures


def judge(listed: Int64, held_out: Sequence[sparse.csr_array], seen: npt.ArrayLike, scale: RatingScale) -> Judgement:
    """Return the figures of one list.

    ``held_out`` are the ratings that judge, CSR [1, n_items] for each person; ``seen`` are catalogue positions
    that could not be listed.
    """
    # Each person's relevant titles, int [n_relevant], and the known ratings of listed titles.
    relevant = [np.setdiff1d(row.indices[scale.liked(row.data)], seen) for row in held_out]
    known = np.concatenate([row.data[np.isin(row.indices, listed)] for row in held_out])
    # NDCG@10 for each person, and for the titles relevant to two or more.
    own = [_ndcg(listed, titles) for titles in relevant]
    titles, n_people = np.unique(np.concatenate(relevant), return_counts=True)
    shared = _ndcg(listed, titles[n_people > 1])
    without_hit = np.nan if np.isnan(own).any() else float(min(own) == 0)
    disliked = int(scale.disliked(known).sum())
    return Judgement(float(np.mean(own)), float(np.min(own)), shared, without_hit, disliked, len(known))


def _ndcg(listed: Int64, relevant: Int64) -> float:
    return float(metrics.ndcg(np.isin(listed, relevant)[None], np.array([len(relevant)]))[0])
