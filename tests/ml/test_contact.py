"""Joining groups: the border decides, not the sizes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from ml.contact import group_weights, join_touching


def _grid(side: int) -> sparse.csr_array:
    """A square patch: each point has an edge to the next in both directions."""
    line = sparse.diags_array([np.ones(side - 1), np.ones(side - 1)], offsets=[-1, 1])
    one = sparse.eye_array(side)
    return sparse.csr_array(sparse.kron(line, one) + sparse.kron(one, line))


def _two_patches(side: int, n_bridges: int) -> sparse.csr_array:
    patches = sparse.lil_array(sparse.block_diag([_grid(side), _grid(side)]))
    for row in range(n_bridges):
        patches[row, side * side + row] = patches[side * side + row, row] = 1.0
    return sparse.csr_array(patches)


@pytest.mark.parametrize("side", [8, 16, 32])
def test_join_touching_halves_of_one_patch_of_any_size_become_one(side: int):
    halves = (np.arange(side * side) >= side * side // 2).astype(np.int64)
    joined = join_touching(_grid(side), halves, n_neighbours=4, least_contact=0.15)
    assert set(joined.tolist()) == {0}


@pytest.mark.parametrize("side", [8, 16, 32])
def test_join_touching_patches_with_one_bridge_stay_apart(side: int):
    groups = np.repeat(np.arange(2), side * side)
    joined = join_touching(_two_patches(side, 1), groups, n_neighbours=4, least_contact=0.15)
    np.testing.assert_array_equal(joined, groups)


def test_join_touching_closest_pair_first_and_then_what_touches_both_together():
    graph = sparse.csr_array(_grid(9))
    thirds = np.repeat(np.arange(3), 27)
    assert set(join_touching(graph, thirds, n_neighbours=4, least_contact=0.15).tolist()) == {0}


def test_join_touching_groups_without_edges_between_them_stay_and_numbers_have_no_gaps():
    graph = sparse.csr_array(sparse.block_diag([_grid(4), _grid(4), _grid(4)]))
    groups = np.repeat([2, 0, 1], 16)
    joined = join_touching(graph, groups, n_neighbours=4, least_contact=0.15)
    np.testing.assert_array_equal(joined, groups)


def test_group_weights_sum_to_the_graph():
    rng = np.random.default_rng(0)
    graph = sparse.random_array((50, 50), density=0.2, rng=rng)
    graph = sparse.csr_array(graph + graph.T)
    weights = group_weights(graph, rng.integers(0, 5, 50))
    assert weights.sum() == pytest.approx(graph.sum())
    np.testing.assert_allclose(weights.toarray(), weights.toarray().T)
