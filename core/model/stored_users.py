"""The existing users that a model stores: their histories and rows of U."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.catalogue_columns import MAX_TITLES
from ..data.scale import RatingScale
from ..data.tables.table import MAX_ID
from ..errors import ArtifactError, InputError
from ..heads.stored_rows import Spec, Tensors, TensorSpec
from ..numerics.arrays import AnyArray, Float32, Int64

USER_FACTORS = 64
USERS_PER_BLOCK = 256
MAX_ENTRIES = 2**31 - 1


def embedded(history: sparse.csr_array, embed: Callable[[sparse.csr_array], Float32]) -> Float32:
    """Return the leading columns of U for histories [n, n_items], float32 [n, min(k, 64)], block by block."""
    starts = range(0, max(history.shape[0], 1), USERS_PER_BLOCK)
    return np.concatenate([embed(history[start : start + USERS_PER_BLOCK])[:, :USER_FACTORS] for start in starts])


@dataclass(frozen=True)
class Users:
    """Histories in CSR form, and the leading columns of U.

    Attributes
    ----------
    user_ids
        Ascending, int64 [n_users].
    history
        CSR float32 [n_users, n_items]: ratings, or `core.data.scale.WATCHED`.
    factors
        The leading columns of U, float16 [n_users, min(k, 64)]. The others follow from the history
        (``Model.user_taste``), and would make up most of the file.
    """

    user_ids: Int64
    history: sparse.csr_array
    factors: npt.NDArray[np.float16]

    SPEC: ClassVar[Spec] = {
        "user_ids": TensorSpec("int64", ("users",), 0, MAX_ID),
        "indptr": TensorSpec("int64", ("users+1",), 0, MAX_ENTRIES),
        "positions": TensorSpec("uint16|uint32", ("entries",), 0, MAX_TITLES),
        "values": TensorSpec("float16|float32", ("entries",)),
        "factors": TensorSpec("float16", ("users", "leading")),
    }

    @classmethod
    def of(cls, user_ids: Int64, history: sparse.csr_array, u: Float32) -> "Users":
        """Return users with these histories and rows of U, float32 [n_users, k]."""
        return cls(user_ids, history, np.ascontiguousarray(u[:, :USER_FACTORS], dtype=np.float16))

    def with_titles(self, old: Catalogue, new: Catalogue, embed: Callable[[sparse.csr_array], Float32]) -> "Users":
        """Return the same users for a catalogue with more titles. ``embed`` gives rows of U for histories in it."""
        indices = new.positions(old.anime_ids)[self.history.indices].astype(np.int32)
        shape = (self.history.shape[0], len(new))
        history = sparse.csr_array((self.history.data, indices, self.history.indptr), shape=shape)
        history.sort_indices()
        return Users.of(self.user_ids, history, embedded(history, embed))

    def row(self, user_id: int | str) -> int:
        """Return the row of a user. Raises `InputError` for an unknown id."""
        if isinstance(user_id, int | np.integer) and not isinstance(user_id, bool):
            rows = np.flatnonzero(self.user_ids == user_id)
            if rows.size:
                return int(rows[0])
        examples = f", for example {', '.join(map(str, self.user_ids[:3]))}" if len(self.user_ids) else ""
        raise InputError(
            f"There is no user {user_id!r} in this model; it stores {len(self.user_ids):,} users{examples}."
        )

    def tensors(self) -> dict[str, AnyArray]:
        """Return the tensors to store, as in `SPEC`."""
        smallest = np.uint16 if self.history.shape[1] <= 2**16 else np.uint32
        halves = self.history.data.astype(np.float16)
        exact = np.array_equal(halves, self.history.data)  # true for half points, not for a 7.3
        return {
            "user_ids": self.user_ids,
            "indptr": self.history.indptr.astype(np.int64),
            "positions": self.history.indices.astype(smallest),
            "values": halves if exact else self.history.data,
            "factors": self.factors,
        }

    @classmethod
    def from_tensors(cls, tensors: Tensors, n_items: int, scale: RatingScale) -> "Users":
        """Return the users that `tensors` stored. Raises `ArtifactError` if the tensors contradict each other."""
        user_ids, indptr = tensors["user_ids"].astype(np.int64), tensors["indptr"].astype(np.int64)
        positions, values = tensors["positions"].astype(np.int32), tensors["values"].astype(np.float32)
        if np.any(np.diff(user_ids) <= 0):
            raise ArtifactError("users.safetensors: user_ids are not ascending and unique; the file is damaged.")
        if indptr[0] != 0 or indptr[-1] != len(positions) or np.any(np.diff(indptr) < 0):
            raise ArtifactError(
                "users.safetensors: indptr does not divide the entries into users; the file is damaged."
            )
        if positions.size and positions.max() >= n_items:
            raise ArtifactError(f"users.safetensors: position {positions.max()} lies outside of the {n_items} titles.")
        if not scale.holds(values).all():
            raise ArtifactError(f"users.safetensors: a rating lies off the scale {scale}.")
        history = sparse.csr_array((values, positions, indptr.astype(np.int32)), shape=(len(user_ids), n_items))
        if not history.has_canonical_format:
            raise ArtifactError("users.safetensors: a user's positions are not ascending; the file is damaged.")
        return cls(user_ids, history, tensors["factors"].astype(np.float16))
