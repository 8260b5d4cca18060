"""A list of shares: each line a name, a number and a bar. Readable without the bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.theme import ACCENT
from dashboard.wording import count, share


@dataclass(frozen=True)
class BarLine:
    """One line: what it is, how many, and its share of the whole in 0–1."""

    name: Any
    number: int
    share: float
    colour: str = ACCENT
    note: str | None = None


def bar_list(lines: list[BarLine]) -> html.Ul:
    """Draw the lines in order; the longest bar is as wide as the list."""
    longest = max((line.share for line in lines), default=0) or 1
    return html.Ul([_line(line, line.share / longest) for line in lines], className="bar-list")


def _line(line: BarLine, width: float) -> html.Li:
    return html.Li(
        [
            html.Div(
                [
                    html.Div(line.name, className="bar-name"),
                    html.Div(
                        [
                            html.Span(count(line.number), className="bar-count"),
                            html.Span(share(line.share), className="bar-share"),
                        ],
                        className="bar-numbers",
                    ),
                ],
                className="bar-head",
            ),
            html.Div(
                html.Div(className="bar-fill", style={"width": f"{width:.2%}", "backgroundColor": line.colour}),
                className="bar-track",
                **{"aria-hidden": "true"},
            ),
            html.P(line.note, className="bar-note") if line.note else None,
        ],
        className="bar-line",
    )
