"""The map: messages as points in two dimensions, coloured by topic; the pipeline computes the coordinates."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboard.charts.theme import OTHER, REST, Figure, chart_layout, make_figure
from dashboard.formatting import chart_label

if TYPE_CHECKING:
    from dashboard.data.published import Row

HEIGHT = 520
WIDTH = 1_000
"""Typical width of the map on a laptop, in pixels; it is as wide as its card, each axis with a scale of its own."""
TEXT_LENGTH = 70
NAME_LENGTH = 28
MAX_NAMES = 20
NAME_HEIGHT = 24
CHARACTER_WIDTH = 8
"""Pixels per character of a name, with some space around it."""
WITHOUT_TOPIC = "no topic"


def draw_message_map(messages: list[Row], labels: dict[str, str], colours: dict[str, str]) -> Figure:
    """Draw messages (`topic_id`, `text_start`, `x`, `y`), those without a topic below the others.

    A point's `customdata` is the id of its topic, which a click reads; null without one.
    """
    by_colour: dict[str, list[Row]] = {}
    for message in messages:
        by_colour.setdefault(_colour(message["topic_id"], colours), []).append(message)
    order = sorted(by_colour, key=lambda colour: (colour != REST, colour != OTHER))
    points = [_points(colour, by_colour[colour], labels) for colour in order]
    names = _names([message for message in messages if message["topic_id"] in colours], labels)
    hidden = {"visible": False, "fixedrange": True}
    return make_figure([*points, names], chart_layout(HEIGHT, xaxis=hidden, yaxis=hidden, hovermode="closest"))


def _colour(topic_id: str | None, colours: dict[str, str]) -> str:
    return REST if topic_id is None else colours.get(topic_id, OTHER)


def _points(colour: str, messages: list[Row], labels: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [round(message["x"], 3) for message in messages],
        "y": [round(message["y"], 3) for message in messages],
        "mode": "markers",
        "marker": {"color": colour, "size": 5, "opacity": 0.75, "line": {"width": 0}},
        "text": [_hover(message, labels) for message in messages],
        "customdata": [message["topic_id"] for message in messages],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _names(messages: list[Row], labels: dict[str, str]) -> dict[str, Any]:
    """Place names of topics at the centres of their messages, the largest first; leave out names that would overlap.

    A name that would not fit beside the edge begins or ends at the centre.
    """
    by_topic: dict[str, list[Row]] = {}
    for message in messages:
        by_topic.setdefault(message["topic_id"], []).append(message)
    spans = [max(found) - min(found) for axis in "xy" if (found := [message[axis] for message in messages])]
    across, up = (span / pixels or 1.0 for span, pixels in zip(spans or (0.0, 0.0), (WIDTH, HEIGHT), strict=True))
    left, right = (edge((message["x"] for message in messages), default=0.0) for edge in (min, max))
    placed: list[_Name] = []
    for topic_id, own in sorted(by_topic.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MAX_NAMES]:
        text = chart_label(labels.get(topic_id) or topic_id, NAME_LENGTH)
        x, y = (median(message[axis] for message in own) for axis in "xy")
        half = CHARACTER_WIDTH * across * len(text) / 2
        shift = half if x - half < left else -half if x + half > right else 0.0
        name = _Name(text, x, y, x + shift, half)
        if all(
            abs(y - other.y) >= NAME_HEIGHT * up or abs(name.middle - other.middle) >= half + other.half
            for other in placed
        ):
            placed.append(name)
    return {
        "type": "scatter",
        "x": [name.x for name in placed],
        "y": [name.y for name in placed],
        "text": [name.text for name in placed],
        "textposition": [name.position for name in placed],
        "mode": "text",
        "textfont": {"size": 12},
        "hoverinfo": "skip",
    }


class _Name(NamedTuple):
    """A name on the map: its text, its topic's centre, and the middle and half of the width of the text."""

    text: str
    x: float
    y: float
    middle: float
    half: float

    @property
    def position(self) -> str:
        """Plotly's word for where the text is from the centre."""
        return "middle center" if self.middle == self.x else "middle right" if self.middle > self.x else "middle left"


def _hover(message: Row, labels: dict[str, str]) -> str:
    topic_id = message["topic_id"]
    name = WITHOUT_TOPIC if topic_id is None else labels.get(topic_id) or str(topic_id)
    return f"{chart_label(message['text_start'], TEXT_LENGTH)}<br><b>{chart_label(name, 60)}</b>"
