"""Training: from ratings to a model, by a recipe that is data."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.ratings import Ratings, explicit
from ..errors import InputError
from ..heads.base import Predictor, Ranker
from ..heads.prediction import PredictionConfig
from ..heads.ranking import RankingConfig
from ..heads.textbook import TextbookConfig
from ..numerics.arrays import Float32, Int64
from ..numerics.sparse import row_of_entries
from .info import ModelInfo
from .model import Model
from .recommender import Recommender
from .stored_users import Users

USERS_PER_BLOCK = 256
MIN_HISTORY = 10

Progress = Callable[[str, float], None]
"""Called with the name of the stage and the part of it that is done, 0..1."""


@dataclass(frozen=True)
class TrainingConfig:
    """A recipe: how each head is fitted, and what is stored beside them.

    Attributes
    ----------
    ranking, prediction
        The settings of the two heads; equal `TextbookConfig`s make one head that serves as both.
    stored_users
        How many existing users the model stores, drawn at random from those with at least ten
        ratings; None: all users.
    seed
        Of everything random. The same data, configuration and seed give the same bytes on the
        same machine.
    """

    ranking: RankingConfig | TextbookConfig = field(default_factory=RankingConfig)
    prediction: PredictionConfig | TextbookConfig = field(default_factory=PredictionConfig)
    stored_users: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.stored_users is not None and self.stored_users < 0:
            raise InputError(f"stored_users is {self.stored_users}; expected 0 or more, or None for all.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(f"seed is {self.seed!r}; expected a whole number, 0 or more.")

    @classmethod
    def textbook(cls, factors: int = 20, stored_users: int | None = None) -> "TrainingConfig":
        """The classic recipe, for comparison: see `core.heads.textbook`."""
        return cls(TextbookConfig(factors), TextbookConfig(factors), stored_users)

    def to_recipe(self) -> dict[str, Any]:
        """``{"ranking": {"kind": …, **settings}, "prediction": {…}, "seed": …}``, ready for JSON: what
        a model's ``config.json`` has as its recipe, and ``train.py --config`` reads.
        """
        heads = {"ranking": self.ranking, "prediction": self.prediction}
        return {role: {"kind": head.kind} | asdict(head) for role, head in heads.items()} | {"seed": self.seed}

    @classmethod
    def from_recipe(cls, recipe: Any, stored_users: int | None = None) -> "TrainingConfig":
        """The inverse of `to_recipe`. Raises `InputError` for what it doesn't know."""
        roles: dict[str, tuple[type[Any], ...]] = {
            "ranking": (RankingConfig, TextbookConfig),
            "prediction": (PredictionConfig, TextbookConfig),
        }
        if not isinstance(recipe, dict) or not {*roles} <= {*recipe} <= {*roles, "seed"}:
            raise InputError(f"A recipe is an object with ranking, prediction and seed; found {recipe!r:.200}.")
        heads: list[Any] = []
        for role, kinds in roles.items():
            settings = dict(recipe[role]) if isinstance(recipe[role], dict) else {}
            kind = settings.pop("kind", None)
            by_kind = {config.kind: config for config in kinds}
            if kind not in by_kind:
                raise InputError(f"{role}: kind is {kind!r}; expected {' or '.join(map(repr, by_kind))}.")
            known = [field.name for field in fields(by_kind[kind])]
            for name, value in settings.items():
                if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
                    raise InputError(f"{role}: {name} is {value!r}; expected numbers for {', '.join(known)}.")
            heads.append(by_kind[kind](**settings))
        return cls(heads[0], heads[1], stored_users, recipe.get("seed", 0))


