"""When events happen: sessions spread over working hours, none in the future, no two of one user at once."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WEEKEND_SHARE = 0.35
FIRST_WEEKEND_DAY = 5
GROWTH_OVER_WINDOW = 0.4
QUIET_BETWEEN_SESSIONS = timedelta(minutes=45)
"""More than the default gap of session stitching, so that a user's sessions stay apart."""

BUSY_HOURS = (2, 1, 1, 1, 2, 4, 9, 22, 48, 70, 74, 66, 50, 62, 72, 70, 60, 44, 30, 22, 18, 13, 8, 4)
"""Relative activity of each hour (UTC) of a working day."""


@dataclass(frozen=True)
class ActivityWindow:
    """The hours from `begin` on, each with the share of all activity before its end."""

    begin: datetime
    running_shares: tuple[float, ...]

    def moment(self, quantile: float) -> timedelta:
        """Return the moment at which the given share (0 to 1) of all activity has happened."""
        hour = min(bisect_left(self.running_shares, quantile), len(self.running_shares) - 1)
        before = self.running_shares[hour - 1] if hour else 0.0
        return timedelta(hours=hour + (quantile - before) / (self.running_shares[hour] - before))


def activity_window(now: datetime, days: int) -> ActivityWindow:
    """Return the last `days` days before `now`, busier by day and on working days, and growing a little every day."""
    begin = now - timedelta(days=days)
    n_hours = days * 24
    weights = [_weight(begin + timedelta(hours=hour), hour / n_hours) for hour in range(n_hours)]
    total = sum(weights)
    return ActivityWindow(begin, tuple(accumulate(weight / total for weight in weights)))


def starts_of_sessions(
    window: ActivityWindow, durations: Sequence[timedelta], quantiles: Sequence[float]
) -> list[datetime]:
    """Return the starts of one user's sessions, in order, with gaps between them; the last ends inside the window.

    Sessions that need more room than the window has begin before it.

    Args:
        window: the time in which people are active.
        durations: the durations of the sessions.
        quantiles: for each session, the share of all activity before it, 0 to 1, ascending.
    """
    length = timedelta(hours=len(window.running_shares))
    taken = sum(durations, timedelta()) + QUIET_BETWEEN_SESSIONS * len(durations)
    free_share = max((length - taken) / length, 0.0)
    elapsed = min(length - taken, timedelta())
    starts = []
    for quantile, duration in zip(quantiles, durations, strict=True):
        starts.append(window.begin + window.moment(quantile) * free_share + elapsed)
        elapsed += duration + QUIET_BETWEEN_SESSIONS
    return starts


def _weight(moment: datetime, share_of_window: float) -> float:
    is_weekend = moment.weekday() >= FIRST_WEEKEND_DAY
    return BUSY_HOURS[moment.hour] * (WEEKEND_SHARE if is_weekend else 1.0) * (1 + GROWTH_OVER_WINDOW * share_of_window)
