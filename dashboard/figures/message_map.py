"""Messages as points in two dimensions, coloured by topic; the places come from the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from dashboard.theme import OTHER, REST, chart_layout
from dashboard.wording import chart_label

if TYPE_CHECKING:
    from dashboard.published import Row

HEIGHT = 520
TEXT_LENGTH = 70
WITHOUT_TOPIC = "no topic"


def draw_message_map(messages: list[Row], labels: dict[str, str], colours: dict[str, str]) -> go.Figure:
    """Draw messages (`topic_id`, `text_start`, `x`, `y`), quiet ones below.

    A point's `customdata` is the id of its topic, so that a click says which topic was meant; null without one.
    """
    by_colour: dict[str, list[Row]] = {}
    for message in messages:
        by_colour.setdefault(_colour(message["topic_id"], colours), []).append(message)
    order = sorted(by_colour, key=lambda colour: (colour != REST, colour != OTHER))
    figure = go.Figure([_points(colour, by_colour[colour], labels) for colour in order])
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(**chart_layout(HEIGHT, xaxis=hidden, yaxis=hidden | {"scaleanchor": "x"}, hovermode="closest"))
    return figure


def _colour(topic_id: str | None, colours: dict[str, str]) -> str:
    return REST if topic_id is None else colours.get(topic_id, OTHER)


def _points(colour: str, messages: list[Row], labels: dict[str, str]) -> go.Scatter:
    return go.Scatter(
        x=[round(message["x"], 3) for message in messages],
        y=[round(message["y"], 3) for message in messages],
        mode="markers",
        marker={"color": colour, "size": 5, "opacity": 0.75, "line": {"width": 0}},
        text=[_hover(message, labels) for message in messages],
        customdata=[message["topic_id"] for message in messages],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(message: Row, labels: dict[str, str]) -> str:
    topic_id = message["topic_id"]
    name = WITHOUT_TOPIC if topic_id is None else labels.get(topic_id) or str(topic_id)
    return f"{chart_label(message['text_start'], TEXT_LENGTH)}<br><b>{chart_label(name, 60)}</b>"
