import numpy as np

from core import Model
from core.heads.title_values import decomposed, title_values


def test_values_are_decomposed_to_the_same_svd(model: Model) -> None:
    head, factors = model.ranker, model.ranker.factors
    norms, uniqueness, power = head.norms.astype(float), head.uniqueness.astype(float), head.config.column_scaling
    values = title_values(factors.v32.astype(float), factors.singular_values.astype(float), norms, uniqueness, power)
    svd, same_norms, same_uniqueness = decomposed(values, power)
    assert np.allclose(svd.singular_values, factors.singular_values, rtol=1e-3)
    assert np.allclose(svd.v * svd.singular_values @ svd.u.T, factors.v32 * factors.singular_values, atol=1e-2)
    assert np.allclose(svd.v.T @ svd.v, np.eye(len(svd.singular_values)), atol=1e-9)
    assert np.allclose((same_norms, same_uniqueness), (norms, uniqueness))
