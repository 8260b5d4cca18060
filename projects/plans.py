"""The limits of each plan, and their periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from projects.records import Plan, Project

DEFAULT_PLAN: Final = "enterprise"
"""No end and no limit: a self-hosted Turret should not refuse events by default."""

TRIAL_DAYS = 14
PLAN_LIMITS: dict[Plan, int | None] = {
    "trial": 250_000,
    "pro": 1_000_000,
    "business": 10_000_000,
    "enterprise": None,
}
"""Number of events: for a trial in total, for the others per calendar month (UTC); None is unlimited."""


@dataclass(frozen=True)
class Allowance:
    """What a project may send at a moment.

    Args:
        plan: the plan.
        limit: number of events from `starts_at` until `ends_at`; None is unlimited.
        starts_at: the project's creation in a trial, else the first of the month.
        ends_at: the end of the trial, else the first of the next month.
        is_over: whether it is a trial that has ended.
    """

    plan: Plan
    limit: int | None
    starts_at: datetime
    ends_at: datetime
    is_over: bool = False

    @property
    def is_trial(self) -> bool:
        """Whether all events since the project's creation count, instead of those of a month."""
        return self.plan == "trial"

    def in_words(self) -> str:
        """Return the plan with its limit and, for a trial, its end."""
        if self.limit is None:
            events = "no limit"
        else:
            plural = "" if self.limit == 1 else "s"
            events = f"{self.limit:,} event{plural} {'in all' if self.is_trial else 'a calendar month'}"
        if not self.is_trial:
            return f"{self.plan}: {events}"
        verb = "have been refused since" if self.is_over else "are refused from"
        return f"{self.plan}: {events}; new events {verb} {self.ends_at:%Y-%m-%d %H:%M} UTC"


def allowance_of(project: Project, at: datetime) -> Allowance:
    """Return what a project may send at `at` (aware); the project's own limit replaces its plan's."""
    limit = PLAN_LIMITS[project.plan] if project.event_limit is None else project.event_limit
    if project.plan == "trial":
        ends_at = project.created_at + timedelta(days=TRIAL_DAYS)
        return Allowance(project.plan, limit, project.created_at, ends_at, is_over=at >= ends_at)
    starts_at = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Allowance(project.plan, limit, starts_at, next_month(starts_at))


def next_month(first: datetime) -> datetime:
    """Return the first of the month after one that begins at `first`."""
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def month_of(at: datetime) -> str:
    """Return the month (UTC) in which a moment counts, as `2026-01`."""
    return f"{at.astimezone(UTC):%Y-%m}"
