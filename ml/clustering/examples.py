"""Which texts of a topic to show: near its centre, and unlike one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CENTRALITY: Final = 0.7
"""What nearness to the centre counts beside difference from what is shown already; 1 would be nearness alone."""
_TYPICAL_SHARE: Final = 0.5
"""Only the nearer half of a topic is shown: what is at its edge is unlike everything, but typical of nothing."""

_SAME: Final = 0.95
"""Texts with a higher dot product say the same in nearly the same words: one stands for all while there are others."""
_TINY: Final = 1e-9


def central_texts(vectors: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Choose up to k rows, each near the centre and unlike those before it.

    This is maximal marginal relevance (Carbonell and Goldstein 1998) with the centre as the query.

    Args:
        vectors: float32 (n, d), unit rows of one topic.
        k: how many, at least 0.

    Returns:
        (min(k, n),) rows, the most typical first; any number of the first ones shows the topic from several sides.
    """
    n = len(vectors)
    if not min(k, n):
        return np.empty(0, dtype=np.intp)
    centre = vectors.mean(axis=0)
    nearness = vectors @ (centre / max(float(np.linalg.norm(centre)), _TINY))
    order = np.argsort(-nearness, kind="stable")
    pool = order[: max(k, int(np.ceil(n * _TYPICAL_SHARE)))]
    likeness = np.full(len(pool), -np.inf)
    chosen: list[int] = [0]
    while len(chosen) < min(k, n):
        likeness = np.maximum(likeness, vectors[pool] @ vectors[pool[chosen[-1]]])
        worth = _CENTRALITY * nearness[pool] - (1 - _CENTRALITY) * likeness
        worth[likeness > _SAME] -= 1.0
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
    return pool[chosen]
