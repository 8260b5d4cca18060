"""The time a worker gives to events."""

from __future__ import annotations

import re
import time
from calendar import monthrange
from datetime import UTC, datetime

_WITHOUT_OFFSET = len("2026-01-31T12:00:00.000000")
_SECOND = len("2026-01-31T12:00:00.")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>\d\d)(?!\d)", re.ASCII)
_US_PER_S = 1_000_000
_NS_PER_US = 1_000


class Clock:
    """UTC that never runs backwards within a worker, also when the machine's clock is set back."""

    def __init__(self) -> None:
        self._last_us = 0
        self._second = -1
        self._second_text = ""

    def now(self) -> str:
        """Return the time as it lands; never earlier than an earlier answer, and texts compare as times do."""
        self._last_us = max(self._last_us, time.time_ns() // _NS_PER_US)
        second, fraction_us = divmod(self._last_us, _US_PER_S)
        if second != self._second:  # a fifth of the cost: only the fraction is new most of the time
            self._second = second
            self._second_text = landed_time(datetime.fromtimestamp(second, UTC))[:_SECOND]
        return f"{self._second_text}{fraction_us:06d}Z"


def landed_time(time: datetime) -> str:
    """Return an aware time as it lands: UTC with microseconds, `2026-01-31T12:00:00.000000Z`.

    Raises:
        OverflowError: in UTC it lies before year 1 or after year 9999.
    """
    in_utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:_WITHOUT_OFFSET] + "Z"


def names_no_day(text: str) -> bool:
    """Say whether a text begins as a day of ISO 8601 does, but with one that no calendar has, such as 2026-02-30."""
    found = _ISO_DAY.match(text)
    if found is None:
        return False
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    return year > 0 and not 1 <= day <= monthrange(year, month)[1]
