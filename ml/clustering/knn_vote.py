"""How the neighbours of a text vote: near ones decide."""

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
    """float64 (n, voters), how much the vote of each of the nearest counts."""
    weights: NDArray[np.float64] = np.maximum(neighbours.similarities[:, :N_VOTERS], 0.0).astype(np.float64) ** _POWER
    return weights


def share_for(neighbours: Neighbours, labels: NDArray[np.int64], choices: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of all votes that go to a choice.

    Args:
        neighbours: of n texts, whose rows point into `labels`.
        labels: int64 (m,), what each text that may vote stands for.
        choices: int64 (n,), the choice of each text that is asked about.

    Returns:
        float64 (n,), 0 to 1; 0 where nobody near is alike at all.
    """
    weights = vote_weights(neighbours)
    is_for = labels[neighbours.rows[:, :N_VOTERS]] == choices[:, np.newaxis]
    total = weights.sum(axis=1)
    shares: NDArray[np.float64] = np.divide(
        (weights * is_for).sum(axis=1), total, out=np.zeros_like(total), where=total > 0
    )
    return shares


def elect(neighbours: Neighbours, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of n texts the label with most votes, the smallest of equals; `NO_GROUP` voters do not count.

    Args:
        neighbours: of n texts, whose rows point into `labels`.
        labels: int64 (m,), what each text that may vote stands for; `NO_GROUP` for none.

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
