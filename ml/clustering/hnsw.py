"""Search approximate nearest neighbours in an HNSW graph: the cost grows as n log n, not as n².

HNSW is by Malkov and Yashunin (2018); faiss builds it here. Why this library and these parameters:
docs/decisions/0012-approximate-neighbours.md.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_M: Final = 16
_EF_CONSTRUCTION: Final = 60
_EF_SEARCH: Final = 80
_NOT_FOUND: Final = -1
"""faiss returns this for a neighbour that it did not find."""
_BLOCK_VECTORS: Final = 16_384
_FINGERPRINT_SEED: Final = 12_345


class HnswIndex:
    """An HNSW index over distinct vectors in half precision.

    Equal vectors share one node. Otherwise a search that enters a cluster of duplicates, all linked to one another,
    would not leave it. Texts that an embedder cannot tell apart have equal vectors.

    The same vectors in the same order give the same graph: one thread builds it, with faiss's fixed seed.

    Args:
        index: the graph over nodes.
        fingerprints: uint64 (nodes,), of the vector at each node.
        nodes: int32 (vectors,), the node of each vector.
    """

    def __init__(self, index: faiss.IndexHNSWSQ, fingerprints: NDArray[np.uint64], nodes: NDArray[np.int32]) -> None:
        self._index = index
        self._fingerprints = fingerprints
        self._nodes = nodes
        self._duplicates = _Duplicates(nodes, len(fingerprints))

    @classmethod
    def empty(cls, dimensions: int) -> HnswIndex:
        """Make an empty index for vectors of this length."""
        kind = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexHNSWSQ(dimensions, kind, _M, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]  # an enum
        index.hnsw.efConstruction = _EF_CONSTRUCTION
        index.train(np.zeros((1, dimensions), dtype=np.float32))  # Half precision has nothing to learn.
        return cls(index, np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self._nodes)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors: float32 (m, dimensions), rows of unit length; row numbers continue."""
        seen = len(self._fingerprints)
        fingerprints = np.concatenate([self._fingerprints, _fingerprint(vectors)])
        _, first, inverse = np.unique(fingerprints, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int32)
        rank[np.argsort(first)] = np.arange(len(first))  # Places are numbered by first appearance: old ones stay.
        new = np.sort(first[first >= seen])
        with _single_thread():
            self._index.add(np.ascontiguousarray(vectors[new - seen], dtype=np.float32))
        self._fingerprints = fingerprints[np.sort(first)]
        self._nodes = np.concatenate([self._nodes, rank[inverse[seen:]]])
        self._duplicates = _Duplicates(self._nodes, len(self._fingerprints))

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find approximately the k nearest vectors of each query; k is at most the number of vectors.

        Returns:
            int32 (m, k) rows, nearest first, and float32 (m, k) dot products.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        n_nodes = min(k, len(self._fingerprints))
        self._index.hnsw.efSearch = max(_EF_SEARCH, 2 * k)
        similarities, nodes = self._index.search(queries, n_nodes)
        for query in np.flatnonzero((nodes == _NOT_FOUND).any(axis=1)):
            nodes[query], similarities[query] = self._search_exhaustively(queries[query], n_nodes)
        return self._duplicates.rows_at(nodes, similarities, k)

    def _search_exhaustively(self, query: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Compare a query with all vectors: the fallback where the graph is not connected."""
        n_nodes = len(self._fingerprints)
        blocks = [
            self._index.reconstruct_n(start, min(_BLOCK_VECTORS, n_nodes - start)) @ query
            for start in range(0, n_nodes, _BLOCK_VECTORS)
        ]
        similarities = np.concatenate(blocks)
        best = np.argsort(-similarities, kind="stable")[:k]
        return best, similarities[best]


class _Duplicates:
    """The rows that share a node.

    Args:
        nodes: int32 (rows,).
        n_nodes: the number of nodes.
    """

    def __init__(self, nodes: NDArray[np.int32], n_nodes: int) -> None:
        self._rows = np.argsort(nodes, kind="stable").astype(np.int32)
        self._counts = np.bincount(nodes, minlength=n_nodes)
        self._starts = np.cumsum(self._counts) - self._counts

    def rows_at(
        self, nodes: NDArray[np.int64], similarities: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Expand nodes to rows and keep the first k.

        Args:
            nodes: int64 (m, p), nearest first; the nodes of each line have k rows or more.
            similarities: float32 (m, p).
            k: the number of rows.
        """
        counts = self._counts[nodes]
        if (counts == 1).all():
            return self._rows[self._starts[nodes[:, :k]]], similarities[:, :k]
        ends = np.cumsum(counts, axis=1)
        wanted = np.arange(k)
        columns = (ends[:, np.newaxis, :] <= wanted[:, np.newaxis]).sum(axis=2)
        found, ends, counts = (np.take_along_axis(array, columns, axis=1) for array in (nodes, ends, counts))
        rows = self._rows[self._starts[found] + wanted - ends + counts]
        return rows, np.take_along_axis(similarities, columns, axis=1)


def _fingerprint(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Hash each vector: equal in half precision gives equal hashes; others collide once in 10^19 pairs.

    Returns:
        uint64 (n,).
    """
    halves = np.ascontiguousarray(vectors, dtype=np.float16).view(np.uint16).astype(np.uint64)
    factors = np.random.default_rng(_FINGERPRINT_SEED).integers(1 << 63, size=vectors.shape[1], dtype=np.uint64)
    return halves @ (2 * factors + 1)


@contextmanager
def _single_thread() -> Iterator[None]:
    """Let faiss use one thread: with several, the order of insertion would be random."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
