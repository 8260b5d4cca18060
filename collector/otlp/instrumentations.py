"""Counts, for each instrumentation that sends spans, its calls with and without text, and saves the counts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from contracts.instrumentation_counts import CallCounts, add_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contracts.home import Home
    from contracts.instrumentation_counts import Source

MAX_SOURCES = 100
"""Maximum number of sources in memory until they are saved, a second later; a project has a handful."""


class Instrumentations:
    """The counts of one worker since it last saved."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._counts: dict[Source, CallCounts] = {}
        self._lock = threading.Lock()

    def count(self, project_id: str, calls: Mapping[tuple[str, str], Sequence[int]]) -> None:
        """Add calls by scope and service: with text, without text, and dropped attributes."""
        with self._lock:
            for (scope, service), counts in calls.items():
                source = (project_id, scope, service)
                if source in self._counts or len(self._counts) < MAX_SOURCES:
                    self._counts[source] = self._counts.get(source, CallCounts()).plus(CallCounts(*counts))

    def save(self) -> None:
        """Add these counts to the home's.

        Raises:
            OSError: the disk failed; the counts since the last time are lost.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
        if counts:
            add_counts(self._home, counts)
