"""The flow as people see it: boxes with their words above them, bands between, a sentence on what is pointed at.

Boxes are links, reached and opened by keyboard. Labels are other people's words: text only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END, START
from dashboard.figures.flow_layout import lay_out
from dashboard.figures.journey_flow import MORE, NAMES, OTHER_TOPICS, Flow, Link, Node
from dashboard.parts.aria import DECORATIVE, labelled
from dashboard.parts.bands import SCALE, Bands
from dashboard.theme import OTHER
from dashboard.wording import END_ISOLATE, ISOLATE, count, plural, share, shorten

if TYPE_CHECKING:
    from dashboard.address import Address
    from dashboard.figures.flow_layout import Band, Box

KINDS = {START: "is-start", END: "is-end", OTHER_TOPICS: "is-other", MORE: "is-more"}
MAX_NAME = 120
MAX_TIP = 60


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
        bands.sort(key=lambda band: bool(band["colour"]))  # quiet ones lie below the others
        picture = html.Div(
            [Bands(height=layout.height, bands=bands), *self._headings(layout.boxes), *boxes],
            className="flow-picture",
            style={"height": f"{layout.height:.0f}px", "minWidth": f"{layout.least_width:.0f}px"},
            role="group",
            **labelled("Flow of journeys from start to end"),
        )
        return html.Div(picture, className="flow-scroll")

    def _box(self, place: int, box: Box) -> html.Div:
        node = self.flow.nodes[place]
        inner = [
            html.Span(html.Bdi(shorten(self._name(node), MAX_NAME)), className="flow-name"),
            html.Span(self._size(node), className="flow-size"),
            html.Span(className="flow-bar", style=self._bar_style(node, box), **DECORATIVE),
        ]
        marks: dict[str, Any] = {"data-tip": self._box_tip(node), "data-box": str(place)}
        kind = KINDS.get(node.key, "is-topic")
        return html.Div(
            dcc.Link(inner, href=self.address.to("topics", node.key).href, className="flow-link")
            if node.is_topic
            else html.Div(inner, className="flow-link"),
            className=f"flow-box {kind}",
            style={"left": f"{box.left:.4%}", "width": f"{box.width:.4%}", "top": f"{box.top:.1f}px"},
            **marks,
        )

    def _size(self, node: Node) -> list[Any]:
        """Its share and its number; START has only the number, because its share is no news and its box is narrow."""
        if node.key == START:
            return [html.B(count(node.n_sessions))]
        return [html.B(share(node.n_sessions / self.flow.n_sessions)), f" {count(node.n_sessions)}"]

    def _bar_style(self, node: Node, box: Box) -> dict[str, str]:
        colour = {"backgroundColor": self.colours.get(node.key, OTHER)} if node.is_topic else {}
        return {"height": f"{box.height:.2f}px", **colour}

    def _band(self, link: Link, band: Band) -> dict[str, Any]:
        return {
            "d": _outline(band),
            "colour": self._band_colour(link),
            "ends": [link.source, link.target],
            "tip": self._band_tip(link),
        }

    def _band_colour(self, link: Link) -> str:
        """A band has the colour of where it comes from; out of START, of where it goes. Empty is quiet."""
        source, target = self.flow.nodes[link.source], self.flow.nodes[link.target]
        node = target if source.key == START else source
        return self.colours.get(node.key, OTHER) if node.is_topic else ""

    def _name(self, node: Node) -> str:
        return NAMES.get(node.key) or self.labels.get(node.key, node.key)

    def _tip_name(self, node: Node) -> str:
        return f"{ISOLATE}{shorten(self._name(node), MAX_TIP)}{END_ISOLATE}"

    def _box_tip(self, node: Node) -> str:
        at = {START: "", END: f" after step {node.column - 1}"}.get(node.key, f" at step {node.column}")
        part = share(node.n_sessions / self.flow.n_sessions)
        return f"{self._tip_name(node)}{at}\n{plural(node.n_sessions, 'journey')}, {part} of all"

    def _band_tip(self, link: Link) -> str:
        source, target = self.flow.nodes[link.source], self.flow.nodes[link.target]
        part = share(link.n_sessions / source.n_sessions)
        of = "all" if source.key == START else f"those there at step {source.column}"
        return (
            f"{self._tip_name(source)} → {self._tip_name(target)}\n{plural(link.n_sessions, 'journey')}, {part} of {of}"
        )

    def _headings(self, boxes: tuple[Box, ...]) -> list[html.Span]:
        last = self.flow.last_column
        words = ["", *(f"Step {number}" for number in range(1, last)), "Then"]
        lefts = {node.column: box.left for node, box in zip(self.flow.nodes, boxes, strict=True)}
        return [
            html.Span(word, className="flow-heading", style={"left": f"{lefts[column]:.4%}"})
            for column, word in enumerate(words)
        ]


def _outline(band: Band) -> str:
    """The band as an SVG path: level where it leaves and enters, an S between."""
    left, right = band.left * SCALE, band.right * SCALE
    middle = (left + right) / 2
    (top, end), height = (band.left_top, band.right_top), band.height
    return (
        f"M{left:.2f} {top:.2f}C{middle:.2f} {top:.2f} {middle:.2f} {end:.2f} {right:.2f} {end:.2f}"
        f"v{height:.2f}C{middle:.2f} {end + height:.2f} {middle:.2f} {top + height:.2f} {left:.2f} {top + height:.2f}Z"
    )
