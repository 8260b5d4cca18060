"""The coordinates of the flow's boxes and bands: a pure function of the graph.

Horizontal positions are fractions (0 to 1) of the picture's width, so it stretches with its card. Vertical ones are
pixels, and one journey has the same height everywhere. The text of a box is above it, in a lane that no band crosses:
bands run between the lanes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contracts.tables import START

if TYPE_CHECKING:
    from dashboard.journeys.flow.graph import Flow

HEADING = 30
"""Height of a column's title, in pixels."""
WORDS = 53
"""Height above each box for its name, on up to two lines, and its share, in pixels."""
PAD = 12
"""Space below each box, in pixels."""
ALL_JOURNEYS = 300
"""Height of all journeys together, in pixels."""
START_WIDTH = 0.3
GAP_WIDTH = 0.42
"""Width of a gap, and of START's lane, as a fraction of a step's lane."""
LANE = 136
"""Minimum width of a lane, in pixels; narrower screens scroll."""


@dataclass(frozen=True)
class Box:
    """A box without its text: `left` and `width` as fractions of the picture's width, `top` and `height` in pixels."""

    left: float
    width: float
    top: float
    height: float

    @property
    def right(self) -> float:
        """The side from which bands leave, as a fraction of the width."""
        return self.left + self.width


@dataclass(frozen=True)
class Band:
    """A band from `left` to `right` (fractions of the width); its upper edges and its height are in pixels."""

    left: float
    right: float
    left_top: float
    right_top: float
    height: float


@dataclass(frozen=True)
class FlowLayout:
    """Positions of the flow's nodes and links, in their order; `height` and `min_width` in pixels."""

    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]
    height: float
    min_width: float


def lay_out(flow: Flow) -> FlowLayout:
    """Place every box and band; boxes stand in the order of the flow's nodes, the first on top."""
    boxes = _boxes(flow)
    bands = _bands(flow, boxes)
    if flow.is_backward:  # time runs from left to right in a backward flow too
        boxes = [replace(box, left=1 - box.right) for box in boxes]
        bands = [_turned(band) for band in bands]
    height = max(box.top + box.height for box in boxes) + PAD
    return FlowLayout(tuple(boxes), tuple(bands), height, LANE / boxes[-1].width)


def _turned(band: Band) -> Band:
    """Mirror a band."""
    return Band(1 - band.right, 1 - band.left, band.right_top, band.left_top, band.height)


def _boxes(flow: Flow) -> list[Box]:
    scale = ALL_JOURNEYS / flow.n_sessions
    boxes = []
    for number, column in enumerate(flow.columns):
        left, width = _lane(number, flow.last_column, START_WIDTH if flow.origin.key == START else 1)
        top = float(HEADING)
        for node in column:
            boxes.append(Box(left, width, top + WORDS, node.n_sessions * scale))
            top = boxes[-1].top + boxes[-1].height + PAD
    return boxes


def _lane(number: int, last: int, first_width: float) -> tuple[float, float]:
    """Return the left side and width of a column: START's is narrow; the others and the gaps are equal."""
    whole = first_width + last * (GAP_WIDTH + 1)
    if number == 0:
        return 0.0, first_width / whole
    return (first_width + number * GAP_WIDTH + number - 1) / whole, 1 / whole


def _bands(flow: Flow, boxes: list[Box]) -> list[Band]:
    scale = ALL_JOURNEYS / flow.n_sessions
    leaving = _edges([(link.source, link.target, link.n_sessions * scale) for link in flow.links], boxes)
    entering = _edges([(link.target, link.source, link.n_sessions * scale) for link in flow.links], boxes)
    return [
        Band(boxes[link.source].right, boxes[link.target].left, left_top, right_top, link.n_sessions * scale)
        for link, left_top, right_top in zip(flow.links, leaving, entering, strict=True)
    ]


def _edges(ends: list[tuple[int, int, float]], boxes: list[Box]) -> list[float]:
    """Return the upper edges of bands (own box, other box, height) at their own box, in the given order.

    At a box the bands are stacked in the order of their other ends, so two bands that share a box never cross.
    """
    tops = [0.0] * len(ends)
    used: dict[int, float] = defaultdict(float)
    for place in sorted(range(len(ends)), key=lambda place: ends[place][1]):
        own, _, height = ends[place]
        tops[place] = boxes[own].top + used[own]
        used[own] += height
    return tops
