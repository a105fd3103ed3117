"""Rows of numbers as a model stores them: in half precision, or in bytes if there are many.

Bytes have half of the size of float16, and are nearly as exact where it counts. Each row has a scale. The rows with the
largest scales get a second byte, because their rounding would show in VᵀV.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ArtifactError
from ..numerics.arrays import AnyArray, Float32, Float64, Int64

Tensors = Mapping[str, AnyArray]


class TensorSpec(NamedTuple):
    """The dtype of a stored tensor (alternatives joined by ``|``), its named dimensions, and the range of its values.

    Values are finite in any case. A dimension ``name+1`` has one more, ``2`` has two. An ``optional`` tensor may be
    missing.
    """

    dtype: str
    dimensions: tuple[str, ...]
    low: float = -inf
    high: float = inf
    optional: bool = False


Spec = Mapping[str, TensorSpec]
"""By the name of the tensor."""

MANY_ROWS = 4096
"""More rows are stored in bytes. NDCG@10 and RMSE of the bundled model stay the same to .001."""
LARGEST = 127
HEAVY_SHARE = 32
"""One row of so many gets a second byte. VᵀV of the bundled model is off the identity by .003 without it, by .001 with
it, and by .0002 in float16."""


@dataclass(frozen=True)
class StoredRows:
    """Rows [n, k], which are ``values``, or ``scales_i (values_ij + residuals_ij / 254)`` if values are bytes.

    Attributes
    ----------
    values
        float16, float32 or int8 [n, k].
    scales
        The largest number of each row, divided by 127, float32 [n]; none unless values are bytes.
    residuals
        Of the m rows with the largest scales, the largest first, int8 [m, k]; they are 0 for the others.
    """

    values: AnyArray
    scales: Float32
    residuals: npt.NDArray[np.int8]

    @classmethod
    def of(cls, rows: npt.NDArray[np.floating], dtype: type[np.floating] = np.float16) -> "StoredRows":
        """Return rows [n, k] in a dtype, or in bytes in place of float16 if they are more than `MANY_ROWS`."""
        if dtype is not np.float16 or len(rows) <= MANY_ROWS:
            return cls.plain(np.ascontiguousarray(rows, dtype=dtype))
        scales = (np.abs(rows).max(axis=1, initial=0.0) / LARGEST).astype(np.float32)
        scaled: Float64 = rows / np.where(scales > 0, scales, 1)[:, None]
        values = np.rint(scaled).clip(-LARGEST, LARGEST)
        heavy = _heaviest(scales, len(rows) // HEAVY_SHARE)
        residuals = np.rint((scaled - values)[heavy] * 2 * LARGEST).clip(-LARGEST, LARGEST)
        return cls(values.astype(np.int8), scales, residuals.astype(np.int8))

    @classmethod
    def plain(cls, values: AnyArray) -> "StoredRows":
        """Return rows that are no bytes."""
        return cls(values, np.zeros(0, dtype=np.float32), np.zeros((0, values.shape[1]), dtype=np.int8))

    @cached_property
    def numbers(self) -> Float32:
        """The rows, float32 [n, k]."""
        rows = self.values.astype(np.float32)
        if self.values.dtype == np.int8:
            rows[_heaviest(self.scales, len(self.residuals))] += self.residuals.astype(np.float32) / (2 * LARGEST)
            rows *= self.scales[:, None]
        return rows

    def first_columns(self, k: int) -> "StoredRows":
        """Return the first ``k`` numbers of each row."""
        return StoredRows(self.values[:, :k], self.scales, self.residuals[:, :k])

    def take(self, rows: Int64) -> "StoredRows":
        """Return rows that are no bytes, in another order."""
        return StoredRows.plain(self.values[rows])

    @staticmethod
    def spec(name: str, dimensions: tuple[str, str], dtype: str = "float16") -> Spec:
        """Return what the tensors of `tensors` are."""
        n, k = dimensions
        return {
            name: TensorSpec(f"{dtype}|int8", dimensions),
            f"{name}_scales": TensorSpec("float32", (n,), 0, LARGEST, optional=True),
            f"{name}_residuals": TensorSpec("int8", (f"{name}_heavy", k), optional=True),
        }

    def tensors(self, name: str) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `spec`."""
        if self.values.dtype != np.int8:
            return {name: self.values}
        return {name: self.values, f"{name}_scales": self.scales, f"{name}_residuals": self.residuals}

    @classmethod
    def from_tensors(cls, tensors: Tensors, name: str) -> "StoredRows":
        """Return the rows that `tensors` stored. Raises `ArtifactError` for bytes without scales and residuals."""
        values = tensors[name]
        if values.dtype != np.int8:
            return cls.plain(values)
        scales, residuals = tensors.get(f"{name}_scales"), tensors.get(f"{name}_residuals")
        if scales is None or residuals is None or len(scales) != len(values) or len(residuals) > len(values):
            raise ArtifactError(f"{name} is int8, without {name}_scales and {name}_residuals that fit.")
        return cls(values, scales.astype(np.float32), residuals.astype(np.int8))


def _heaviest(scales: Float32, count: int) -> Int64:
    """Return the rows with the largest scales, the largest first, int64 [count]."""
    return np.argsort(-scales, kind="stable")[:count]
