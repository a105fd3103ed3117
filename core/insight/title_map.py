"""A map of all titles: those that the same people like lie close together.

Titles with factors are placed by t-SNE on the cosines of their rows of VΣ. The others, which nobody
in training rated, are put beside titles like them by what the catalogue says. In the end titles
that lie too close are moved apart, so that each can be seen and pointed at.
"""

import numpy as np
from scipy.spatial import KDTree

from ..errors import InputError
from ..numerics.arrays import Float32, Float64, Int64
from ..numerics.tsne import tsne

NEIGHBOURS = 10
"""Of each title, that attract it. Of the ten titles of largest cosine 51 % are among the ten nearest on
the bundled model's map, and 73 % among the fifty; 25 neighbours keep 41 % and 71 %."""

CHOICES = 20
"""Such a title goes to one of so many that are most like it, by chance: else many are like the same few,
and make a crowd. 1 places half of them within 0.18, 10 within 0.22."""

DISTANCE = 0.4
"""To keep between two titles, as a share of the one that they had on an even grid as large as the map."""
ROUNDS = 20
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

ENTRIES_PER_BLOCK = 1 << 22


def title_map(directions: Float32, likeness: Float32, franchises: Int64, seed: int = 0) -> Float32:
    """Where each title lies on the map, float32 [n_items, 2], from -1 to 1, the middle of the map at
    zero. No two alike; equal arguments give equal places.

    Parameters
    ----------
    directions
        Rows of VΣ of length 1, float32 [n_items, k], zero for titles without factors.
    likeness
        What is known of all titles, float32 [n_items, m]: titles like each other have rows close to each
        other; see `catalogue_likeness`. Only places titles without factors.
    franchises
        The franchise of each title, int64 [n_items]. A title without factors is placed beside the
        one of its own franchise that is most like it, if that has factors.
    seed
        For all chance in it.

    Raises
    ------
    InputError
        The arguments are not of the same titles, or not finite.
    """
    if not len(directions) == len(likeness) == len(franchises):
        raise InputError(
            f"A map of {len(directions)} directions, {len(likeness)} rows of likeness and {len(franchises)} "
            "franchises; expected one of each for every title."
        )
    for name, rows in (("directions", directions), ("likeness", likeness)):
        if not np.isfinite(rows).all():
            raise InputError(f"The {name} of title {np.argwhere(~np.isfinite(rows))[0][0]} are not finite.")
    random = np.random.default_rng(seed)
    has_factors = np.asarray(directions.any(axis=1))
    placed, others = np.flatnonzero(has_factors), np.flatnonzero(~has_factors)
    places = np.zeros((len(directions), 2))
    places[placed] = tsne(np.ascontiguousarray(directions[placed]), NEIGHBOURS, random)
    size = float(np.ptp(places, axis=0).max(initial=0.0)) if len(places) else 0.0
    distance = DISTANCE * (size or 1.0) / np.sqrt(max(len(places), 1))
    if len(placed):
        beside = placed[_most_alike(likeness, franchises, placed, others, random)]
    else:
        beside = np.zeros(len(others), dtype=np.int64)
    places[others] = places[beside] + _around(beside, distance)
    return _fill_the_square(_set_apart(places, distance, random))


def _most_alike(
    likeness: Float32, franchises: Int64, placed: Int64, others: Int64, random: np.random.Generator
) -> Int64:
    """Of each of the others one title that is placed and like it, as its number among those, int64 [n_others]."""
    known = likeness[placed]
    squares = np.square(known).sum(axis=1)
    among = min(CHOICES, len(placed))
    choices = random.integers(among, size=len(others))
    found = np.empty(len(others), dtype=np.int64)
    block = max(1, ENTRIES_PER_BLOCK // len(placed))
    for start in range(0, len(others), block):
        some = others[start : start + block]
        distances = squares - 2 * (likeness[some] @ known.T)
        nearest = np.argpartition(distances, among - 1, axis=1)[:, :among]
        chosen = nearest[np.arange(len(some)), choices[start : start + block]]
        distances[franchises[some][:, None] != franchises[placed]] = np.inf
        own = distances.argmin(axis=1)
        found[start : start + block] = np.where(franchises[placed][own] == franchises[some], own, chosen)
    return found


def _around(beside: Int64, distance: float) -> Float64:
    """Steps from a title to those put beside it, [n, 2], like the seeds of a sunflower: the n-th at
    ``√n`` and n golden angles (Vogel: A better way to construct the sunflower head, 1979).
    """
    order = np.argsort(beside, kind="stable")
    number = np.empty(len(beside))
    number[order] = np.arange(len(beside)) - np.searchsorted(beside[order], beside[order]) + 1
    angle = GOLDEN_ANGLE * number + beside  # not the first one of all to the same side
    steps: Float64 = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return steps * (0.6 * distance * np.sqrt(number))[:, None]


def _set_apart(places: Float64, distance: float, random: np.random.Generator) -> Float64:
    """The places, [n, 2], with those that are closer than this distance pushed apart, most as far as it."""
    places = places + random.normal(scale=0.01 * distance, size=places.shape)  # no two exactly alike
    for _ in range(ROUNDS if len(places) else 0):
        one, other = KDTree(places).query_pairs(distance, output_type="ndarray").T
        gap = places[one] - places[other]
        length = np.hypot(*gap.T)
        # Half of the way each would do for one pair alone; a title in a crowd has many.
        push = gap * (0.35 * (distance / length - 1))[:, None]
        for axis in range(2):
            places[:, axis] += np.bincount(one, push[:, axis], len(places))
            places[:, axis] -= np.bincount(other, push[:, axis], len(places))
    return places


def _fill_the_square(places: Float64) -> Float32:
    """Moved and scaled so that the places, [n, 2], reach from -1 to 1 on the axis on which they are wider."""
    if len(places) < 2:
        return np.zeros(places.shape, dtype=np.float32)
    low, high = places.min(axis=0), places.max(axis=0)
    square = (places - (low + high) / 2) / (float((high - low).max()) / 2)
    return np.asarray(square.clip(-1, 1), dtype=np.float32)
