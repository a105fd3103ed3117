"""Ratings, read from tables into a sparse user-item matrix."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse

from ..errors import DataError, InputError
from ..numerics.arrays import Bool, Float32, Int32, Int64
from ..numerics.sparse import keep_entries
from .catalogue import Catalogue
from .reading.rating_tables import ReadReport, rating_sources, read_ratings
from .scale import RatingScale
from .tables.sources import Frame, TableSource


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
        How many rows were dropped, and why.
    """

    matrix: sparse.csr_array
    user_ids: Int64
    catalogue: Catalogue
    scale: RatingScale
    report: ReadReport

    @classmethod
    def read(
        cls,
        path: str | Path | Iterable[str | Path],
        catalogue: Catalogue,
        rating_scale: RatingScale | Sequence[float] = (1, 10),
    ) -> "Ratings":
        """Return the ratings in a file, in several parts, or in all parts in a folder.

        A file is ``.csv`` (also ``.gz``, ``.zip``, ``.zst``) or ``.parquet``, of one of the forms
        `core.data.reading.table_forms.RATINGS`, recognised by its columns; others are ignored. A rating lies within
        ``rating_scale`` or is -1 (`WATCHED`). Text user ids become the numbers 1, 2, 3, … in the order of their
        letters. Rows of unknown titles are dropped. If a user lists a title several times, the last rating is used,
        and any rating before -1. `report` counts all that is dropped.

        Where a table has a status, a rating of 0 means none. Without a rating, a title that is watching, completed,
        on hold or dropped counts as watched, as in the set of 2016. A rating is never invented, so that what is
        predicted can be measured: that a visitor's dropped titles count as rated 4 is up to `core.watchlists`.
        What is planned is dropped, even with a rating.

        Raises
        ------
        DataError
            A column is missing, a cell has a wrong value (the message names file, line, column, found and
            expected), parts are of different forms, or no row is left.
        """
        sources, other_files = rating_sources(path)
        return cls._of(sources, catalogue, rating_scale, other_files)

    @classmethod
    def from_frame(
        cls, frame: object, catalogue: Catalogue, rating_scale: RatingScale | Sequence[float] = (1, 10)
    ) -> "Ratings":
        """Return the ratings in a DataFrame of pandas or polars, an Arrow table, or anything that hands itself on as an
        Arrow stream. See `read`. Raises `DataError`.
        """
        return cls._of([Frame.of(frame)], catalogue, rating_scale)

    @classmethod
    def _of(
        cls,
        sources: Sequence[TableSource],
        catalogue: Catalogue,
        rating_scale: RatingScale | Sequence[float],
        other_files: int = 0,
    ) -> "Ratings":
        try:
            scale = RatingScale.of(rating_scale)
        except InputError as error:
            raise DataError(str(error)) from None
        read = read_ratings(sources, catalogue, scale, other_files)
        user_ids, rows = np.unique(read.users, return_inverse=True)
        matrix = _last_of_each(rows, read.titles, read.values, (len(user_ids), len(catalogue)))
        report = replace(read.report, duplicates=len(rows) - matrix.nnz)
        return cls(matrix, user_ids.astype(np.int64), catalogue, scale, report)

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


def _last_of_each(rows: Int64, columns: Int32, values: Float32, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a CSR matrix with the last rating of each cell, and -1 only where there is no rating."""
    # Sort by cell (stable): within a cell -1 first, then ratings in the order of the file.
    key = 2 * (rows * shape[1] + columns) + (values > 0)
    order = np.argsort(key, kind="stable")
    key = key[order] // 2
    # The last entry of each cell.
    last = order[np.append(key[1:] != key[:-1], True)]
    indptr = np.searchsorted(rows[last], np.arange(shape[0] + 1))
    return sparse.csr_array((values[last], columns[last].astype(np.int32), indptr.astype(np.int32)), shape=shape)
