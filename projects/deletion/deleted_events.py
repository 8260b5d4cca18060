"""Events that people deleted, by their ids. `Projects.deleted_events` is the entry point."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from projects.errors import NotFoundError
from projects.models import DeletedEventRow
from projects.records import DeletedEvent
from projects.transactions import find_project, reading, writing
from projects.validation import check_event_id

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable

    from sqlalchemy import Engine


class DeletedEvents:
    """The deleted events of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, project: str, event_ids: Iterable[str]) -> int:
        """Delete events, all or none; return how many were not deleted before.

        Raises:
            InvalidValueError: an id is not allowed.
            NotFoundError: there is no such project.
        """
        checked = dict.fromkeys(check_event_id(event_id) for event_id in event_ids)
        with writing(self._engine) as session:
            owner = find_project(session, project).project_id
            new = [event_id for event_id in checked if session.get(DeletedEventRow, (owner, event_id)) is None]
            now = datetime.now(UTC)
            session.add_all(DeletedEventRow(project_id=owner, event_id=event_id, deleted_at=now) for event_id in new)
            return len(new)

    def remove(self, project: str, event_ids: Iterable[str]) -> None:
        """Restore events, all or none.

        Raises:
            NotFoundError: there is no such project, or one of the events is not deleted.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            for event_id in dict.fromkeys(event_ids):
                row = session.get(DeletedEventRow, (owner.project_id, event_id))
                if row is None:
                    raise NotFoundError(
                        f"The event {event_id!r} of project {owner.name!r} is not deleted; `turret event list` "
                        f"lists the deleted ones."
                    )
                session.delete(row)

    def list(self, project: str | None = None) -> builtins.list[DeletedEvent]:
        """Return the deleted events of one project, or of all, ordered by project and id.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(DeletedEventRow).order_by(DeletedEventRow.project_id, DeletedEventRow.event_id)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(DeletedEventRow.project_id == find_project(session, project).project_id)
            return [DeletedEvent(row.project_id, row.event_id, row.deleted_at) for row in session.scalars(query)]
