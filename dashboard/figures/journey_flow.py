"""The flow picture: sessions from START through topics step by step to END, with Other and More so that sums agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from contracts.tables import END, START
from dashboard.theme import ACCENT, OTHER, chart_layout, translucent
from dashboard.wording import chart_label, plural, share

OTHER_TOPICS = "OTHER"
MORE = "MORE"
NAMES = {START: "Start", END: "End", OTHER_TOPICS: "Other topics", MORE: "More steps"}

THICKNESS = 12
PAD = 20
ROW = 46
"""Pixels of height for each box of the fullest column, its gap included."""
MARGIN = {"l": 8, "r": 150, "t": 34, "b": 14}
COLUMN = 190
"""Least pixels of width for a column with its words; narrower screens scroll."""
LAPTOP = 970
SHARE_WIDTH = 66
CHARACTER_WIDTH = 6.9
TWO_LINES = 24
"""Pixels at the size of the picture's words."""
SHARE_CHARACTERS = 7
END_COLOUR = "#B9C0CC"


@dataclass(frozen=True)
class Node:
    """A box of the picture: a topic, START, END, Other or More at one column, and the sessions that reach it."""

    column: int
    key: str
    n_sessions: int

    @property
    def is_topic(self) -> bool:
        """Whether the box stands for exactly one topic."""
        return self.key not in NAMES


@dataclass(frozen=True)
class Link:
    """A band between two boxes; `source` and `target` are places in the flow's nodes."""

    source: int
    target: int
    n_sessions: int


@dataclass(frozen=True)
class Place:
    """Centre of a box in 0 to 1, from the left and from the top, and its height in pixels."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Flow:
    """Boxes column by column, the largest topic on top and END at the bottom, and the bands between them."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    @property
    def n_sessions(self) -> int:
        """Sessions that leave START."""
        return sum(node.n_sessions for node in self.nodes if node.key == START)

    def column(self, number: int) -> list[Node]:
        """The boxes of one column."""
        return [node for node in self.nodes if node.column == number]


def make_flow(rows: list[dict[str, Any]]) -> Flow:
    """Build the picture from rows (step, source, target, n_sessions), where step 1 leaves START."""
    sizes: dict[tuple[int, str], int] = {}
    for row in rows:
        if row["step"] == 1:
            _grow(sizes, (0, START), row["n_sessions"])
        _grow(sizes, (row["step"], row["target"]), row["n_sessions"])
    nodes = sorted((Node(column, key, size) for (column, key), size in sizes.items()), key=_order)
    places = {(node.column, node.key): place for place, node in enumerate(nodes)}
    links = [
        Link(places[row["step"] - 1, row["source"]], places[row["step"], row["target"]], row["n_sessions"])
        for row in rows
    ]
    return Flow(tuple(nodes), tuple(links))


def draw_flow(flow: Flow, labels: dict[str, str], colours: dict[str, str]) -> go.Figure:
    """Draw the picture; `labels` and `colours` are by topic id, and topics without a colour are grey."""
    names = [_name(node.key, labels) for node in flow.nodes]
    height = _height(flow)
    places = _places(flow, height)
    figure = go.Figure(
        go.Sankey(arrangement="fixed", node=_boxes(flow, names, colours, places), link=_bands(flow, names, colours))
    )
    words = [*_headings(flow), *_words(flow, names, places)]
    figure.update_layout(**chart_layout(height, margin=MARGIN, annotations=words))
    return figure


def least_width(flow: Flow) -> int:
    """Pixels that the picture needs so that its words do not run into each other."""
    return (flow.nodes[-1].column + 1) * COLUMN


def _boxes(flow: Flow, names: list[str], colours: dict[str, str], places: list[Place]) -> dict[str, Any]:
    # The style sheet hides the labels; they are what shows on hover. A click tells the browser nothing but a string.
    hovers = [_node_hover(node, name, flow.n_sessions) for node, name in zip(flow.nodes, names, strict=True)]
    return {
        "label": hovers,
        "x": [place.x for place in places],
        "y": [place.y for place in places],
        "color": [_colour(node, colours) for node in flow.nodes],
        "thickness": THICKNESS,
        "pad": PAD,
        "line": {"width": 0},
        "customdata": [node.key if node.is_topic else "" for node in flow.nodes],
        "hovertemplate": "%{label}<extra></extra>",
    }


def _bands(flow: Flow, names: list[str], colours: dict[str, str]) -> dict[str, Any]:
    """A band has the colour of where it goes when it leaves START, and of where it comes from after that."""
    shown_by = [link.target if flow.nodes[link.source].key == START else link.source for link in flow.links]
    return {
        "source": [link.source for link in flow.links],
        "target": [link.target for link in flow.links],
        "value": [link.n_sessions for link in flow.links],
        "color": [_band_colour(flow.nodes[place], colours) for place in shown_by],
        "label": [_link_hover(flow, link, names) for link in flow.links],
        "hovertemplate": "%{label}<extra></extra>",
    }


