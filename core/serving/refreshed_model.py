"""Check a model with more titles against the one that it shall replace, before it does."""

import numpy as np
from scipy import sparse

from ..errors import ArtifactError, HubError
from ..model.model import Model
from ..numerics.arrays import Float32

SAMPLE = 50
"""Histories that both models are asked about: existing users, and people who like one popular title."""
BEST, KEPT = 20, 0.9
"""Of so many rated titles with the highest scores, this share stays among them, on average over the histories: the new
titles take part in the decomposition, which moves the scores of the others a little. 4,857 new titles beside 12,294
kept 99.7 %."""
RATINGS_WITHIN = 0.1
"""How far predicted ratings of rated titles may move, on a scale of ten; 0.03 by these 4,857."""
LISTED, MOST_NEW = 20, 0.5
"""Of so many recommendations at most this share is new titles, over all histories."""


def check_refreshed(old: Model, new: Model) -> None:
    """Raise `ArtifactError` unless ``new`` answers like ``old`` for the titles of both, with sane lists.

    The old titles are the first of the new ones. Those of them that people rated are ranked and predicted as
    before, for existing users (as far as they are within reach) and for people who like one popular title.
    Lists hold no title twice, none that the person has seen, and not mostly new ones.
    """
    n_old = len(old.catalogue)
    if not np.array_equal(new.item_ids[:n_old], old.item_ids):
        raise ArtifactError("The refreshed model has other titles than the model before, or in another order.")
    histories, rated = _histories(old), old.own_heads[0].rated
    wider = sparse.csr_array(histories, copy=True)
    wider.resize(histories.shape[0], len(new.catalogue))
    _check_ratings(
        old.predict_ratings(histories)[:, rated],
        new.predict_ratings(wider)[:, :n_old][:, rated],
        RATINGS_WITHIN * (old.rating_scale.high - old.rating_scale.low) / 9,
    )
    _check_order(old.rank_scores(histories)[:, rated], new.rank_scores(wider)[:, :n_old][:, rated])
    check_lists(new, wider, n_old)


def _histories(model: Model) -> sparse.csr_array:
    """Return existing users, then people with one popular title, CSR float32 [at most 2 · SAMPLE, n_items]."""
    popular = np.argsort(-model.catalogue.members, kind="stable")[:SAMPLE]
    entries = (np.full(len(popular), model.rating_scale.high, dtype=np.float32), (np.arange(len(popular)), popular))
    likes = sparse.csr_array(entries, shape=(len(popular), len(model.catalogue)))
    try:
        users = model.users.history[:SAMPLE]
    except HubError:
        return likes
    return sparse.csr_array(sparse.vstack([users, likes], format="csr"))


def _check_order(old: Float32, new: Float32) -> None:
    """Raise `ArtifactError` unless the best titles by the scores, [histories, titles], are nearly the same."""
    best = min(BEST, old.shape[1] - 1)
    before, now = (np.argpartition(-scores, best, axis=1)[:, :best] for scores in (old, new))
    kept = np.mean([np.isin(*rows).mean() for rows in zip(before, now, strict=True)])
    if not np.isfinite(new).all() or kept < KEPT:
        raise ArtifactError(
            f"The refreshed model keeps {kept:.0%} of the best {best} old titles of a history; expected at least "
            f"{KEPT:.0%}. It is refused: train the model again."
        )


def _check_ratings(old: Float32, new: Float32, within: float) -> None:
    """Raise `ArtifactError` if a predicted rating, [histories, titles], is further than ``within`` from what it was."""
    off = np.nan_to_num(np.abs(new - old), nan=np.inf)
    if np.max(off, initial=0) > within:
        row, column = np.unravel_index(np.argmax(off), off.shape)
        raise ArtifactError(
            f"The refreshed model changes the predicted rating of an old title from {old[row, column]:.4g} to "
            f"{new[row, column]:.4g}; expected the same. It is refused: train the model again."
        )


def check_lists(model: Model, histories: sparse.csr_array, n_old: int) -> None:
    """Raise `ArtifactError` for lists, for these histories, that nobody should see.

    Titles from the position ``n_old`` on are new.
    """
    n_listed, n_new = 0, 0
    for row in range(histories.shape[0]):
        history = histories[[row]]
        seen = dict(zip(model.item_ids[history.indices].tolist(), history.data.tolist(), strict=True))
        ids = [item.anime_id for item in model.recommend(model.fold_in(seen), LISTED)]
        if len(set(ids) - set(seen)) != len(ids):
            raise ArtifactError("The refreshed model recommends a title twice, or one that the person has seen.")
        n_listed += len(ids)
        n_new += int((model.catalogue.positions(np.array(ids, dtype=np.int64)) >= n_old).sum())
    if not n_listed or n_new > MOST_NEW * n_listed:
        raise ArtifactError(
            f"The refreshed model recommends {n_new:,} new titles among {n_listed:,}; expected some recommendations, "
            f"and at most {MOST_NEW:.0%} new ones. It is refused: train the model again."
        )
