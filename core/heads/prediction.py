"""The prediction head: *how would I rate it?*, by biases and factors of the rated titles.

``r̂_j = b_j + b_u + w_j·z_u + f``, where ``W = VΣ`` holds the factors that `core.numerics.factor_analysis` finds,
rotated so that V is orthonormal: an SVD. A visitor's ``θ = (b_u, z_u)`` solves a ridge regression over the titles
they rated. It is centred at ``p``, the expectation from the set of titles they watched::

    θ = p + S QᵀC⁻¹ (r - b - Qp) / σ²,    S = (QᵀC⁻¹Q / σ² + P⁻¹)⁻¹,    Q = (1, W)
    p = Σ_{i watched} Y_i / (n + damping)

So an unrated title is unknown, not average. And the choice of titles tells how somebody rates (NSVD: Paterek, 2007;
SVD++: Koren, 2008), here by a linear regression with a closed form. In P, b_u and z_u are correlated: somebody who
rates high on average does not rate all titles higher alike. In C, errors within a franchise are correlated: somebody
who likes the first season more than θ tells will like the second more, too. That is the franchise's effect ``f``.
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
from ..numerics.arrays import AnyArray, Bool, Float32, Float64, Int32, Int64, smallest_integers
from ..numerics.factor_analysis import analyse
from ..numerics.grouped_errors import Groups, Posterior, grouped_ridge
from ..numerics.truncated_svd import SVD, fix_signs, without_hidden
from ..settings import settings
from .facts import NOISE_COUNT, TitleFacts
from .item_factors import ItemFactors
from .item_features import item_features, watched_embedding, watched_regression
from .limits import LARGEST, SMALLEST, FactorCount
from .stored_rows import Spec, StoredRows, Tensors, TensorSpec

MOST_SIGNAL = 1e9
SPREAD_SHARE = 0.3
"""The spread for `RatingScale.expected`, as a share of the standard error. With 0.2 some predictions above 9.5 are 0.05
too high for five and fewer ratings, with 0.4 they are 0.1 too low; RMSE is the same to 0.0001."""
OTHERS = ("noise", "bias_variance", "bias_covariance", "fact_variance", "counts", "franchises")
OWN_TENSORS = ("biases", *OTHERS)


@settings
class PredictionConfig:
    """Settings of the prediction head.

    The defaults come from the study in ``docs/study/``, except for franchise, which is younger, and for factors and
    iterations, which leave training time to the ranking head.

    Attributes
    ----------
    factors
        k. More factors gain little (48 against 32: 0.002 of RMSE for long histories), and training time
        grows with their square.
    iterations
        Iterations of variational EM. One more would gain 0.0003 for long histories.
    embedding
        The number of dimensions that describe watched sets.
    damping
        The damping of ``p`` above, in titles.
    doubt
        The noise of a visitor with n ratings is multiplied by ``1 + doubt / n``.
    franchise
        The correlation of errors within a franchise. 0 costs 0.042 of RMSE for long histories, 0.003 for ten ratings
        and 0.001 for five. 0.3 costs 0.004 for long histories, and 0.5 costs 0.0005 for ten ratings.
    facts
        The facts of a title count as much as so many users who rated it, if they tell all: see `core.heads.facts`. For
        300 titles of 2017 and later without ratings the RMSE is 1.148, with their ratings 1.128, and 1.228 if features
        predict them that know nothing of who watched a title. Twice of it gives the same.
    """

    factors: FactorCount = 32
    iterations: Annotated[int, Field(ge=1, le=1000)] = 7
    embedding: FactorCount = 56
    damping: Annotated[float, Field(ge=0, le=1e6)] = 6.0
    doubt: Annotated[float, Field(ge=0, le=1e6)] = 0.35
    franchise: Annotated[float, Field(ge=0, le=0.95)] = 0.4
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
        expected = watched_regression(ratings.matrix, embedding, fitted.users, self.damping, seed)
        values = np.hstack([fitted.items, expected]).astype(np.float64)
        values[:, 0] += fitted.mean
        counts, facts = np.bincount(given.indices, minlength=n_items), TitleFacts.of(ratings.catalogue)
        others = {"counts": counts, "franchises": facts.franchises, "noise": fitted.noise}
        others |= {"bias_variance": fitted.covariance[0, 0], "bias_covariance": fitted.covariance[0, 1:]}
        others["fact_variance"], _ = facts.errors(values[:, : 1 + factors], counts)
        on_progress(1.0)
        return PredictionHead.of(facts.completed(values, counts, self.facts), others, self, ratings.scale)


@dataclass(frozen=True)
class PredictionHead:
    """V and Σ of the titles' factors, and what is needed to fold in a visitor.

    Attributes
    ----------
    biases
        ``b_j``, with the mean of all ratings added, float32 [n_items].
    expected
        Y, [n_items, 1 + k].
    noise
        σ², float32 [].
    bias_variance, bias_covariance
        The first diagonal entry of P, float32 [], and the rest of its first row, float32 [k]. The rest of P is I.
    fact_variance
        The expected squared error of ``b_j + w_j·z_u`` for a title that is placed by its facts, float32 [].
    counts
        The number of users who rated each title, int32 [n_items].
    franchises
        The number of the franchise of each title, int32 [n_items].
    scale
        The scale of the ratings.
    """

    factors: ItemFactors
    config: PredictionConfig
    biases: Float32
    expected: StoredRows
    noise: Float32
    bias_variance: Float32
    bias_covariance: Float32
    fact_variance: Float32
    counts: Int32
    franchises: Int32
    scale: RatingScale

    kind: ClassVar[str] = PredictionConfig.kind
    SPEC: ClassVar[Spec] = {
        **ItemFactors.SPEC,
        **StoredRows.spec("expected", ("items", "factors+1")),
        "biases": TensorSpec("float32", ("items",), -LARGEST, LARGEST),
        "noise": TensorSpec("float32", (), SMALLEST, LARGEST),
        "bias_variance": TensorSpec("float32", (), SMALLEST, LARGEST),
        "bias_covariance": TensorSpec("float32", ("factors",), -LARGEST, LARGEST, optional=True),
        "fact_variance": TensorSpec("float32", (), 0, LARGEST),
        "counts": TensorSpec("int32|int16", ("items",), 0),
        "franchises": TensorSpec("int32|int16", ("items",), 0, optional=True),
    }

    @classmethod
    def of(
        cls, values: Float64, others: Mapping[str, Any], config: PredictionConfig, scale: RatingScale
    ) -> "PredictionHead":
        """Return the head of titles with ``b_j``, ``w_j`` and ``Y_j`` in ``values``, float64 [n_items, 2 + 2k].
        ``others`` are the tensors of `OTHERS`, that of covariances before the rotation.
        """
        k = values.shape[1] // 2 - 1
        svd = _as_svd(values[:, 1 : 1 + k])
        expected = np.hstack([values[:, [1 + k]], values[:, 2 + k :] @ svd.u])
        rotated = dict(others, bias_covariance=others["bias_covariance"] @ svd.u)
        return cls(
            ItemFactors.of(svd, np.arange(len(values), dtype=np.int32), len(values)),
            config,
            biases=values[:, 0].astype(np.float32),
            expected=StoredRows.of(expected),
            scale=scale,
            **{name: np.array(rotated[name], dtype=cls.SPEC[name].dtype.split("|")[0]) for name in OTHERS},
        )

    def with_titles(self, facts: TitleFacts, positions: Int64, kept: Bool) -> "PredictionHead":
        """Return the head of more titles with these facts: as `core.heads.ranking_head.RankingHead.with_titles`."""
        known = np.hstack([self.biases[:, None], self.item_coordinates[:, 1:], self.expected.numbers]).astype(
            np.float64
        )
        values, counts = facts.extended(known, self.counts, positions, kept)
        others = {name: getattr(self, name) for name in OTHERS} | {"counts": counts, "franchises": facts.franchises}
        return PredictionHead.of(values, others, self.config, self.scale)

    @cached_property
    def item_variances(self) -> Float32:
        """The expected squared error of ``b_j + w_j·z_u`` for want of ratings of the title, float32 [n_items]."""
        return np.asarray(self.fact_variance / (1 + self.counts / NOISE_COUNT), dtype=np.float32)

    @cached_property
    def _q(self) -> Float32:
        """(1, W), float32 [n_items, 1 + k]."""
        w = self.factors.v32 * self.factors.singular_values
        return np.hstack([np.ones((len(w), 1), dtype=np.float32), w])

    @cached_property
    def _prior_precision(self) -> Float64:
        """P⁻¹, float64 [1 + k, 1 + k]."""
        prior = np.eye(1 + len(self.bias_covariance))
        prior[0, 1:] = prior[1:, 0] = self.bias_covariance
        prior[0, 0] = self.bias_variance
        return np.asarray(np.linalg.inv(prior))

    @cached_property
    def _franchises(self) -> tuple[Int32, Int64]:
        """The numbers of all franchises, int32 [m], and the index of that of each title, int64 [n_items]."""
        return np.unique(self.franchises, return_inverse=True)

    def embed(self, matrix: sparse.csr_array) -> Float32:
        """Return θ of each history, float32 [n, 1 + k]."""
        return np.array([self._fold_in(matrix, row)[0] for row in range(matrix.shape[0])], dtype=np.float32).reshape(
            -1, self._q.shape[1]
        )

    def _fold_in(self, matrix: sparse.csr_array, row: int) -> tuple[Float64, Int64, Posterior]:
        """Return θ of a row, float64 [1 + k], the franchises of its ratings, int64 [m], and S with their effects."""
        # p, float32 [1 + k].
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        seen, values = matrix.indices[entries], matrix.data[entries]
        expected = self.expected.numbers[seen].sum(axis=0) / max(len(seen) + self.config.damping, 1)
        # The ridge regression over the rated titles.
        rated, groups = seen[values > 0], Groups.of(self.franchises[seen[values > 0]])
        q, noise = self._q[rated].astype(np.float64), float(self.noise) * (1 + self.config.doubt / max(len(rated), 1))
        residual = values[values > 0] - self.biases[rated] - q @ expected
        posterior = grouped_ridge(q, residual, groups, self.config.franchise, noise, self._prior_precision)
        return expected + posterior.mean, groups.numbers, posterior

    @property
    def item_coordinates(self) -> Float32:
        """Q for every title: (1, W), float32 [n_items, 1 + k]."""
        return self._q

    def posterior(self, row: sparse.csr_array) -> Float64:
        """Return S, the covariance of θ given one history [1, n_items], float64 [1 + k, 1 + k].

        Without ratings it is P. It does not depend on the values of the ratings.
        """
        return self._fold_in(row, 0)[2].covariance

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """Return the expected ratings, float32 [n, n_items], on the scale.

        ``r̂`` above is uncertain, and may leave the scale. So the expectation of a distribution around it that is cut at
        the ends is returned: see `RatingScale.expected`. Its spread is a share of the standard error of r̂,
        averaged over titles as they are rated.
        """
        numbers, of_titles = self._franchises
        predicted = np.empty((matrix.shape[0], len(self.biases)), dtype=np.float32)
        for row in range(len(predicted)):
            theta, franchises, posterior = self._fold_in(matrix, row)
            effects = np.zeros(len(numbers), dtype=np.float32)
            effects[np.searchsorted(numbers, franchises)] = posterior.effects
            ratings = self._q @ theta.astype(np.float32) + self.biases + effects[of_titles]
            spread = SPREAD_SHARE * np.sqrt(np.vdot(posterior.covariance, self._typical))
            predicted[row] = self.scale.expected(ratings, float(spread))
        return predicted

    @cached_property
    def _typical(self) -> Float64:
        """The mean of ``q qᵀ`` over ratings, float64 [1 + k, 1 + k]."""
        weights = (self.counts / max(int(self.counts.sum()), 1))[:, None]
        return np.asarray(self._q.T.astype(np.float64) @ (self._q * weights))

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        own = {name: getattr(self, name) for name in OWN_TENSORS}
        own |= {name: smallest_integers(own[name]) for name in ("counts", "franchises")}
        return self.factors.tensors() | self.expected.tensors("expected") | own

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, config: PredictionConfig, scale: RatingScale) -> "PredictionHead":
        """Return the head that `tensors` stored. Raises `ArtifactError` if they contradict each other."""
        factors = ItemFactors.of_all_titles(tensors, n_items)
        # Models of earlier versions have no correlation, and each title is a franchise.
        missing = {"bias_covariance": np.zeros(len(factors.singular_values), np.float32)}
        missing["franchises"] = np.arange(n_items, dtype=np.int32)
        own: dict[str, Any] = {name: tensors.get(name, missing.get(name)) for name in OWN_TENSORS}
        own |= {name: own[name].astype(np.int32) for name in ("counts", "franchises")}
        head = cls(factors, config, expected=StoredRows.from_tensors(tensors, "expected"), scale=scale, **own)
        # The ridge regression of a fold-in must have one solution: noise that rounding does not hide.
        largest = float(np.square(head.item_coordinates, dtype=np.float64).sum(axis=1).max(initial=0.0))
        if not (largest < MOST_SIGNAL * head.noise and head.bias_variance < MOST_SIGNAL * head.noise):
            raise ArtifactError(f"The noise {head.noise:.3g} is too small beside the factors; the file is damaged.")
        if not head.bias_variance > np.square(head.bias_covariance, dtype=np.float64).sum():
            raise ArtifactError("bias_covariance is too large beside bias_variance; the file is damaged.")
        return head


def _as_svd(w: Float64) -> SVD:
    """Return factors [n_items, k] as an SVD ``W = V Σ Tᵀ``, with T in place of u.

    Factors that the ratings have no need of are left out: all of them if, say, all ratings are equal. A rotation of
    ``w`` and ``z`` by T changes neither ``w·z`` nor the prior ``z ~ N(0, I)``.
    """
    v, singular_values, rotation = np.linalg.svd(w, full_matrices=False)
    svd = fix_signs(SVD(rotation.T, singular_values, v))  # signs of V and T change together
    return without_hidden(svd, np.float16)
