"""One topic's messages over time: a bar for each day or week, and the average over seven days as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from dashboard.figures.calendar import weekly_average
from dashboard.theme import chart_layout, translucent

if TYPE_CHECKING:
    from datetime import date

WEEK = 7


def draw_topic_trend(starts: list[date], counts: list[int], colour: str) -> go.Figure:
    """Draw counts of the buckets that begin at `starts`; weeks, and periods under two weeks, need no average."""
    is_weekly = len(starts) > 1 and (starts[1] - starts[0]).days > 1
    has_average = not is_weekly and len(starts) >= 2 * WEEK
    figure = go.Figure(_bars(starts, counts, translucent(colour, 0.38 if has_average else 0.85)))
    if has_average:
        figure.add_trace(_line(starts, weekly_average(counts), colour))
    figure.update_layout(
        **chart_layout(
            240,
            hovermode="x unified",
            bargap=0.25,
            xaxis={"type": "date", "showgrid": False, "zeroline": False, "ticks": "", "nticks": 6, "fixedrange": True,
                   "tickformat": "%-d %b", "hoverformat": f"{'Week of ' if is_weekly else ''}%A %-d %b %Y",
                   "automargin": True},
            yaxis={"showgrid": True, "zeroline": False, "rangemode": "tozero", "nticks": 4, "fixedrange": True,
                   "tickformat": ",d", "automargin": True, "ticklabelstandoff": 8},
        )
    )  # fmt: skip
    return figure


def _bars(starts: list[date], counts: list[int], colour: str) -> go.Bar:
    return go.Bar(
        x=starts,
        y=counts,
        name="Messages",
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate="%{y:,d}",
    )


def _line(starts: list[date], averages: list[float], colour: str) -> go.Scatter:
    return go.Scatter(
        x=starts,
        y=averages,
        name="Average over 7 days",
        mode="lines",
        line={"color": colour, "width": 2.5},
        hovertemplate="%{y:,.1f}",
    )
