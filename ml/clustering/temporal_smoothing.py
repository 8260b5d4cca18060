"""Temporal smoothness: edges between two former topics weigh less, so that a refit keeps their border.

Chakrabarti, Kumar and Tomkins (2006) score a partition by today's data and by its distance to yesterday's partition.
Here both are in the weights, so that every step that reads the graph takes them into account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

CROSS_TOPIC_WEIGHT: Final = 0.35
"""Factor of the weight of an edge between texts of two former topics."""


def smooth_over_time(graph: sparse.csr_array, former: NDArray[np.int64]) -> sparse.csr_array:
    """Reduce the weights of edges between former topics.

    Args:
        graph: symmetric weights (n, n).
        former: int64 (n,), topic that each text had; -1 for none: its edges keep their weights.

    Returns:
        Symmetric weights (n, n) with the same edges.
    """
    ends = graph.tocoo()
    first, second = former[ends.row], former[ends.col]
    crosses = (first >= 0) & (second >= 0) & (first != second)
    smoothed = sparse.csr_array(
        sparse.coo_array(
            (np.where(crosses, CROSS_TOPIC_WEIGHT * ends.data, ends.data), (ends.row, ends.col)), shape=graph.shape
        )
    )
    smoothed.sort_indices()
    return smoothed
