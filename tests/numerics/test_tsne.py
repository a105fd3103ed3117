import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.numerics import tsne as module
from core.numerics.tsne import Repulsion, attraction, neighbour_graph, tsne


def unit_rows(n: int, k: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, k))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def exact_repulsion(coordinates: np.ndarray) -> np.ndarray:
    gaps = coordinates[:, None].astype(np.float64) - coordinates
    kernel = 1 / (1 + np.square(gaps).sum(axis=2))
    return (np.square(kernel)[:, :, None] * gaps).sum(axis=1) / (kernel.sum() - len(coordinates))


@pytest.mark.parametrize("size", [0.5, 3.0, 20.0])
def test_interpolated_repulsion_equals_the_sum_over_all_pairs(size: float) -> None:
    coordinates = np.random.default_rng(1).normal(scale=size, size=(500, 2)).astype(np.float32)
    coordinates[:, 1] += 7  # the centre does not matter
    exact = exact_repulsion(coordinates)
    assert np.linalg.norm(Repulsion()(coordinates) - exact) < 0.04 * np.linalg.norm(exact)


def test_opposite_edges_of_the_map_do_not_repel_each_other() -> None:
    coordinates = np.random.default_rng(1).uniform(0, 4, size=(100, 2)).astype(np.float32)
    coordinates[50:, 0] += 40
    exact = exact_repulsion(coordinates)
    assert np.linalg.norm(Repulsion()(coordinates) - exact) < 0.04 * np.linalg.norm(exact)


def test_reused_kernels_belong_to_the_current_grid() -> None:
    reused, random = Repulsion(), np.random.default_rng(2)
    for size in (30, 3, 31, 200, 30):
        coordinates = random.normal(scale=size, size=(50, 2)).astype(np.float32)
        assert np.array_equal(reused(coordinates), Repulsion()(coordinates))


def test_a_map_wider_than_the_grid_gets_a_coarser_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WIDEST_GRID", 10)
    coordinates = np.random.default_rng(3).normal(scale=20, size=(100, 2)).astype(np.float32)
    repulsion = Repulsion()
    repulsion(coordinates)
    assert repulsion._grid[0] < 30


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 30), k=st.integers(1, 6), neighbours=st.integers(1, 8), seed=st.integers(0, 99))
def test_neighbours_have_the_largest_cosines(n: int, k: int, neighbours: int, seed: int) -> None:
    rows = unit_rows(n, k, seed)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    graph = neighbour_graph(rows, neighbours).toarray()
    assert np.array_equal(graph, graph.T)
    assert np.isclose(graph.sum(), 1)
    assert not graph.diagonal().any()
    least = np.sort(cosines, axis=1)[:, -min(neighbours, n - 1)]
    linked = cosines >= np.minimum.outer(least, least)
    assert np.array_equal(graph > 0, np.maximum(cosines >= least[:, None], (cosines >= least[:, None]).T)) or k == 1
    assert not graph[~linked].any()


def test_the_graph_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit_rows(100, 8, 4)
    whole = neighbour_graph(rows, 5).toarray()
    monkeypatch.setattr(module, "ENTRIES_PER_BLOCK", 700)
    assert np.allclose(neighbour_graph(rows, 5).toarray(), whole)


def test_attraction_is_the_sum_over_neighbours() -> None:
    graph = neighbour_graph(unit_rows(40, 5, 5), 4)
    coordinates = np.random.default_rng(6).normal(scale=2, size=(40, 2)).astype(np.float32)
    gaps = coordinates[:, None] - coordinates
    weights = graph.toarray() / (1 + np.square(gaps).sum(axis=2))
    assert np.allclose(attraction(graph, coordinates), (weights[:, :, None] * gaps).sum(axis=1), atol=1e-6)


def test_neighbours_on_a_circle_stay_neighbours() -> None:
    angles = np.random.default_rng(7).permutation(np.linspace(0, 2 * np.pi, 200, endpoint=False))
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    coordinates = tsne(rows, 6, np.random.default_rng(0))
    in_order = coordinates[np.argsort(angles)]
    steps = np.linalg.norm(in_order - np.roll(in_order, 1, axis=0), axis=1)
    assert np.median(steps) < 0.05 * np.ptp(coordinates)


@pytest.mark.parametrize("rows", [unit_rows(n, k, 8) for n in (0, 1, 2, 3, 5) for k in (1, 2, 9)])
def test_a_few_rows_get_finite_different_coordinates(rows: np.ndarray) -> None:
    coordinates = tsne(rows, 10, np.random.default_rng(0))
    assert coordinates.shape == (len(rows), 2)
    assert coordinates.dtype == np.float32
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == len(rows)


def test_equal_rows_get_finite_different_coordinates() -> None:
    coordinates = tsne(np.repeat(unit_rows(1, 4, 9), 60, axis=0), 10, np.random.default_rng(0))
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == 60
