import numpy as np

from core import Model
from core.heads.title_values import availability, decomposed, title_values


def test_values_are_decomposed_to_the_same_svd(model: Model) -> None:
    head, factors = model.ranker, model.ranker.factors
    norms, uniqueness, power = head.norms.astype(float), head.uniqueness.astype(float), head.config.column_scaling
    values = title_values(factors.v32.astype(float), factors.singular_values.astype(float), norms, uniqueness, power)
    svd, same_norms, same_uniqueness = decomposed(values, power)
    assert np.allclose(svd.singular_values, factors.singular_values, rtol=1e-3)
    assert np.allclose(svd.v * svd.singular_values @ svd.u.T, factors.v32 * factors.singular_values, atol=1e-2)
    assert np.allclose(svd.v.T @ svd.v, np.eye(len(svd.singular_values)), atol=1e-9)
    assert np.allclose((same_norms, same_uniqueness), (norms, uniqueness))


def test_titles_that_many_should_list_and_nobody_lists_count_little() -> None:
    norms, counts = np.array([1.0, 2.0, 3.0, 0.1, 3.0]), np.array([100, 400, 900, 0, 0])
    factors = availability(norms, counts, 1000)
    assert factors[:3].tolist() == [1, 1, 1]
    assert factors[3] > 0.98
    assert 0.05 < factors[4] < 0.15
    assert availability(norms, np.zeros(5, dtype=np.int64), 1000).tolist() == [1] * 5
