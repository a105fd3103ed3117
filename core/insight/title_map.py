"""A map of all titles, on which titles that the same people like lie close together.

t-SNE places the titles with factors, by the cosines of their rows of VΣ. The others, which nobody in
training rated, go beside a title that has similar facts in the catalogue. At last, titles that lie too
close are pushed apart, so that each of them can be seen and pointed at.
"""

import numpy as np
from scipy.spatial import KDTree

from ..errors import InputError
from ..numerics.arrays import Float32, Float64, Int64
from ..numerics.tsne import tsne
from .map_additions import sunflower_steps

NEIGHBOURS = 10
"""Titles that attract a title. On the bundled model's map, 51 % of the ten titles of largest cosine are among
the ten nearest, and 73 % among the fifty nearest; with 25 neighbours 41 % and 71 %."""

CHOICES = 20
"""A title without factors goes beside one of its 20 most similar titles, drawn at random: otherwise many titles
crowd around the same few. With 1 choice half of them lie within 0.18 of where their factors would put them,
with 10 within 0.22."""

DISTANCE = 0.4
"""Distance to keep between two titles, as a share of their distance on an even grid as large as the map."""
ROUNDS = 20

ENTRIES_PER_BLOCK = 1 << 22


def title_map(directions: Float32, likeness: Float32, franchises: Int64, seed: int = 0) -> Float32:
    """Return the coordinates of every title on the map, float32 [n_items, 2], -1 to 1, with the middle of the map
    at zero. All differ. Equal arguments give equal coordinates.

    ``directions`` are rows of VΣ of length 1, float32 [n_items, k], zero for titles without factors. ``likeness``
    has rows of facts that are close for similar titles, float32 [n_items, m]: see `catalogue_likeness`.
    ``franchises`` are numbers, int64 [n_items]: a title without factors goes beside the most similar title with
    factors in its franchise, if there is one. Raises `InputError` for arguments of different lengths and for
    values that are not finite.
    """
    if not len(directions) == len(likeness) == len(franchises):
        raise InputError(
            f"A map of {len(directions)} directions, {len(likeness)} rows of likeness and {len(franchises)} "
            "franchises; expected one of each for every title."
        )
    for name, rows in (("directions", directions), ("likeness", likeness)):
        if not np.isfinite(rows).all():
            raise InputError(f"The {name} of title {np.argwhere(~np.isfinite(rows))[0][0]} are not finite.")
    # Titles with factors, by t-SNE.
    random = np.random.default_rng(seed)
    has_factors = np.asarray(directions.any(axis=1))
    placed, others = np.flatnonzero(has_factors), np.flatnonzero(~has_factors)
    coordinates = np.zeros((len(directions), 2))
    coordinates[placed] = tsne(np.ascontiguousarray(directions[placed]), NEIGHBOURS, random)
    # The distance to keep between titles, in units of this map.
    size = float(np.ptp(coordinates, axis=0).max(initial=0.0)) if len(coordinates) else 0.0
    distance = DISTANCE * (size or 1.0) / np.sqrt(max(len(coordinates), 1))
    # The other titles, each beside the title at position `beside`; all in one sunflower if no title has factors.
    beside = np.zeros_like(others)
    if len(placed):
        beside = placed[_most_similar(likeness, franchises, placed, others, random)]
    coordinates[others] = coordinates[beside] + sunflower_steps(beside, distance)
    return _fill_square(_push_apart(coordinates, distance, random))


def _most_similar(
    likeness: Float32, franchises: Int64, placed: Int64, others: Int64, random: np.random.Generator
) -> Int64:
    """Return an index into ``placed`` for each of ``others``, int64 [n_others]: the most similar title of its
    franchise, or else one of its `CHOICES` most similar titles.
    """
    known = likeness[placed]
    squares = np.square(known).sum(axis=1)
    n_choices = min(CHOICES, len(placed))
    choices = random.integers(n_choices, size=len(others))
    chosen = np.empty(len(others), dtype=np.int64)
    block_size = max(1, ENTRIES_PER_BLOCK // len(placed))
    for start in range(0, len(others), block_size):
        block = slice(start, start + block_size)
        titles = others[block]
        # Squared distances ‖p - t‖² without the constant ‖t‖², [block, n_placed].
        distances = squares - 2 * (likeness[titles] @ known.T)
        # A random one of the most similar titles, [block].
        nearest = np.argpartition(distances, n_choices - 1, axis=1)[:, :n_choices]
        any_franchise = nearest[np.arange(len(titles)), choices[block]]
        # The most similar title of the same franchise, [block], where the franchise has titles with factors.
        is_other = franchises[titles][:, None] != franchises[placed]
        distances[is_other] = np.inf
        chosen[block] = np.where(is_other.all(axis=1), any_franchise, distances.argmin(axis=1))
    return chosen


def _push_apart(coordinates: Float64, distance: float, random: np.random.Generator) -> Float64:
    """Return coordinates, [n, 2], with titles that are closer than ``distance`` pushed apart, most of them that far."""
    coordinates = coordinates + random.normal(scale=0.01 * distance, size=coordinates.shape)  # no two are equal
    for _ in range(ROUNDS if len(coordinates) else 0):
        # All pairs closer than the distance, with the gap between them, [n_pairs, 2].
        first, second = KDTree(coordinates).query_pairs(distance, output_type="ndarray").T
        gap = coordinates[first] - coordinates[second]
        length = np.hypot(*gap.T)
        # A step of 0.5 would set a single pair right; a title in a crowd is in many pairs.
        push = gap * (0.35 * (distance / length - 1))[:, None]
        for axis in range(2):
            coordinates[:, axis] += np.bincount(first, push[:, axis], len(coordinates))
            coordinates[:, axis] -= np.bincount(second, push[:, axis], len(coordinates))
    return coordinates


def _fill_square(coordinates: Float64) -> Float32:
    """Return coordinates, [n, 2], moved and scaled so that the wider axis reaches from -1 to 1."""
    if len(coordinates) < 2:
        return np.zeros(coordinates.shape, dtype=np.float32)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    square = (coordinates - (low + high) / 2) / (float((high - low).max()) / 2)
    return np.asarray(square.clip(-1, 1), dtype=np.float32)
