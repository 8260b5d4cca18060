"""A card: a sentence as its title, its content, and a quiet note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.charts.theme import CHART_CONFIG
from dashboard.ui.aria import labelled

if TYPE_CHECKING:
    from dashboard.charts.theme import Figure


def card(title: Any, *body: Any, note: Any = None, tools: Any = None, class_name: str = "") -> html.Section:
    """Make a card; `tools` are at the right of its title."""
    head = html.Div(
        [
            html.Div(
                [
                    html.H2(title, className="card-title"),
                    html.P(note, className="card-note") if note is not None else None,
                ]
            ),
            html.Div(tools, className="card-tools") if tools is not None else None,
        ],
        className="card-head",
    )
    return html.Section([head, *body], className=f"card {class_name}".strip())


def headline(label: str, value: Any, note: Any, *, is_words: bool = False) -> html.Div:
    """Make a headline number with its name and a line that puts it into proportion; text is smaller than numbers."""
    look = "headline-value is-words" if is_words else "headline-value"
    return html.Div(
        [
            html.Dt(label, className="headline-label"),
            html.Dd(
                [html.Span(value, className=look), html.Span(note, className="headline-note")],
            ),
        ],
        className="headline",
    )


def headlines(*items: html.Div) -> html.Dl:
    """Lay out headline numbers side by side."""
    return html.Dl(list(items), className="headlines")


def chart(figure: Figure, description: str, *, identity: str = "", class_name: str = "") -> html.Div:
    """Make a chart; `description` describes it to screen readers."""
    named: dict[str, Any] = {"id": identity} if identity else {}
    height = {"height": f"{figure['layout']['height']}px"}
    graph = dcc.Graph(figure=figure, config=CHART_CONFIG, responsive=True, className="chart", style=height, **named)
    return html.Div(graph, role="img", className=class_name, **labelled(description))
