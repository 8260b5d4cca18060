"""Texts that are far from everything, and groups too small to be a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.neighbours import Neighbours

_OUTLYING: Final = 4.0
"""Robust standard deviations below the median at which a text counts as far from everything."""
_UNRELATED: Final = 0.25
"""Never noise above twice this similarity, always below it, whatever the rest of the corpus is like."""
_LEAST_SUPPORT: Final = 3
"""Texts a topic needs; the same text said again counts too, but no more than this, so that volume founds no topic."""


def far_from_everything(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts whose nearest neighbour is much farther away than is usual in this corpus.

    Returns:
        bool (n,).
    """
    nearness = neighbours.similarities[:, 0]
    median = np.median(nearness)
    deviation = 1.4826 * np.median(np.abs(nearness - median))  # 1.4826 makes it a standard deviation for a normal
    limit = np.clip(median - _OUTLYING * deviation, _UNRELATED, 2 * _UNRELATED)
    far: NDArray[np.bool_] = nearness < limit
    return far


def groups_with_support(
    groups: NDArray[np.int64], counted: NDArray[np.bool_], n_messages: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say which groups (0, 1, …) are large enough for a topic.

    Args:
        groups: int64 (n,).
        counted: bool (n,), texts that may support their group.
        n_messages: int64 (n,).

    Returns:
        bool (number of groups,).
    """
    each = np.where(counted, np.minimum(n_messages, _LEAST_SUPPORT), 0)
    support = np.bincount(groups, weights=each, minlength=int(groups.max()) + 1)
    enough: NDArray[np.bool_] = support >= _LEAST_SUPPORT
    return enough
