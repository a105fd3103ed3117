"""The prediction head: *how would I rate it?*, by biases and factors of the rated titles.

``r̂_j = b_j + b_u + w_j·z_u``, where ``W = VΣ`` holds the factors that `core.numerics.factor_analysis` finds,
rotated so that V is orthonormal: an SVD. A visitor's ``θ = (b_u, z_u)`` solves a ridge regression over the
titles they rated. It is centred at ``p``, the expectation from the set of titles they watched::

    θ = p + (QᵀQ + σ² P⁻¹)⁻¹ Qᵀ (r - b - Qp),    p = Σ_{i watched} Y_i / (n + damping),    Q = (1, W)

So an unrated title is unknown, not average. And the choice of titles tells how somebody rates (NSVD:
Paterek, 2007; SVD++: Koren, 2008), here by a linear regression with a closed form.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field
from scipy import sparse

from ..data.ratings import Ratings, explicit
from ..data.scale import RatingScale
from ..errors import ArtifactError
from ..numerics.arrays import AnyArray, Bool, Float32, Float64, Int32, Int64
from ..numerics.factor_analysis import analyse, weighted_ridge
from ..numerics.sparse import keep_entries, rank_in_shuffled_row
from ..numerics.truncated_svd import SVD, fix_signs, without_hidden
from ..settings import settings
from .facts import NOISE_COUNT, TitleFacts
from .item_factors import ItemFactors
from .item_features import item_features, watched_embedding
from .limits import LARGEST, SMALLEST, FactorCount
from .stored_rows import Spec, StoredRows, Tensors, TensorSpec

USER_RIDGE = 1e-3
SHORT_HISTORIES = (3, 10, 30)
LONG_SHARE = 0.8
MOST_SIGNAL = 1e9
VARIANCES = ("noise", "bias_variance", "fact_variance")
OWN_TENSORS = ("biases", "counts", *VARIANCES)


@settings
class PredictionConfig:
    """Settings of the prediction head.

    The defaults come from the study in ``docs/study/``, except for factors and iterations, which leave
    training time to the ranking head.

    Attributes
    ----------
    factors
        k. More factors gain little (48 against 24: 0.005 of RMSE for long histories), and training time
        grows with their square.
    iterations
        Iterations of variational EM. Two more would gain 0.002 for long histories.
    embedding
        The number of dimensions that describe watched sets.
    damping
        The damping of ``p`` above, in titles.
    doubt
        The noise of a visitor with n ratings is multiplied by ``1 + doubt / n``.
    facts
        The facts of a title count as much as so many users who rated it, if they tell all: see `core.heads.facts`. For
        300 titles of 2017 and later without ratings the RMSE is 1.148, with their ratings 1.128, and 1.228 if features
        predict them that know nothing of who watched a title. Twice of it gives the same.
    """

    factors: FactorCount = 24
    iterations: Annotated[int, Field(ge=1, le=1000)] = 7
    embedding: FactorCount = 56
    damping: Annotated[float, Field(ge=0, le=1e6)] = 6.0
    doubt: Annotated[float, Field(ge=0, le=1e6)] = 0.35
    facts: Annotated[float, Field(ge=0, le=1e6)] = 5.0

    kind: ClassVar[str] = "bias-svd"

    def fit(self, ratings: Ratings, seed: int, on_progress: Callable[[float], None]) -> "PredictionHead":
        """Return the head that is fitted to ratings."""
        # Embed the watched sets, float32 [n_items, embedding].
        given = explicit(ratings.matrix)
        n_items = given.shape[1]
        factors = min(self.factors, *given.shape)
        embedding = watched_embedding(ratings.matrix, self.embedding, seed)
        on_progress(0.2)
        # Fit biases and factors by variational EM, with features as a prior, and rotate the factors into an SVD.
        features = item_features(ratings.catalogue, ratings.matrix, embedding)
        fitted = analyse(given, features, factors, self.iterations, seed, lambda done: on_progress(0.2 + 0.7 * done))
        # Learn Y, what a watched set says about θ. Complete b, W and Y by the facts of all titles.
        expected = _expected_users(ratings.matrix, embedding, fitted.users, self.damping, seed)
        values = np.hstack([fitted.items, expected]).astype(np.float64)
        values[:, 0] += fitted.mean
        counts, facts = np.bincount(given.indices, minlength=n_items), TitleFacts.of(ratings.catalogue)
        variances = {"noise": fitted.noise, "bias_variance": float(fitted.covariance[0, 0])}
        variances["fact_variance"], _ = facts.errors(values[:, : 1 + factors], counts)
        on_progress(1.0)
        return PredictionHead.of(facts.completed(values, counts, self.facts), counts, variances, self)


@dataclass(frozen=True)
class PredictionHead:
    """V and Σ of the titles' factors, and what is needed to fold in a visitor.

    Attributes
    ----------
    biases
        ``b_j``, with the mean of all ratings added, float32 [n_items].
    expected
        Y, [n_items, 1 + k].
    noise, bias_variance
        σ² and the first diagonal entry of P, float32 [] each; the other entries are 1.
    fact_variance
        The expected squared error of ``b_j + w_j·z_u`` for a title that is placed by its facts, float32 [].
    counts
        The number of users who rated each title, int32 [n_items].
    """

    factors: ItemFactors
    config: PredictionConfig
    biases: Float32
    expected: StoredRows
    noise: Float32
    bias_variance: Float32
    fact_variance: Float32
    counts: Int32

    kind: ClassVar[str] = PredictionConfig.kind
    SPEC: ClassVar[Spec] = {
        **ItemFactors.SPEC,
        **StoredRows.spec("expected", ("items", "factors+1")),
        "biases": TensorSpec("float32", ("items",), -LARGEST, LARGEST),
        "noise": TensorSpec("float32", (), SMALLEST, LARGEST),
        "bias_variance": TensorSpec("float32", (), SMALLEST, LARGEST),
        "fact_variance": TensorSpec("float32", (), 0, LARGEST),
        "counts": TensorSpec("int32", ("items",), 0),
    }

    @classmethod
    def of(
        cls, values: Float64, counts: Int64, variances: Mapping[str, float], config: PredictionConfig
    ) -> "PredictionHead":
        """Return the head of titles with ``b_j``, ``w_j`` and ``Y_j`` in ``values``, float64 [n_items, 2 + 2k]."""
        k = values.shape[1] // 2 - 1
        svd = _as_svd(values[:, 1 : 1 + k])
        expected = np.hstack([values[:, [1 + k]], values[:, 2 + k :] @ svd.u])
        return cls(
            ItemFactors.of(svd, np.arange(len(values), dtype=np.int32), len(values)),
            config,
            biases=values[:, 0].astype(np.float32),
            expected=StoredRows.of(expected),
            counts=counts.astype(np.int32),
            **{name: np.array(value, dtype=np.float32) for name, value in variances.items()},
        )

    def with_titles(self, facts: TitleFacts, positions: Int64, kept: Bool) -> "PredictionHead":
        """Return the head of more titles with these facts: as `core.heads.ranking_head.RankingHead.with_titles`."""
        known = np.hstack([self.biases[:, None], self.item_coordinates[:, 1:], self.expected.numbers]).astype(
            np.float64
        )
        values, counts = facts.extended(known, self.counts, positions, kept)
        variances = {name: float(getattr(self, name)) for name in VARIANCES}
        return PredictionHead.of(values, counts, variances, self.config)

    @cached_property
    def item_variances(self) -> Float32:
        """The expected squared error of ``b_j + w_j·z_u`` for want of ratings of the title, float32 [n_items]."""
        return np.asarray(self.fact_variance / (1 + self.counts / NOISE_COUNT), dtype=np.float32)

    @cached_property
    def _q(self) -> Float32:
        """(1, W), float32 [n_items, 1 + k]."""
        w = self.factors.v32 * self.factors.singular_values
        return np.hstack([np.ones((len(w), 1), dtype=np.float32), w])

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return θ of each history, float32 [n, 1 + k]."""
        return np.array([self._fold_in(matrix, row) for row in range(matrix.shape[0])], dtype=np.float32).reshape(
            matrix.shape[0], self._q.shape[1]
        )

    def _fold_in(self, matrix: sparse.csr_array, row: int) -> Float32:
        # p, float32 [1 + k].
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        seen, values = matrix.indices[entries], matrix.data[entries]
        expected = self.expected.numbers[seen].sum(axis=0) / max(len(seen) + self.config.damping, 1)
        rated = seen[values > 0]
        if not len(rated):
            return np.asarray(expected)
        # The ridge regression QᵀQ + σ² P⁻¹ over the rated titles.
        q = self._q[rated]
        system = (q.T @ q).astype(np.float64)
        noise = float(self.noise) * (1 + self.config.doubt / len(rated))
        system[np.diag_indices(len(system))] += np.where(np.arange(len(system)) == 0, noise / self.bias_variance, noise)
        residual = values[values > 0] - self.biases[rated] - q @ expected
        return np.asarray(expected + np.linalg.solve(system, q.T @ residual))

    @property
    def item_coordinates(self) -> Float32:
        """Q for every title: (1, W), float32 [n_items, 1 + k]."""
        return self._q

    def posterior(self, row: sparse.csr_array) -> Float64:
        """Return the covariance of θ given one history [1, n_items], float64 [1 + k, 1 + k]::

            S = (QᵀQ / σ² + P⁻¹)⁻¹

        over the rated titles. Without ratings it is P. It does not depend on the values of the ratings.
        """
        rated = row.indices[row.data > 0]
        q = self._q[rated].astype(np.float64)
        precision = q.T @ q / (float(self.noise) * (1 + self.config.doubt / max(len(rated), 1)))
        precision[np.diag_indices(len(precision))] += np.where(
            np.arange(len(precision)) == 0, 1 / float(self.bias_variance), 1.0
        )
        return np.asarray(np.linalg.inv(precision))

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return ``r̂`` above, float32 [n, n_items], not clipped to the scale."""
        return np.asarray(self.embed(matrix) @ self._q.T + self.biases, dtype=np.float32)

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        own = {name: getattr(self, name) for name in OWN_TENSORS}
        return self.factors.tensors() | self.expected.tensors("expected") | own

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: PredictionConfig, scale: RatingScale) -> "PredictionHead":
        """Return the head that `tensors` stored. Raises `ArtifactError` if they contradict each other."""
        own: dict[str, Any] = {name: tensors[name] for name in OWN_TENSORS}
        expected = StoredRows.from_tensors(tensors, "expected")
        head = cls(ItemFactors.of_all_titles(tensors, n_items), config, expected=expected, **own)
        # The ridge regression of a fold-in must have one solution: noise that rounding does not hide.
        largest = float(np.square(head.item_coordinates, dtype=np.float64).sum(axis=1).max(initial=0.0))
        if not (largest < MOST_SIGNAL * head.noise and head.bias_variance < MOST_SIGNAL * head.noise):
            raise ArtifactError(f"The noise {head.noise:.3g} is too small beside the factors; the file is damaged.")
        return head


def _as_svd(w: Float64) -> SVD:
    """Return factors [n_items, k] as an SVD ``W = V Σ Tᵀ``, with T in place of u.

    Factors that the ratings have no need of are left out: all of them if, say, all ratings are equal. A rotation of
    ``w`` and ``z`` by T changes neither ``w·z`` nor the prior ``z ~ N(0, I)``.
    """
    v, singular_values, rotation = np.linalg.svd(w, full_matrices=False)
    svd = fix_signs(SVD(rotation.T, singular_values, v))  # signs of V and T change together
    return without_hidden(svd, np.float16)


def _expected_users(matrix: sparse.csr_array, embedding: Float32, users: Float32, damping: float, seed: int) -> Float32:
    """Return Y, the regression of the users' θ on their watched sets, float32 [n_items, 1 + k].

    It is learnt on shortened histories (3, 10 and 30 of the rated titles, 80 % of all), because visitors'
    histories are short, too.
    """
    # Shortened histories, each with a mask of the users who have enough ratings for it.
    random = np.random.default_rng(seed)
    given = explicit(matrix)
    rated = np.diff(given.indptr)
    shortened = [(_seen(given, rank_in_shuffled_row(given, random) < n), rated >= max(n, 10)) for n in SHORT_HISTORIES]
    shortened.append((_seen(matrix, random.random(matrix.nnz) < LONG_SHARE), rated >= 5))
    if not any(enough.any() for _, enough in shortened):
        return np.zeros((matrix.shape[1], users.shape[1]), dtype=np.float32)
    # The embedded watched set, θ and weight of each of these users, for all lengths.
    sets, thetas, weights = [], [], []
    for history, enough in shortened:
        described = history @ embedding / np.maximum(np.diff(history.indptr) + damping, 1)[:, None]
        sets.append(described[enough].astype(np.float32))
        thetas.append(users[enough])
        weights.append(rated[enough].astype(np.float32))
    regression = weighted_ridge(np.concatenate(sets), np.concatenate(thetas), np.concatenate(weights), USER_RIDGE)
    return embedding @ regression


def _seen(matrix: sparse.csr_array, chosen: Bool) -> sparse.csr_array:
    """Return the chosen entries as ones."""
    seen = keep_entries(matrix, chosen)
    seen.data = np.ones_like(seen.data)
    return seen
