"""Limit how many texts change topic in a refit: the clearest changes are made first.

A refit proposes a partition. Its changes are divided into reassignments: a topic that splits, a topic that dissolves
into others, single texts that cross a border. The support of a reassignment is the vote share of the new topic less
that of the old one. Reassignments are applied in the order of their support until the allowance is used up. The next
refit proposes the rest again, if it still holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.neighbours import NO_GROUP, majority_vote, vote_share
from ml.tracking.topic_ids import MAX_INHERITED_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.clustering.fit_state import FitState
    from ml.clustering.neighbours import Neighbours

_MIN_ALLOWANCE: Final = 20
"""Texts that may always change topic."""


@dataclass(frozen=True)
class Proposal:
    """The topics before a refit, and those that it proposes; `NO_GROUP` for none.

    Attributes:
        former: int64 (n,), topics 0 to n_former - 1.
        proposed: int64 (n,), the same numbers for the same topics, greater ones for new topics.
        n_former: the number of topics before.
        fixed: bool (n,), texts that keep their topic whatever is proposed.
        filler: the label of filler. A topic of which more than half turns out to be filler is dissolved at once,
            outside the allowance.
    """

    former: NDArray[np.int64]
    proposed: NDArray[np.int64]
    n_former: int
    fixed: NDArray[np.bool_]
    filler: int


@dataclass(frozen=True)
class _Reassignment:
    """Texts that change topic together, and how far their neighbours support it (-1 to 1)."""

    support: float
    rows: NDArray[np.intp]
    is_free: bool = False


def limit(state: FitState) -> FitState:
    """Let a text keep its former topic where too many would change theirs."""
    had_topic = int((state.former != NO_GROUP).sum())
    allowance = max_reassignments(had_topic, len(state.former), state.limits.max_moved_share)
    proposal = Proposal(state.former, state.labels, len(state.old_ids), state.is_pinned, state.filler)
    proposal = forbid_splits(proposal, state.is_provisional)
    return replace(state, labels=apply_limit(proposal, state.neighbours, allowance))


def max_reassignments(n_former: int, n: int, max_moved_share: float) -> int:
    """Return how many texts may change topic in a refit.

    If the number of texts has more than doubled, the share counts from half of all texts.

    Args:
        n_former: texts that had a topic before.
        n: texts now.
        max_moved_share: of the texts that had a topic, 0 to 1.
    """
    return max(_MIN_ALLOWANCE, int(max_moved_share * max(n_former, n / 2)))


def forbid_splits(proposal: Proposal, is_whole: NDArray[np.bool_]) -> Proposal:
    """Remove the splits of some topics from a proposal; their texts stay, or go to existing topics.

    Args:
        proposal: for n texts.
        is_whole: bool (n,), texts of topics that must not be split.
    """
    makes_new = (proposal.proposed >= proposal.n_former) & (proposal.proposed != proposal.filler)
    return replace(proposal, proposed=np.where(is_whole & makes_new, proposal.former, proposal.proposed))


def apply_limit(proposal: Proposal, neighbours: Neighbours, allowance: int) -> NDArray[np.int64]:
    """Apply as much of a proposal as the allowance permits.

    Args:
        proposal: former and proposed topics of n texts.
        neighbours: of the n texts.
        allowance: number of texts that may change topic.

    Returns:
        int64 (n,), labels as in the proposal.
    """
    settled = np.where(proposal.former == NO_GROUP, proposal.proposed, proposal.former)
    left = allowance
    for reassignment in sorted(
        _reassignments(proposal, neighbours, allowance),
        key=lambda reassignment: (-reassignment.support, int(reassignment.rows[0])),
    ):
        cost = 0 if reassignment.is_free else len(reassignment.rows)
        if reassignment.support > 0 and cost <= left:
            settled[reassignment.rows] = proposal.proposed[reassignment.rows]
            left -= cost
    return _reassign_orphans(proposal, settled, neighbours)


def _reassignments(proposal: Proposal, neighbours: Neighbours, allowance: int) -> Iterator[_Reassignment]:
    """Divide a proposal into reassignments; one larger than the allowance is divided into single texts."""
    former, proposed = proposal.former, proposal.proposed
    is_moved = (former != NO_GROUP) & (proposed != former) & ~proposal.fixed
    support = vote_share(neighbours, proposed, proposed) - vote_share(neighbours, proposed, former)
    support[proposed == NO_GROUP] = 0.0
    dissolves = np.isin(former, np.setdiff1d(former, proposed))
    splits_off = ~dissolves & np.isin(proposed, _split_off(proposal))
    is_single = is_moved.copy()
    for label in np.unique(former[is_moved & (proposed == proposal.filler)]):
        rows = np.flatnonzero(is_moved & (former == label) & (proposed == proposal.filler))
        if 2 * len(rows) > (former == label).sum():
            is_single[rows] = is_moved[rows] = False
            yield _Reassignment(float(support[rows].mean()), rows, is_free=True)
    for labels, is_part in ((former, dissolves), (proposed, splits_off)):
        for label in np.unique(labels[is_moved & is_part]):
            rows = np.flatnonzero(is_moved & is_part & (labels == label))
            if len(rows) <= allowance:
                is_single[rows] = False
                yield _Reassignment(float(support[rows].mean()), rows)
    for row in np.flatnonzero(is_single):
        yield _Reassignment(float(support[row]), np.array([row]))


def _split_off(proposal: Proposal) -> NDArray[np.int64]:
    """Find the new topics, filler apart, that largely consist of texts of former topics."""
    is_new = (proposal.proposed >= proposal.n_former) & (proposal.proposed != proposal.filler)
    sizes = np.bincount(proposal.proposed[is_new], minlength=1)
    had_topic = np.bincount(proposal.proposed[is_new & (proposal.former != NO_GROUP)], minlength=len(sizes))
    found: NDArray[np.int64] = np.flatnonzero((sizes > 0) & (had_topic >= MAX_INHERITED_SHARE * sizes))
    return found


def _reassign_orphans(proposal: Proposal, settled: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.int64]:
    """Reassign new texts of a topic whose split was not applied, by a vote of their neighbours."""
    came = settled[proposal.former != NO_GROUP]
    is_cancelled = np.isin(settled, np.setdiff1d(_split_off(proposal), came))
    labels = np.where(is_cancelled, NO_GROUP, settled)
    while is_cancelled.any():
        found = np.where(is_cancelled, majority_vote(neighbours, labels), NO_GROUP)
        if not (found != NO_GROUP).any():
            break
        labels = np.where(found != NO_GROUP, found, labels)
        is_cancelled &= found == NO_GROUP
    return labels
