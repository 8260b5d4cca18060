"""The period of a page: a preset such as the last 30 days, or two dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.data.address import Address

ALL, CUSTOM = "all", "dates"
LAST_DAYS = {"7d": 7, "30d": 30, "90d": 90}
PERIODS = (ALL, *LAST_DAYS, CUSTOM)
NUMBERS_ONLY_PERIOD = "90d"
"""The period of the role `numbers`."""
PERIOD_WORDS = {
    ALL: "All time",
    **{key: f"Last {n_days} days" for key, n_days in LAST_DAYS.items()},
    CUSTOM: "Custom range",
}


def parse_day(text: str | None) -> date | None:
    """Parse a date such as 2026-01-31; None for anything else."""
    try:
        return date.fromisoformat(text) if text is not None and len(text) == len("2026-01-31") else None
    except ValueError:
        return None


def chosen_days(address: Address, newest: date | None) -> tuple[date | None, date | None]:
    """Return the first and last day of an address; None where there is no limit.

    "The last 30 days" end with the newest day that has events. So a link shows the same until the next publication, and
    a quiet week does not empty the page.
    """
    if address.period == CUSTOM:
        first, last = address.first, address.last
        return (last, first) if first and last and last < first else (first, last)
    if address.period in LAST_DAYS and newest is not None:
        return newest - timedelta(days=LAST_DAYS[address.period] - 1), newest
    return None, None
