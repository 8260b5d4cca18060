"""Which texts get another topic in a refit: the clearest cases first, and not more than people can follow.

A refit proposes a partition of its own. What it would change is taken apart into moves: a topic that splits, a topic
that dissolves into others, single texts that cross a border. Each is worth what the neighbours of its texts say for
the new topic less what they say for the old one. Moves are made from the clearest on until the allowance is used up;
what is left over comes up again at the next refit, if it is still true by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.knn_vote import NO_GROUP, elect, share_for
from ml.tracking.topic_ids import BORN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.clustering.neighbours import Neighbours

_MIN_ALLOWANCE: Final = 20
"""So many texts may always move."""


@dataclass(frozen=True)
class Proposal:
    """Topics before a refit, and those that it proposes; texts that had none, or shall have none, are `NO_GROUP`.

    Attributes:
        former: int64 (n,), topics 0 to n_former - 1.
        proposed: int64 (n,), the same numbers for the same topics, greater ones for new topics.
        n_former: how many topics there were.
        fixed: bool (n,), texts that stay whatever is proposed.
        filler: the number that stands for filler. A topic that turns out to be filler, more than half of it, goes at
            once and costs no allowance: it never was a subject.
    """

    former: NDArray[np.int64]
    proposed: NDArray[np.int64]
    n_former: int
    fixed: NDArray[np.bool_]
    filler: int


@dataclass(frozen=True)
class _Move:
    """Texts that move together, and how clearly their neighbours are for it (-1 to 1)."""

    support: float
    rows: NDArray[np.intp]
    is_free: bool = False


def allowed_moves(n_former: int, n: int, max_moved_share: float) -> int:
    """How many texts may change topic in a refit.

    Where texts more than doubled since, what was found in so few of them binds less: half the share of all texts.

    Args:
        n_former: texts that had a topic before.
        n: texts now.
        max_moved_share: of the texts that had a topic, 0 to 1.
    """
    return max(_MIN_ALLOWANCE, int(max_moved_share * max(n_former, n / 2)))


def keep_whole(proposal: Proposal, is_whole: NDArray[np.bool_]) -> Proposal:
    """Strike out what would make new topics of some texts: they stay where they are, or go to topics that are known.

    Args:
        proposal: for n texts.
        is_whole: bool (n,), texts of topics that shall not be split.
    """
    makes_new = (proposal.proposed >= proposal.n_former) & (proposal.proposed != proposal.filler)
    return replace(proposal, proposed=np.where(is_whole & makes_new, proposal.former, proposal.proposed))


def settle(proposal: Proposal, neighbours: Neighbours, allowance: int) -> NDArray[np.int64]:
    """Decide the topic of each text.

    Args:
        proposal: what was and what could be.
        neighbours: of the n texts.
        allowance: texts that may change topic.

    Returns:
        int64 (n,), numbers as in the proposal.
    """
    settled = np.where(proposal.former == NO_GROUP, proposal.proposed, proposal.former)
    left = allowance
    for move in sorted(_moves(proposal, neighbours, allowance), key=lambda move: (-move.support, int(move.rows[0]))):
        cost = 0 if move.is_free else len(move.rows)
        if move.support > 0 and cost <= left:
            settled[move.rows] = proposal.proposed[move.rows]
            left -= cost
    return _lead_back(proposal, settled, neighbours)


def _moves(proposal: Proposal, neighbours: Neighbours, allowance: int) -> Iterator[_Move]:
    """Take a proposal apart into what should happen together; what never could goes text by text, over several fits."""
    former, proposed = proposal.former, proposal.proposed
    is_moved = (former != NO_GROUP) & (proposed != former) & ~proposal.fixed
    support = share_for(neighbours, proposed, proposed) - share_for(neighbours, proposed, former)
    support[proposed == NO_GROUP] = 0.0
    dissolves = np.isin(former, np.setdiff1d(former, proposed))
    splits_off = ~dissolves & np.isin(proposed, _split_off(proposal))
    is_single = is_moved.copy()
    for label in np.unique(former[is_moved & (proposed == proposal.filler)]):
        rows = np.flatnonzero(is_moved & (former == label) & (proposed == proposal.filler))
        if 2 * len(rows) > (former == label).sum():
            is_single[rows] = is_moved[rows] = False
            yield _Move(float(support[rows].mean()), rows, is_free=True)
    for labels, is_part in ((former, dissolves), (proposed, splits_off)):
        for label in np.unique(labels[is_moved & is_part]):
            rows = np.flatnonzero(is_moved & is_part & (labels == label))
            if len(rows) <= allowance:
                is_single[rows] = False
                yield _Move(float(support[rows].mean()), rows)
    for row in np.flatnonzero(is_single):
        yield _Move(float(support[row]), np.array([row]))


def _split_off(proposal: Proposal) -> NDArray[np.int64]:
    """New topics, filler apart, that are to a good part made of texts of topics before."""
    is_new = (proposal.proposed >= proposal.n_former) & (proposal.proposed != proposal.filler)
    sizes = np.bincount(proposal.proposed[is_new], minlength=1)
    had_topic = np.bincount(proposal.proposed[is_new & (proposal.former != NO_GROUP)], minlength=len(sizes))
    found: NDArray[np.int64] = np.flatnonzero((sizes > 0) & (had_topic >= BORN * sizes))
    return found


def _lead_back(proposal: Proposal, settled: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.int64]:
    """Texts new to a topic that did not come to be go where most of their neighbours' votes are."""
    came = settled[proposal.former != NO_GROUP]
    is_stillborn = np.isin(settled, np.setdiff1d(_split_off(proposal), came))
    homeless = np.where(is_stillborn, NO_GROUP, settled)
    while is_stillborn.any():
        found = np.where(is_stillborn, elect(neighbours, homeless), NO_GROUP)
        if not (found != NO_GROUP).any():
            break
        homeless = np.where(found != NO_GROUP, found, homeless)
        is_stillborn &= found == NO_GROUP
    return homeless
