"""Groups that touch so much that they are one: what Leiden cuts too finely is put together again.

Two halves of one evenly filled patch share edges in proportion to the border between them, and the border of a patch
of n texts grows about as √n. So the contact of two groups is their edges in common over the geometric mean of the
square roots of their sizes, all counted in neighbourhoods of K texts. Modularity, which Leiden maximises, judges the
same edges by the product of the sizes: it joins small even topics (Fortunato and Barthélemy 2007) and cuts large
ones. Judging by the border mends both: docs/topics.md has the table.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BORDER_EXPONENT: Final = 0.5
"""How a patch's border grows with its texts."""

Row = dict[int, float]


def group_weights(graph: sparse.csr_array, groups: NDArray[np.int64]) -> sparse.csr_array:
    """Sum a graph's edges by group.

    Args:
        graph: symmetric weights (n, n).
        groups: int64 (n,), groups 0, 1, … without gaps.

    Returns:
        Symmetric float64 (groups, groups); on the diagonal twice the weight inside a group.
    """
    members = sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))))
    weights = sparse.csr_array(members @ graph @ members.T)
    weights.sort_indices()
    return weights


def join_touching(
    graph: sparse.csr_array, groups: NDArray[np.int64], *, n_neighbours: int, least_contact: float
) -> NDArray[np.int64]:
    """Join the two groups in closest contact, again and again, while their contact is at least `least_contact`.

    Args:
        graph: symmetric weights (n, n).
        groups: int64 (n,), groups 0, 1, … without gaps.
        n_neighbours: K of the graph, the unit of size.
        least_contact: 1 is what two groups share whose every edge leads to the other, at a size of K texts each.

    Returns:
        int64 (n,), groups 0, 1, … without gaps.
    """
    weights = group_weights(graph, groups)
    per_neighbourhood = graph.sum() / graph.shape[0] * n_neighbours
    joined = _Joining(weights / per_neighbourhood).run(least_contact)
    _, numbers = np.unique(joined, return_inverse=True)
    renumbered: NDArray[np.int64] = numbers[groups].astype(np.int64)
    return renumbered


class _Joining:
    """Groups as rows of a sparse matrix, and a heap of their contacts; stale entries are dropped when they surface."""

    def __init__(self, weights: sparse.csr_array) -> None:
        self._sizes: NDArray[np.float64] = np.asarray(weights.sum(axis=1), dtype=np.float64)
        self._rows: list[Row] = [dict(_others(weights, group)) for group in range(weights.shape[0])]
        self._version = [0] * weights.shape[0]
        self._heap: list[tuple[float, int, int, int, int]] = []
        for group, row in enumerate(self._rows):
            for other in row:
                if group < other:
                    self._push(group, other)

    def run(self, least_contact: float) -> NDArray[np.int64]:
        """Join until no contact is close enough; int64 (groups,), the group each one is part of in the end."""
        part_of = np.arange(len(self._rows))
        while self._heap:
            contact, first, second, *versions = heapq.heappop(self._heap)
            if -contact < least_contact:
                break
            if versions == [self._version[first], self._version[second]]:
                part_of[part_of == second] = first
                self._join(first, second)
        return part_of

    def _push(self, one: int, other: int) -> None:
        first, second = min(one, other), max(one, other)
        border = float(self._sizes[first] * self._sizes[second]) ** (BORDER_EXPONENT / 2)
        contact = self._rows[first][second] / border
        heapq.heappush(self._heap, (-contact, first, second, self._version[first], self._version[second]))

    def _join(self, first: int, second: int) -> None:
        gone = self._rows[second]
        self._rows[second] = {}
        self._sizes[first] += self._sizes[second]
        self._version[first] += 1
        self._version[second] += 1
        row = self._rows[first]
        row.pop(second, None)
        for other, weight in gone.items():
            if other != first:
                row[other] = row.get(other, 0.0) + weight
                del self._rows[other][second]
                self._rows[other][first] = row[other]
        for other in row:
            self._push(first, other)


def _others(weights: sparse.csr_array, group: int) -> Iterator[tuple[int, float]]:
    """The groups it shares edges with, and how much."""
    span = slice(weights.indptr[group], weights.indptr[group + 1])
    for other, weight in zip(weights.indices[span].tolist(), weights.data[span].tolist(), strict=True):
        if other != group and weight > 0:
            yield other, weight
