"""One topic's messages over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from dashboard.theme import chart_layout, translucent

if TYPE_CHECKING:
    from datetime import date


def draw_topic_trend(starts: list[date], counts: list[int], colour: str) -> go.Figure:
    """Draw counts of the buckets that begin at `starts` as a line over a soft area."""
    prefix = "Week of " if len(starts) > 1 and (starts[1] - starts[0]).days > 1 else ""
    line = go.Scatter(
        x=starts,
        y=counts,
        mode="lines",
        line={"color": colour, "width": 2.25, "shape": "spline", "smoothing": 0.4},
        fill="tozeroy",
        fillcolor=translucent(colour, 0.12),
        hovertemplate=f"{prefix}%{{x|%A %-d %b %Y}}<br><b>%{{y:,d}}</b> messages<extra></extra>",
    )
    figure = go.Figure(line)
    figure.update_layout(
        **chart_layout(
            220,
            hovermode="x",
            xaxis={"type": "date", "showgrid": False, "zeroline": False, "ticks": "", "nticks": 6, "fixedrange": True,
                   "tickformat": "%-d %b", "automargin": True},
            yaxis={"showgrid": True, "zeroline": False, "rangemode": "tozero", "nticks": 4, "fixedrange": True,
                   "tickformat": ",d", "automargin": True, "ticklabelstandoff": 8},
        )
    )  # fmt: skip
    return figure
