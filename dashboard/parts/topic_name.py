"""A topic's name in running text, tables and paths. Labels are other people's words: shown as text, isolated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END, START
from dashboard.parts.aria import DECORATIVE
from dashboard.theme import OTHER
from dashboard.wording import shorten

if TYPE_CHECKING:
    from dashboard.address import Address

PLACES = {START: "Start", END: "End"}
MAX_LABEL = 80


def dot(colour: str) -> html.Span:
    """The topic's colour, for the eye only."""
    return html.Span(className="dot", style={"backgroundColor": colour}, **DECORATIVE)


def topic_link(address: Address, topic_id: str, label: str | None, colour: str | None = None) -> Any:
    """Name a topic and link to its page; START and END are words without a link."""
    if topic_id in PLACES:
        return html.Span(PLACES[topic_id], className="place")
    text = shorten(label or topic_id, MAX_LABEL)
    name = html.Span(html.Bdi(text), className="topic-text", title=shorten(label or topic_id, 300))
    marks = [dot(colour)] if colour else []
    return dcc.Link([*marks, name], href=address.to("topics", topic_id).href, className="topic-link")


def chip(address: Address, topic_id: str, label: str | None, colour: str | None) -> Any:
    """Name a topic as a step of a path."""
    text = shorten(label or topic_id, 40)
    return dcc.Link(
        [dot(colour or OTHER), html.Span(html.Bdi(text), className="topic-text")],
        href=address.to("topics", topic_id).href,
        className="chip",
        title=shorten(label or topic_id, 300),
    )
