import numpy as np

from core.insight.map_additions import extended


def test_new_titles_lie_beside_the_title_of_largest_cosine() -> None:
    random = np.random.default_rng(0)
    directions = random.normal(size=(3000, 8)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    positions = np.arange(0, 3000, 2)
    old = random.uniform(-1, 1, size=(1500, 2)).astype(np.float16).astype(np.float32)
    coordinates = extended(old, directions, positions)
    assert np.array_equal(coordinates[positions], old)
    others = np.arange(1, 3000, 2)
    nearest = np.argmax(directions[others] @ directions[positions].T, axis=1)
    assert np.abs(coordinates[others] - old[nearest]).max() < 0.02
    assert np.abs(coordinates).max() <= 1
    assert len(np.unique(coordinates[others], axis=0)) > 1400
