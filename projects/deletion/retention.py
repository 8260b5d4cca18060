"""For how long projects keep their events, and the texts of these. `Projects` has an entry point for each.

A longer time is in force at once. A shorter one is in force after a day, until which it can be cancelled, because
nothing brings back what a run has removed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from projects.errors import NotFoundError
from projects.models import ProjectRow
from projects.transactions import find_project, project_of_row, reading, writing
from projects.validation import check_kept_days

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy import Engine

    from projects.records import Project, Retention

WAIT: Final = timedelta(hours=24)
"""After this time a shorter retention is in force."""


@dataclass(frozen=True)
class _Columns:
    """The columns of `ProjectRow` that have one of the two retentions; `what` names what is kept."""

    what: str
    record: str
    days: str
    next_days: str
    next_at: str
    aging_before: str
    n_aging: str
    aged_before: str
    aged_at: str
    n_aged: str


_EVENTS: Final = _Columns(
    "events",
    "retention",
    *("events_days", "next_events_days", "next_events_days_at", "aging_before", "n_aging_events"),
    *("aged_before", "aged_at", "n_aged_events"),
)
_TEXTS: Final = _Columns(
    "texts",
    "text_retention",
    *("texts_days", "next_texts_days", "next_texts_days_at", "texts_aging_before", "n_aging_texts"),
    *("texts_aged_before", "texts_aged_at", "n_aged_texts"),
)


class Retentions:
    """For how long all projects keep their events. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    _columns = _EVENTS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, project: str, days: int | None) -> Project:
        """Choose for how many days a project keeps them; None for ever.

        A longer time is in force at once; a shorter one after `WAIT`, which starts again with another choice.

        Raises:
            InvalidValueError: the number of days is not allowed.
            NotFoundError: there is no such project.
        """
        checked = None if days is None else check_kept_days(self._columns.what, days)
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            row = find_project(session, project)
            kept = self._put_in_force(row, now)
            if checked is not None and (kept.days is None or checked < kept.days):
                if checked != kept.next_days:
                    self._write(row, next_days=checked, next_at=now + WAIT)
            else:
                self._write(row, days=checked, next_days=None, next_at=None)
            return project_of_row(row)

    def cancel(self, project: str) -> Project:
        """Withdraw a shorter retention that is not in force yet.

        Raises:
            NotFoundError: there is no such project, or nothing waits.
        """
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            row = find_project(session, project)
            if self._put_in_force(row, now).next_days is None:
                raise NotFoundError(f"No shorter retention of {row.name!r} waits, so there is nothing to cancel.")
            self._write(row, next_days=None, next_at=None)
            return project_of_row(row)

    def due(self, moment: datetime) -> dict[str, date]:
        """Return the projects with something to remove, deleted ones too, each with the first day that it keeps.

        Empty once a run has finished what is due on the day of `moment`.
        """
        with reading(self._engine) as session:
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.project_id)).all()
            due = {row.project_id: _due(self._read(row), moment) for row in rows}
        return {project_id: before for project_id, before in due.items() if before is not None}

    def of(self, project_ids: Collection[str]) -> dict[str, Retention]:
        """Return the retention of each project, deleted ones too, by project_id."""
        with reading(self._engine) as session:
            rows = session.scalars(select(ProjectRow).where(ProjectRow.project_id.in_(project_ids)))
            return {row.project_id: self._read(row) for row in rows}

    def begin(self, n_events: Mapping[str, int], before: Mapping[str, date]) -> None:
        """Record that a run removes what projects have from before a day. A run that repeats it finds less.

        Args:
            n_events: number of events found, by project.
            before: the first day that is kept, by project.
        """
        with writing(self._engine) as session:
            for row in session.scalars(select(ProjectRow).where(ProjectRow.project_id.in_(before))):
                self._put_in_force(row, datetime.now(UTC))
                n_before = getattr(row, self._columns.n_aging) or 0
                n_aging = max(n_before, n_events.get(row.project_id, 0))
                self._write(row, aging_before=before[row.project_id], n_aging=n_aging)

    def postpone(self) -> None:
        """Let what was begun be due for the next run, and not be finished by this one."""
        with writing(self._engine) as session:
            for row in session.scalars(select(ProjectRow)):
                self._write(row, aging_before=None)

    def begun(self) -> list[str]:
        """Return the projects of which a run has begun, and not finished, to remove something."""
        with reading(self._engine) as session:
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.project_id)).all()
            return [row.project_id for row in rows if self._read(row).aging_before is not None]

    def finish(self, *, only_unfound: bool = False) -> None:
        """Record that a run has finished all that was begun, or only where it found nothing."""
        with writing(self._engine) as session:
            for row in session.scalars(select(ProjectRow)):
                before, n_aging = self._read(row).aging_before, getattr(row, self._columns.n_aging)
                if before is None or (only_unfound and n_aging):
                    continue
                self._write(row, aged_before=before, aged_at=datetime.now(UTC), n_aged=n_aging)
                self._write(row, aging_before=None, n_aging=None)

    def _read(self, row: ProjectRow) -> Retention:
        record: Retention = getattr(project_of_row(row), self._columns.record)
        return record

    def _write(self, row: ProjectRow, **values: Any) -> None:
        for name, value in values.items():
            setattr(row, getattr(self._columns, name), value)

    def _put_in_force(self, row: ProjectRow, now: datetime) -> Retention:
        """Let a shorter retention take the place of the former one if its time has come."""
        kept = self._read(row)
        if kept.next_days is not None and kept.next_at is not None and kept.next_at <= now:
            self._write(row, days=kept.next_days, next_days=None, next_at=None)
        return self._read(row)


class TextRetentions(Retentions):
    """For how long all projects keep the texts of their events."""

    _columns = _TEXTS

    def keys(self, project_ids: Collection[str]) -> dict[str, bytes]:
        """Return the secret key of each project with which removed texts are hashed; make it if there is none."""
        with writing(self._engine) as session:
            rows = session.scalars(select(ProjectRow).where(ProjectRow.project_id.in_(project_ids))).all()
            for row in rows:
                row.texts_key = row.texts_key or secrets.token_hex(32)
            return {row.project_id: bytes.fromhex(row.texts_key or "") for row in rows}


def _due(kept: Retention, moment: datetime) -> date | None:
    """Return the first day that a project keeps, if a run has something to remove or to finish."""
    before = kept.oldest_day_at(moment)
    if before is None or (kept.aged_before == before and kept.aging_before is None):
        return kept.aging_before
    return before
