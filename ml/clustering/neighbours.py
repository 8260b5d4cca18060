"""The nearest neighbours of vectors: exact where there are few, by a walk through a graph where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.hnsw import SmallWorld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EXACT_TEXTS: Final = 20_000
"""Up to so many vectors all pairs are compared; beyond, n² costs more than the graph does (docs/decisions/0012)."""
_BLOCK_ROWS: Final = 1_024
_BLOCK_COLUMNS: Final = 16_384
"""One block of similarities takes 64 MiB, and its sorting twice that again."""
_PEAK_WIDTH: Final = 16
"""Similarities of which only the greatest is looked at first."""
_WORLD_ROWS: Final = 16_384
"""Rows searched in the graph at once: enough for all threads."""


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
    """Vectors that others are compared with: built once, added to, kept as arrays, and asked for the nearest.

    Rows are numbered in the order in which vectors came, from 0. The same vectors in the same order give the same
    index, and the same answers. Up to `EXACT_TEXTS` vectors are compared one by one; an index that grows beyond
    becomes a graph (`ml.clustering.hnsw`), whose answers hold about 99 of 100 true neighbours.

    Args:
        vectors: float32 (n, d), rows of unit length; n may be 0.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors: NDArray[np.float32] = np.empty((0, vectors.shape[1]), dtype=np.float32)
        self._world: SmallWorld | None = None
        self.add(vectors)

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> NeighbourIndex:
        """Index vectors: float32 (n, d), rows of unit length."""
        return cls(vectors)

    def __len__(self) -> int:
        return len(self._vectors) if self._world is None else len(self._world)

    @property
    def is_exact(self) -> bool:
        """Whether answers are exact."""
        return self._world is None

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors of the same embedder: float32 (m, d), rows of unit length."""
        if self._world is None and len(self) + len(vectors) > EXACT_TEXTS:
            self._world = SmallWorld.empty(vectors.shape[1])
            self._world.add(self._vectors)
            self._vectors = self._vectors[:0]
        if self._world is not None:
            self._world.add(vectors)
        else:
            self._vectors = np.concatenate([self._vectors, vectors.astype(np.float32, copy=False)])

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbours:
        """Find for each query its nearest vectors of the index, itself included if it is there.

        Args:
            queries: float32 (m, d), rows of unit length.
            k: at least 1; where the index holds fewer vectors, that many are found.
        """
        k = min(k, len(self))
        rows = np.empty((len(queries), k), dtype=np.int32)
        similarities = np.empty((len(queries), k), dtype=np.float32)
        step = _BLOCK_ROWS if self._world is None else _WORLD_ROWS
        for start in range(0, len(queries), step):
            block = slice(start, start + step)
            if self._world is None:
                found = _nearest(self._vectors, queries[block], k)
            else:
                found = self._world.search(queries[block], k)
            rows[block], similarities[block] = found
        return Neighbours(rows, similarities)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it, to be kept and given to `from_arrays` under the same version of faiss."""
        return {"vectors": self._vectors} if self._world is None else self._world.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> NeighbourIndex:
        """Take up what `to_arrays` gave.

        Raises:
            NeighbourIndexError: it is nothing that this version can read.
        """
        if "vectors" in arrays:
            return cls(arrays["vectors"].astype(np.float32, casting="equiv", copy=False))
        world = SmallWorld.from_arrays(arrays)
        index = cls(np.empty((0, world.dimensions), dtype=np.float32))
        index._world = world
        return index


def nearest_neighbours(vectors: NDArray[np.float32], k: int) -> Neighbours:
    """Find the k nearest others of each vector by dot product.

    Up to `EXACT_TEXTS` vectors exactly, by n² products; beyond, about 99 of 100 of them, by some n log n. Memory is
    for n·k and one block, and half the size of the vectors for the graph.

    Args:
        vectors: float32 (n, d), rows of unit length.
        k: at least 1 and less than n.
    """
    n = len(vectors)
    world = SmallWorld.empty(vectors.shape[1]) if n > EXACT_TEXTS else None
    rows = np.empty((n, k), dtype=np.int32)
    similarities = np.empty((n, k), dtype=np.float32)
    if world is not None:
        world.add(vectors)
    step = _BLOCK_ROWS if world is None else _WORLD_ROWS
    for start in range(0, n, step):
        block = slice(start, start + step)
        if world is None:
            found = _nearest(vectors, vectors[block], k, own_row=start)
        else:
            found = _nearest_others(world, vectors[block], k, own_row=start)
        rows[block], similarities[block] = found
    return Neighbours(rows, similarities)


def _nearest_others(
    world: SmallWorld, queries: NDArray[np.float32], k: int, *, own_row: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Nearest vectors of a block of the index's own vectors, without themselves."""
    rows, similarities = world.search(queries, k + 1)
    is_other = rows != np.arange(own_row, own_row + len(queries))[:, np.newaxis]
    is_other[is_other.all(axis=1), -1] = False  # Itself was not found: one of many equal vectors. Leave out the last.
    return rows[is_other].reshape(-1, k), similarities[is_other].reshape(-1, k)


def _nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int, *, own_row: int | None = None
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
        best_rows, best = _keep_largest(best_rows, best, block, left, k)
    return best_rows, best


def _keep_largest(
    best_rows: NDArray[np.int32], best: NDArray[np.float32], block: NDArray[np.float32], left: int, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The best k of those kept so far and of a block of similarities whose first column is row `left`."""
    columns, values = _largest(block, min(k, block.shape[1]))
    rows = np.concatenate([best_rows, (columns + left).astype(np.int32)], axis=1)
    values = np.concatenate([best, values], axis=1)
    kept, values = _largest(values, min(k, values.shape[1]))
    return np.take_along_axis(rows, kept, axis=1), values


def _largest(values: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Columns and values of the k largest of each row, largest first.

    Sorting long rows costs more than computing them. So columns are looked at in groups of 16, every so many columns
    one: the k largest lie in the k groups with the greatest peaks, or else are equal to something there.
    """
    n_groups = values.shape[1] // _PEAK_WIDTH
    if n_groups < 2 * k:
        return _sort_largest(values, k)
    folded = values[:, : n_groups * _PEAK_WIDTH].reshape(len(values), _PEAK_WIDTH, n_groups)
    groups = np.argpartition(folded.max(axis=1), n_groups - k, axis=1)[:, -k:]
    columns = (groups[:, np.newaxis, :] + n_groups * np.arange(_PEAK_WIDTH)[:, np.newaxis]).reshape(len(values), -1)
    rest = np.arange(n_groups * _PEAK_WIDTH, values.shape[1])
    columns = np.concatenate([columns, np.broadcast_to(rest, (len(values), len(rest)))], axis=1)
    places, found = _sort_largest(np.take_along_axis(values, columns, axis=1), k)
    return np.take_along_axis(columns, places, axis=1), found


def _sort_largest(values: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Columns and values of the k largest of each row, largest first; all columns are looked at."""
    columns = np.argpartition(values, values.shape[1] - k, axis=1)[:, -k:]
    found = np.take_along_axis(values, columns, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1), np.take_along_axis(found, order, axis=1)
