"""Which topics one value's messages hold clearly more or less often than all other messages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dashboard.significance import chance_of, clear_ones, is_testable, z_of_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.published import Row

Column = tuple[str, str | None]
"""Kind (VALUE, OTHER, NONE) and value."""


def clear_lifts(rows: Sequence[Row], topic_ids: Sequence[str]) -> dict[tuple[Column, str], float]:
    """Compare each value's share of each topic with its share of the other messages.

    Args:
        rows: `kind`, `segment`, `topic_id` (null without one) and `n_messages`, every message in one row.
        topic_ids: the topics to compare.

    Returns:
        How many spreads the shares lie apart (the two-proportion z, positive for more often), by column and topic; only
        where chance alone would hardly show even one such difference among all that were looked at.
    """
    totals: Counter[Column] = Counter()
    sizes: Counter[str | None] = Counter()
    cells: Counter[tuple[Column, str | None]] = Counter()
    for row in rows:
        column = (row["kind"], row["segment"])
        totals[column] += row["n_messages"]
        sizes[row["topic_id"]] += row["n_messages"]
        cells[column, row["topic_id"]] += row["n_messages"]
    n_messages = totals.total()
    found: dict[tuple[Column, str], float] = {}
    for column, total in totals.items():
        for topic_id in topic_ids:
            n = cells[column, topic_id]
            counts = (n, total, sizes[topic_id] - n, n_messages - total)
            if n_messages > total and is_testable(*counts):
                found[column, topic_id] = z_of_difference(*counts)
    clear = clear_ones([chance_of(z) for z in found.values()])
    return {cell: z for (cell, z), is_clear in zip(found.items(), clear, strict=True) if is_clear}
