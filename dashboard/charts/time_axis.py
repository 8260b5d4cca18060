"""The horizontal axis of charts over time, and how wide bars are on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.formatting import day

if TYPE_CHECKING:
    from datetime import date

DAY_MS = 86_400_000
YEAR_DAYS = 366
YEAR_BELOW = "%-d %b\n%Y"
"""Plotly writes what follows the line break below the first date, and below each where it changes."""
MAX_NAMED_BUCKETS = 7
"""So few buckets each have a word of their own below them."""
UNFINISHED = 0.45
"""Opacity of the bar of a bucket that is not whole."""
SLIM = 24
"""With fewer buckets than this bars stay as slim as they would be with this many."""


def is_weekly(starts: list[date]) -> bool:
    """Return whether the buckets that begin at `starts` are weeks, or several weeks."""
    return bucket_weeks(starts) > 0


def bucket_weeks(starts: list[date]) -> int:
    """Return how many weeks the buckets that begin at `starts` are long; 0 for days."""
    return (starts[1] - starts[0]).days // 7 if len(starts) > 1 else 0


def bucket_unit(starts: list[date]) -> str:
    """What one bucket is, in words: `day`, `week`, or `4 weeks`."""
    n_weeks = bucket_weeks(starts)
    return "day" if n_weeks == 0 else "week" if n_weeks == 1 else f"{n_weeks} weeks"


def bucket_words(starts: list[date], place: int) -> str:
    """One bucket in words: `the week of 5 Jan 2026`, or `the 4 weeks from 5 Jan 2026`; not for days."""
    link = "of" if bucket_weeks(starts) == 1 else "from"
    return f"the {bucket_unit(starts)} {link} {day(starts[place])}"


def time_axis(starts: list[date]) -> dict[str, Any]:
    """Plotly's x axis for buckets that begin at `starts`."""
    length = 7 * bucket_weeks(starts) or 1
    is_long = (starts[-1] - starts[0]).days > YEAR_DAYS
    prefix = {0: "", 1: "Week of "}.get(bucket_weeks(starts), f"{bucket_unit(starts)} from ".capitalize())
    ticks = {"tick0": starts[0], "dtick": length * DAY_MS} if len(starts) <= MAX_NAMED_BUCKETS else {"nticks": 6}
    return {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "showspikes": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickangle": 0,
        "tickformat": "%b %Y" if is_long else YEAR_BELOW,
        "ticklabelstandoff": 8,  # else the first date runs into the zero of the other axis
        "hoverformat": f"{prefix}%A %-d %b %Y",
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
