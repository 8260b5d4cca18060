"""The repository of the projects database: `Projects`."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self, cast

from sqlalchemy import select, update

from contracts.masking.errors import MaskingError
from contracts.masking.own_patterns import MAX_OWN_PATTERNS, check_kinds, check_own_pattern
from projects.access.api_keys import hash_key, new_secret, visible_prefix
from projects.access.people import People
from projects.alerts.outbox import Outbox
from projects.alerts.rules import AlertRules
from projects.audit.log import AuditLog
from projects.deletion.deleted_events import DeletedEvents
from projects.deletion.erasures import Erasures
from projects.deletion.retention import Retentions, TextRetentions
from projects.errors import NameTakenError, NotFoundError
from projects.goals import Goals
from projects.models import ApiKeyRow, FieldOutcomeRow, FieldOverrideRow, ProjectRow
from projects.plans import DEFAULT_PLAN
from projects.quota_ledger import QuotaLedger
from projects.records import ApiKey, FieldOutcome, FieldOverride, FieldType, NewApiKey, Project
from projects.topic_edits.candidates import TopicCandidates
from projects.topic_edits.history import TopicEdits
from projects.transactions import database_time, find_project, project_of_row, reading, writing
from projects.validation import (
    check_event_limit,
    check_field,
    check_field_type,
    check_key_days,
    check_key_name,
    check_key_scope,
    check_late_after,
    check_name,
    check_outcome,
    check_plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from sqlalchemy import ColumnElement, Engine
    from sqlalchemy.orm import Session

    from contracts.masking.masker import MaskingRule
    from projects.records import KeyScope, Outcome


class Projects:
    """Projects, keys and overrides.

    `ledger` has the quotas, `goals` the goals, `deleted_events` the deleted events, `erasures` the requests to erase,
    `retention` for how long events are kept, `text_retention` for how long their texts are, `topic_edits` the edits of
    topics, `candidates` refits that people asked for, `people` the people who sign in, `alerts` channels and rules of
    alerts, `outbox` their deliveries, `audit_log` who changed what.

    Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.ledger = QuotaLedger(engine)
        self.goals = Goals(engine)
        self.deleted_events = DeletedEvents(engine)
        self.erasures = Erasures(engine)
        self.retention = Retentions(engine)
        self.text_retention = TextRetentions(engine)
        self.topic_edits = TopicEdits(engine)
        self.candidates = TopicCandidates(engine)
        self.people = People(engine)
        self.alerts = AlertRules(engine)
        self.outbox = Outbox(engine)
        self.audit_log = AuditLog(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the object cannot be used afterwards."""
        self._engine.dispose()

    def check(self) -> None:
        """Check that the database responds."""
        with reading(self._engine) as session:
            session.execute(select(1))

    @property
    def has_own_clock(self) -> bool:
        """Whether the database's clock is not simply that of this machine, as SQLite's is."""
        return self._engine.dialect.name != "sqlite"

    def clock_offset_s(self) -> float:
        """Return by how many seconds the database's clock is ahead of this machine's, give or take the time to ask."""
        with reading(self._engine) as session:
            session.execute(select(1))  # connects, which takes longer than asking
            began = time.time()
            there = database_time(session)
            return there - (began + time.time()) / 2

    # ------------------------------------------------------------------------------------------------------ projects

    def create_project(self, name: str, plan: str = DEFAULT_PLAN, event_limit: int | None = None) -> Project:
        """Create a project.

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
            first_day=None,
            are_placeholder_ids_missing=False,
            are_refits_automatic=True,
        )
        with writing(self._engine) as session:
            _refuse_taken_name(session, row.name)
            session.add(row)
            return project_of_row(row)

    def rename_project(self, project: str, name: str) -> Project:
        """Rename the project with this id or name; its id, keys and events stay.

        Raises:
            InvalidValueError: the new name is not allowed.
            NameTakenError: another project has the new name.
            NotFoundError: there is no such project.
        """
        checked = check_name(name)
        with writing(self._engine) as session:
            row = find_project(session, project)
            if checked != row.name:
                _refuse_taken_name(session, checked)
                row.name = checked
            return project_of_row(row)

    def delete_project(self, project: str) -> Project:
        """Delete the project with this id or name, and return it as it was.

        Its keys are revoked, no method finds it any more, and its name is free for another project. Its events stay on
        disk and in the marts.

        Raises:
            NotFoundError: there is no such project.
        """
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            row = find_project(session, project)
            deleted = project_of_row(row)
            row.deleted_at = now
            row.name = row.project_id  # no other project can have such a name
            of_project = (ApiKeyRow.project_id == row.project_id, ApiKeyRow.revoked_at.is_(None))
            for key in session.scalars(select(ApiKeyRow).where(*of_project)):  # row by row, for the audit log
                key.revoked_at = now
            return deleted

    def list_projects(self) -> list[Project]:
        """Return all projects but deleted ones, the oldest first."""
        with reading(self._engine) as session:
            kept = select(ProjectRow).where(ProjectRow.deleted_at.is_(None))
            rows = session.scalars(kept.order_by(ProjectRow.created_at, ProjectRow.project_id))
            return [project_of_row(row) for row in rows]

    def list_deleted_ids(self) -> list[str]:
        """Return the ids of all deleted projects, ordered."""
        with reading(self._engine) as session:
            gone = select(ProjectRow.project_id).where(ProjectRow.deleted_at.is_not(None))
            return list(session.scalars(gone.order_by(ProjectRow.project_id)))

    def get(self, id_or_name: str) -> Project:
        """Return the project with this id or name.

        Raises:
            NotFoundError: there is none.
        """
        with reading(self._engine) as session:
            return project_of_row(find_project(session, id_or_name))

    def find(self, project_id: str) -> Project | None:
        """Return the project with this id; None if there is none, as after restoring an older copy of the database."""
        with reading(self._engine) as session:
            row = session.get(ProjectRow, project_id)
            return None if row is None or row.deleted_at is not None else project_of_row(row)

    def set_plan(self, project: str, plan: str, event_limit: int | None = None) -> Project:
        """Change the plan, and the limit that replaces the plan's; running collectors apply it within seconds.

        Used events stay counted: those of the month before the change are part of that month.

        Raises:
            InvalidValueError: the plan or limit is not allowed.
            NotFoundError: there is no such project.
        """
        checked_plan, checked_limit = check_plan(plan), check_event_limit(event_limit)
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.plan, row.event_limit = checked_plan, checked_limit
            return project_of_row(row)

    def set_journey_field(self, project: str, field: str | None) -> Project:
        """Choose the text field whose topics are the steps of journeys; None chooses the one with most events.

        Raises:
            InvalidValueError: the field's name is not allowed.
            NotFoundError: there is no such project.
        """
        checked = None if field is None else check_field(field)
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.journey_field = checked
            return project_of_row(row)

    def set_first_day(self, project: str, first_day: date | None) -> Project:
        """Choose the first day (UTC) whose events count; None detects it by rule.

        Raises:
            NotFoundError: there is no such project.
        """
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.first_day = first_day
            return project_of_row(row)

    def set_late_after(self, project: str, seconds: int | None) -> Project:
        """Choose after how many seconds an answer is late; None for the default.

        Raises:
            InvalidValueError: they are out of range.
            NotFoundError: there is no such project.
        """
        checked = None if seconds is None else check_late_after(seconds)
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.late_after_s = checked
            return project_of_row(row)

    def set_placeholder_ids(self, project: str, *, are_missing: bool) -> Project:
        """Choose whether ids such as `undefined` count as missing.

        Raises:
            NotFoundError: there is no such project.
        """
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.are_placeholder_ids_missing = are_missing
            return project_of_row(row)

    def set_refits(self, project: str, *, are_automatic: bool) -> Project:
        """Choose whether drift of new texts refits the project's topics, or only people do.

        Raises:
            NotFoundError: there is no such project.
        """
        with writing(self._engine) as session:
            row = find_project(session, project)
            row.are_refits_automatic = are_automatic
            return project_of_row(row)

    # ------------------------------------------------------------------------------------------------------- masking

    def set_masked_kinds(self, project: str, kinds: Iterable[str]) -> Project:
        """Choose the kinds of data that are masked in new events; running collectors apply it within seconds.

        Raises:
            MaskingError: a kind is not known.
            NotFoundError: there is no such project.
        """
        checked = check_kinds(kinds)
        return self._set_masking(project, lambda rule: replace(rule, kinds=checked))

    def set_mask_pattern(self, project: str, name: str, pattern: str) -> Project:
        """Add a pattern to what is masked, or change the one of this name.

        Raises:
            MaskingError: the name or the pattern is not allowed, or the project has too many.
            NotFoundError: there is no such project.
        """
        checked = check_own_pattern(name, pattern)

        def add(rule: MaskingRule) -> MaskingRule:
            others = tuple(own for own in rule.own if own.name != name)
            if len(others) >= MAX_OWN_PATTERNS:
                raise MaskingError(f"A project may have {MAX_OWN_PATTERNS} patterns of its own; remove one first.")
            return replace(rule, own=(*others, checked))

        return self._set_masking(project, add)

    def remove_mask_pattern(self, project: str, name: str) -> Project:
        """Remove a pattern of the project's own.

        Raises:
            NotFoundError: there is no such project, or it has no pattern of this name.
        """

        def remove(rule: MaskingRule) -> MaskingRule:
            others = tuple(own for own in rule.own if own.name != name)
            if len(others) == len(rule.own):
                raise NotFoundError(f"Project {project!r} has no pattern of its own named {name!r}.")
            return replace(rule, own=others)

        return self._set_masking(project, remove)

    def _set_masking(self, project: str, change: Callable[[MaskingRule], MaskingRule]) -> Project:
        with writing(self._engine) as session:
            row = find_project(session, project)
            rule = change(project_of_row(row).masking)
            row.masking = None if rule.is_empty else rule.to_json()
            return project_of_row(row)

    # ---------------------------------------------------------------------------------------------------------- keys

    def create_key(
        self, project: str, name: str | None = None, scope: str = "ingest", expires_days: int | None = None
    ) -> NewApiKey:
        """Create a key for the project with this id or name; only the result contains its secret.

        Args:
            project: id or name of the project.
            name: the purpose of the key, such as the app that uses it.
            scope: `ingest` sends events, `read` reads published data, `erase` erases users; no key does two of them.
            expires_days: after so many days the key stops working; None for never.

        Raises:
            InvalidValueError: the key's name or scope, or the number of days, is not allowed.
            NameTakenError: a key of the project that still works has the name.
            NotFoundError: there is no such project.
        """
        checked = None if name is None else check_key_name(name)
        checked_scope = check_key_scope(scope)
        now = datetime.now(UTC)
        expires_at = None if expires_days is None else now + timedelta(days=check_key_days(expires_days))
        secret = new_secret(checked_scope)
        with writing(self._engine) as session:
            owner = find_project(session, project)
            _refuse_taken_key_name(session, owner, checked)
            row = ApiKeyRow(
                key_id=f"key_{secrets.token_hex(8)}",
                project_id=owner.project_id,
                key_hash=hash_key(secret),
                prefix=visible_prefix(secret),
                name=checked,
                scope=checked_scope,
                created_at=now,
                expires_at=expires_at,
            )
            session.add(row)
            return NewApiKey(row.key_id, row.project_id, row.prefix, secret, checked_scope, expires_at)

    def list_keys(self, project: str) -> list[ApiKey]:
        """Return the project's keys, revoked ones too, the oldest first.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            owner = find_project(session, project).project_id
            rows = session.scalars(
                select(ApiKeyRow).where(ApiKeyRow.project_id == owner).order_by(ApiKeyRow.created_at, ApiKeyRow.key_id)
            )
            return [_api_key(row) for row in rows]

    def revoke_key(self, project: str, key_id: str) -> ApiKey:
        """Revoke a key; revoking it again changes nothing.

        Raises:
            NotFoundError: there is no such project, or it has no such key.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            row = session.get(ApiKeyRow, key_id)
            if row is None or row.project_id != owner.project_id:
                raise NotFoundError(
                    f"Project {owner.name!r} has no key {key_id!r}; `turret project key list` lists its keys."
                )
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            return _api_key(row)

    def find_key(self, key_hash: str, scope: KeyScope = "ingest") -> str | None:
        """Return the project_id of a key, by its `hash_key`.

        None if the key is unknown, revoked, expired or of another scope.
        """
        known = (ApiKeyRow.key_hash == key_hash, ApiKeyRow.scope == scope, *_works())
        with reading(self._engine) as session:
            return session.scalar(select(ApiKeyRow.project_id).where(*known))

    def note_key_use(self, key_hash: str) -> None:
        """Record that a key was used now; callers do this once in a while, not for every event."""
        with writing(self._engine) as session:
            session.execute(
                update(ApiKeyRow).where(ApiKeyRow.key_hash == key_hash).values(last_used_at=datetime.now(UTC))
            )

    # ----------------------------------------------------------------------------------------------------- overrides

    def set_field_override(self, project: str, field: str, type_: str) -> FieldOverride:
        """Override the detected type of a metadata field.

        Raises:
            InvalidValueError: the field's name or the type is not allowed.
            NotFoundError: there is no such project.
        """
        checked_field, checked_type = check_field(field), check_field_type(type_)
        with writing(self._engine) as session:
            owner = find_project(session, project).project_id
            session.merge(FieldOverrideRow(project_id=owner, field=checked_field, type=checked_type))
            return FieldOverride(owner, checked_field, checked_type)

    def clear_field_override(self, project: str, field: str) -> None:
        """Remove the override, so that the field's type is detected again.

        Raises:
            NotFoundError: there is no such project, or the field has no override.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            row = session.get(FieldOverrideRow, (owner.project_id, field))
            if row is None:
                raise NotFoundError(f"Project {owner.name!r} has no override of the type of the field {field!r}.")
            session.delete(row)

    def list_overrides(self, project: str | None = None) -> list[FieldOverride]:
        """Return the overrides of one project, or of all, ordered by project and field.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(FieldOverrideRow).order_by(FieldOverrideRow.project_id, FieldOverrideRow.field)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(FieldOverrideRow.project_id == find_project(session, project).project_id)
            return [_override(row) for row in session.scalars(query)]

    def set_field_outcome(self, project: str, field: str, outcome: str) -> FieldOutcome:
        """Choose what true and false of a metadata field say about outcomes.

        Args:
            project: id or name of the project.
            field: dotted name of the field.
            outcome: `positive` or `negative` if true is a good or a bad outcome; `none` if the field is no outcome.

        Raises:
            InvalidValueError: the field's name or the outcome is not allowed.
            NotFoundError: there is no such project.
        """
        checked_field, checked = check_field(field), check_outcome(outcome)
        with writing(self._engine) as session:
            owner = find_project(session, project).project_id
            session.merge(FieldOutcomeRow(project_id=owner, field=checked_field, outcome=checked))
            return FieldOutcome(owner, checked_field, checked)

    def clear_field_outcome(self, project: str, field: str) -> None:
        """Remove the choice, so that the field's name decides again; nothing if there is none.

        Raises:
            NotFoundError: there is no such project.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            row = session.get(FieldOutcomeRow, (owner.project_id, field))
            if row is not None:
                session.delete(row)

    def list_field_outcomes(self, project: str | None = None) -> list[FieldOutcome]:
        """Return the choices of one project, or of all, ordered by project and field.

        Raises:
            NotFoundError: there is no such project.
        """
        query = select(FieldOutcomeRow).order_by(FieldOutcomeRow.project_id, FieldOutcomeRow.field)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(FieldOutcomeRow.project_id == find_project(session, project).project_id)
            return [
                FieldOutcome(row.project_id, row.field, cast("Outcome", row.outcome)) for row in session.scalars(query)
            ]


def _refuse_taken_name(session: Session, name: str) -> None:
    if session.scalar(select(ProjectRow.project_id).where(ProjectRow.name == name)):
        raise NameTakenError(f"A project named {name!r} already exists; choose another name.")


def _works() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for keys that are neither revoked nor expired."""
    return ApiKeyRow.revoked_at.is_(None), ApiKeyRow.expires_at.is_(None) | (ApiKeyRow.expires_at > datetime.now(UTC))


def _refuse_taken_key_name(session: Session, owner: ProjectRow, name: str | None) -> None:
    working = select(ApiKeyRow).where(ApiKeyRow.project_id == owner.project_id, *_works())
    taken = None if name is None else session.scalar(working.where(ApiKeyRow.name == name))
    if taken is not None:
        raise NameTakenError(
            f"Project {owner.name!r} already has a key named {name!r} ({taken.key_id}, {taken.prefix}…); choose "
            "another name, or revoke that key first."
        )


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        project_id=row.project_id,
        prefix=row.prefix,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        name=row.name,
        scope=cast("KeyScope", row.scope),
        expires_at=row.expires_at,
    )


def _override(row: FieldOverrideRow) -> FieldOverride:
    return FieldOverride(row.project_id, row.field, cast("FieldType", row.type))
