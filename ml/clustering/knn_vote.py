"""k-NN vote weighted by similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours

NO_GROUP: Final = -1
N_VOTERS: Final = 10
_POWER: Final = 4
"""A neighbour's vote counts by its similarity to this power."""


def vote_weights(neighbours: Neighbours) -> NDArray[np.float64]:
    """Return the weight of each neighbour's vote: float64 (n, voters)."""
    weights: NDArray[np.float64] = np.maximum(neighbours.similarities[:, :N_VOTERS], 0.0).astype(np.float64) ** _POWER
    return weights


def vote_share(neighbours: Neighbours, labels: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each text's votes that go to its target label.

    Args:
        neighbours: of n texts, whose rows index `labels`.
        labels: int64 (m,), label of each voter.
        targets: int64 (n,), the label asked about for each text.

    Returns:
        float64 (n,), 0 to 1; 0 if no neighbour has a positive similarity.
    """
    weights = vote_weights(neighbours)
    is_for = labels[neighbours.rows[:, :N_VOTERS]] == targets[:, np.newaxis]
    total = weights.sum(axis=1)
    shares: NDArray[np.float64] = np.divide(
        (weights * is_for).sum(axis=1), total, out=np.zeros_like(total), where=total > 0
    )
    return shares


def majority_vote(neighbours: Neighbours, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the label with the most votes for each of n texts. A tie goes to the smallest label.

    Args:
        neighbours: of n texts, whose rows index `labels`.
        labels: int64 (m,), label of each voter; the votes of `NO_GROUP` do not count.

    Returns:
        int64 (n,), `NO_GROUP` where no neighbour has a label.
    """
    choices = labels[neighbours.rows[:, :N_VOTERS]]
    weights = np.where(choices == NO_GROUP, -1.0, vote_weights(neighbours))
    best = np.full(len(choices), NO_GROUP, dtype=np.int64)
    most = np.full(len(choices), -1.0)
    for voter in range(choices.shape[1]):
        choice = choices[:, voter]
        votes = np.where((choices == choice[:, np.newaxis]) & (weights >= 0), weights, 0.0).sum(axis=1)
        votes[choice == NO_GROUP] = -1.0
        wins = (votes > most) | ((votes == most) & (votes >= 0) & (choice < best))
        best[wins], most[wins] = choice[wins], votes[wins]
    return best
