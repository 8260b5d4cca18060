"""What a shorter retention would remove, counted in the published marts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contracts.tables import read_detail_days
from dashboard.data.query_files import read_query
from dashboard.formatting import day, plural
from projects.records import oldest_day

if TYPE_CHECKING:
    from datetime import date

    import duckdb


@dataclass(frozen=True)
class RetentionPreview:
    """What would be removed today, and what would stay.

    `details_from` is the first day whose events are published; None if all are.
    """

    n_events: int
    n_sessions: int
    n_messages: int
    n_kept_events: int
    first_kept_day: date | None
    details_from: date | None = None

    def in_words(self, events_days: int) -> str:
        """Return half a sentence that says what would go and stay."""
        unseen = f", and all from before {day(self.details_from)}, which is not published" if self.details_from else ""
        since = f", the oldest of {day(self.first_kept_day)}" if self.first_kept_day else ""
        return (
            f"{plural(self.n_events, 'event')} in {plural(self.n_sessions, 'session')}, with "
            f"{plural(self.n_messages, 'message')}, are older than {plural(events_days, 'day')} and would be "
            f"removed{unseen}; {plural(self.n_kept_events, 'event')} would stay{since}."
        )


def preview_retention(connection: duckdb.DuckDBPyConnection, project_id: str, events_days: int) -> RetentionPreview:
    """Count in the published marts what a retention would remove today."""
    values = {"project_id": project_id, "oldest_day": oldest_day(events_days, datetime.now(UTC))}
    (row,) = connection.execute(read_query("retention_preview"), values).fetchall()
    return replace(RetentionPreview(*row), details_from=read_detail_days(connection).get(project_id))
