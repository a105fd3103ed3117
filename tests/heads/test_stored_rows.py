import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ArtifactError
from core.heads.stored_rows import MANY_ROWS, StoredRows


def random_rows(n: int, k: int = 6, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(n, k)) * random.lognormal(sigma=2, size=(n, 1))


def test_few_rows_are_halves_and_many_are_bytes() -> None:
    assert StoredRows.of(random_rows(MANY_ROWS)).values.dtype == np.float16
    assert StoredRows.of(random_rows(MANY_ROWS + 1)).values.dtype == np.int8
    assert StoredRows.of(random_rows(MANY_ROWS + 1), np.float32).values.dtype == np.float32


@given(st.integers(0, 1000))
def test_bytes_are_off_by_half_a_step_and_heavy_rows_by_much_less(seed: int) -> None:
    rows = random_rows(MANY_ROWS + 1, seed=seed)
    rows[17] = 0
    stored = StoredRows.of(rows)
    error = np.abs(stored.numbers - rows).max(axis=1) / np.maximum(np.abs(rows).max(axis=1), 1e-9)
    assert error.max() <= 0.5 / 127 + 1e-6
    heavy = np.argsort(-np.abs(rows).max(axis=1), kind="stable")[: len(rows) // 32]
    assert error[heavy].max() <= 0.5 / 127 / 200
    assert not stored.numbers[17].any()


def test_tensors_give_the_same_rows() -> None:
    for n in (10, MANY_ROWS + 1):
        stored = StoredRows.of(random_rows(n))
        again = StoredRows.from_tensors(stored.tensors("v"), "v")
        assert np.array_equal(again.numbers, stored.numbers)
        assert np.array_equal(stored.first_columns(2).numbers, stored.numbers[:, :2])
        assert set(stored.tensors("v")) <= set(StoredRows.spec("v", ("n", "k")))


@pytest.mark.parametrize("name", ["v_scales", "v_residuals"])
def test_bytes_without_scales_or_residuals_are_refused(name: str) -> None:
    tensors = StoredRows.of(random_rows(MANY_ROWS + 1)).tensors("v")
    del tensors[name]
    with pytest.raises(ArtifactError, match="v is int8, without v_scales and v_residuals"):
        StoredRows.from_tensors(tensors, "v")
