"""Days and weeks of a time axis, without gaps."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

MAX_DAILY_BUCKETS = 100
"""Longer periods are drawn by week: more bars cannot be told apart on a laptop."""
MAX_WEEKS = 210
"""Maximum number of weekly bars, about four years. Longer periods are drawn by several weeks, so pages stay small."""
WEEKS = (1, 4, 13, 52)
"""Weeks that a bar can stand for: one, four, a quarter of a year, or a year."""


def bucket_starts(first: date, last: date) -> list[date]:
    """Return the start of each bucket from first to last: days, or Mondays for longer periods."""
    length = _bucket_length((last - first).days)
    start = first if length == 1 else first - timedelta(days=first.weekday())
    return [start + timedelta(days=days) for days in range(0, (last - start).days + 1, length)]


def _bucket_length(n_days: int) -> int:
    if n_days < MAX_DAILY_BUCKETS:
        return 1
    n_weeks = next((weeks for weeks in WEEKS if n_days <= MAX_WEEKS * 7 * weeks), None)
    return 7 * (n_weeks or WEEKS[-1] * -(-n_days // (MAX_WEEKS * 7 * WEEKS[-1])))


def whole_buckets(starts: list[date], first: date, last: date) -> list[bool]:
    """Return for each bucket whether all its days are in the period; a partial bucket would look like a fall."""
    length = (starts[1] - starts[0]).days if len(starts) > 1 else 1
    return [first <= start and start + timedelta(days=length - 1) <= last for start in starts]


def only_whole(values: list[T], whole: list[bool]) -> list[T]:
    """Drop the values of partial buckets, unless all are partial."""
    return [value for value, is_whole in zip(values, whole, strict=True) if is_whole] or values


def count_by_bucket(days: Iterable[tuple[date, int]], starts: list[date]) -> list[int]:
    """Sum daily counts into the buckets that begin at `starts`; empty buckets are 0."""
    length = (starts[1] - starts[0]).days if len(starts) > 1 else 7
    counts: Counter[int] = Counter()
    for day, number in days:
        counts[(day - starts[0]).days // length] += number
    return [counts[place] for place in range(len(starts))]


def weekly_average(counts: list[int], length: int = 7) -> list[float]:
    """Return the mean of each day and the six before it, which removes the weekly rhythm.

    The first six days have fewer days before them and would look like a climb or a fall. Periods of two weeks or more
    begin with the seventh day; shorter periods average the days that exist.
    """
    sums = [sum(counts[max(0, place - length + 1) : place + 1]) for place in range(len(counts))]
    averages = [total / min(place + 1, length) for place, total in enumerate(sums)]
    return averages[length - 1 :] if len(counts) >= 2 * length else averages
