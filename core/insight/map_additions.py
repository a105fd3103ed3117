"""New titles on a map that is already drawn. It needs no part of scipy, unlike `core.insight.title_map`."""

import numpy as np

from ..numerics.arrays import Float32, Float64, Int64

ROWS_AT_ONCE = 1024
DISTANCE = 0.005
"""Distance to keep between a title and a new one beside it, on a map from -1 to 1."""
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def extended(coordinates: Float32, directions: Float32, positions: Int64) -> Float32:
    """Return the coordinates of all titles, float32 [n_new, 2], -1 to 1, rounded as a model stores them.

    Old titles stay at ``coordinates``, [n_old, 2]; they are at ``positions``, int64 [n_old], of the new catalogue.
    Each other title goes beside the old title of largest cosine; ``directions`` are float32 [n_new, k], rows of
    length 1.
    """
    placed = np.zeros((len(directions), 2), dtype=np.float32)
    placed[positions] = coordinates
    others = np.setdiff1d(np.arange(len(directions)), positions)
    beside = np.zeros_like(others)
    for start in range(0, len(others), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        beside[block] = positions[np.argmax(directions[others[block]] @ directions[positions].T, axis=1)]
    placed[others] = placed[beside] + sunflower_steps(beside, DISTANCE)
    return placed.clip(-1, 1).astype(np.float16).astype(np.float32)


def sunflower_steps(beside: Int64, distance: float) -> Float64:
    """Return the steps from the title at position ``beside`` [n] to each title beside it, [n, 2]. They are arranged
    like sunflower seeds: number i at the radius ``√i`` and the angle of i golden angles (Vogel: A better way to
    construct the sunflower head, 1979).
    """
    # The number 1, 2, 3, … of every title among those beside the same one, [n].
    order = np.argsort(beside, kind="stable")
    number = np.empty(len(beside))
    number[order] = np.arange(len(beside)) - np.searchsorted(beside[order], beside[order]) + 1
    angle = GOLDEN_ANGLE * number + beside  # number 1 lies in another direction for another title
    steps: Float64 = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return steps * (0.6 * distance * np.sqrt(number))[:, None]
