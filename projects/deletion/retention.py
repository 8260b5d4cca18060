"""For how long projects keep their events. `Projects.retention` is the entry point.

A longer time is in force at once. A shorter one is in force after a day, until which it can be cancelled, because
nothing brings back what a run has removed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from projects.errors import NotFoundError
from projects.models import ProjectRow
from projects.transactions import find_project, project_of_row, reading, writing
from projects.validation import check_events_days

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Engine

    from projects.records import Project

WAIT: Final = timedelta(hours=24)
"""After this time a shorter retention is in force."""


class Retentions:
    """The retention of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, project: str, events_days: int | None) -> Project:
        """Choose for how many days a project keeps its events; None for ever.

        A longer time is in force at once; a shorter one after `WAIT`, which starts again with another choice.

        Raises:
            InvalidValueError: the number of days is not allowed.
            NotFoundError: there is no such project.
        """
        checked = None if events_days is None else check_events_days(events_days)
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            row = find_project(session, project)
            _put_in_force(row, now)
            if checked is not None and (row.events_days is None or checked < row.events_days):
                if checked != row.next_events_days:
                    row.next_events_days, row.next_events_days_at = checked, now + WAIT
            else:
                row.events_days, row.next_events_days, row.next_events_days_at = checked, None, None
            return project_of_row(row)

    def cancel(self, project: str) -> Project:
        """Withdraw a shorter retention that is not in force yet.

        Raises:
            NotFoundError: there is no such project, or nothing waits.
        """
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            row = find_project(session, project)
            _put_in_force(row, now)
            if row.next_events_days is None:
                raise NotFoundError(f"No shorter retention of {row.name!r} waits, so there is nothing to cancel.")
            row.next_events_days, row.next_events_days_at = None, None
            return project_of_row(row)

    def due(self, moment: datetime) -> dict[str, date]:
        """Return the projects with events to remove, deleted ones too, each with the first day that it keeps.

        Empty once a run has finished what is due on the day of `moment`.
        """
        with reading(self._engine) as session:
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.project_id)).all()
            due = {row.project_id: _due(row, moment) for row in rows}
        return {project_id: before for project_id, before in due.items() if before is not None}

    def begin(self, n_events: Mapping[str, int], before: Mapping[str, date]) -> None:
        """Record that a run removes the events of projects from before a day. A run that repeats it finds less.

        Args:
            n_events: number of events found, by project.
            before: the first day that is kept, by project.
        """
        with writing(self._engine) as session:
            for row in session.scalars(select(ProjectRow).where(ProjectRow.project_id.in_(before))):
                _put_in_force(row, datetime.now(UTC))
                row.aging_before = before[row.project_id]
                row.n_aging_events = max(row.n_aging_events or 0, n_events.get(row.project_id, 0))

    def begun(self) -> list[str]:
        """Return the projects of which a run has begun, and not finished, to remove events."""
        with reading(self._engine) as session:
            query = select(ProjectRow.project_id).where(ProjectRow.aging_before.is_not(None))
            return list(session.scalars(query.order_by(ProjectRow.project_id)))

    def finish(self, *, only_unfound: bool = False) -> None:
        """Record that a run has finished all that was begun, or only where it found no event."""
        with writing(self._engine) as session:
            for row in session.scalars(select(ProjectRow).where(ProjectRow.aging_before.is_not(None))):
                if only_unfound and row.n_aging_events:
                    continue
                row.aged_before, row.aged_at = row.aging_before, datetime.now(UTC)
                row.n_aged_events = row.n_aging_events
                row.aging_before, row.n_aging_events = None, None


def _put_in_force(row: ProjectRow, now: datetime) -> None:
    """Let a shorter retention take the place of the former one if its time has come."""
    if row.next_events_days is not None and row.next_events_days_at is not None and row.next_events_days_at <= now:
        row.events_days = row.next_events_days
        row.next_events_days, row.next_events_days_at = None, None


def _due(row: ProjectRow, moment: datetime) -> date | None:
    """Return the first day that a project keeps, if a run has something to remove or to finish."""
    retention = project_of_row(row).retention
    before = retention.oldest_day_at(moment)
    if before is None or (retention.aged_before == before and retention.aging_before is None):
        return retention.aging_before
    return before
