"""The nearest neighbours of vectors: exact where there are few, by a walk through a graph where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from ml.clustering.hnsw import SmallWorld

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_TEXTS: Final = 20_000
"""Up to so many vectors all pairs are compared; beyond, n² costs more than the graph does (docs/decisions/0012)."""
_BLOCK_ROWS: Final = 16_384
"""Rows searched at once: enough for all threads."""


@dataclass(frozen=True)
class Neighbours:
    """For each of n vectors its k nearest others, nearest first.

    Attributes:
        rows: int32 (n, k), which vectors.
        similarities: float32 (n, k), their dot products with the vector.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]


class NeighbourIndex:
    """Vectors that others are compared with: built once, added to, and asked for the nearest.

    Rows are numbered in the order in which vectors came, from 0. The same vectors in the same order give the same
    index, and the same answers. Up to `EXACT_TEXTS` vectors are compared one by one, by faiss's flat index; an index
    that grows beyond becomes a graph (`ml.clustering.hnsw`), whose answers hold about 99 of 100 true neighbours.

    Args:
        vectors: float32 (n, d), rows of unit length; n may be 0.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._flat = faiss.IndexFlatIP(vectors.shape[1])
        self._world: SmallWorld | None = None
        self.add(vectors)

    def __len__(self) -> int:
        return int(self._flat.ntotal) if self._world is None else len(self._world)

    @property
    def is_exact(self) -> bool:
        """Whether answers are exact."""
        return self._world is None

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors of the same embedder: float32 (m, d), rows of unit length."""
        if self._world is None and len(self) + len(vectors) > EXACT_TEXTS:
            self._world = SmallWorld.empty(self._flat.d)
            self._world.add(self._flat.reconstruct_n(0, self._flat.ntotal))
            self._flat.reset()
        if self._world is not None:
            self._world.add(vectors)
        else:
            self._flat.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbours:
        """Find for each query its nearest vectors of the index, itself included if it is there.

        Args:
            queries: float32 (m, d), rows of unit length.
            k: at least 1; where the index holds fewer vectors, that many are found.
        """
        k = min(k, len(self))
        rows = np.empty((len(queries), k), dtype=np.int32)
        similarities = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries) if k else 0, _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            if self._world is None:
                similarities[block], rows[block] = self._flat.search(np.ascontiguousarray(queries[block]), k)
            else:
                rows[block], similarities[block] = self._world.search(queries[block], k)
        return Neighbours(rows, similarities)


def nearest_neighbours(vectors: NDArray[np.float32], k: int) -> Neighbours:
    """Find the k nearest others of each vector by dot product.

    Up to `EXACT_TEXTS` vectors exactly, by n² products; beyond, about 99 of 100 of them, by some n log n. Memory is
    for n·k and the index: as much as the vectors, half of it for the graph.

    Args:
        vectors: float32 (n, d), rows of unit length.
        k: at least 1 and less than n.
    """
    found = NeighbourIndex(vectors).search(vectors, k + 1)
    is_other = found.rows != np.arange(len(vectors))[:, np.newaxis]
    is_other[is_other.all(axis=1), -1] = False  # Itself was not found: one of many equal vectors. Leave out the last.
    return Neighbours(found.rows[is_other].reshape(-1, k), found.similarities[is_other].reshape(-1, k))
