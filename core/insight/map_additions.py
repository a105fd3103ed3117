"""New titles on a map that is already drawn. It needs no part of scipy, unlike `core.insight.title_map`."""

import numpy as np

from ..numerics.arrays import Float32, Int64

ROWS_AT_ONCE = 1024
STEP = 0.004
"""Radius of the first step from a title to a new one beside it, on a map from -1 to 1."""
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
    for start in range(0, len(others), ROWS_AT_ONCE):
        block = others[start : start + ROWS_AT_ONCE]
        beside = positions[np.argmax(directions[block] @ directions[positions].T, axis=1)]
        number = np.arange(start, start + len(block)) + 1
        angle, radius = GOLDEN_ANGLE * number, STEP * np.sqrt(1 + number % 7)
        placed[block] = placed[beside] + (np.stack([np.cos(angle), np.sin(angle)]) * radius).T
    return placed.clip(-1, 1).astype(np.float16).astype(np.float32)
