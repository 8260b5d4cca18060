"""The horizontal axis of charts over time, and how wide bars are on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

DAY_MS = 86_400_000
FEW = 10
"""So few buckets each have a word of their own below them."""
UNFINISHED = 0.45
"""Opacity of the bar of a bucket that is not whole."""
SLIM = 24
"""With fewer buckets than this bars stay as slim as they would be with this many."""


def is_weekly(starts: list[date]) -> bool:
    """Whether the buckets that begin at `starts` are weeks."""
    return len(starts) > 1 and (starts[1] - starts[0]).days > 1


def time_axis(starts: list[date]) -> dict[str, Any]:
    """Plotly's x axis for buckets that begin at `starts`."""
    length = 7 if is_weekly(starts) else 1
    ticks = {"tick0": starts[0], "dtick": length * DAY_MS} if len(starts) <= FEW else {"nticks": 8}
    return {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "showspikes": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickformat": "%-d %b",
        "hoverformat": f"{'Week of ' if is_weekly(starts) else ''}%A %-d %b %Y",
        **ticks,
    }


def count_axis() -> dict[str, Any]:
    """Plotly's y axis for counts from zero."""
    return {
        "showgrid": True,
        "zeroline": False,
        "rangemode": "tozero",
        "nticks": 5,
        "fixedrange": True,
        "automargin": True,
        "tickformat": ",d",
        "ticklabelstandoff": 8,
    }


def opacities(whole: list[bool]) -> list[float]:
    """Opacity of each bucket's bar, in 0 to 1: what is cut or not over is lighter."""
    return [1.0 if is_whole else UNFINISHED for is_whole in whole]


def bar_gap(starts: list[date]) -> float:
    """Share of a bucket's width that stays empty, in 0 to 1."""
    return 1 - 0.82 * min(1, len(starts) / SLIM)
