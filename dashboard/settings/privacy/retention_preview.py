"""What a shorter retention would remove, counted in the published marts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contracts.tables import read_detail_days
from dashboard.data.query_files import read_query
from dashboard.formatting import day, plural
from projects.records import oldest_day

if TYPE_CHECKING:
    import duckdb


def preview(connection: duckdb.DuckDBPyConnection, project_id: str, what: str, days: int) -> str:
    """Say in half a sentence what a retention would remove today, and what would stay.

    Args:
        connection: to the published marts.
        project_id: the project.
        what: `events` or `texts`.
        days: for so many days they would be kept.
    """
    values = {"project_id": project_id, "oldest_day": oldest_day(days, datetime.now(UTC))}
    (row,) = connection.execute(read_query(f"{what}_retention_preview"), values).fetchall()
    details_from = read_detail_days(connection).get(project_id)
    unseen = f", and all from before {day(details_from)}, which is not published" if details_from else ""
    return _events_in_words(days, unseen, *row) if what == "events" else _texts_in_words(days, unseen, *row)


def _events_in_words(  # noqa: PLR0913, PLR0917  # the columns of the query
    days: int, unseen: str, n_events: int, n_sessions: int, n_messages: int, n_kept: int, first_kept: Any
) -> str:
    since = f", the oldest of {day(first_kept)}" if first_kept else ""
    return (
        f"{plural(n_events, 'event')} in {plural(n_sessions, 'session')}, with {plural(n_messages, 'message')}, are "
        f"older than {plural(days, 'day')} and would be removed{unseen}; {plural(n_kept, 'event')} would stay{since}."
    )


def _texts_in_words(days: int, unseen: str, n_messages: int, n_comments: int, n_kept: int) -> str:
    return (
        f"the texts of {plural(n_messages, 'message')} and {plural(n_comments, 'comment')} are older than "
        f"{plural(days, 'day')} and would be removed{unseen}; {plural(n_kept, 'message')} would keep theirs. Events, "
        "topics and counts would stay."
    )
