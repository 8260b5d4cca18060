"""Which texts of a topic to show: near its centre, and not the same thing over and over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME: Final = 0.95
"""Two texts with a higher dot product say the same in nearly the same words."""


def central_texts(vectors: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Choose up to k rows nearest to the centre, leaving out near-copies as long as there are enough others.

    Args:
        vectors: float32 (n, d), unit rows of one topic.
        k: how many, at least 0.

    Returns:
        (min(k, n),) rows, nearest first.
    """
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable") if len(vectors) else np.empty(0, np.intp)
    chosen: list[np.intp] = []
    copies: list[np.intp] = []
    for row in order:
        if len(chosen) == k:
            break
        is_copy = bool(chosen) and float((vectors[chosen] @ vectors[row]).max()) > _SAME
        (copies if is_copy else chosen).append(row)
    picked = set(chosen + copies[: max(0, k - len(chosen))])
    return np.array([row for row in order if row in picked], dtype=np.intp)
