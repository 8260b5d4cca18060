"""Transactions on the projects database: find a project, and turn the library's errors into ours."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from contracts.masking.masker import MaskingRule
from projects.audit.recording import RecordingSession
from projects.errors import DatabaseError, NameTakenError, NotFoundError
from projects.models import ProjectRow
from projects.name_suggestions import meant
from projects.records import Plan, Project, Retention

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

WRITES = "turret_writes"
"""Execution option of writing transactions; see `projects.database`."""


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads."""
    with plain_errors(), Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a session that writes, with entries of the audit log; it commits at the end, or rolls everything back."""
    writer = engine.execution_options(**{WRITES: True})
    with plain_errors(), RecordingSession(writer, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn the library's errors into ours: one sentence, without SQL and its values."""
    try:
        yield
    except IntegrityError as error:
        # Two processes took the same name between our check and our write.
        if "projects" in str(error.orig) and "name" in str(error.orig):
            raise NameTakenError("Another project already has that name; choose another name.") from error
        raise DatabaseError(f"The projects database refused the change: {error.orig}.") from error
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise DatabaseError(f"The projects database is not available: {reason}.") from error


def database_time(session: Session) -> float:
    """Return the time of the database, in seconds since 1970: one clock for all hosts that use it."""
    if session.get_bind().dialect.name == "sqlite":  # which has the clock of this machine
        return time.time()
    return float(session.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)


def find_project(session: Session, id_or_name: str, *, for_update: bool = False) -> ProjectRow:
    """Return the row of the project with this id or name.

    Args:
        session: the transaction.
        id_or_name: id or name of the project.
        for_update: Whether other transactions that ask the same wait for the end of this one; SQLite has one writer
            at a time in any case.

    Raises:
        NotFoundError: there is none, or it was deleted.
    """
    # An id comes first: names that look like one are refused when a project is created.
    row = session.get(ProjectRow, id_or_name) or session.scalar(
        select(ProjectRow).where(ProjectRow.name == id_or_name.strip())
    )
    if row is None or row.deleted_at is not None:
        names = session.scalars(select(ProjectRow.name).where(ProjectRow.deleted_at.is_(None))).all()
        hint = meant(id_or_name, names) or "`turret project list` lists all projects."
        raise NotFoundError(f"There is no project {id_or_name!r}; {hint}")
    if for_update:
        session.refresh(row, with_for_update=True)
    return row


def project_of_row(row: ProjectRow) -> Project:
    """Return the record of a row."""
    return Project(
        project_id=row.project_id,
        name=row.name,
        plan=cast("Plan", row.plan),
        event_limit=row.event_limit,
        created_at=row.created_at,
        journey_field=row.journey_field,
        first_day=row.first_day,
        are_placeholder_ids_missing=row.are_placeholder_ids_missing,
        late_after_s=row.late_after_s,
        are_refits_automatic=row.are_refits_automatic,
        masking=MaskingRule.from_json(row.masking) if row.masking else MaskingRule(),
        retention=Retention(
            days=row.events_days,
            next_days=row.next_events_days,
            next_at=row.next_events_days_at,
            aging_before=row.aging_before,
            aged_before=row.aged_before,
            aged_at=row.aged_at,
            n_aged=row.n_aged_events,
        ),
        text_retention=Retention(
            days=row.texts_days,
            next_days=row.next_texts_days,
            next_at=row.next_texts_days_at,
            aging_before=row.texts_aging_before,
            aged_before=row.texts_aged_before,
            aged_at=row.texts_aged_at,
            n_aged=row.n_aged_texts,
        ),
    )