def train(
    ratings: Ratings,
    config: TrainingConfig | None = None,
    on_progress: Progress = lambda stage, done: None,
) -> Model:
    """Fit both heads, place the users in latent space, and measure the training error.

    Parameters
    ----------
    ratings
        At least two users and two titles with ratings.
    config
        The recipe; the default is the tuned one.
    on_progress
        Told of every stage.

    Raises
    ------
    InputError
        There is too little data to decompose.
    """
    config = config or TrainingConfig()
    given = explicit(ratings.matrix)
    if len(ratings.user_ids) < 2 or len(np.unique(given.indices)) < 2:
        raise InputError(
            f"{len(ratings.user_ids)} users and {len(np.unique(given.indices))} rated titles: "
            "an SVD needs at least two of each."
        )
    with ThreadPoolExecutor(1) as beside:  # what is stored for those who look inside takes the idle core
        compared = beside.submit(TextbookConfig().fit, ratings, config.seed, lambda done: None)
        ranker = config.ranking.fit(ratings, config.seed, lambda done: on_progress("ranking", done))
        mapped = beside.submit(_places, ratings.catalogue, ranker, config.seed)
        if config.prediction == config.ranking:
            predictor: Predictor = ranker  # type: ignore[assignment]  # a TextbookHead is both
        else:
            predictor = config.prediction.fit(ratings, config.seed, lambda done: on_progress("prediction", done))
        textbook, places = compared.result(), mapped.result()
    rmse = training_rmse(predictor, ratings, lambda done: on_progress("training error", done))
    info = ModelInfo(
        recipe=config.to_recipe(),
        rating_scale=ratings.scale,
        shapes={},
        data={
            "users": len(ratings.user_ids),
            "titles": len(ratings.catalogue),
            "rated_titles": len(np.unique(given.indices)),
            "ratings": given.nnz,
            "watched_only": ratings.matrix.nnz - given.nnz,
            "density": ratings.density,
            "fingerprint": ratings.fingerprint,
        }
        | asdict(ratings.report),
        metrics={"training_rmse": rmse},
        peers={},
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    users = _stored_users(ratings, ranker, config)
    on_progress("done", 1.0)
    return Model.assemble(Recommender(ratings.catalogue, ranker, predictor, info, textbook, places), users)


def _places(catalogue: Catalogue, ranker: Ranker, seed: int) -> Float32:
    """The map of all titles, as it is stored."""
    # It brings parts of scipy that the app, which imports this module, does without.
    from ..data.title_features import catalogue_likeness
    from ..insight.title_map import title_map

    directions = ranker.factors.directions
    franchises = Franchises.of(catalogue, directions).numbers
    places = title_map(directions, catalogue_likeness(catalogue), franchises, seed)
    return places.astype(np.float16).astype(np.float32)


def training_rmse(
    predictor: Predictor, ratings: Ratings, on_progress: Callable[[float], None] = lambda done: None
) -> float:
    """Root mean square error over the ratings that the head was fitted to, on their scale:
    how well it remembers, not how well it predicts.
    """
    total, count = 0.0, 0
    for start in range(0, ratings.matrix.shape[0], USERS_PER_BLOCK):
        block = ratings.matrix[start : start + USERS_PER_BLOCK]
        given = explicit(block)
        rows = row_of_entries(given)
        predicted = np.clip(predictor.predict(block)[rows, given.indices], *ratings.scale)
        total += float(np.sum((predicted.astype(np.float64) - given.data) ** 2))
        count += given.nnz
        on_progress(min(1.0, (start + USERS_PER_BLOCK) / ratings.matrix.shape[0]))
    return float(np.sqrt(total / count))


def _stored_users(ratings: Ratings, ranker: Ranker, config: TrainingConfig) -> Users:
    rows: Int64 = np.arange(len(ratings.user_ids))
    if config.stored_users is not None:
        rated = np.diff(explicit(ratings.matrix).indptr)
        eligible = np.flatnonzero(rated >= MIN_HISTORY)
        chosen = np.random.default_rng(config.seed).permutation(eligible)[: config.stored_users]
        rows = np.sort(chosen)
    kept = ratings.take(rows)
    blocks = [
        ranker.embed(kept.matrix[start : start + USERS_PER_BLOCK]) for start in range(0, len(rows), USERS_PER_BLOCK)
    ]
    u: Float32 = np.concatenate(blocks) if blocks else np.zeros((0, len(ranker.factors.singular_values)), np.float32)
    return Users.of(kept.user_ids, kept.matrix, u)
