"""The ratings: who rated what, read from ``rating.csv`` into a sparse user-item matrix."""

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
from .tables import parse_ids, parse_numbers, read_table

RATING_COLUMNS = ("user_id", "anime_id", "rating")


@dataclass(frozen=True)
class ReadReport:
    """What became of the rows of a file: ``rows_read = kept + unknown_titles + duplicates``."""

    rows_read: int
    unknown_titles: int
    duplicates: int

    def __str__(self) -> str:
        kept = self.rows_read - self.unknown_titles - self.duplicates
        return (
            f"{self.rows_read:,} rows read, {kept:,} kept, "
            f"{self.unknown_titles:,} dropped because their title is not in the catalogue, "
            f"{self.duplicates:,} dropped because a user and title came again"
        )


@dataclass(frozen=True)
class Ratings:
    """A user-item matrix and what its rows, columns and values mean.

    Attributes
    ----------
    matrix
        CSR float32 [n_users, n_titles], indices sorted. A stored value is a rating within
        ``scale``, or `WATCHED`; nothing stored means that the user does not list the title.
    user_ids
        int64 [n_users], ascending: the user of each row.
    catalogue
        The titles of the columns, in the same order.
    scale
        From the lowest to the highest rating that a user can give.
    report
        How many rows of the file were kept, and why others were not.
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
        """Read ``user_id, anime_id, rating`` from ``.csv`` (also ``.gz``, ``.zip``) or ``.parquet``.

        A rating lies within ``rating_scale`` or is -1 (`WATCHED`). Rows of titles that the
        catalogue lacks are dropped. Where a user lists a title several times the last rating
        counts, and any rating counts more than -1. Both are counted in `report`.

        Raises
        ------
        DataError
            A cell is not what it should be (file, line, column, found, expected), or no row
            is left.
        """
        try:
            scale = RatingScale.of(rating_scale)
        except InputError as error:
            raise DataError(str(error)) from None
        frame = read_table(path, RATING_COLUMNS, text=False)
        users = parse_ids(path, frame["user_id"], minimum=0)
        titles = parse_ids(path, frame["anime_id"])
        values = parse_numbers(
            path, frame["rating"], minimum=scale.low, maximum=scale.high, whole=False, also=(WATCHED,)
        )
        columns = catalogue.positions(titles)
        known = columns >= 0
        user_ids, rows = np.unique(users[known], return_inverse=True)
        if not len(user_ids):
            raise DataError(
                f"{path}: none of its {len(frame):,} rows rates a title of the catalogue. "
                "Expected ratings and catalogue of the same site, with MyAnimeList ids."
            )
        shape = (len(user_ids), len(catalogue))
        matrix = _last_of_each(rows, columns[known], values[known].astype(np.float32), shape)
        report = ReadReport(len(frame), int((~known).sum()), int(known.sum()) - matrix.nnz)
        return cls(matrix, user_ids, catalogue, scale, report)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) over users, titles and ratings: equal data, equal fingerprint."""
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
        """The share of all user-title pairs that is filled, 0..1."""
        return float(self.matrix.nnz / (self.matrix.shape[0] * self.matrix.shape[1]))

    def take(self, rows: Int64 | Bool) -> "Ratings":
        """The same titles and scale, only the users of these rows (indices or a mask)."""
        return Ratings(self.matrix[rows], self.user_ids[rows], self.catalogue, self.scale, self.report)

    def with_matrix(self, matrix: sparse.csr_array) -> "Ratings":
        """The same users, titles and scale with other ratings."""
        return Ratings(matrix, self.user_ids, self.catalogue, self.scale, self.report)


def explicit(matrix: sparse.csr_array) -> sparse.csr_array:
    """The given ratings alone: the same matrix without its `WATCHED` entries."""
    return keep_entries(matrix, matrix.data > 0)


def _last_of_each(rows: Int64, columns: Int64, values: Float32, shape: tuple[int, int]) -> sparse.csr_array:
    """CSR from triples; of the triples of one cell the last rating stays, -1 only if alone."""
    cell = rows * shape[1] + columns
    order = np.lexsort((values > 0, cell))  # stable: within a cell watched-only first, then file order
    last = np.append(cell[order][1:] != cell[order][:-1], True)
    kept = order[last]
    indptr = np.searchsorted(rows[kept], np.arange(shape[0] + 1))
    return sparse.csr_array((values[kept], columns[kept].astype(np.int32), indptr.astype(np.int32)), shape=shape)
