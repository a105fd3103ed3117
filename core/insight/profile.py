"""A taste at a glance: what somebody watches more than others do, how they rate, and where they
differ from what their other ratings lead to expect.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..data.catalogue import Catalogue
from ..data.scale import WATCHED
from ..numerics.arrays import Float32, Int32
from ..numerics.sparse import history_matrix, keep_entries
from ..recommend.taste import Taste

GENRES_SHOWN = 8
SURPRISES = 4
CANDIDATES = 24


class PredictsRatings(Protocol):
    """What `profile` asks of a model."""

    @property
    def catalogue(self) -> Catalogue:
        """The titles."""

    def predict_ratings(self, matrix: object) -> Float32:
        """Expected ratings, float32 [n, n_items], for histories [n, n_items]."""


@dataclass(frozen=True, slots=True)
class GenreShare:
    """How much of somebody's titles has a genre, 0..1, against that of everybody's listings."""

    genre: str
    share: float
    average: float


@dataclass(frozen=True, slots=True)
class Surprise:
    """A rating that the person's other ratings did not lead to expect."""

    anime_id: int
    rating: float
    expected: float


@dataclass(frozen=True)
class Profile:
    """A taste at a glance.

    Attributes
    ----------
    n_rated, n_watched
        Titles with a rating, and those that were watched without one.
    mean
        Of the ratings; None without any.
    histogram
        For each whole step of the scale how many ratings are nearest to it.
    genres
        Those in which the person differs most from the average, the most typical first.
    surprises
        The ratings farthest from what the others predict, the farthest first.
    """

    n_rated: int
    n_watched: int
    mean: float | None
    histogram: tuple[int, ...]
    genres: tuple[GenreShare, ...]
    surprises: tuple[Surprise, ...]


def profile(model: PredictsRatings, taste: Taste) -> Profile:
    """What there is to tell about a taste."""
    given = taste.row.data[taste.row.data != WATCHED]
    low, high = int(taste.scale.low), int(taste.scale.high)
    steps = np.clip(np.rint(given).astype(np.int64), low, high) - low
    return Profile(
        n_rated=len(given),
        n_watched=len(taste) - len(given),
        mean=float(given.mean()) if len(given) else None,
        histogram=tuple(np.bincount(steps, minlength=high - low + 1).tolist()),
        genres=genre_shares(model.catalogue, taste.positions),
        surprises=_surprises(model, taste),
    )


def genre_shares(catalogue: Catalogue, seen: Int32) -> tuple[GenreShare, ...]:
    """The genres in which titles, given as catalogue positions, differ most from everybody's.

    By the difference of shares in units of its standard error if the titles were drawn like
    everybody's: so that two titles of a rare genre are no passion.
    """
    if not len(seen):
        return ()
    matrix = catalogue.genre_matrix.astype(np.float64)
    average = catalogue.members @ matrix / max(int(catalogue.members.sum()), 1)
    share = matrix[seen].mean(axis=0)
    spread = np.sqrt(np.maximum(average * (1 - average), 1e-9) / len(seen))
    typical = (share - average) / spread
    farthest = np.argsort(-np.abs(typical), kind="stable")[:GENRES_SHOWN]
    chosen = farthest[np.argsort(-typical[farthest], kind="stable")].tolist()
    return tuple(GenreShare(catalogue.genres[at], float(share[at]), float(average[at])) for at in chosen)


def _surprises(model: PredictsRatings, taste: Taste) -> tuple[Surprise, ...]:
    """Each rating against the prediction from all the others. Only those that are far from the
    prediction from all are tried: leaving one out moves a prediction, but rarely past the others.
    """
    rated = np.flatnonzero(taste.row.data != WATCHED)
    if len(rated) < 2:
        return ()
    fitted = model.predict_ratings(taste.row)[0][taste.positions[rated]]
    tried = rated[np.argsort(-np.abs(taste.row.data[rated] - fitted), kind="stable")[:CANDIDATES]]
    others = [keep_entries(taste.row, np.arange(len(taste)) != place) for place in tried]
    histories = history_matrix([row.indices for row in others], [row.data for row in others], taste.row.shape[1])
    expected = model.predict_ratings(histories)[np.arange(len(tried)), taste.positions[tried]]
    surprises = [
        Surprise(int(taste.anime_ids[place]), float(taste.row.data[place]), float(guess))
        for place, guess in zip(tried, expected, strict=True)
    ]
    return tuple(sorted(surprises, key=lambda one: -abs(one.rating - one.expected))[:SURPRISES])
