"""The time axis of charts, and the widths of bars on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.formatting import day

if TYPE_CHECKING:
    from datetime import date

DAY_MS = 86_400_000
YEAR_DAYS = 366
YEAR_BELOW = "%-d %b\n%Y"
"""Plotly writes the part after the line break only below the first date and where it changes."""
MIN_TICKS = 5
MAX_NAMED_BUCKETS = 7
"""Up to this many buckets, each has a label."""
UNFINISHED = 0.45
"""Opacity of the bar of an incomplete bucket."""
SLIM = 24
"""Minimum number of buckets for the width of bars: with fewer, bars stay as slim as with this many."""


def is_weekly(starts: list[date]) -> bool:
    """Return whether the buckets that begin at `starts` are weeks, or several weeks."""
    return bucket_weeks(starts) > 0


def bucket_weeks(starts: list[date]) -> int:
    """Return the number of weeks per bucket; 0 for days."""
    return (starts[1] - starts[0]).days // 7 if len(starts) > 1 else 0


def bucket_unit(starts: list[date]) -> str:
    """Name the unit of a bucket: `day`, `week`, or `4 weeks`."""
    n_weeks = bucket_weeks(starts)
    return "day" if n_weeks == 0 else "week" if n_weeks == 1 else f"{n_weeks} weeks"


def bucket_words(starts: list[date], place: int) -> str:
    """Name one bucket: `the week of 5 Jan 2026`, or `the 4 weeks from 5 Jan 2026`; not for days."""
    link = "of" if bucket_weeks(starts) == 1 else "from"
    return f"the {bucket_unit(starts)} {link} {day(starts[place])}"


def time_axis(starts: list[date]) -> dict[str, Any]:
    """Return Plotly's x axis for buckets that begin at `starts`."""
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
        "ticklabelstandoff": 8,  # otherwise the first date overlaps the zero of the other axis
        "hoverformat": f"{prefix}%A %-d %b %Y",
        **ticks,
    }


def count_axis(largest: int) -> dict[str, Any]:
    """Return Plotly's y axis for counts from zero to `largest`, with whole numbers only."""
    return {
        "showgrid": True,
        "zeroline": False,
        "rangemode": "tozero",
        **({"dtick": 1} if largest < MIN_TICKS else {"nticks": MIN_TICKS}),
        "fixedrange": True,
        "automargin": True,
        "tickformat": ",d",
        "ticklabelstandoff": 8,
    }


def opacities(whole: list[bool]) -> list[float]:
    """Return the opacity of each bucket's bar, in 0 to 1; incomplete buckets are lighter."""
    return [1.0 if is_whole else UNFINISHED for is_whole in whole]


def bar_gap(starts: list[date]) -> float:
    """Return the share of a bucket's width that stays empty, in 0 to 1."""
    return 1 - 0.82 * min(1, len(starts) / SLIM)
