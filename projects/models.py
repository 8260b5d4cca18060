"""The tables of the projects database. Migrations create them; `tests/projects` checks that both agree."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Text,
    false,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, stored without its offset because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware time to naive UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the UTC offset of a stored time."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Audited(NamedTuple):
    """What entries of the audit log show of a table's rows.

    Attributes:
        noun: what a row is.
        subject: columns that name the row; none if they would identify users of the app, so that rows are only counted.
        columns: columns whose values are shown.
        hidden: columns of which only a change is shown, with the word for it.
        endings: columns that are set once, and the verb that says so.
    """

    noun: str
    subject: tuple[str, ...]
    columns: tuple[str, ...] = ()
    hidden: Mapping[str, str] = MappingProxyType({})
    endings: Mapping[str, str] = MappingProxyType({})


class Base(DeclarativeBase):
    """Base of the tables; constraints have names, so that later migrations can refer to them on every database."""

    audited: ClassVar[Audited | None] = None
    """None for tables that Turret writes on its own, such as those of quotas."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # SQLAlchemy reads it as it stands


class ProjectRow(Base):
    """One row per project. The row of a deleted project stays, because its events are still on disk."""

    __tablename__ = "projects"
    audited = Audited(
        "project",
        ("name",),
        (
            *("plan", "event_limit", "journey_field", "first_day"),
            *("are_placeholder_ids_missing", "late_after_s", "are_refits_automatic", "masking"),
            *("events_days", "next_events_days", "texts_days", "next_texts_days"),
        ),
        endings={"deleted_at": "deleted"},
    )

    project_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    plan: Mapped[str] = mapped_column(String(20))
    event_limit: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    journey_field: Mapped[str | None] = mapped_column(String(1000))
    first_day: Mapped[date | None] = mapped_column(Date)
    are_placeholder_ids_missing: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    late_after_s: Mapped[int | None] = mapped_column(Integer)
    are_refits_automatic: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    masking: Mapped[str | None] = mapped_column(Text)
    events_days: Mapped[int | None] = mapped_column(Integer)
    next_events_days: Mapped[int | None] = mapped_column(Integer)
    next_events_days_at: Mapped[datetime | None]
    aging_before: Mapped[date | None] = mapped_column(Date)
    n_aging_events: Mapped[int | None] = mapped_column(BigInteger)
    aged_before: Mapped[date | None] = mapped_column(Date)
    aged_at: Mapped[datetime | None]
    n_aged_events: Mapped[int | None] = mapped_column(BigInteger)
    texts_days: Mapped[int | None] = mapped_column(Integer)
    next_texts_days: Mapped[int | None] = mapped_column(Integer)
    next_texts_days_at: Mapped[datetime | None]
    texts_aging_before: Mapped[date | None] = mapped_column(Date)
    n_aging_texts: Mapped[int | None] = mapped_column(BigInteger)
    texts_aged_before: Mapped[date | None] = mapped_column(Date)
    texts_aged_at: Mapped[datetime | None]
    n_aged_texts: Mapped[int | None] = mapped_column(BigInteger)
    texts_key: Mapped[str | None] = mapped_column(String(64))
    deleted_at: Mapped[datetime | None]


class ApiKeyRow(Base):
    """One row per key; revoked ones stay, so that their end is known."""

    __tablename__ = "api_keys"
    audited = Audited(
        "API key", ("key_id", "name"), ("scope", "prefix", "expires_at"), endings={"revoked_at": "revoked"}
    )

    key_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(10), default="ingest", server_default="ingest")
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class FieldOverrideRow(Base):
    """One row per field with an overridden type."""

    __tablename__ = "field_overrides"
    audited = Audited("type of field", ("field",), ("type",))

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(1000), primary_key=True)
    type: Mapped[str] = mapped_column(String(10))


class FieldOutcomeRow(Base):
    """One row per field for which people chose what it says about outcomes."""

    __tablename__ = "field_outcomes"
    audited = Audited("outcome of field", ("field",), ("outcome",))

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(1000), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))


