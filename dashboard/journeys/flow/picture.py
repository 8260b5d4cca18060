"""The picture of the flow: boxes with text above them, bands between them, and tooltips.

A box's name leads to its topic; its number, its bar and every band lead to the sessions behind them. Bands are for
the mouse: the table below the picture has the same links for keyboards. Labels come from users: text only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END, START
from dashboard.charts.theme import OTHER
from dashboard.formatting import END_ISOLATE, ISOLATE, count, plural, share, shorten
from dashboard.journeys.flow.bands import SCALE, Bands
from dashboard.journeys.flow.graph import MORE, NAMES, OTHER_TOPICS, Flow, Link, Node
from dashboard.journeys.flow.layout import lay_out
from dashboard.ui.aria import DECORATIVE, labelled

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.journeys.flow.layout import Band, Box

KINDS = {START: "is-start", END: "is-end", OTHER_TOPICS: "is-other", MORE: "is-more"}
MAX_NAME = 120
MAX_TIP = 80


@dataclass(frozen=True)
class FlowPicture:
    """A flow to draw; `labels` and `colours` are by topic id."""

    flow: Flow
    labels: dict[str, str]
    colours: dict[str, str]
    address: Address

    def render(self) -> html.Div:
        """Lay out the picture; a narrow screen scrolls it within its card."""
        layout = lay_out(self.flow)
        boxes = [self._box(place, box) for place, box in enumerate(layout.boxes)]
        bands = [self._band(link, band) for link, band in zip(self.flow.links, layout.bands, strict=True)]
        bands.sort(key=lambda band: bool(band["colour"]))  # quiet bands are drawn first, below the others
        picture = html.Div(
            [Bands(height=layout.height, bands=bands), *self._headings(layout.boxes), *boxes],
            className="flow-picture",
            style={"height": f"{layout.height:.0f}px", "minWidth": f"{layout.min_width:.0f}px"},
            role="group",
            **labelled("Flow of journeys from start to end"),
        )
        return html.Div(picture, className="flow-scroll")

    def name(self, node: Node) -> str:
        """Return the name of a box."""
        if node.key == MORE and self.flow.is_backward:
            return "Earlier steps"
        return NAMES.get(node.key) or self.labels.get(node.key, node.key)

    def position(self, node: Node) -> str:
        """Describe the position of a box."""
        if node.column == 0:
            return ""
        steps = plural(node.column, "step")
        if self.flow.is_backward:
            return "" if node.key in NAMES else f"{steps} before"
        if node.key == END:
            return f"after {plural(node.column - 1, 'step')}" if self._is_whole else f"{steps} after"
        return f"at step {node.column}" if self._is_whole else f"{steps} after"

    def sessions_behind(self, step: int, source: str | None, target: str | None) -> str:
        """Link to the sessions of a band or box; the flow's own parameters go along, as they define the boxes."""
        own = self.address
        chosen = own.to("sessions").but(source=source, target=target, step=step)
        return chosen.but(
            depth=own.depth, breadth=own.breadth, least=own.least, from_topic=own.from_topic, to_topic=own.to_topic
        ).href

    @property
    def _is_whole(self) -> bool:
        return self.flow.origin.key == START

    def _box(self, place: int, box: Box) -> html.Div:
        node = self.flow.nodes[place]
        name = html.Bdi(shorten(self.name(node), MAX_NAME))
        head = (
            dcc.Link(name, href=self.address.to("topics", node.key).href, className="flow-name")
            if node.is_topic
            else html.Span(name, className="flow-name")
        )
        marks: dict[str, Any] = {"data-tip": self._box_tip(node), "data-box": str(place)}
        bar = html.Span(className="flow-bar", style=self._bar_style(node, box), **DECORATIVE)
        return html.Div(
            [head, dcc.Link([html.Span(self._size(node), className="flow-size"), bar], href=self._behind_box(node))],
            className=f"flow-box {KINDS.get(node.key, 'is-topic')}",
            style={"left": f"{box.left:.4%}", "width": f"{box.width:.4%}", "top": f"{box.top:.1f}px"},
            **marks,
        )

    def _behind_box(self, node: Node) -> str:
        """Link to the sessions of a box: those of its column's step, or of step 1 for START."""
        if node.column == 0 and node.is_topic:
            return self.address.to("sessions").but(visited=node.key).href
        if node.column == 0:
            return self.sessions_behind(1, node.key, None)
        return self.sessions_behind(node.column, None, node.key)

    def _size(self, node: Node) -> list[Any]:
        """Write the box's share and number; START has only the number, because its share is always 100%."""
        if node.column == 0 and node.key == START:
            return [html.B(count(node.n_sessions))]
        return [html.B(share(node.n_sessions / self.flow.n_sessions)), f" {count(node.n_sessions)}"]

    def _bar_style(self, node: Node, box: Box) -> dict[str, str]:
        colour = {"backgroundColor": self.colours.get(node.key, OTHER)} if node.is_topic else {}
        return {"height": f"{box.height:.2f}px", **colour}

    def _band(self, link: Link, band: Band) -> dict[str, Any]:
        source, target = self.flow.nodes[link.source], self.flow.nodes[link.target]
        return {
            "d": _outline(band),
            "colour": self._band_colour(source, target),
            "ends": [link.source, link.target],
            "tip": self._band_tip(link),
            "href": self.sessions_behind(target.column, source.key, target.key),
        }

    def _band_colour(self, source: Node, target: Node) -> str:
        """Choose a band's colour: its source's, or its target's where it leaves START or the flow's topic."""
        node = target if source.column == 0 or self.flow.is_backward else source
        node = source if node.key == START else node
        return self.colours.get(node.key, OTHER) if node.is_topic else ""

    def _tip_name(self, node: Node) -> str:
        return f"{ISOLATE}{shorten(self.name(node), MAX_TIP)}{END_ISOLATE}"

    def _box_tip(self, node: Node) -> str:
        part = share(node.n_sessions / self.flow.n_sessions)
        place = f" {self.position(node)}".rstrip()
        return f"{self._tip_name(node)}{place}\n{plural(node.n_sessions, 'journey')}, {part} of all"

    def _band_tip(self, link: Link) -> str:
        source, target = self.flow.nodes[link.source], self.flow.nodes[link.target]
        part = share(link.n_sessions / source.n_sessions)
        of = "all" if source.column == 0 else f"those there {self.position(source)}".rstrip()
        ends = (target, source) if self.flow.is_backward else (source, target)
        way = " → ".join(map(self._tip_name, ends))
        return f"{way}\n{plural(link.n_sessions, 'journey')}, {part} of {of}"

    def _headings(self, boxes: tuple[Box, ...]) -> list[html.Span]:
        lefts = {node.column: box.left for node, box in zip(self.flow.nodes, boxes, strict=True)}
        return [
            html.Span(self._heading(column), className="flow-heading", style={"left": f"{left:.4%}"})
            for column, left in lefts.items()
        ]

    def _heading(self, column: int) -> str:
        if column == 0:
            return "" if self._is_whole else "First visit"
        if self.flow.is_backward:
            return "Earlier" if column == self.flow.last_column else f"{column} before"
        if column == self.flow.last_column:
            return "Then"
        return f"Step {column}" if self._is_whole else f"{column} after"


def _outline(band: Band) -> str:
    """Return the band as an SVG path: horizontal at both ends, an S in between."""
    left, right = band.left * SCALE, band.right * SCALE
    middle = (left + right) / 2
    (top, end), height = (band.left_top, band.right_top), band.height
    return (
        f"M{left:.2f} {top:.2f}C{middle:.2f} {top:.2f} {middle:.2f} {end:.2f} {right:.2f} {end:.2f}"
        f"v{height:.2f}C{middle:.2f} {end + height:.2f} {middle:.2f} {top + height:.2f} {left:.2f} {top + height:.2f}Z"
    )
