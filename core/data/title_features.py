"""What the catalogue says of a title, as numbers."""

import numpy as np

from ..numerics.arrays import Float32
from .catalogue import Catalogue

TYPE, YEARS, MEMBERS = 0.3, 10.0, 0.1
"""What counts as much as one genre of a title that has only one: 1 / 0.3 types, 10 years, and e^10
times as many members. Measured by taking factors from titles of few members and placing them again,
those without a franchise: half land within 0.25 of where they were (0.76 by chance)."""


def catalogue_likeness(catalogue: Catalogue) -> Float32:
    """What the catalogue says of each title, float32 [n_items, m]: genres, of which rare ones say more,
    type, year and members. Titles of unknown year are taken to be of the mean year.
    """
    genres = catalogue.genre_matrix * np.sqrt(np.log(len(catalogue) / catalogue.genre_matrix.sum(axis=0)))
    genres /= np.maximum(np.linalg.norm(genres, axis=1, keepdims=True), 1e-9)
    types = [TYPE * (catalogue.frame["type"] == kind).to_numpy() for kind in catalogue.types]
    years = catalogue.frame["year"].to_numpy(dtype=np.float64)
    known = ~np.isnan(years)
    years = np.where(known, years - (years[known].mean() if known.any() else 0.0), 0.0) / YEARS
    return np.column_stack([genres, *types, years, MEMBERS * np.log1p(catalogue.members)]).astype(np.float32)
