"""Approximate nearest neighbours in a graph of vectors: cost grows as n log n, not as n².

HNSW is Malkov and Yashunin (2018), here as built by faiss. Why this library and these numbers:
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

_LINKS: Final = 16
_BREADTH_OF_BUILDING: Final = 60
_BREADTH_OF_SEARCH: Final = 80
_MISSING: Final = -1
"""What faiss gives in place of a neighbour that it did not find."""
_BLOCK_VECTORS: Final = 16_384
_FINGERPRINT_SEED: Final = 12_345


class SmallWorld:
    """Vectors in half precision, each linked to some of its nearest.

    Equal vectors are linked in once and share a place: a walk that enters a crowd of copies, all linked to one
    another, would not find out again. Texts that differ in nothing that an embedder sees are such copies.

    The same vectors in the same order give the same graph: it is built by one thread, with faiss's own fixed seed.

    Args:
        index: the graph over places.
        fingerprints: uint64 (places,), of the vector at each place.
        places: int32 (vectors,), where each vector is.
    """

    def __init__(self, index: faiss.IndexHNSWSQ, fingerprints: NDArray[np.uint64], places: NDArray[np.int32]) -> None:
        self._index = index
        self._fingerprints = fingerprints
        self._places = places
        self._copies = _Copies(places, len(fingerprints))

    @classmethod
    def empty(cls, dimensions: int) -> SmallWorld:
        """Begin without vectors; `dimensions` is the length of those to come."""
        kind = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexHNSWSQ(dimensions, kind, _LINKS, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]  # an enum
        index.hnsw.efConstruction = _BREADTH_OF_BUILDING
        index.train(np.zeros((1, dimensions), dtype=np.float32))  # Half precision has nothing to learn.
        return cls(index, np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self._places)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Link vectors in: float32 (m, dimensions), rows of unit length; their rows are numbered on."""
        seen = len(self._fingerprints)
        fingerprints = np.concatenate([self._fingerprints, _fingerprint(vectors)])
        _, first, inverse = np.unique(fingerprints, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int32)
        rank[np.argsort(first)] = np.arange(len(first))  # Places are numbered by first appearance: old ones stay.
        new = np.sort(first[first >= seen])
        with _one_thread():
            self._index.add(np.ascontiguousarray(vectors[new - seen], dtype=np.float32))
        self._fingerprints = fingerprints[np.sort(first)]
        self._places = np.concatenate([self._places, rank[inverse[seen:]]])
        self._copies = _Copies(self._places, len(self._fingerprints))

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find about the k nearest vectors of each query, k at most the number of vectors.

        Returns:
            int32 (m, k) rows, nearest first, and float32 (m, k) dot products.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        n_places = min(k, len(self._fingerprints))
        self._index.hnsw.efSearch = max(_BREADTH_OF_SEARCH, 2 * k)
        similarities, places = self._index.search(queries, n_places)
        for query in np.flatnonzero((places == _MISSING).any(axis=1)):
            places[query], similarities[query] = self._scan(queries[query], n_places)
        return self._copies.rows_at(places, similarities, k)

    def _scan(self, query: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Compare a query with all vectors: the way out where parts of the graph hang together with nothing else."""
        n_places = len(self._fingerprints)
        blocks = [
            self._index.reconstruct_n(start, min(_BLOCK_VECTORS, n_places - start)) @ query
            for start in range(0, n_places, _BLOCK_VECTORS)
        ]
        similarities = np.concatenate(blocks)
        best = np.argsort(-similarities, kind="stable")[:k]
        return best, similarities[best]


class _Copies:
    """Which rows share a place.

    Args:
        places: int32 (rows,).
        n_places: how many places there are.
    """

    def __init__(self, places: NDArray[np.int32], n_places: int) -> None:
        self._rows = np.argsort(places, kind="stable").astype(np.int32)
        self._counts = np.bincount(places, minlength=n_places)
        self._starts = np.cumsum(self._counts) - self._counts

    def rows_at(
        self, places: NDArray[np.int64], similarities: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The first k rows at the places found, in the order of the places.

        Args:
            places: int64 (m, p), with k rows or more in each line.
            similarities: float32 (m, p).
            k: how many.
        """
        counts = self._counts[places]
        if (counts == 1).all():
            return self._rows[self._starts[places[:, :k]]], similarities[:, :k]
        ends = np.cumsum(counts, axis=1)
        wanted = np.arange(k)
        columns = (ends[:, np.newaxis, :] <= wanted[:, np.newaxis]).sum(axis=2)
        found, ends, counts = (np.take_along_axis(array, columns, axis=1) for array in (places, ends, counts))
        rows = self._rows[self._starts[found] + wanted - ends + counts]
        return rows, np.take_along_axis(similarities, columns, axis=1)


def _fingerprint(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """A number for each vector, the same for two only if they are equal in half precision, or once in 10^19 pairs.

    Returns:
        uint64 (n,).
    """
    halves = np.ascontiguousarray(vectors, dtype=np.float16).view(np.uint16).astype(np.uint64)
    factors = np.random.default_rng(_FINGERPRINT_SEED).integers(1 << 63, size=vectors.shape[1], dtype=np.uint64)
    return halves @ (2 * factors + 1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Several threads would link vectors in the order in which they happen to come."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
