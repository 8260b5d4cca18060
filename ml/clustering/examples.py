"""Choose the example texts of a topic: near its centre, and unlike one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RELEVANCE_WEIGHT: Final = 0.7
"""The lambda of maximal marginal relevance: 1 would be relevance to the centre alone."""
_TYPICAL_SHARE: Final = 0.5
"""Examples come from the nearer half of a topic: a text at its edge is different, but not typical."""

_NEAR_DUPLICATE: Final = 0.95
"""Texts with a higher dot product are near duplicates: one of them is shown while there are others."""
_TINY: Final = 1e-9


def representative_texts(vectors: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Choose up to k rows, each near the centre and unlike those before it.

    This is maximal marginal relevance (Carbonell and Goldstein 1998) with the centre as the query.

    Args:
        vectors: float32 (n, d), unit rows of one topic.
        k: how many, at least 0.

    Returns:
        (min(k, n),) rows, the most typical first.
    """
    n = len(vectors)
    if not min(k, n):
        return np.empty(0, dtype=np.intp)
    centre = vectors.mean(axis=0)
    relevance = vectors @ (centre / max(float(np.linalg.norm(centre)), _TINY))
    order = np.argsort(-relevance, kind="stable")
    pool = order[: max(k, int(np.ceil(n * _TYPICAL_SHARE)))]
    redundancy = np.full(len(pool), -np.inf)
    chosen: list[int] = [0]
    while len(chosen) < min(k, n):
        redundancy = np.maximum(redundancy, vectors[pool] @ vectors[pool[chosen[-1]]])
        score = _RELEVANCE_WEIGHT * relevance[pool] - (1 - _RELEVANCE_WEIGHT) * redundancy
        score[redundancy > _NEAR_DUPLICATE] -= 1.0
        score[chosen] = -np.inf
        chosen.append(int(np.argmax(score)))
    return pool[chosen]
