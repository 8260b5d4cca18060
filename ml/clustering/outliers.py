"""Find outliers and groups too small for a topic, and cap the share of noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.knn_vote import NO_GROUP, majority_vote

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours

OUTLIER: Final = "far from everything"
TOO_FEW: Final = "too few alike"

MIN_REPEATS: Final = 10
"""A text of this many messages is no outlier: it is near to itself."""
_NEAR_DUPLICATE: Final = 0.85
"""Texts of random letters do not reach this cosine: the maximum among 300 is 0.83."""
_OUTLIER_DEVIATIONS: Final = 4.0
"""Robust standard deviations below the median nearest-neighbour similarity from which a text is an outlier."""
_MIN_THRESHOLD: Final = 0.25
"""Bounds of the threshold: this similarity and twice this, whatever the corpus is like."""
_MIN_SUPPORT: Final = 3
"""Messages a topic needs. One text counts at most as often as this, so that a single repeated text can be a topic."""


def outlier_threshold(neighbours: Neighbours) -> float:
    """Return the nearest-neighbour similarity below which a text of this corpus is an outlier; -1 for a single text."""
    if not neighbours.rows.size:
        return -1.0
    similarities = neighbours.similarities[:, 0]
    median = np.median(similarities)
    deviation = 1.4826 * np.median(np.abs(similarities - median))  # 1.4826 makes it a standard deviation for a normal
    return float(np.clip(median - _OUTLIER_DEVIATIONS * deviation, _MIN_THRESHOLD, 2 * _MIN_THRESHOLD))


def find_outliers(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts whose nearest neighbour is much farther away than usual in this corpus.

    Returns:
        bool (n,).
    """
    limit = outlier_threshold(neighbours)
    outliers: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] < limit, axis=1)
    return outliers


def has_near_duplicate(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts with a near duplicate: bool (n,)."""
    near_duplicate: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] >= _NEAR_DUPLICATE, axis=1)
    return near_duplicate


def supported_groups(
    groups: NDArray[np.int64], counted: NDArray[np.bool_], n_messages: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Find the groups (0, 1, …) that are large enough for a topic.

    Args:
        groups: int64 (n,).
        counted: bool (n,), texts that count for their group.
        n_messages: int64 (n,).

    Returns:
        bool (number of groups,).
    """
    each = np.where(counted, np.minimum(n_messages, _MIN_SUPPORT), 0)
    support = np.bincount(groups, weights=each, minlength=int(groups.max()) + 1)
    enough: NDArray[np.bool_] = support >= _MIN_SUPPORT
    return enough


def cap_noise(
    groups: NDArray[np.int64], is_noise_allowed: NDArray[np.bool_], neighbours: Neighbours, max_noise_share: float
) -> NDArray[np.int64]:
    """Cap the share of noise: surplus texts join the group that their neighbours vote for, the nearest texts first.

    Args:
        groups: int64 (n,), `NO_GROUP` for none.
        is_noise_allowed: bool (n,), whether a text without a group counts as noise; if not, it stays as it is.
        neighbours: of the n texts.
        max_noise_share: of the texts, 0 to 1. Texts without a neighbour in a group stay noise even beyond it.

    Returns:
        int64 (n,).
    """
    placed = groups.copy()
    while True:
        noise = np.flatnonzero((placed == NO_GROUP) & is_noise_allowed)
        surplus = len(noise) - int(max_noise_share * len(groups))
        voted = majority_vote(neighbours, placed)[noise]
        similarities = np.where(voted == NO_GROUP, -np.inf, neighbours.similarities[noise].max(axis=1, initial=-np.inf))
        nearest = np.argsort(-similarities, kind="stable")[: max(surplus, 0)]
        nearest = nearest[voted[nearest] != NO_GROUP]
        if not len(nearest):
            return placed
        placed[noise[nearest]] = voted[nearest]
