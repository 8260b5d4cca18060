"""The trend of a number field: the median as a line, the 95th percentile above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.charts.theme import ACCENT, OTHER, Figure, chart_layout, make_figure
from dashboard.charts.time_axis import time_axis
from dashboard.formatting import measure

if TYPE_CHECKING:
    from dashboard.data.published import Row


def draw_number_trend(rows: list[Row]) -> Figure:
    """Draw daily rows with `value_date`, `median` and `p95`; at least one row."""
    days = [row["value_date"] for row in rows]
    traces = [
        _line(days, [row["p95"] for row in rows], "95th percentile", OTHER, "dot"),
        _line(days, [row["median"] for row in rows], "Median", ACCENT, "solid"),
    ]
    return make_figure(traces, chart_layout(260, hovermode="x unified", xaxis=time_axis(days), yaxis=_axis()))


def _line(days: list[Any], values: list[float], name: str, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": days,
        "y": values,
        "name": name,
        "mode": "lines+markers" if len(days) < 3 else "lines",  # noqa: PLR2004  # a line of one or two days is hardly seen
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "text": [measure(value) for value in values],
        "hovertemplate": "%{text}",
    }


def _axis() -> dict[str, Any]:
    return {
        "showgrid": True,
        "zeroline": False,
        "rangemode": "tozero",
        "tickformat": ",.12~g",
        "nticks": 5,
        "fixedrange": True,
        "automargin": True,
        "ticklabelstandoff": 8,
    }
