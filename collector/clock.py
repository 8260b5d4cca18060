"""The time at which events are received: UTC, the same on all hosts that share a projects database."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collector.validation import landed_time

if TYPE_CHECKING:
    from projects.repository import Projects

MAX_CLOCK_OFFSET_S = 1.0
"""Clocks that differ by less are left alone: asking the database may take as long on a busy day."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets, and that on Linux goes on while the machine is suspended."""

_SECOND = len("2026-01-31T12:00:00.")
_US_PER_S = 1_000_000
_NS_PER_US = 1_000

_log = logging.getLogger(__name__)


class Clock:
    """UTC that never runs backwards within a worker, also when the machine's clock is set back.

    It follows the machine's clock until `set` is called. From then on it goes on steadily from the time it was given,
    whatever the machine's clock is set to.

    Attributes:
        is_corrected: whether the time that it was given last was not the machine's.
    """

    def __init__(self) -> None:
        self.is_corrected = False
        self._ahead_us: int | None = None  # of the steady clock
        self._last_us = 0
        self._second = -1
        self._second_text = ""

    def set(self, time_s: float) -> None:
        """Set the time, in seconds since 1970."""
        self._ahead_us = round(time_s * _US_PER_S) - _steady_us()

    def now(self) -> str:
        """Return the time in landed form, never earlier than a previous result; texts compare like times."""
        us = time.time_ns() // _NS_PER_US if self._ahead_us is None else _steady_us() + self._ahead_us
        self._last_us = max(self._last_us, us)
        second, fraction_us = divmod(self._last_us, _US_PER_S)
        if second != self._second:  # usually only the fraction is new, at a fifth of the cost
            self._second = second
            self._second_text = landed_time(datetime.fromtimestamp(second, UTC))[:_SECOND]
        return f"{self._second_text}{fraction_us:06d}Z"


def _steady_us() -> int:
    return time.clock_gettime_ns(_STEADY) // _NS_PER_US


def follow_database(clock: Clock, projects: Projects) -> None:
    """Set a clock by the database's, so that hosts with one projects database agree on the time.

    Without it, a user's messages that reach two hosts would be in the wrong order, or in two sessions. SQLite has the
    machine's clock, which is followed as it is.

    Raises:
        DatabaseError: the database cannot be asked; the clock goes on.
    """
    if not projects.has_own_clock:
        return
    offset_s = projects.clock_offset_s()
    was_corrected, clock.is_corrected = clock.is_corrected, abs(offset_s) >= MAX_CLOCK_OFFSET_S
    if clock.is_corrected and not was_corrected:
        _log.warning(
            "This machine's clock differs from the database's; times of events are corrected.",
            extra={"offset_s": round(offset_s, 1)},
        )
    clock.set(time.time() + (offset_s if clock.is_corrected else 0.0))