class DeletedEventRow(Base):
    """One row per event that people deleted."""

    __tablename__ = "deleted_events"
    audited = Audited("deletion of an event", ())

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    deleted_at: Mapped[datetime]


class ErasureRow(Base):
    """One row per requested erasure; `target` is null once it is done."""

    __tablename__ = "erasures"
    audited = Audited(
        "erasure", ("erasure_id",), ("kind", "later_events"), endings={"begun_at": "begun", "finished_at": "finished"}
    )

    erasure_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    target: Mapped[str | None] = mapped_column(String(255))
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    later_events: Mapped[str] = mapped_column(String(10))
    requested_by: Mapped[str] = mapped_column(String(100))
    requested_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    run_id: Mapped[str | None] = mapped_column(String(40))
    n_events: Mapped[int | None] = mapped_column(BigInteger)
    n_sessions: Mapped[int | None] = mapped_column(BigInteger)
    n_texts: Mapped[int | None] = mapped_column(BigInteger)
    n_files: Mapped[int | None] = mapped_column(BigInteger)


class ErasedIdRow(Base):
    """One row per digest of an erased event, or of a session of an erased user, to recognise what comes later."""

    __tablename__ = "erased_ids"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    erasure_id: Mapped[str] = mapped_column(String(20))


class QuotaUsageRow(Base):
    """One row per project and month with accepted events.

    This table and the next have no foreign key: events of a deleted project are still on disk, and sealing them must
    not fail.
    """

    __tablename__ = "quota_usage"

    project_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    taken: Mapped[int] = mapped_column(BigInteger)
    n_wanted: Mapped[int] = mapped_column(BigInteger)


class QuotaLeaseRow(Base):
    """One row per worker, project and month: the worker's lease, all of which counts as used meanwhile."""

    __tablename__ = "quota_leases"

    worker_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    reserved: Mapped[int] = mapped_column(BigInteger)
    unspent: Mapped[int] = mapped_column(BigInteger)
    renewed_at: Mapped[int] = mapped_column(BigInteger)
    """When its worker was last heard of, in seconds since 1970 by the database's clock."""


class QuotaWorkerRow(Base):
    """One row per worker with settled files: the last of them, so that none is settled twice."""

    __tablename__ = "quota_workers"

    worker_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    settled_file: Mapped[int] = mapped_column(BigInteger)


class GoalRow(Base):
    """One row per goal of a project."""

    __tablename__ = "goals"
    audited = Audited("goal", ("name",), ("kind", "field", "value"))

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    field: Mapped[str | None] = mapped_column(String(1000))
    value: Mapped[str] = mapped_column(String(1000))


class TopicEditRow(Base):
    """One row per edit of a topic; rows are only added, never changed or removed."""

    __tablename__ = "topic_edits"
    audited = Audited("edit of a topic", ("number",), ("kind", "field", "topic_id", "target_topic_id", "undoes"))

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    field: Mapped[str] = mapped_column(String(1000))
    topic_id: Mapped[str | None] = mapped_column(String(1000))
    topic_label: Mapped[str | None] = mapped_column(String(1000))
    label: Mapped[str | None] = mapped_column(String(200))
    target_topic_id: Mapped[str | None] = mapped_column(String(1000))
    target_label: Mapped[str | None] = mapped_column(String(1000))
    text_hash: Mapped[str | None] = mapped_column(String(32))
    undoes: Mapped[int | None] = mapped_column(Integer)
    definition: Mapped[str | None] = mapped_column(Text)
    """JSON of the examples and the scope of a defined topic."""


class TopicCandidateRow(Base):
    """One row per refit that people asked for."""

    __tablename__ = "topic_candidates"
    audited = Audited("candidate of topics", ("number",), ("field", "outcome"), endings={"decided_at": "decided"})

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(1000))
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    outcome: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))


class AuditEntryRow(Base):
    """One row per entry of the audit log. Triggers refuse to change or remove rows.

    There is no foreign key: entries stay, whatever becomes of the project.
    """

    __tablename__ = "audit_log"

    entry_id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    made_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(150))
    action: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    project_id: Mapped[str | None] = mapped_column(String(20), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
