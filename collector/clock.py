"""Follow the clock of the projects database, so that hosts that share it agree on when events are received."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.validation import Clock
    from projects.repository import Projects

MAX_CLOCK_OFFSET_S = 1.0
"""Clocks that differ by less are left alone: asking the database may take as long on a busy day."""

_log = logging.getLogger(__name__)


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
