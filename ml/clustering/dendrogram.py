"""Agglomerative clustering of groups: which pair is merged next, down to one group.

`sklearn` and `scipy` merge single points of equal weight. Here the leaves are groups of texts, whose sizes count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Merge = tuple[int, int]
    Linkage = Callable[[Floats, Floats, int], Floats]

_TINY: Final = 1e-12


def ward_cost(sums: Floats, sizes: Floats, group: int) -> Floats:
    """Return by how much the within-group sum of squares grows if `group` is merged with each group (Ward 1963).

    Args:
        sums: float64 (groups, d), summed vectors.
        sizes: float64 (groups,), number of texts, at least 1.
        group: row of the group.
    """
    means = sums / sizes[:, np.newaxis]
    squared = np.square(means - means[group]).sum(axis=1)
    cost: Floats = squared * sizes * sizes[group] / (sizes + sizes[group])
    return cost


def cosine_cost(sums: Floats, sizes: Floats, group: int) -> Floats:  # noqa: ARG001  # one signature for all linkages
    """Return the cosine distance between the summed vectors of `group` and of each group (centroid linkage)."""
    lengths = np.maximum(np.linalg.norm(sums, axis=1), _TINY)
    cost: Floats = -(sums @ sums[group]) / (lengths * lengths[group])
    return cost


def merge_order(sums: Floats, sizes: Floats, linkage: Linkage) -> list[Merge]:
    """Merge the cheapest pair of groups until one group is left.

    Args:
        sums: float64 (groups, d), summed vectors of the texts of each group.
        sizes: float64 (groups,), number of texts of each group.
        linkage: cost of merging one group with each group.

    Returns:
        Pairs (kept, absorbed) in the order of merging; the merged group keeps the number of the first.
    """
    sums, sizes = sums.astype(np.float64), sizes.astype(np.float64)
    n = len(sums)
    is_alive = np.ones(n, dtype=np.bool_)
    costs = np.stack([linkage(sums, sizes, group) for group in range(n)])
    np.fill_diagonal(costs, np.inf)
    merges: list[Merge] = []
    for _ in range(n - 1):
        kept, absorbed = sorted(divmod(int(np.argmin(costs)), n))
        sums[kept] += sums[absorbed]
        sizes[kept] += sizes[absorbed]
        is_alive[absorbed] = False
        row = np.where(is_alive, linkage(sums, sizes, kept), np.inf)
        row[kept] = np.inf
        costs[kept] = costs[:, kept] = row
        costs[absorbed] = costs[:, absorbed] = np.inf
        merges.append((kept, absorbed))
    return merges


def cut(merges: list[Merge], counts: Iterable[int]) -> Iterator[NDArray[np.int64]]:
    """Cut a dendrogram at several numbers of groups.

    Args:
        merges: of n leaves, from `merge_order`.
        counts: how many groups to leave, each from 1 to n.

    Yields:
        int64 (n,), group 0, 1, … of each leaf, from the most groups to the fewest.
    """
    labels = np.arange(len(merges) + 1)
    done = 0
    for count in sorted(set(counts), reverse=True):
        for kept, absorbed in merges[done : len(labels) - count]:
            labels[labels == absorbed] = kept
        done = len(labels) - count
        yield np.unique(labels, return_inverse=True)[1].astype(np.int64)
