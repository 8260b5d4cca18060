"""A memory for the graph: edges across a border between former topics weigh less, so that the border stays put.

Chakrabarti, Kumar and Tomkins (2006) call it temporal smoothness: a partition is judged by today's data and by how
little it departs from yesterday's. Here both are in the weights, so that every step that reads the graph sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACROSS: Final = 0.35
"""What an edge between texts of two different former topics weighs of its own weight."""


def loosen_borders(graph: sparse.csr_array, former: NDArray[np.int64]) -> sparse.csr_array:
    """Weaken the edges between former topics.

    Args:
        graph: symmetric weights (n, n).
        former: int64 (n,), topic that each text had; -1 for none: its edges stay as they are.

    Returns:
        Symmetric weights (n, n) with the same edges.
    """
    ends = graph.tocoo()
    first, second = former[ends.row], former[ends.col]
    crosses = (first >= 0) & (second >= 0) & (first != second)
    loosened = sparse.csr_array(
        sparse.coo_array((np.where(crosses, ACROSS * ends.data, ends.data), (ends.row, ends.col)), shape=graph.shape)
    )
    loosened.sort_indices()
    return loosened
