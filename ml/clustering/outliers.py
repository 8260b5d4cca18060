"""Texts that are far from everything, groups too small to be a topic, and how many such texts there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.knn_vote import NO_GROUP, elect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours

FAR: Final = "far from everything"
TOO_FEW: Final = "too few alike"

SAID_OFTEN: Final = 10
"""Messages from which a text is not far from everything, whatever else is said: it is near to itself."""
_TWIN: Final = 0.85
"""Cosine that texts without structure do not reach: 0.83 is the most among 300 of random letters."""
_OUTLYING: Final = 4.0
"""Robust standard deviations below the median at which a text counts as far from everything."""
_UNRELATED: Final = 0.25
"""Never noise above twice this similarity, always below it, whatever the rest of the corpus is like."""
_MIN_SUPPORT: Final = 3
"""Texts a topic needs; the same text said again counts too, but no more than this, so that volume founds no topic."""


def outlier_threshold(neighbours: Neighbours) -> float:
    """The similarity to the nearest other text below which a text of this corpus is far from everything.

    Nothing is far from everything where there is but one text.
    """
    if not neighbours.rows.size:
        return -1.0
    nearness = neighbours.similarities[:, 0]
    median = np.median(nearness)
    deviation = 1.4826 * np.median(np.abs(nearness - median))  # 1.4826 makes it a standard deviation for a normal
    return float(np.clip(median - _OUTLYING * deviation, _UNRELATED, 2 * _UNRELATED))


def far_from_everything(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts whose nearest neighbour is much farther away than is usual in this corpus.

    Returns:
        bool (n,).
    """
    limit = outlier_threshold(neighbours)
    far: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] < limit, axis=1)
    return far


def has_twin(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts that another says nearly as they do: bool (n,)."""
    twin: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] >= _TWIN, axis=1)
    return twin


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
    each = np.where(counted, np.minimum(n_messages, _MIN_SUPPORT), 0)
    support = np.bincount(groups, weights=each, minlength=int(groups.max()) + 1)
    enough: NDArray[np.bool_] = support >= _MIN_SUPPORT
    return enough


def place_surplus(
    groups: NDArray[np.int64], is_noise_allowed: NDArray[np.bool_], neighbours: Neighbours, max_noise_share: float
) -> NDArray[np.int64]:
    """Bound the noise: what is beyond its share, the nearest first, goes where most of its neighbours' votes are.

    Args:
        groups: int64 (n,), `NO_GROUP` for none.
        is_noise_allowed: bool (n,), whether a text without group is noise; it is something else where False.
        neighbours: of the n texts.
        max_noise_share: of the texts, 0 to 1. Texts that have no neighbour with a group stay noise even beyond it.

    Returns:
        int64 (n,).
    """
    placed = groups.copy()
    while True:
        noise = np.flatnonzero((placed == NO_GROUP) & is_noise_allowed)
        surplus = len(noise) - int(max_noise_share * len(groups))
        elected = elect(neighbours, placed)[noise]
        nearness = np.where(elected == NO_GROUP, -np.inf, neighbours.similarities[noise].max(axis=1, initial=-np.inf))
        nearest = np.argsort(-nearness, kind="stable")[: max(surplus, 0)]
        nearest = nearest[elected[nearest] != NO_GROUP]
        if not len(nearest):
            return placed
        placed[noise[nearest]] = elected[nearest]
