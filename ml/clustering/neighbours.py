"""Nearest neighbours of vectors (exact for few, HNSW for many), and their votes weighted by similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from ml.clustering.hnsw import HnswIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

EXACT_TEXTS: Final = 20_000
"""Up to this number of vectors the search is exact; beyond it, n² costs more than the graph (docs/decisions/0012)."""
_BLOCK_ROWS: Final = 16_384
"""Rows searched at once: enough for all threads."""

NO_GROUP: Final = -1
N_VOTERS: Final = 10
_POWER: Final = 4
"""A neighbour's vote counts by its similarity to this power."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest neighbours of each of n vectors, nearest first.

    Attributes:
        rows: int32 (n, k), rows of the neighbours.
        similarities: float32 (n, k), dot products with the vector.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]

    def first(self, k: int) -> Neighbours:
        """Return the k nearest of them."""
        return Neighbours(self.rows[:, :k], self.similarities[:, :k])


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


def nearest_in_chunks(
    queries: NDArray[np.float32], chunks: Iterable[tuple[NDArray[np.int32], NDArray[np.float32]]], k: int
) -> Neighbours:
    """Find the k nearest vectors of each query among vectors that come in chunks, with memory for one chunk.

    The chunks and their order do not change the result, except which of several equal vectors comes last. It is exact
    if each chunk has at most `EXACT_TEXTS` vectors.

    Args:
        queries: float32 (m, d), rows of unit length.
        chunks: the rows of some vectors, int32 (c,), and the vectors, float32 (c, d).
        k: at least 1; fewer vectors give all of them.
    """
    nearest = Neighbours(np.empty((len(queries), 0), dtype=np.int32), np.empty((len(queries), 0), dtype=np.float32))
    for rows, vectors in chunks:
        found = NeighbourIndex(vectors).search(queries, k)
        nearest = merge_neighbours(nearest, Neighbours(rows[found.rows], found.similarities), k)
    return nearest


def merge_neighbours(first: Neighbours, second: Neighbours, k: int) -> Neighbours:
    """Merge two lists of neighbours of the same vectors, nearest first; of equals the smaller row comes first."""
    rows = np.concatenate([first.rows, second.rows], axis=1)
    similarities = np.concatenate([first.similarities, second.similarities], axis=1)
    order = np.lexsort((rows, -similarities), axis=1)[:, :k]
    return Neighbours(np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1))


def vote_weights(neighbours: Neighbours) -> NDArray[np.float64]:
    """Return the weight of each neighbour's vote: float64 (n, voters)."""
    weights: NDArray[np.float64] = np.maximum(neighbours.similarities[:, :N_VOTERS], 0.0).astype(np.float64) ** _POWER
    return weights


def vote_share(neighbours: Neighbours, labels: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each text's votes that go to its target label.

    Args:
        neighbours: of n texts, whose rows index `labels`.
        labels: int64 (m,), label of each voter.
        targets: int64 (n,), the label asked about for each text.

    Returns:
        float64 (n,), 0 to 1; 0 if no neighbour has a positive similarity.
    """
    weights = vote_weights(neighbours)
    is_for = labels[neighbours.rows[:, :N_VOTERS]] == targets[:, np.newaxis]
    total = weights.sum(axis=1)
    shares: NDArray[np.float64] = np.divide(
        (weights * is_for).sum(axis=1), total, out=np.zeros_like(total), where=total > 0
    )
    return shares


def majority_vote(neighbours: Neighbours, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the label with the most votes for each of n texts. A tie goes to the smallest label.

    Args:
        neighbours: of n texts, whose rows index `labels`.
        labels: int64 (m,), label of each voter; the votes of `NO_GROUP` do not count.

    Returns:
        int64 (n,), `NO_GROUP` where no neighbour has a label.
    """
    choices = labels[neighbours.rows[:, :N_VOTERS]]
    weights = np.where(choices == NO_GROUP, -1.0, vote_weights(neighbours))
    best = np.full(len(choices), NO_GROUP, dtype=np.int64)
    most = np.full(len(choices), -1.0)
    for voter in range(choices.shape[1]):
        choice = choices[:, voter]
        votes = np.where((choices == choice[:, np.newaxis]) & (weights >= 0), weights, 0.0).sum(axis=1)
        votes[choice == NO_GROUP] = -1.0
        wins = (votes > most) | ((votes == most) & (votes >= 0) & (choice < best))
        best[wins], most[wins] = choice[wins], votes[wins]
    return best
