"""Nearest neighbours of vectors: exact for few, approximate (HNSW) for many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from ml.clustering.hnsw import HnswIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_TEXTS: Final = 20_000
"""Up to this number of vectors the search is exact; beyond it, n² costs more than the graph (docs/decisions/0012)."""
_BLOCK_ROWS: Final = 16_384
"""Rows searched at once: enough for all threads."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest neighbours of each of n vectors, nearest first.

    Attributes:
        rows: int32 (n, k), rows of the neighbours.
        similarities: float32 (n, k), dot products with the vector.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]


class NeighbourIndex:
    """An index of vectors that can grow.

    Rows are numbered from 0 in the order of insertion. The same vectors in the same order give the same results. Up to
    `EXACT_TEXTS` vectors the index is faiss's flat index; beyond that it becomes an HNSW graph (`ml.clustering.hnsw`),
    which finds about 99 of 100 true neighbours.

    Args:
        vectors: float32 (n, d), rows of unit length; n may be 0.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._flat = faiss.IndexFlatIP(vectors.shape[1])
        self._hnsw: HnswIndex | None = None
        self.add(vectors)

    def __len__(self) -> int:
        return int(self._flat.ntotal) if self._hnsw is None else len(self._hnsw)

    @property
    def is_exact(self) -> bool:
        """Whether the search is exact."""
        return self._hnsw is None

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors of the same embedder: float32 (m, d), rows of unit length."""
        if self._hnsw is None and len(self) + len(vectors) > EXACT_TEXTS:
            self._hnsw = HnswIndex.empty(self._flat.d)
            self._hnsw.add(self._flat.reconstruct_n(0, self._flat.ntotal))
            self._flat.reset()
        if self._hnsw is not None:
            self._hnsw.add(vectors)
        else:
            self._flat.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbours:
        """Find the nearest vectors of each query; a query that is in the index finds itself.

        Args:
            queries: float32 (m, d), rows of unit length.
            k: at least 1; an index of fewer vectors gives all of them.
        """
        k = min(k, len(self))
        rows = np.empty((len(queries), k), dtype=np.int32)
        similarities = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries) if k else 0, _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            if self._hnsw is None:
                similarities[block], rows[block] = self._flat.search(np.ascontiguousarray(queries[block]), k)
            else:
                rows[block], similarities[block] = self._hnsw.search(queries[block], k)
        return Neighbours(rows, similarities)


def nearest_neighbours(vectors: NDArray[np.float32], k: int) -> Neighbours:
    """Find the k nearest neighbours of each vector by dot product, without the vector itself.

    The search is exact up to `EXACT_TEXTS` vectors (n² products); beyond that it finds about 99 of 100 in n log n. It
    needs memory for n·k results and the index, which is as large as the vectors, or half of it for HNSW.

    Args:
        vectors: float32 (n, d), rows of unit length.
        k: at least 1 and less than n.
    """
    found = NeighbourIndex(vectors).search(vectors, k + 1)
    is_other = found.rows != np.arange(len(vectors))[:, np.newaxis]
    is_other[is_other.all(axis=1), -1] = False  # Itself was not found: one of many equal vectors. Leave out the last.
    return Neighbours(found.rows[is_other].reshape(-1, k), found.similarities[is_other].reshape(-1, k))
