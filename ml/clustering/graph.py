"""The graph of nearest neighbours: its edges, their weights over time, and its cut by the Leiden algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import graspologic_native
import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours

CROSS_TOPIC_WEIGHT: Final = 0.35
"""Factor of the weight of an edge between texts of two former topics."""
MIN_WEIGHT: Final = 1e-6
"""Edge weights are positive: a neighbour with a negative similarity is still a neighbour."""
_ITERATIONS: Final = 2
_BLOCK_ROWS: Final = 8_192


def leiden_groups(neighbours: Neighbours, *, seed: int, resolution: float) -> NDArray[np.int64]:
    """Group texts by the Leiden algorithm on their neighbour graph.

    Args:
        neighbours: of n ≥ 2 texts.
        seed: seed of the Leiden algorithm.
        resolution: greater than 0. Modularity depends on the size of the graph: scale the resolution by a part's share
            of the corpus to get groups as broad as in the whole corpus.

    Returns:
        int64 (n,), groups 0, 1, … without gaps, in order of first appearance.
    """
    return in_order_of_appearance(leiden(neighbour_graph(neighbours), seed, resolution))


def neighbour_graph(neighbours: Neighbours) -> sparse.csr_array:
    """Build the neighbour graph: an edge joins two texts if one is among the other's neighbours.

    Its weight is the mean of two measures: the share of shared neighbours, which finds many small topics, and the
    similarity, which keeps large topics of mixed wording together.

    Returns:
        Symmetric float64 (n, n) matrix of weights in 0 to 1.
    """
    n, k = neighbours.rows.shape
    ends = np.arange(0, n * k + 1, k)
    columns = neighbours.rows.ravel()
    similarities = np.maximum(neighbours.similarities.ravel().astype(np.float64), MIN_WEIGHT)
    near = sparse.csr_array((similarities, columns, ends), shape=(n, n))
    edges = near.maximum(near.T).tocsr()
    members = sparse.csr_array((np.ones(n * k), columns, ends), shape=(n, n)) + sparse.eye_array(n)
    graph = sparse.csr_array((edges + _shared(edges, members.tocsr()) / (k + 1)) / 2)
    graph.sort_indices()
    return graph


def _shared(edges: sparse.csr_array, members: sparse.csr_array) -> sparse.csr_array:
    """Count the shared neighbours of the two ends of each edge; a text counts as its own neighbour."""
    is_edge = edges.sign()
    blocks = [  # The product has far more entries than there are edges, so it is cut to them block by block.
        (members[start : start + _BLOCK_ROWS] @ members.T).multiply(is_edge[start : start + _BLOCK_ROWS])
        for start in range(0, edges.shape[0], _BLOCK_ROWS)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def smooth_over_time(graph: sparse.csr_array, former: NDArray[np.int64]) -> sparse.csr_array:
    """Reduce the weights of edges between former topics, so that a refit keeps their border.

    Chakrabarti, Kumar and Tomkins (2006) score a partition by today's data and by its distance to yesterday's
    partition. Here both are in the weights, so that every step that reads the graph takes them into account.

    Args:
        graph: symmetric weights (n, n).
        former: int64 (n,), topic that each text had; -1 for none: its edges keep their weights.

    Returns:
        Symmetric weights (n, n) with the same edges.
    """
    ends = graph.tocoo()
    first, second = former[ends.row], former[ends.col]
    crosses = (first >= 0) & (second >= 0) & (first != second)
    smoothed = sparse.csr_array(
        sparse.coo_array(
            (np.where(crosses, CROSS_TOPIC_WEIGHT * ends.data, ends.data), (ends.row, ends.col)), shape=graph.shape
        )
    )
    smoothed.sort_indices()
    return smoothed


def leiden(graph: sparse.csr_array, seed: int, resolution: float) -> NDArray[np.int64]:
    """Cut a graph of symmetric weights (n, n) by the Leiden algorithm: int64 (n,)."""
    _, group_of = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        graph.shape[0],
        resolution=resolution,
        iterations=_ITERATIONS,
        seed=seed,
    )
    return np.array([group_of[row] for row in range(graph.shape[0])], dtype=np.int64)


def in_order_of_appearance(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Renumber groups in the order of their first text."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    renumbered: NDArray[np.int64] = rank[inverse].astype(np.int64)
    return renumbered
