"""Count the model calls that each instrumentation sent with and without text, yesterday and today.

The collector updates the counts; `turret status` and the Overview say where texts are missing.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from contracts.file_locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.home import Home

Source = tuple[str, str, str]
"""A project's id, the name of the instrumentation's scope, and the name of the service."""
KEPT_DAYS = 2


class CallCounts(NamedTuple):
    """Model calls with text, without text, and attributes that the sender's SDK dropped from them."""

    with_text: int = 0
    without_text: int = 0
    dropped_attributes: int = 0

    def plus(self, other: CallCounts) -> Self:
        """Return the sum."""
        return type(self)(*(one + another for one, another in zip(self, other, strict=True)))


def add_counts(home: Home, counts: Mapping[Source, CallCounts]) -> None:
    """Add to today's counts; counts from before yesterday are removed.

    Raises:
        OSError: the disk failed.
    """
    path = home.instrumentation_counts
    today = datetime.now(UTC).date()
    with lock_file(path.with_suffix(".lock"), wait=True):
        days = {day: kept for day, kept in _read(home).items() if day > today - timedelta(days=KEPT_DAYS)}
        of_today = days.setdefault(today, {})
        for source, more in counts.items():
            of_today[source] = of_today.get(source, CallCounts()).plus(more)
        document = {
            f"{day}": [[*source, *calls] for source, calls in sorted(of_day.items())] for day, of_day in days.items()
        }
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(document, ensure_ascii=False))
        temporary.replace(path)  # not synced: the counts are a hint, and a lost day of them costs nothing


def read_counts(home: Home) -> dict[Source, CallCounts]:
    """Return the counts of yesterday and today by project, scope and service."""
    found: dict[Source, CallCounts] = {}
    today = datetime.now(UTC).date()
    for day, of_day in _read(home).items():
        if day > today - timedelta(days=KEPT_DAYS):
            for source, calls in of_day.items():
                found[source] = found.get(source, CallCounts()).plus(calls)
    return found


def _read(home: Home) -> dict[date, dict[Source, CallCounts]]:
    try:
        document: dict[str, list[list[Any]]] = json.loads(home.instrumentation_counts.read_text())
    except (FileNotFoundError, ValueError):  # a power cut may leave it empty
        return {}
    return {
        date.fromisoformat(day): {
            (project, scope, service): CallCounts(*calls) for project, scope, service, *calls in rows
        }
        for day, rows in document.items()
    }
