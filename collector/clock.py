"""The time a worker gives to events."""

from __future__ import annotations

from datetime import UTC, datetime

_WITHOUT_OFFSET = len("2026-01-31T12:00:00.000000")


class Clock:
    """UTC that never runs backwards within a worker, also when the machine's clock is set back."""

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time, aware, in UTC with microseconds; never earlier than an earlier answer."""
        self._last = max(self._last, datetime.now(UTC))
        return self._last


def landed_time(time: datetime) -> str:
    """Return an aware time as it lands: UTC with microseconds, `2026-01-31T12:00:00.000000Z`.

    Raises:
        OverflowError: in UTC it lies before year 1 or after year 9999.
    """
    in_utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:_WITHOUT_OFFSET] + "Z"
