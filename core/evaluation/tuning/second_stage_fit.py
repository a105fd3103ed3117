"""Fitting the second stage by LambdaRank to users whom the heads were not trained on.

Each query is a history and its `CANDIDATES` best unseen titles by the ranking head. A title's score is
``slope · log score + Σ_c X_c w_c(n)``, linear in the values to fit. The gradient of a pair of a relevant title and
another is that of the logistic loss, times what swapping the two would change in NDCG@10 (Burges, 2010). It is no
gradient of a function, but Adam follows it to better lists than it does a smooth bound of NDCG: on the same
features the softmax loss gains half as much.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ...model.recommender import Recommender
from ...numerics.arrays import Bool, Float32, Float64, Int64
from ...numerics.sparse import keep_entries
from ...recommend.fold_in import Taste
from ...recommend.second_stage import (
    KNOTS,
    N_LENGTHS,
    ONE_VALUE,
    SecondStage,
    Values,
    knot_shares,
    length_weights,
    of_most_parts,
)
from ..metrics import ndcg
from ..splits import Holdout

CANDIDATES = 150
PAIRED = 15  # the titles of this many best ranks are compared with all others
SLOPE = 2.5
"""Of log score at first; values are divided by it in the end. The pairwise loss knows no scale of its own."""
SIGMA = 2.0
ROUNDS, BATCH, STEP, RIDGE = 40, 1500, 0.03, 1e-4
LOWEST = 1e-6


@dataclass(frozen=True)
class Queries:
    """Histories with candidates.

    Attributes
    ----------
    features
        log score and the share of each knot in each fact, float32 [n_queries, candidates, n_columns].
    lengths
        See `length_weights`, float64 [n_queries, N_LENGTHS].
    relevant
        Which candidates are relevant, bool [n_queries, candidates].
    n_relevant
        How many relevant titles there are, int64 [n_queries].
    """

    features: Float32
    lengths: Float64
    relevant: Bool
    n_relevant: Int64

    @classmethod
    def of(cls, model: Recommender, holdouts: Iterable[tuple[Holdout, bool]]) -> "Queries":
        """Return the queries of users whom the model was not trained on, but for those without a relevant title.

        Each holdout comes with whether it shows whole lists, or samples.
        """
        features, lengths, relevant, n_relevant = [], [], [], []
        for holdout, complete in holdouts:
            liked = keep_entries(holdout.held_out, model.rating_scale.liked(holdout.held_out.data))
            for user in np.flatnonzero(np.diff(liked.indptr)).tolist():
                row = holdout.shown[[user]]
                taste = Taste(row, row, model, complete=complete)
                scores = taste.linear_scores.copy()
                scores[row.indices] = -np.inf
                best = np.argsort(-scores, kind="stable")[:CANDIDATES]
                features.append(design(model.second_stage, taste, best))
                lengths.append(length_weights(row.nnz, taste.is_complete))
                wanted = liked.indices[liked.indptr[user] : liked.indptr[user + 1]]
                relevant.append(np.isin(best, wanted))
                n_relevant.append(len(wanted))
        return cls(np.stack(features), np.stack(lengths), np.stack(relevant), np.array(n_relevant))

    def take(self, chosen: Int64) -> "Queries":
        """Return some of the queries."""
        return Queries(self.features[chosen], self.lengths[chosen], self.relevant[chosen], self.n_relevant[chosen])

    def scores(self, weights: Float64) -> Float32:
        """Return the scores of the candidates, float32 [n_queries, candidates]; ``weights`` [n_columns, lengths]."""
        by_query = (self.lengths @ weights.T).astype(np.float32)
        return np.asarray(np.einsum("qcp,qp->qc", self.features, by_query, optimize=True))

    def ndcg(self, weights: Float64) -> Float64:
        """Return NDCG@10 of each query, float64 [n_queries]."""
        best = np.argsort(-self.scores(weights), axis=1, kind="stable")[:, :10]
        return ndcg(np.take_along_axis(self.relevant, best, axis=1), self.n_relevant)


def design(stage: SecondStage, taste: Taste, positions: Int64) -> Float32:
    """Return log score and the share of each value of each fact, float32 [n, n_columns]: see `columns`."""
    facts = stage.facts(taste.row, taste.predicted)
    index = {position: i for i, position in enumerate(facts.begun.tolist())}
    at = np.array([index.get(position, -1) for position in positions.tolist()])
    begun = at >= 0

    def of_begun(values: Float64) -> Float64:
        return np.where(begun, np.append(values, 0.0)[at], 0.0)

    rating = np.where(begun, np.append(facts.mean_rating, np.nan)[at], np.nan)
    blocks = {
        "quality": -(facts.gap[positions] ** 2),
        "unrated": begun & np.isnan(rating),
        "earlier part": of_begun(facts.later_seen),
        "skips parts": of_begun(facts.skipped),
        "later part": ~begun * of_most_parts(stage.franchises.depth[positions]),
        "rating": rating,
        "fame": stage.fame_rank[positions],
        "era": stage.eras(stage.catalogue.frame["year"].to_numpy()[positions], facts.newest_year),
        "type": facts.type_shares[stage.types[positions]],
    }
    log_score = np.log(
        np.maximum(taste.linear_scores[positions], LOWEST) / max(taste.linear_scores[positions[0]], LOWEST)
    )
    stacked = [np.maximum(log_score, -5.0)[:, None]]
    for fact, knots in columns():
        values = np.asarray(blocks[fact], dtype=np.float64)
        known = ~np.isnan(values)
        shares = knot_shares(np.nan_to_num(values), knots) if len(knots) > 1 else values[:, None]
        stacked.append(shares * known[:, None])
    return np.hstack(stacked).astype(np.float32)


def columns() -> list[tuple[str, tuple[float, ...]]]:
    """Return the facts with their knots, in the order of `design`, after the column of log score."""
    return [*((fact, (1.0,)) for fact in ONE_VALUE), *KNOTS.items()]


def fit(queries: Queries, seed: int = 0, on_progress: Callable[[float], None] = lambda done: None) -> Values:
    """Return the values that were fitted to queries: see the head of this module."""
    random = np.random.default_rng(seed)
    useful = queries.take(np.flatnonzero(queries.relevant.any(axis=1)))
    n_columns = useful.features.shape[2]
    first = np.zeros((n_columns, N_LENGTHS))
    first[0] = SLOPE
    weights, mean, square, step = first.copy(), np.zeros_like(first), np.zeros_like(first), 0
    for done in range(ROUNDS):
        order = random.permutation(len(useful.relevant))
        for chosen in np.array_split(order, max(len(order) // BATCH, 1)):
            batch = useful.take(chosen)
            lambdas = pair_gradients(batch.scores(weights), batch.relevant, batch.n_relevant)
            gradient = np.einsum("qc,qcp->qp", lambdas, batch.features, optimize=True).T @ batch.lengths
            gradient = gradient / len(chosen) + RIDGE * (weights - first)
            # Adam (Kingma and Ba, 2015), with a step that falls to zero.
            step += 1
            mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
            corrected = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
            weights = weights - STEP * (1 - done / ROUNDS) * corrected
        on_progress((done + 1) / ROUNDS)
    return _values(weights / weights[0])


def weights_of(values: Values) -> Float64:
    """Return values as weights for `Queries.scores`, float64 [n_columns, lengths]."""
    return np.vstack([np.ones((1, N_LENGTHS)), *(values.by_fact[fact].reshape(-1, N_LENGTHS) for fact, _ in columns())])


def _values(weights: Float64) -> Values:
    ends = np.cumsum([1] + [len(knots) for _, knots in columns()])
    by_fact = {fact: weights[start : start + len(knots)] for (fact, knots), start in zip(columns(), ends, strict=False)}
    return Values(by_fact)


def pair_gradients(scores: Float32, relevant: Bool, n_relevant: Int64) -> Float32:
    """Return the gradient of the loss by score, float32 [n_queries, candidates]."""
    # Candidates by rank, and the discount of each rank.
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked, is_relevant = np.take_along_axis(scores, order, 1), np.take_along_axis(relevant, order, 1)
    discounts = (1 / np.log2(np.arange(2, scores.shape[1] + 2))).astype(np.float32)
    ideal = np.cumsum(discounts[:10])[np.minimum(n_relevant, 10) - 1]
    # Each pair of one of the best ranks and a worse one: what swapping changes, and the push apart.
    best = slice(None), slice(None, PAIRED), None
    sign = is_relevant[best].astype(np.float32) - is_relevant[:, None, :]
    sign *= np.arange(PAIRED)[:, None] < np.arange(scores.shape[1])
    change = np.abs(discounts[:PAIRED, None] - discounts) / ideal[:, None, None]
    margin = SIGMA * sign * (ranked[best] - ranked[:, None, :])
    push = -SIGMA * sign * change / (1 + np.exp(np.minimum(margin, 50)))
    by_rank = -push.sum(axis=1)
    by_rank[:, :PAIRED] += push.sum(axis=2)
    gradients = np.empty_like(ranked)
    np.put_along_axis(gradients, order, by_rank, axis=1)
    return gradients
