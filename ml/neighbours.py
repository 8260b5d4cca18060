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
        rows[start:stop], similarities[start:stop] = _nearest_of_block(vectors, start, stop, k)
    return Neighbours(rows, similarities)


def _nearest_of_block(
    vectors: NDArray[np.float32], start: int, stop: int, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Nearest others of the rows from `start` to `stop`, keeping the best k while blocks of columns pass by."""
    best_rows = np.empty((stop - start, 0), dtype=np.int32)
    best = np.empty((stop - start, 0), dtype=np.float32)
    for left in range(0, len(vectors), _BLOCK_COLUMNS):
        right = min(left + _BLOCK_COLUMNS, len(vectors))
        block = vectors[start:stop] @ vectors[left:right].T
        own = np.arange(max(start, left), min(stop, right))
        block[own - start, own - left] = -np.inf
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
