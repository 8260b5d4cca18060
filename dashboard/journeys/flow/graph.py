"""The flow of journeys as a graph: from START through topics step by step to END, with Other and More so sums agree.

Nothing here knows pixels: `layout.py` places the boxes, `picture.py` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contracts.tables import END, START

OTHER_TOPICS = "OTHER"
MORE = "MORE"
NAMES = {START: "Start", END: "End", OTHER_TOPICS: "Other topics", MORE: "More steps"}


@dataclass(frozen=True)
class Node:
    """A box of the picture: a topic, START, END, Other or More in one column, with the sessions that reach it."""

    column: int
    key: str
    n_sessions: int

    @property
    def is_topic(self) -> bool:
        """Whether the box stands for exactly one topic."""
        return self.key not in NAMES


@dataclass(frozen=True)
class Link:
    """A band between two boxes; `source` and `target` are indexes of the flow's nodes."""

    source: int
    target: int
    n_sessions: int


@dataclass(frozen=True)
class Flow:
    """Boxes column by column, the largest topic on top and END at the bottom, and the bands between them.

    Column 0 has one box: START, or the topic from which the flow follows journeys. A backward flow shows what came
    before that topic: its columns go back in time, and START is at their far end.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    is_backward: bool = False

    @property
    def origin(self) -> Node:
        """The box that all journeys of the flow leave."""
        return self.nodes[0]

    @property
    def n_sessions(self) -> int:
        """The number of journeys in the flow."""
        return self.origin.n_sessions

    @cached_property
    def columns(self) -> list[list[Node]]:
        """The boxes column by column, START's first."""
        return [[node for node in self.nodes if node.column == number] for number in range(self.last_column + 1)]

    @property
    def last_column(self) -> int:
        """The number of the last column, where START's is 0."""
        return self.nodes[-1].column


def make_flow(rows: list[dict[str, Any]], *, is_backward: bool = False) -> Flow:
    """Build the flow from at least one row (step, source, target, n_sessions), where step 1 leaves the origin."""
    sizes: dict[tuple[int, str], int] = {}
    for row in rows:
        if row["step"] == 1:
            _grow(sizes, (0, row["source"]), row["n_sessions"])
        _grow(sizes, (row["step"], row["target"]), row["n_sessions"])
    nodes = sorted((Node(column, key, size) for (column, key), size in sizes.items()), key=_order)
    places = {(node.column, node.key): place for place, node in enumerate(nodes)}
    links = [
        Link(places[row["step"] - 1, row["source"]], places[row["step"], row["target"]], row["n_sessions"])
        for row in rows
    ]
    return Flow(tuple(nodes), tuple(links), is_backward)


def _grow(sizes: dict[tuple[int, str], int], key: tuple[int, str], number: int) -> None:
    sizes[key] = sizes.get(key, 0) + number


def _order(node: Node) -> tuple[int, int, int, str]:
    """Sort each column: topics by size, then Other, More and END, or START where that is the far end."""
    last = {OTHER_TOPICS: 1, MORE: 2, END: 3, START: 3}.get(node.key, 0)
    return node.column, last, -node.n_sessions, node.key
