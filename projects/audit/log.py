"""Read the audit log, and add what no row of another table says. `Projects.audit_log` is the entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from projects.audit.recording import entry
from projects.models import AuditEntryRow
from projects.records import AuditEntry
from projects.transactions import find_project, reading, writing

if TYPE_CHECKING:
    import builtins
    from datetime import datetime

    from sqlalchemy import Engine


class AuditLog:
    """The audit log of an installation: entries are only added; the database refuses to change or remove them.

    Each method may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, action: str, subject: str = "", project_id: str | None = None, **details: Any) -> None:
        """Add an entry about the current actor (`projects.audit.actor`).

        Args:
            action: what was done, such as `signed in`.
            subject: to what.
            project_id: in which project; None for all.
            details: further facts that JSON can hold. Never secrets, texts or ids of the app's users.
        """
        with writing(self._engine) as session:
            session.add(entry(action, subject, project_id, **details))

    def list(
        self,
        project: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> builtins.list[AuditEntry]:
        """Return entries, the newest first.

        Args:
            project: id or name of a project; None for entries of all, and those of none.
            since: entries from this moment on.
            until: entries before this moment.
            limit: at most so many.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(AuditEntryRow).order_by(AuditEntryRow.entry_id.desc()).limit(limit)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(AuditEntryRow.project_id == find_project(session, project).project_id)
            if since is not None:
                query = query.where(AuditEntryRow.made_at >= since)
            if until is not None:
                query = query.where(AuditEntryRow.made_at < until)
            return [
                AuditEntry(row.entry_id, row.made_at, row.actor, row.action, row.subject, row.project_id, row.details)
                for row in session.scalars(query)
            ]
