"""Vectors to groups: a graph of nearest neighbours, cut finely by Leiden, and pieces in close contact joined again.

Why this recipe and what it was measured against: docs/topics.md. Shared-neighbour weights are those of Jarvis and
Patrick (1973) as used by PhenoGraph (Levine et al. 2015); Leiden is Traag, Waltman and van Eck (2019).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import graspologic_native
import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components

from ml.borders import loosen_borders
from ml.contact import join_touching

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.neighbours import Neighbours

RESOLUTION: Final = 3.0
"""Finer than topics are: what belongs together is joined afterwards."""
LEAST_CONTACT: Final = 0.13
_ITERATIONS: Final = 2
_FEWEST_FOR_GRAPH: Final = 64
"""With fewer texts nearly everybody is everybody's neighbour, and a graph says nothing; then pairs are compared."""
_ALIKE: Final = 0.45
"""Mean dot product from which two groups of a small corpus are one topic."""
_EQUAL: Final = 0.97
"""Dot product of two centres from which their groups are one topic."""
_LEAST_WEIGHT: Final = 1e-6
"""Weights are positive: a neighbour that points the other way is still no hole in the graph."""
_BLOCK_ROWS: Final = 8_192


def choose_n_neighbours(n: int) -> int:
    """√n/6, but 6 to 25: a fixed number merges topics when texts are few."""
    return min(max(1, n - 1), max(6, min(25, round(math.sqrt(n) / 6))))


def partition(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    seed: int,
    former: NDArray[np.int64] | None = None,
    resolution: float = RESOLUTION,
) -> NDArray[np.int64]:
    """Group texts by meaning; how many groups there are comes from the data.

    Args:
        vectors: float32 (n, d), unit rows, n ≥ 2.
        neighbours: of these vectors.
        seed: of the order in which Leiden visits texts.
        former: int64 (n,), topic that each text had before, -1 for none; borders between them tend to stay.
        resolution: of the cut, greater than 0. Modularity weighs a group against the whole graph: a part of a corpus
            is cut more finely than the whole would be, unless its resolution is lowered to the part's share.

    Returns:
        int64 (n,), groups 0, 1, … without gaps, in order of first appearance. No text is left out here.
    """
    if len(vectors) < _FEWEST_FOR_GRAPH:
        groups = _link_pairs(vectors)
    else:
        graph = neighbour_graph(neighbours)
        if former is not None:
            graph = loosen_borders(graph, former)
        pieces = join_touching(
            graph,
            _leiden(graph, seed, resolution),
            n_neighbours=neighbours.rows.shape[1],
            least_contact=LEAST_CONTACT,
        )
        groups = _merge_equal(vectors, pieces)
    return _in_order_of_appearance(groups)


def neighbour_graph(neighbours: Neighbours) -> sparse.csr_array:
    """Join texts of which one is among the other's neighbours.

    The weight is the mean of two measures: the share of neighbours that both have in common, which finds many small
    topics, and the similarity, which keeps large topics of mixed wording together.

    Returns:
        Symmetric float64 (n, n) matrix of weights in 0 to 1.
    """
    n, k = neighbours.rows.shape
    ends = np.arange(0, n * k + 1, k)
    columns = neighbours.rows.ravel()
    similarities = np.maximum(neighbours.similarities.ravel().astype(np.float64), _LEAST_WEIGHT)
    near = sparse.csr_array((similarities, columns, ends), shape=(n, n))
    edges = near.maximum(near.T).tocsr()
    members = sparse.csr_array((np.ones(n * k), columns, ends), shape=(n, n)) + sparse.eye_array(n)
    graph = sparse.csr_array((edges + _shared(edges, members.tocsr()) / (k + 1)) / 2)
    graph.sort_indices()
    return graph


def _shared(edges: sparse.csr_array, members: sparse.csr_array) -> sparse.csr_array:
    """For each edge, the number of neighbours that both ends have in common; a text is among its own neighbours."""
    is_edge = edges.sign()
    blocks = [  # The product has far more entries than there are edges, so it is cut to them block by block.
        (members[start : start + _BLOCK_ROWS] @ members.T).multiply(is_edge[start : start + _BLOCK_ROWS])
        for start in range(0, edges.shape[0], _BLOCK_ROWS)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _leiden(graph: sparse.csr_array, seed: int, resolution: float) -> NDArray[np.int64]:
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


def _merge_equal(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put groups together whose centres coincide: a crowd of near-copies has no inner structure to be cut by."""
    members = sparse.csr_array((np.ones(len(groups), dtype=np.float32), (groups, np.arange(len(groups)))))
    centres = members @ vectors
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    _, merged = connected_components(centres @ centres.T > _EQUAL, directed=False)
    return merged[groups].astype(np.int64)


def _link_pairs(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Average linkage over all pairs, for corpora too small for a graph."""
    distances = np.maximum(0.0, 1.0 - (vectors @ vectors.T).astype(np.float64))
    upper = distances[np.triu_indices(len(vectors), k=1)]
    return fcluster(linkage(upper, method="average"), 1.0 - _ALIKE, criterion="distance").astype(np.int64)


def _in_order_of_appearance(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number groups by their first text, so that a number says nothing about how it was found."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    renumbered: NDArray[np.int64] = rank[inverse].astype(np.int64)
    return renumbered