def _words(flow: Flow, names: list[str], places: list[Place]) -> list[dict[str, Any]]:
    """A name and a share at the right of each box: Plotly's own labels turn around at the last column and collide."""
    most = _characters(flow)
    return [
        {
            "x": place.x,
            "y": 1 - place.y,
            "xref": "paper",
            "yref": "paper",
            "xshift": THICKNESS / 2 + 4,
            "xanchor": "left",
            "yanchor": "middle",
            "align": "left",
            "showarrow": False,
            "text": _word(name, share(node.n_sessions / flow.n_sessions), most, place),
        }
        for node, name, place in zip(flow.nodes, names, places, strict=True)
    ]


def _grow(sizes: dict[tuple[int, str], int], key: tuple[int, str], number: int) -> None:
    sizes[key] = sizes.get(key, 0) + number


def _order(node: Node) -> tuple[int, int, int, str]:
    """Column by column: topics by size, then Other, More and END."""
    last = {OTHER_TOPICS: 1, MORE: 2, END: 3}.get(node.key, 0)
    return node.column, last, -node.n_sessions, node.key


def _word(name: str, part: str, most: int, place: Place) -> str:
    """A tall box has room for its share below its name, and so for more of the name."""
    if place.height >= TWO_LINES:
        return f"{chart_label(name, most + SHARE_CHARACTERS)}<br><b>{part}</b>"
    return f"{chart_label(name, most)}  <b>{part}</b>"


def _characters(flow: Flow) -> int:
    """Characters of a name that fit between two columns on a laptop, beside the share."""
    gap = max(COLUMN, LAPTOP / max(flow.nodes[-1].column, 1))
    return int((gap - SHARE_WIDTH) / CHARACTER_WIDTH)


def _columns(flow: Flow) -> list[list[Node]]:
    return [flow.column(number) for number in range(flow.nodes[-1].column + 1)]


def _height(flow: Flow) -> int:
    """Pixels for the whole picture: more boxes need more room."""
    return max(420, max(map(len, _columns(flow))) * ROW + 120)


def _places(flow: Flow, height: int) -> list[Place]:
    """Where each box lies: columns at even distances, boxes stacked from the top with a fixed gap.

    Plotly scales boxes by the fullest column; the same sum here keeps boxes from lying on each other.
    """
    room = height - MARGIN["t"] - MARGIN["b"]
    columns = _columns(flow)
    scale = min((room - (len(column) - 1) * PAD) / sum(node.n_sessions for node in column) for column in columns)
    places = []
    for number, column in enumerate(columns):
        top = 0.0
        for node in column:
            size = node.n_sessions * scale
            places.append(Place(_inside(number / max(len(columns) - 1, 1)), _inside((top + size / 2) / room), size))
            top += size + PAD
    return places


def _inside(value: float) -> float:
    """Plotly takes a place of exactly 0 or 1 as none given."""
    return min(max(value, 0.001), 0.999)


def _name(key: str, labels: dict[str, str]) -> str:
    return NAMES.get(key) or labels.get(key, key)


def _colour(node: Node, colours: dict[str, str]) -> str:
    if node.key == START:
        return ACCENT
    return END_COLOUR if node.key in NAMES else colours.get(node.key, OTHER)


def _band_colour(node: Node, colours: dict[str, str]) -> str:
    """The box's colour, let through; bands of many topics together stay behind those of one."""
    return translucent(_colour(node, colours), 0.36 if node.is_topic else 0.24)


def _node_hover(node: Node, name: str, total: int) -> str:
    at = "" if node.column == 0 else f" at step {node.column}"
    if node.key == END:
        at = f" after step {node.column - 1}"
    size = f"{plural(node.n_sessions, 'session')}, {share(node.n_sessions / total)} of all"
    return f"<b>{chart_label(name, 60)}</b>{at}<br>{size}"


def _link_hover(flow: Flow, link: Link, names: list[str]) -> str:
    source = flow.nodes[link.source]
    return (
        f"<b>{chart_label(names[link.source], 60)}</b> → <b>{chart_label(names[link.target], 60)}</b><br>"
        f"{plural(link.n_sessions, 'session')}, {share(link.n_sessions / source.n_sessions)} of those at the left"
    )


def _headings(flow: Flow) -> list[dict[str, Any]]:
    """A word above each column."""
    last = flow.nodes[-1].column
    words = ["", *(f"Step {number}" for number in range(1, last)), "Then"]
    return [
        {
            "x": number / last,
            "y": 1,
            "yshift": 12,
            "xref": "paper",
            "yref": "paper",
            "text": word.upper(),
            "font": {"size": 10.5},
            "showarrow": False,
            "xanchor": "left",
            "xshift": -THICKNESS / 2,
            "yanchor": "bottom",
        }
        for number, word in enumerate(words)
    ]
