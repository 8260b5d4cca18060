"""Topics that rise and fall: shares of two looks, and whether chance alone would explain the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.significance import z_of_difference

if TYPE_CHECKING:
    from dashboard.view import View

LEAST_Z = 3.29
"""Two-sided 1 in 1,000: with dozens of topics looked at, 1 in 20 would show moves that are none."""
MOST_MOVES = 8
MOST_UNCLEAR = 3
"""So many rises, and as many falls, are named where no change is clear."""


@dataclass(frozen=True)
class Move:
    """A topic and its share of the messages in two looks; `is_clear` where chance does not explain the difference."""

    topic_id: str
    label: str
    n: int
    n_before: int
    share: float
    share_before: float
    is_clear: bool

    @property
    def change(self) -> float:
        """Change of the share, in -1 to 1."""
        return self.share - self.share_before


def find_moves(now: View, before: View) -> list[Move]:
    """Return all topics of two looks, the largest change of share first; none where a look has no messages."""
    sizes = [look.rows("topic_sizes", field=now.field) for look in (now, before)]
    totals = [sum(row["n_messages"] for row in rows) for rows in sizes]
    if 0 in totals:
        return []
    counts = [{row["topic_id"]: row["n_messages"] for row in rows if row["topic_id"]} for rows in sizes]
    labels = {row["topic_id"]: row["label"] for rows in reversed(sizes) for row in rows if row["topic_id"]}
    moves = [
        Move(
            topic_id,
            label,
            n,
            n_before,
            n / totals[0],
            n_before / totals[1],
            is_clear(n, totals[0], n_before, totals[1]),
        )
        for topic_id, label in labels.items()
        for n, n_before in [(counts[0].get(topic_id, 0), counts[1].get(topic_id, 0))]
    ]
    return sorted(moves, key=lambda move: (-abs(move.change), move.topic_id))


def clear_moves(moves: list[Move]) -> list[Move]:
    """The largest of those that chance does not explain."""
    return [move for move in moves if move.is_clear][:MOST_MOVES]


def largest_moves(moves: list[Move]) -> list[Move]:
    """The largest rises, then the largest falls, however likely chance alone makes them."""
    rises = [move for move in moves if move.change > 0][:MOST_UNCLEAR]
    falls = [move for move in moves if move.change < 0][:MOST_UNCLEAR]
    return rises + falls


def is_clear(n: int, total: int, n_before: int, total_before: int) -> bool:
    """Whether two shares differ by more than chance: the two-proportion z-test with pooled variance."""
    return abs(z_of_difference(n, total, n_before, total_before)) >= LEAST_Z
