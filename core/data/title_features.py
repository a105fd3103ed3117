"""Facts of the catalogue as numbers."""

import numpy as np

from ..numerics.arrays import Float32
from .catalogue import Catalogue

TYPE, YEARS, MEMBERS = 0.3, 10.0, 0.1
"""1 / 0.3 types, 10 years, or e^10 times as many members count as much as the genre of a title with one genre.
Measured by placing titles of few members again without their factors: half of those without a franchise land
within 0.25 of where they were (0.76 by chance)."""


def catalogue_likeness(catalogue: Catalogue) -> Float32:
    """Return rows that are close for similar titles, float32 [n_items, m]: genres, where rare ones count more, type,
    year and members. A title of unknown year gets the mean year.
    """
    # Genres weighted by √log(1 / share of titles with the genre), rows of length 1, [n_items, n_genres].
    genres = catalogue.genre_matrix * np.sqrt(np.log(len(catalogue) / catalogue.genre_matrix.sum(axis=0)))
    genres /= np.maximum(np.linalg.norm(genres, axis=1, keepdims=True), 1e-9)
    # Types and centred years, columns of [n_items].
    types = [TYPE * (catalogue.frame["type"] == kind).to_numpy() for kind in catalogue.types]
    years = catalogue.frame["year"].to_numpy(dtype=np.float64)
    known = ~np.isnan(years)
    years = np.where(known, years - (years[known].mean() if known.any() else 0.0), 0.0) / YEARS
    return np.column_stack([genres, *types, years, MEMBERS * np.log1p(catalogue.members)]).astype(np.float32)
