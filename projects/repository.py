"""The one door to the projects database: `Projects`."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from projects.errors import DatabaseError, NameTakenError, NotFoundError
from projects.models import ApiKeyRow, FieldOverrideRow, ProjectRow
from projects.records import ApiKey, FieldOverride, FieldType, NewApiKey, Plan, Project
from projects.rules import check_event_limit, check_field, check_field_type, check_name, check_plan
from projects.secrets import hash_key, new_secret, visible_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

WRITES = "turret_writes"
"""Execution option of transactions that write; see `projects.database`."""


class Projects:
    """Projects, keys and overrides. Every method is one transaction and may be called from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{WRITES: True})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; the object is of no use afterwards."""
        self._reading.dispose()

    # ------------------------------------------------------------------------------------------------------ projects

    def create_project(self, name: str, plan: str = "trial", event_limit: int | None = None) -> Project:
        """Make a project.

        Raises:
            InvalidValueError: the name, plan or limit is not allowed.
            NameTakenError: another project has the name.
        """
        row = ProjectRow(
            project_id=f"prj_{secrets.token_hex(8)}",
            name=check_name(name),
            plan=check_plan(plan),
            event_limit=check_event_limit(event_limit),
            created_at=datetime.now(UTC),
            journey_field=None,
        )
        with self._write() as session:
            if session.scalar(select(ProjectRow.project_id).where(ProjectRow.name == row.name)):
                raise NameTakenError(f"There is a project named {row.name!r} already; choose another name.")
            session.add(row)
            return _project(row)

    def list_projects(self) -> list[Project]:
        """Return all projects, the oldest first."""
        with self._read() as session:
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.created_at, ProjectRow.project_id))
            return [_project(row) for row in rows]

    def get(self, id_or_name: str) -> Project:
        """Return the project with this id or name.

        Raises:
            NotFoundError: there is none.
        """
        with self._read() as session:
            return _project(_find_project(session, id_or_name))

    def set_journey_field(self, project: str, field: str | None) -> Project:
        """Choose the text field whose topics make the journeys; None leaves it to the field with most events.

        Raises:
            InvalidValueError: the field's name is not allowed.
            NotFoundError: there is no such project.
        """
        checked = None if field is None else check_field(field)
        with self._write() as session:
            row = _find_project(session, project)
            row.journey_field = checked
            return _project(row)

    # ---------------------------------------------------------------------------------------------------------- keys

    def create_key(self, project: str) -> NewApiKey:
        """Make a key for the project with this id or name; its secret is known only now.

        Raises:
            NotFoundError: there is no such project.
        """
        secret = new_secret()
        with self._write() as session:
            row = ApiKeyRow(
                key_id=f"key_{secrets.token_hex(8)}",
                project_id=_find_project(session, project).project_id,
                key_hash=hash_key(secret),
                prefix=visible_prefix(secret),
                created_at=datetime.now(UTC),
            )
            session.add(row)
            return NewApiKey(key_id=row.key_id, project_id=row.project_id, prefix=row.prefix, secret=secret)

    def list_keys(self, project: str) -> list[ApiKey]:
        """Return the project's keys, revoked ones too, the oldest first.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._read() as session:
            owner = _find_project(session, project).project_id
            rows = session.scalars(
                select(ApiKeyRow).where(ApiKeyRow.project_id == owner).order_by(ApiKeyRow.created_at, ApiKeyRow.key_id)
            )
            return [_api_key(row) for row in rows]

    def revoke_key(self, project: str, key_id: str) -> ApiKey:
        """End a key; revoking it again changes nothing.

        Raises:
            NotFoundError: there is no such project, or it has no such key.
        """
        with self._write() as session:
            owner = _find_project(session, project)
            row = session.get(ApiKeyRow, key_id)
            if row is None or row.project_id != owner.project_id:
                raise NotFoundError(
                    f"Project {owner.name!r} has no key {key_id!r}; `turret project key list` shows its keys."
                )
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            return _api_key(row)

    def find_key(self, key_hash: str) -> str | None:
        """Return the project_id that a key (by `projects.secrets.hash_key`) may write to; None: unknown or revoked."""
        with self._read() as session:
            return session.scalar(
                select(ApiKeyRow.project_id).where(ApiKeyRow.key_hash == key_hash, ApiKeyRow.revoked_at.is_(None))
            )

    def note_key_use(self, key_hash: str) -> None:
        """Remember that a key was used now; callers do this once in a while, not for every event."""
        with self._write() as session:
            session.execute(
                update(ApiKeyRow).where(ApiKeyRow.key_hash == key_hash).values(last_used_at=datetime.now(UTC))
            )

    # ----------------------------------------------------------------------------------------------------- overrides

    def set_field_override(self, project: str, field: str, type_: str) -> FieldOverride:
        """Choose the type of a metadata field; it wins over what is detected.

        Raises:
            InvalidValueError: the field's name or the type is not allowed.
            NotFoundError: there is no such project.
        """
        checked_field, checked_type = check_field(field), check_field_type(type_)
        with self._write() as session:
            owner = _find_project(session, project).project_id
            session.merge(FieldOverrideRow(project_id=owner, field=checked_field, type=checked_type))
            return FieldOverride(owner, checked_field, checked_type)

    def clear_field_override(self, project: str, field: str) -> None:
        """Let the field's type be detected again.

        Raises:
            NotFoundError: there is no such project, or the field has no override.
        """
        with self._write() as session:
            owner = _find_project(session, project)
            row = session.get(FieldOverrideRow, (owner.project_id, field))
            if row is None:
                raise NotFoundError(f"Project {owner.name!r} has no chosen type for the field {field!r}.")
            session.delete(row)

    def list_overrides(self, project: str | None = None) -> list[FieldOverride]:
        """Return the overrides of one project, or of all, ordered by project and field.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(FieldOverrideRow).order_by(FieldOverrideRow.project_id, FieldOverrideRow.field)
        with self._read() as session:
            if project is not None:
                query = query.where(FieldOverrideRow.project_id == _find_project(session, project).project_id)
            return [_override(row) for row in session.scalars(query)]

    # -------------------------------------------------------------------------------------------------- transactions

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with _plain_errors(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with _plain_errors(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the library's errors into ours: one sentence, without SQL and its values."""
    try:
        yield
    except IntegrityError as error:
        # Two processes took the same name between our look and our write.
        if "projects" in str(error.orig) and "name" in str(error.orig):
            raise NameTakenError("Another project has that name already; choose another name.") from error
        raise DatabaseError(f"The projects database refused the change: {error.orig}.") from error
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise DatabaseError(f"The projects database cannot be used now: {reason}.") from error


def _find_project(session: Session, id_or_name: str) -> ProjectRow:
    # An id first: names that look like one are refused when a project is made.
    row = session.get(ProjectRow, id_or_name) or session.scalar(
        select(ProjectRow).where(ProjectRow.name == id_or_name.strip())
    )
    if row is None:
        raise NotFoundError(f"There is no project {id_or_name!r}; `turret project list` shows all of them.")
    return row


def _project(row: ProjectRow) -> Project:
    return Project(
        project_id=row.project_id,
        name=row.name,
        plan=cast("Plan", row.plan),
        event_limit=row.event_limit,
        created_at=row.created_at,
        journey_field=row.journey_field,
    )


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        project_id=row.project_id,
        prefix=row.prefix,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _override(row: FieldOverrideRow) -> FieldOverride:
    return FieldOverride(row.project_id, row.field, cast("FieldType", row.type))
