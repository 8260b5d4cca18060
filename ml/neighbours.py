"""The nearest neighbours of every vector: exact, and in blocks, so that memory does not grow with n squared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK_ROWS: Final = 1_024
_BLOCK_COLUMNS: Final = 16_384
"""One block of similarities takes 64 MiB, and its sorting twice that again."""


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

    Rows are numbered in the order in which vectors came, from 0.

    Args:
        vectors: float32 (n, d), rows of unit length.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._parts = [vectors]

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> NeighbourIndex:
        """Index vectors: float32 (n, d), rows of unit length."""
        return cls(vectors)

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors of the same embedder: float32 (m, d), rows of unit length."""
        self._parts.append(vectors)

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbours:
        """Find for each query its nearest vectors of the index, itself included if it is there.

        Args:
            queries: float32 (m, d), rows of unit length.
            k: at least 1; where the index holds fewer vectors, that many are found.
        """
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        vectors = self._parts[0]
        k = min(k, len(vectors))
        rows = np.empty((len(queries), k), dtype=np.int32)
        similarities = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            rows[block], similarities[block] = _nearest(vectors, queries[block], k, own_row=None)
        return Neighbours(rows, similarities)


def nearest_neighbours(vectors: NDArray[np.float32], k: int) -> Neighbours:
    """Find the k nearest others of each vector by dot product; costs n² products, and memory for n·k and one block.

    Args:
        vectors: float32 (n, d), rows of unit length.
        k: at least 1 and less than n.
    """
    n = len(vectors)
    rows = np.empty((n, k), dtype=np.int32)
    similarities = np.empty((n, k), dtype=np.float32)
    for start in range(0, n, _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, n)
        rows[start:stop], similarities[start:stop] = _nearest(vectors, vectors[start:stop], k, own_row=start)
    return Neighbours(rows, similarities)


def _nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int, *, own_row: int | None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Nearest vectors of a block of queries, keeping the best k while blocks of columns pass by.

    Args:
        vectors: float32 (n, d).
        queries: float32 (m, d).
        k: at most n, and less where own_row is given.
        own_row: row of the first query among the vectors, if queries must not find themselves.
    """
    best_rows = np.empty((len(queries), 0), dtype=np.int32)
    best = np.empty((len(queries), 0), dtype=np.float32)
    for left in range(0, len(vectors), _BLOCK_COLUMNS):
        right = min(left + _BLOCK_COLUMNS, len(vectors))
        block = queries @ vectors[left:right].T
        if own_row is not None:
            own = np.arange(max(own_row, left), min(own_row + len(queries), right))
            block[own - own_row, own - left] = -np.inf
        columns, values = _largest(block, min(k, right - left))
        best_rows = np.concatenate([best_rows, (columns + left).astype(np.int32)], axis=1)
        best = np.concatenate([best, values], axis=1)
        kept, best = _largest(best, min(k, best.shape[1]))
        best_rows = np.take_along_axis(best_rows, kept, axis=1)
    return best_rows, best


def _largest(values: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Columns and values of the k largest of each row, largest first."""
    columns = np.argpartition(values, values.shape[1] - k, axis=1)[:, -k:]
    found = np.take_along_axis(values, columns, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1), np.take_along_axis(found, order, axis=1)
