"""What a value's messages hold clearly more or less often than all other messages: of topics, and of one topic."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from dashboard.significance import chance_of, clear_ones, is_testable, z_of_difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.published import Row

Column = tuple[str, str | None]
"""Kind (VALUE, OTHER, NONE) and value."""
Counts = tuple[int, int, int, int]
"""Messages of a topic among a value's messages, those, messages of the topic among all others, and those."""
Cell = TypeVar("Cell")


def clear_among(cells: Mapping[Cell, Counts]) -> dict[Cell, float]:
    """Name the cells whose two shares lie apart by more than chance, judged among all that are looked at.

    Returns:
        How many spreads the shares lie apart (the two-proportion z, positive for more often), by cell; only where
        chance alone would hardly show even one such difference among them all. Cells of too few are not looked at.
    """
    found = {
        cell: z_of_difference(*counts)
        for cell, counts in cells.items()
        if min(counts[1], counts[3]) and is_testable(*counts)
    }
    clear = clear_ones([chance_of(z) for z in found.values()])
    return {cell: z for (cell, z), is_clear in zip(found.items(), clear, strict=True) if is_clear}


def clear_lifts(rows: Sequence[Row], topic_ids: Sequence[str]) -> dict[tuple[Column, str], float]:
    """Name the cells of a table of values and topics that `clear_among` finds; `rows` are those of `count_cells`."""
    return clear_among(count_cells(rows, topic_ids))


def spreads(counts: Counts) -> float:
    """How many spreads the two shares of a cell lie apart, 0 where one side has no messages."""
    return z_of_difference(*counts) if min(counts[1], counts[3]) else 0.0


def count_cells(rows: Sequence[Row], topic_ids: Sequence[str]) -> dict[tuple[Column, str], Counts]:
    """Set each value's messages of each topic against all other messages.

    Args:
        rows: `kind`, `segment`, `topic_id` (null without one) and `n_messages`, every message in one row.
        topic_ids: the topics to compare.
    """
    totals: Counter[Column] = Counter()
    sizes: Counter[str | None] = Counter()
    said: Counter[tuple[Column, str | None]] = Counter()
    for row in rows:
        column = (row["kind"], row["segment"])
        totals[column] += row["n_messages"]
        sizes[row["topic_id"]] += row["n_messages"]
        said[column, row["topic_id"]] += row["n_messages"]
    n_messages = totals.total()
    cells: dict[tuple[Column, str], Counts] = {}
    for column, total in totals.items():
        for topic_id in topic_ids:
            n = said[column, topic_id]
            cells[column, topic_id] = (n, total, sizes[topic_id] - n, n_messages - total)
    return cells
