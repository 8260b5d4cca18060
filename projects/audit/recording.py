"""Record what a transaction changes, in the same transaction: an entry exists exactly if its change does.

SQLAlchemy says which rows a session adds, changes and deletes. Each table states what of it an entry shows
(`Audited`), so a new method that writes is recorded without any code of its own.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from projects.audit.actor import current_actor
from projects.models import AuditEntryRow, Base

if TYPE_CHECKING:
    from projects.models import Audited

HIDDEN = ""
"""In place of a value that is a secret."""
MAX_VALUE_CHARACTERS = 10_000
"""Longer than any setting; so a change never looks like none."""
MAX_SUBJECT_CHARACTERS = 300


class RecordingSession(Session):
    """A session that adds entries of the audit log for the rows that it writes."""

    def flush(self, objects: Any = None) -> None:
        """Write pending changes, and entries about them."""
        if objects is None:
            self.add_all(_entries(self))
        super().flush(objects)


def entry(action: str, subject: str = "", project_id: str | None = None, **details: Any) -> AuditEntryRow:
    """Return an entry about the current actor, made now."""
    return AuditEntryRow(
        made_at=datetime.now(UTC),
        actor=current_actor(),
        action=action,
        subject=subject[:MAX_SUBJECT_CHARACTERS],
        project_id=project_id,
        details=details,
    )


def _entries(session: Session) -> list[AuditEntryRow]:
    changes = [
        *((row, "created") for row in session.new),
        *((row, "changed") for row in session.dirty),
        *((row, "removed") for row in session.deleted),
    ]
    entries, unnamed = [], Counter[tuple[str, str | None]]()
    for row, verb in changes:
        if not isinstance(row, Base) or row.audited is None:
            continue
        audited, project_id = row.audited, getattr(row, "project_id", None)
        details = _changed(row, audited) if verb == "changed" else _values(row, audited)
        endings = [column for column in details if column in audited.endings]
        if verb == "changed" and not details:
            continue
        action = f"{audited.noun} {audited.endings[endings[0]] if endings else verb}"
        if not audited.subject:
            unnamed[action, project_id] += 1
            continue
        subject = " ".join(str(value) for name in audited.subject if (value := getattr(row, name)) is not None)
        shown = {name: value for name, value in details.items() if name not in audited.endings}
        entries.append(entry(action, subject, project_id, **shown))
    entries += [entry(action, "", project_id, number=count) for (action, project_id), count in unnamed.items()]
    return entries


def _values(row: Base, audited: Audited) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in audited.columns}
    return {name: _shown(value) for name, value in values.items() if value is not None and not isinstance(value, bool)}


def _changed(row: Base, audited: Audited) -> dict[str, Any]:
    """Return the former and the new value of each changed column that entries show."""
    changed = {}
    for name in (*audited.columns, *audited.subject, *audited.hidden, *audited.endings):
        history = inspect(row).attrs[name].history
        if not history.has_changes():
            continue
        before, after = (values[0] if values else None for values in (history.deleted, history.added))
        if before != after and not (name in audited.endings and after is None):
            value = HIDDEN if name in audited.hidden else [_shown(before), _shown(after)]
            changed[audited.hidden.get(name, name)] = value
    return changed


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_VALUE_CHARACTERS else value[:MAX_VALUE_CHARACTERS] + "…"
    return value.isoformat() if isinstance(value, date | datetime) else value
