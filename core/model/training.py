"""Training: from ratings to a model."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.franchises import Franchises
from ..data.ratings import Ratings, explicit
from ..errors import InputError
from ..heads.base import Predicts, Ranker
from ..heads.textbook import TextbookConfig
from ..numerics.arrays import Float32, Int64
from ..numerics.sparse import row_of_entries
from .config import TrainingConfig
from .info import ModelInfo
from .model import Model
from .recommender import Recommender
from .stored_users import USERS_PER_BLOCK, Users, embedded

MIN_HISTORY = 10

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of it that is done, 0..1."""


def train(
    ratings: Ratings,
    config: TrainingConfig | None = None,
    on_progress: Progress = lambda stage, done: None,
    storable: Int64 | None = None,
) -> Model:
    """Return a model that is fitted to ratings, with its training error.

    Parameters
    ----------
    ratings
        At least two users and two titles with ratings.
    config
        The recipe; the default is the tuned one.
    on_progress
        Called at every stage.
    storable
        Ids of the users who may be stored as existing users, int64 [n]; None: all. Of the others only what training
        makes of all rows together is in the model.

    Raises
    ------
    InputError
        There is too little data to decompose, or the model could not be loaded again.
    """
    config = config or TrainingConfig()
    given = explicit(ratings.matrix)
    if len(ratings.user_ids) < 2 or len(np.unique(given.indices)) < 2:
        raise InputError(
            f"{len(ratings.user_ids)} users and {len(np.unique(given.indices))} rated titles: "
            "an SVD needs at least two of each."
        )
    # The textbook head and the map run beside the heads, on the idle core.
    with ThreadPoolExecutor(1) as beside:
        textbook_fit = beside.submit(TextbookConfig().fit, ratings, config.seed, lambda done: None)
        ranker = config.ranking.fit(ratings, config.seed, lambda done: on_progress("ranking", done))
        map_fit = beside.submit(_map_coordinates, ratings.catalogue, ranker, config.seed)
        if config.prediction == config.ranking:
            predictor: Predicts = ranker  # type: ignore[assignment]  # a TextbookHead is both
        else:
            predictor = config.prediction.fit(ratings, config.seed, lambda done: on_progress("prediction", done))
        textbook, coordinates = textbook_fit.result().halved, map_fit.result()
    rmse = training_rmse(predictor, ratings, lambda done: on_progress("training error", done))
    info = _info(ratings, config, given, rmse)
    users = _stored_users(ratings, ranker, config, storable)
    on_progress("done", 1.0)
    return Model.assemble(Recommender(ratings.catalogue, ranker, predictor, info, textbook, coordinates), users)


def _info(ratings: Ratings, config: TrainingConfig, given: sparse.csr_array, rmse: float) -> ModelInfo:
    """Return what the model was trained from; its shapes are entered when it is assembled."""
    return ModelInfo(
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


def _map_coordinates(catalogue: Catalogue, ranker: Ranker, seed: int) -> Float32:
    """Return the position of each title on the map, rounded as it is stored, float32 [n_items, 2]."""
    # Imported here: the map needs parts of scipy that the app, which imports this module, does not.
    from ..data.title_features import catalogue_likeness
    from ..insight.title_map import title_map

    directions = ranker.factors.directions * ranker.rated[:, None]  # the others go beside titles with similar facts
    franchises = Franchises.of(catalogue, directions).numbers
    coordinates = title_map(directions, catalogue_likeness(catalogue), franchises, seed)
    return coordinates.astype(np.float16).astype(np.float32)


def training_rmse(
    predictor: Predicts, ratings: Ratings, on_progress: Callable[[float], None] = lambda done: None
) -> float:
    """Return the root mean square error over the ratings that the head was fitted to, on their scale.

    It says how well the head remembers, not how well it predicts.
    """
    total, count = 0.0, 0
    for start in range(0, ratings.matrix.shape[0], USERS_PER_BLOCK):
        block = ratings.matrix[start : start + USERS_PER_BLOCK]
        given = explicit(block)
        rows = row_of_entries(given)
        predicted = ratings.scale.clip(predictor.predict_ratings(block)[rows, given.indices])
        total += float(np.sum((predicted.astype(np.float64) - given.data) ** 2))
        count += given.nnz
        on_progress(min(1.0, (start + USERS_PER_BLOCK) / ratings.matrix.shape[0]))
    return float(np.sqrt(total / count))


def _stored_users(ratings: Ratings, ranker: Ranker, config: TrainingConfig, storable: Int64 | None) -> Users:
    """Return the users to store, drawn at random, with their rows of U."""
    may_be_stored = np.isin(ratings.user_ids, ratings.user_ids if storable is None else storable)
    rows: Int64 = np.flatnonzero(may_be_stored)
    if config.stored_users is not None:
        rated = np.diff(explicit(ratings.matrix).indptr)
        eligible = np.flatnonzero((rated >= MIN_HISTORY) & may_be_stored)
        chosen = np.random.default_rng(config.seed).permutation(eligible)[: config.stored_users]
        rows = np.sort(chosen)
    stored = ratings.take(rows)
    return Users.of(stored.user_ids, stored.matrix, embedded(stored.matrix, ranker.embed))
