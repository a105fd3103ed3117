import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core import InputError
from core.numerics import truncated_svd as linalg
from core.numerics.truncated_svd import truncated_svd


def matrix(shape: tuple[int, int], density: float, seed: int) -> sparse.csr_array:
    return sparse.random_array(shape, density=density, rng=np.random.default_rng(seed), format="csr")


def check_against_numpy(a: sparse.csr_array | np.ndarray, k: int) -> None:
    dense = a.toarray() if sparse.issparse(a) else a
    u, s, vt = np.linalg.svd(dense, full_matrices=False)
    svd = truncated_svd(a, k)
    assert np.allclose(svd.singular_values, s[:k], rtol=1e-6, atol=0)
    for ours, theirs in ((svd.v, vt[:k].T), (svd.u, u[:, :k])):
        assert np.allclose(ours.T @ ours, np.eye(k), atol=1e-9)
        # The sine of the largest angle between the two subspaces.
        assert np.linalg.norm(ours - theirs @ (theirs.T @ ours), 2) < 1e-6
    assert np.allclose(svd.u * svd.singular_values @ svd.v.T, (u[:, :k] * s[:k]) @ vt[:k], atol=1e-6 * s[0])
    assert (svd.v[np.abs(svd.v).argmax(axis=0), np.arange(k)] > 0).all()


@pytest.mark.parametrize("shape", [(900, 400), (400, 900), (1200, 1200)])
def test_lanczos_agrees_with_numpy_on_sparse_matrices(shape: tuple[int, int]) -> None:
    check_against_numpy(matrix(shape, 0.03, 1), 20)


def test_lanczos_agrees_with_numpy_on_dense_matrices() -> None:
    check_against_numpy(np.random.default_rng(2).standard_normal((700, 500)), 25)


@pytest.mark.parametrize("columns", range(60, 260, 20))
def test_the_smallest_lanczos_problems_work(columns: int) -> None:
    check_against_numpy(np.random.default_rng(columns).standard_normal((300, columns)), 2)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(2, 60), columns=st.integers(2, 60), share=st.floats(0.05, 1), seed=st.integers(0, 99))
def test_lapack_agrees_with_numpy_at_any_shape(rows: int, columns: int, share: float, seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal((rows, columns))
    check_against_numpy(a, max(1, int(share * min(rows, columns))))


@pytest.mark.parametrize("size", [40, 900])
def test_a_matrix_of_low_rank_has_fewer_factors(size: int) -> None:
    random = np.random.default_rng(3)
    a = random.standard_normal((size, 3)) @ random.standard_normal((3, size))
    svd = truncated_svd(a, 10)
    assert len(svd.singular_values) == 3
    assert np.allclose(svd.u * svd.singular_values @ svd.v.T, a)


def test_a_zero_matrix_has_no_factors() -> None:
    assert len(truncated_svd(sparse.csr_array((600, 500)), 4).singular_values) == 0


def test_the_result_does_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linalg, "ROWS_PER_BLOCK", 100)
    a = matrix((900, 400), 0.05, 4)
    threaded = truncated_svd(a, 10)
    monkeypatch.setattr(linalg, "THREADS", 1)
    serial = truncated_svd(a, 10)
    assert np.array_equal(serial.v, threaded.v)
    assert np.array_equal(serial.u, threaded.u)


@pytest.mark.parametrize("a", [np.full((3, 3), np.nan), np.zeros((0, 3))])
def test_a_matrix_without_svd_is_refused(a: np.ndarray) -> None:
    with pytest.raises(InputError):
        truncated_svd(a, 2)


@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_the_unit_of_the_matrix_does_not_matter(factor: float) -> None:
    a = matrix((600, 500), 0.05, 6)
    assert np.allclose(truncated_svd(a * factor, 5).singular_values / factor, truncated_svd(a, 5).singular_values)


def test_k_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="k=0"):
        truncated_svd(np.eye(3), 0)
