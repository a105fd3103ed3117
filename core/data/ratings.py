"""Ratings, read from ``rating.csv`` into a sparse user-item matrix."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse

from ..errors import DataError, InputError
from ..numerics.arrays import Bool, Float32, Int64
from ..numerics.sparse import keep_entries
from .catalogue import Catalogue
from .scale import WATCHED, RatingScale
from .tables.table import Table

RATING_COLUMNS = ("user_id", "anime_id", "rating")


@dataclass(frozen=True)
class ReadReport:
    """How many rows of a file were read and dropped: ``rows_read = used + unknown_titles + duplicates``."""

    rows_read: int
    unknown_titles: int
    duplicates: int

    def __str__(self) -> str:
        used = self.rows_read - self.unknown_titles - self.duplicates
        return (
            f"{self.rows_read:,} rows read, {used:,} kept, "
            f"{self.unknown_titles:,} dropped because their title is not in the catalogue, "
            f"{self.duplicates:,} dropped because a user and title came again"
        )


@dataclass(frozen=True)
class Ratings:
    """A user-item matrix with its users, titles and rating scale.

    Attributes
    ----------
    matrix
        CSR float32 [n_users, n_titles], indices sorted. A stored value is a rating on the scale, or
        `WATCHED`. Without a stored value the user does not list the title.
    user_ids
        The user of each row, ascending, int64 [n_users].
    catalogue
        The titles of the columns, in the same order.
    scale
        From the lowest to the highest rating that a user can give.
    report
        How many rows of the file were dropped, and why.
    """

    matrix: sparse.csr_array
    user_ids: Int64
    catalogue: Catalogue
    scale: RatingScale
    report: ReadReport

    @classmethod
    def read(
        cls, path: str | Path, catalogue: Catalogue, rating_scale: RatingScale | Sequence[float] = (1, 10)
    ) -> "Ratings":
        """Return the columns ``user_id, anime_id, rating`` of a ``.csv`` (also ``.gz``, ``.zip``) or ``.parquet``.

        A rating lies within ``rating_scale`` or is -1 (`WATCHED`). Rows of unknown titles are dropped. If a
        user lists a title several times, the last rating is used, and any rating before -1. `report` counts
        both.

        Raises
        ------
        DataError
            A cell has a wrong value (the message names file, line, column, found and expected), or no
            row is left.
        """
        try:
            scale = RatingScale.of(rating_scale)
        except InputError as error:
            raise DataError(str(error)) from None
        # The columns of the file, checked.
        table = Table.read(path, RATING_COLUMNS, text=False)
        users, titles = table.ids("user_id", minimum=0), table.ids("anime_id")
        values = table.numbers("rating", minimum=scale.low, maximum=scale.high, whole=False, also=(WATCHED,))
        # Rows and columns of the entries whose title is known.
        columns = catalogue.positions(titles)
        known = columns >= 0
        user_ids, rows = np.unique(users[known], return_inverse=True)
        if not len(user_ids):
            raise DataError(
                f"{path}: none of its {len(users):,} rows rates a title of the catalogue. "
                "Expected ratings and catalogue of the same site, with MyAnimeList ids."
            )
        shape = (len(user_ids), len(catalogue))
        matrix = _last_of_each(rows, columns[known], values[known].astype(np.float32), shape)
        report = ReadReport(len(users), int((~known).sum()), int(known.sum()) - matrix.nnz)
        return cls(matrix, user_ids, catalogue, scale, report)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of users, titles and ratings."""
        digest = hashlib.sha256()
        matrix = self.matrix
        for array, dtype in (
            (self.user_ids, "<i8"),
            (self.catalogue.anime_ids, "<i8"),
            (matrix.indptr, "<i8"),
            (matrix.indices, "<i4"),
            (matrix.data, "<f4"),
        ):
            digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
        return digest.hexdigest()

    @property
    def density(self) -> float:
        """The share of user-title pairs with an entry, 0..1."""
        return float(self.matrix.nnz / (self.matrix.shape[0] * self.matrix.shape[1]))

    def take(self, rows: Int64 | Bool) -> "Ratings":
        """Return only the users of these rows (indices or a mask)."""
        return Ratings(self.matrix[rows], self.user_ids[rows], self.catalogue, self.scale, self.report)

    def with_matrix(self, matrix: sparse.csr_array) -> "Ratings":
        """Return other ratings of the same users and titles."""
        return Ratings(matrix, self.user_ids, self.catalogue, self.scale, self.report)


def explicit(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix without its `WATCHED` entries."""
    return keep_entries(matrix, matrix.data > 0)


def _last_of_each(rows: Int64, columns: Int64, values: Float32, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a CSR matrix with the last rating of each cell, and -1 only where there is no rating."""
    # Sort by cell (stable): within a cell -1 first, then ratings in the order of the file.
    cell = rows * shape[1] + columns
    order = np.lexsort((values > 0, cell))
    # The last entry of each cell.
    is_last = np.append(cell[order][1:] != cell[order][:-1], True)
    last = order[is_last]
    indptr = np.searchsorted(rows[last], np.arange(shape[0] + 1))
    return sparse.csr_array((values[last], columns[last].astype(np.int32), indptr.astype(np.int32)), shape=shape)
