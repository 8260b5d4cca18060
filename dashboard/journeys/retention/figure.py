"""The picture of retention: the share of users who came back, by the number of weeks after their first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.charts.theme import ACCENT, Figure, chart_layout, make_figure, translucent
from dashboard.formatting import count, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.journeys.retention.week_share import WeekShare

HEIGHT = 240


def draw_retention(weeks: Sequence[WeekShare]) -> Figure:
    """Draw the shares with their 95% intervals; `weeks` has at least one."""
    intervals = [week.interval for week in weeks]
    errors = {
        "type": "data",
        "symmetric": False,
        "array": [interval.high - week.share for week, interval in zip(weeks, intervals, strict=True)],
        "arrayminus": [week.share - interval.low for week, interval in zip(weeks, intervals, strict=True)],
        "color": translucent(ACCENT, 0.5),
        "thickness": 1.5,
        "width": 4,
    }
    trace = {
        "type": "scatter",
        "x": [week.weeks_later for week in weeks],
        "y": [week.share for week in weeks],
        "mode": "lines+markers",
        "line": {"color": ACCENT, "width": 2},
        "marker": {"size": 8, "color": ACCENT},
        "error_y": errors,
        "hovertext": [f"{share(week.share)} of {count(week.n_users)} users" for week in weeks],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
    }
    last = weeks[-1].weeks_later
    xaxis = {
        "range": [0.5, last + 0.5],
        "tickmode": "array",
        "tickvals": [week.weeks_later for week in weeks],
        "ticktext": [f"week +{week.weeks_later}" for week in weeks],
        "fixedrange": True,
        "automargin": True,
    }
    most = max(interval.high for interval in intervals)
    yaxis = {
        "range": [0, most * 1.08],
        "tickformat": ".0%",
        "nticks": 5,
        "fixedrange": True,
        "automargin": True,
        "ticklabelstandoff": 8,
    }
    layout = chart_layout(HEIGHT, margin={"l": 0, "r": 8, "t": 12, "b": 0}, xaxis=xaxis, yaxis=yaxis)
    return make_figure([trace], layout)
