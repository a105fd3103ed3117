"""Packing and inverses of many symmetric matrices agree with NumPy's."""

import numpy as np
import pytest

from core.numerics.symmetric import Packing, inverses


def matrices(d: int, n: int = 9) -> np.ndarray:
    """Return positive definite matrices, float32 [n, d, d]."""
    vectors = np.random.default_rng(d).standard_normal((n, 2 * d, d)).astype(np.float32)
    return np.matmul(vectors.transpose(0, 2, 1), vectors) + np.eye(d, dtype=np.float32)


@pytest.mark.parametrize("d", [1, 2, 3, 7, 34])
def test_inverses_equal_those_of_numpy(d: int) -> None:
    given = matrices(d)
    before = given.copy()
    inverted = inverses(given)
    assert inverted.dtype == np.float32
    assert np.allclose(inverted, np.linalg.inv(given.astype(np.float64)), atol=1e-5)
    assert np.array_equal(given, before)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_packing_keeps_the_upper_triangles(d: int) -> None:
    packing, given = Packing(d), matrices(d)
    packed = packing.pack(given)
    assert packed.shape == (9, packing.size)
    assert np.array_equal(packed[0], given[0][np.triu_indices(d)])
    assert np.array_equal(packing.unpack(packed), np.triu(given) + np.triu(given, 1).transpose(0, 2, 1))
