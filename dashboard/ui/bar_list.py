"""A list of shares: each line has a name, a number and a bar. It is readable without the bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.charts.theme import ACCENT
from dashboard.formatting import count, share
from dashboard.ui.aria import DECORATIVE


@dataclass(frozen=True)
class BarLine:
    """One line: the label, the number, and its share in 0 to 1; a line that sums up the rest has no bar."""

    name: Any
    number: int
    share: float
    colour: str = ACCENT
    note: str | None = None
    is_rest: bool = False


def bar_list(lines: list[BarLine]) -> html.Ul:
    """Lay out the lines in order; the longest bar is as wide as the list."""
    longest = max((line.share for line in lines if not line.is_rest), default=0) or 1
    return html.Ul([_line(line, line.share / longest) for line in lines], className="bar-list")


def _line(line: BarLine, width: float) -> html.Li:
    numbers = [
        html.Span(count(line.number), className="bar-count"),
        html.Span(share(line.share), className="bar-share"),
    ]
    head = html.Div(
        [html.Div(line.name, className="bar-name"), html.Div(numbers, className="bar-numbers")], className="bar-head"
    )
    note = html.P(line.note, className="bar-note") if line.note else None
    bar = None if line.is_rest else _bar(width, line.colour)
    return html.Li([head, bar, note], className="bar-line is-rest" if line.is_rest else "bar-line")


def _bar(width: float, colour: str) -> html.Div:
    fill = html.Div(className="bar-fill", style={"width": f"{width:.2%}", "backgroundColor": colour})
    return html.Div(fill if width else None, className="bar-track", **DECORATIVE)
