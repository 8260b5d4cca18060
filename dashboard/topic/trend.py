"""One topic's messages over time: a bar for each day or week, and the seven-day average as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.charts.calendar import only_whole, weekly_average
from dashboard.charts.theme import Figure, chart_layout, make_figure, translucent
from dashboard.charts.time_axis import bar_gap, count_axis, is_weekly, opacities, time_axis

if TYPE_CHECKING:
    from datetime import date

WEEK = 7


def has_average(starts: list[date]) -> bool:
    """Return whether the chart shows an average; weeks, and periods under two weeks, need none."""
    return not is_weekly(starts) and len(starts) >= 2 * WEEK


def draw_topic_trend(starts: list[date], counts: list[int], colour: str, whole: list[bool]) -> Figure:
    """Draw the counts of buckets that begin at `starts`; incomplete ones are lighter and not in the average."""
    is_averaged = has_average(starts)
    traces = [_bars(starts, counts, translucent(colour, 0.38 if is_averaged else 0.85), whole)]
    if is_averaged:
        averages = weekly_average(only_whole(counts, whole))
        traces.append(_line(only_whole(starts, whole)[-len(averages) :], averages, colour))
    layout = chart_layout(
        240,
        hovermode="x unified",
        bargap=bar_gap(starts),
        xaxis=time_axis(starts),
        yaxis=count_axis(max(counts, default=0)),
    )
    return make_figure(traces, layout)


def _bars(starts: list[date], counts: list[int], colour: str, whole: list[bool]) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": starts,
        "y": counts,
        "name": "Messages",
        "marker": {"color": colour, "line": {"width": 0}, "opacity": opacities(whole)},
        "hovertemplate": "%{y:,d}",
    }


def _line(starts: list[date], averages: list[float], colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": starts,
        "y": averages,
        "name": "Average over 7 days",
        "mode": "lines",
        "line": {"color": colour, "width": 2.5},
        "hovertemplate": "%{y:,.1f}",
    }
