"""A taste at a glance: typical genres, the ratings, and the most surprising of them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED
from ..heads.base import Predicts
from ..numerics.arrays import Int32
from ..numerics.sparse import keep_entries
from ..recommend.fold_in import Taste

GENRES_SHOWN = 8
SURPRISES = 4
CANDIDATES = 24


class _Model(Predicts, Protocol):
    @property
    def catalogue(self) -> Catalogue: ...


@dataclass(frozen=True, slots=True)
class GenreShare:
    """The share of somebody's titles that have a genre, 0..1, and the average share over everybody's titles."""

    genre: str
    share: float
    average: float


@dataclass(frozen=True, slots=True)
class Surprise:
    """A rating that differs from the one predicted from the person's other ratings."""

    anime_id: int
    rating: float
    expected: float


@dataclass(frozen=True)
class Profile:
    """A taste at a glance.

    ``n_watched`` counts titles without a rating. ``mean`` is None without ratings. ``histogram`` counts the ratings
    nearest to each whole step of the scale. ``genres`` differ most from the average, the most typical first.
    ``surprises`` are farthest from their predictions, the farthest first.
    """

    n_rated: int
    n_watched: int
    mean: float | None
    histogram: tuple[int, ...]
    genres: tuple[GenreShare, ...]
    surprises: tuple[Surprise, ...]


def profile(model: _Model, taste: Taste) -> Profile:
    """Return the profile of a taste."""
    ratings = taste.row.data[taste.row.data != WATCHED]
    low, high = int(taste.scale.low), int(taste.scale.high)
    steps = np.clip(np.rint(ratings).astype(np.int64), low, high) - low
    return Profile(
        n_rated=len(ratings),
        n_watched=len(taste) - len(ratings),
        mean=float(ratings.mean()) if len(ratings) else None,
        histogram=tuple(np.bincount(steps, minlength=high - low + 1).tolist()),
        genres=genre_shares(model.catalogue, taste.positions),
        surprises=_surprises(model, taste),
    )


def genre_shares(catalogue: Catalogue, seen: Int32) -> tuple[GenreShare, ...]:
    """Return the genres in which the titles at these catalogue positions differ most from everybody's titles.

    The difference of the shares is divided by its standard error, as if the titles were drawn from everybody's:
    two titles of a rare genre are no passion.
    """
    if not len(seen):
        return ()
    # Everybody's shares, their own and the difference in standard errors, [n_genres] each.
    has_genre = catalogue.genre_matrix.astype(np.float64)
    average = catalogue.members @ has_genre / max(int(catalogue.members.sum()), 1)
    share = has_genre[seen].mean(axis=0)
    standard_error = np.sqrt(np.maximum(average * (1 - average), 1e-9) / len(seen))
    difference = (share - average) / standard_error
    # The largest absolute differences, ordered by the difference.
    largest = np.argsort(-np.abs(difference), kind="stable")[:GENRES_SHOWN]
    chosen = largest[np.argsort(-difference[largest], kind="stable")].tolist()
    return tuple(GenreShare(catalogue.genres[genre], float(share[genre]), float(average[genre])) for genre in chosen)


def _surprises(model: _Model, taste: Taste) -> tuple[Surprise, ...]:
    """Return the ratings that are farthest from their predictions from all other ratings. Only those far from the
    prediction from all ratings are tried: leaving a rating out seldom changes the order.
    """
    rated = np.flatnonzero(taste.row.data != WATCHED)
    if len(rated) < 2:
        return ()
    # Candidates, as indices into the row, by the prediction from all ratings.
    fitted = model.predict_ratings(taste.row)[0][taste.positions[rated]]
    tried = rated[np.argsort(-np.abs(taste.row.data[rated] - fitted), kind="stable")[:CANDIDATES]]
    # A history without each candidate, [n_tried, n_items], and the rating that it predicts, [n_tried].
    others = [keep_entries(taste.row, np.arange(len(taste)) != index) for index in tried]
    predicted = model.predict_ratings(sparse.vstack(others, format="csr"))
    expected = predicted[np.arange(len(tried)), taste.positions[tried]]
    columns = (taste.anime_ids[tried], taste.row.data[tried], expected)
    surprises = [Surprise(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return tuple(sorted(surprises, key=lambda surprise: -abs(surprise.rating - surprise.expected))[:SURPRISES])
