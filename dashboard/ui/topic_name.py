"""A topic's name in running text, tables and paths. Labels come from users: text only, isolated.

A name is one component, because each costs the browser time and a page has hundreds. The style sheet adds the dot in
the topic's colour, and keeps a right-to-left label from reordering its neighbours (`unicode-bidi`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END, START
from dashboard.charts.theme import OTHER
from dashboard.formatting import shorten
from dashboard.ui.aria import DECORATIVE

if TYPE_CHECKING:
    from dashboard.data.address import Address

PLACES = {START: "Start", END: "End"}
MAX_LABEL = 80
MIXED_NOTE = "This topic covers several subjects; its name describes only one of them."


def dot(colour: str) -> html.Span:
    """Make a dot in the topic's colour, hidden from screen readers."""
    return html.Span(className="dot", style={"backgroundColor": colour}, **DECORATIVE)


def mixed_mark() -> html.Span:
    """Make the mark beside the name of a mixed topic."""
    return html.Span("mixed", className="mixed-mark", title=MIXED_NOTE)


def topic_link(
    address: Address, topic_id: str, label: str | None, colour: str | None = None, *, is_mixed: bool = False
) -> Any:
    """Link to a topic by its name, with a mark if it is mixed; START and END are text without a link."""
    if topic_id in PLACES:
        return html.Span(PLACES[topic_id], className="place")
    return dcc.Link(
        shorten(label or topic_id, MAX_LABEL),
        href=address.to("topics", topic_id).href,
        className=" ".join(["topic-name", *(["has-dot"] if colour else []), *(["is-mixed"] if is_mixed else [])]),
        title=shorten(label or topic_id, 300),
        style={"--topic": colour} if colour else None,
    )


def chip(address: Address, topic_id: str, label: str | None, colour: str | None) -> Any:
    """Name a topic as a step of a path."""
    return dcc.Link(
        shorten(label or topic_id, 40),
        href=address.to("topics", topic_id).href,
        className="topic-name has-dot chip",
        style={"--topic": colour or OTHER},
        title=shorten(label or topic_id, 300),
    )
