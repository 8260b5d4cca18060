"""Channels and rules of alerts. `Projects.alerts` is the entry point."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import or_, select, update

from projects.alerts.models import AlertChannelRow, AlertDeliveryRow, AlertRuleRow
from projects.alerts.records import AlertChannel, AlertRule, ChannelKind, RuleKind, RuleReading
from projects.alerts.validation import (
    check_address,
    check_channel_kind,
    check_cooldown,
    check_days,
    check_only,
    check_rule_kind,
    check_segment,
    check_threshold,
)
from projects.errors import InvalidValueError, NameTakenError, NotFoundError
from projects.models import GoalRow, ProjectRow
from projects.transactions import find_project, reading, writing
from projects.validation import stored_name

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

SECRET_START = "whsec_"  # noqa: S105  # the prefix of the Standard Webhooks specification
SECRET_BYTES = 32
DEFAULT_DAYS = 7
DEFAULT_COOLDOWN_HOURS = 24.0
_Row = TypeVar("_Row", AlertChannelRow, AlertRuleRow)


class AlertRules:
    """The channels and rules of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create_channel(self, project: str, name: str, kind: str, address: str) -> AlertChannel:
        """Create a channel; a webhook gets a secret that signs its calls.

        Args:
            project: id or name of the project.
            name: its name.
            kind: `webhook`, `slack` or `email`.
            address: a web address, or comma-separated e-mail addresses.

        Raises:
            InvalidValueError: the name, kind or address is not allowed.
            NameTakenError: another channel of the project has the name.
            NotFoundError: there is no such project.
        """
        checked_kind = check_channel_kind(kind)
        is_signed = checked_kind == "webhook"
        row = AlertChannelRow(
            channel_id=f"chn_{secrets.token_hex(8)}",
            name=stored_name("The channel's name", name),
            kind=checked_kind,
            address=check_address(checked_kind, address),
            secret=SECRET_START + b64encode(secrets.token_bytes(SECRET_BYTES)).decode() if is_signed else "",
            created_at=datetime.now(UTC),
        )
        with writing(self._engine) as session:
            owner = find_project(session, project)
            _refuse_taken_name(session, AlertChannelRow, owner, row.name, "a channel")
            row.project_id = owner.project_id
            session.add(row)
            return channel_of_row(row)

    def list_channels(self, project: str) -> list[AlertChannel]:
        """Return the project's channels, by name.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            owner = find_project(session, project).project_id
            found = select(AlertChannelRow).where(AlertChannelRow.project_id == owner)
            return [channel_of_row(row) for row in session.scalars(found.order_by(AlertChannelRow.name))]

    def find_channel(self, project: str, channel: str) -> AlertChannel:
        """Return the project's channel with this id or name.

        Raises:
            NotFoundError: there is no such project, or it has no such channel.
        """
        with reading(self._engine) as session:
            return channel_of_row(_find(session, AlertChannelRow, find_project(session, project), channel))

    def delete_channel(self, project: str, channel: str) -> AlertChannel:
        """Delete the channel with this id or name.

        Raises:
            InvalidValueError: alerts use the channel.
            NotFoundError: there is no such project, or it has no such channel.
        """
        with writing(self._engine) as session:
            row = _find(session, AlertChannelRow, find_project(session, project), channel)
            of_channel = select(AlertRuleRow.name).where(AlertRuleRow.channel_id == row.channel_id)
            users = session.scalars(of_channel.order_by(AlertRuleRow.name)).all()
            if users:
                raise InvalidValueError(
                    f"The channel {row.name!r} is used by {', '.join(map(repr, users))}; delete these alerts first."
                )
            session.delete(row)
            return channel_of_row(row)

    def create(  # noqa: PLR0913 - what a rule consists of
        self,
        project: str,
        name: str,
        kind: str,
        channel: str,
        *,
        threshold: float | None = None,
        days: int = DEFAULT_DAYS,
        only: str | None = None,
        segment: tuple[str, str] | None = None,
        cooldown_hours: float = DEFAULT_COOLDOWN_HOURS,
        has_texts: bool = False,
    ) -> AlertRule:
        """Create a rule; see `AlertRule` for its parts.

        Args:
            project: id or name of the project.
            name: its name.
            kind: what it judges.
            channel: id or name of the channel.
            threshold: None for the kind's default.
            days: number of days that trends compare.
            only: a topic_id or a goal's name; None for all.
            segment: an enum field and its value, to which trends are limited; None for all.
            cooldown_hours: hours of quiet after a delivery.
            has_texts: whether alerts contain example messages.

        Raises:
            InvalidValueError: a value is not allowed, or there is no such goal.
            NameTakenError: another alert of the project has the name.
            NotFoundError: there is no such project or channel.
        """
        checked = check_rule_kind(kind)
        row = AlertRuleRow(rule_id=f"rul_{secrets.token_hex(8)}", kind=checked, created_at=datetime.now(UTC))
        _fill(row, name, threshold, days, only, segment, cooldown_hours, has_texts=has_texts)
        with writing(self._engine) as session:
            owner = find_project(session, project)
            _refuse_taken_name(session, AlertRuleRow, owner, row.name, "an alert")
            _refuse_unknown_goal(session, owner, row)
            row.project_id = owner.project_id
            row.channel_id = _find(session, AlertChannelRow, owner, channel).channel_id
            session.add(row)
            return rule_of_row(row)

    def change(  # noqa: PLR0913 - what a rule consists of
        self,
        project: str,
        rule: str,
        *,
        name: str,
        channel: str,
        threshold: float | None,
        days: int,
        only: str | None,
        segment: tuple[str, str] | None,
        cooldown_hours: float,
        has_texts: bool,
    ) -> AlertRule:
        """Change all parts of the rule with this id or name except its kind; see `create`.

        A rule that compares something else from now on is judged again by the next version, as a new one would be.

        Raises:
            InvalidValueError: a value is not allowed, or there is no such goal.
            NameTakenError: another alert of the project has the name.
            NotFoundError: there is no such project, rule or channel.
        """
        with writing(self._engine) as session:
            owner = find_project(session, project)
            row = _find(session, AlertRuleRow, owner, rule)
            former_name, former = row.name, _compared(row)
            with session.no_autoflush:
                _fill(row, name, threshold, days, only, segment, cooldown_hours, has_texts=has_texts)
                if row.name != former_name:
                    _refuse_taken_name(session, AlertRuleRow, owner, row.name, "an alert")
                _refuse_unknown_goal(session, owner, row)
                row.channel_id = _find(session, AlertChannelRow, owner, channel).channel_id
            if _compared(row) != former:
                row.judged_version = row.judged_day = row.judged_at = None
                row.judged_value = row.judged_about = row.judged_note = None
            return rule_of_row(row)

    def list(self, project: str | None = None) -> list[AlertRule]:
        """Return the rules of one project, or of all that are not deleted, ordered by project and name.

        Raises:
            NotFoundError: there is no such project.
        """
        kept = select(AlertRuleRow).join(ProjectRow, AlertRuleRow.project_id == ProjectRow.project_id)
        query = kept.where(ProjectRow.deleted_at.is_(None)).order_by(AlertRuleRow.project_id, AlertRuleRow.name)
        with reading(self._engine) as session:
            if project is not None:
                query = query.where(AlertRuleRow.project_id == find_project(session, project).project_id)
            return [rule_of_row(row) for row in session.scalars(query)]

    def find(self, project: str, rule: str) -> AlertRule:
        """Return the project's rule with this id or name.

        Raises:
            NotFoundError: there is no such project, or it has no such rule.
        """
        with reading(self._engine) as session:
            return rule_of_row(_find(session, AlertRuleRow, find_project(session, project), rule))

    def delete(self, project: str, rule: str) -> AlertRule:
        """Delete the rule with this id or name; its alerts that have not arrived yet are not sent any more.

        Raises:
            NotFoundError: there is no such project, or it has no such rule.
        """
        with writing(self._engine) as session:
            row = _find(session, AlertRuleRow, find_project(session, project), rule)
            pending = (AlertDeliveryRow.rule_id == row.rule_id, AlertDeliveryRow.state == "pending")
            ended = {"state": "failed", "settled_at": datetime.now(UTC), "answer": "The alert was deleted."}
            session.execute(update(AlertDeliveryRow).where(*pending).values(**ended))
            session.delete(row)
            return rule_of_row(row)


def _fill(  # noqa: PLR0913, PLR0917 - what people choose of a rule
    row: AlertRuleRow,
    name: str,
    threshold: float | None,
    days: int,
    only: str | None,
    segment: tuple[str, str] | None,
    cooldown_hours: float,
    *,
    has_texts: bool,
) -> None:
    kind = check_rule_kind(row.kind)
    row.name = stored_name("The alert's name", name)
    row.threshold = check_threshold(kind, threshold)
    row.days = check_days(days)
    row.only = check_only(kind, only)
    row.segment_field, row.segment_value = check_segment(kind, segment) or (None, None)
    row.cooldown_hours = check_cooldown(cooldown_hours)
    row.has_texts = has_texts


def _compared(row: AlertRuleRow) -> tuple[float | str | None, ...]:
    """Return the parts on which the judgement depends."""
    return row.threshold, row.days, row.only, row.segment_field, row.segment_value


def _refuse_unknown_goal(session: Session, owner: ProjectRow, row: AlertRuleRow) -> None:
    if row.kind == "goal-down" and row.only and session.get(GoalRow, (owner.project_id, row.only)) is None:
        raise InvalidValueError(
            f"The alert is limited to {row.only!r}, which is no goal of project {owner.name!r}; "
            "`turret project goal list` lists its goals."
        )


def _find(session: Session, table: type[_Row], owner: ProjectRow, id_or_name: str) -> _Row:
    """Return the owner's row with this id or name.

    Raises:
        NotFoundError: there is none.
    """
    key = AlertChannelRow.channel_id if table is AlertChannelRow else AlertRuleRow.rule_id
    wanted = select(table).where(
        table.project_id == owner.project_id, or_(key == id_or_name, table.name == id_or_name.strip())
    )
    row = session.scalars(wanted.order_by(key == id_or_name)).all()
    if not row:
        if table is AlertChannelRow:
            what, how = "channel", "`turret alert channel list` lists its channels."
        else:
            what, how = "alert", "`turret alert list` lists its alerts."
        raise NotFoundError(f"Project {owner.name!r} has no {what} {id_or_name!r}; {how}")
    return row[-1]


def _refuse_taken_name(session: Session, table: type[_Row], owner: ProjectRow, name: str, what: str) -> None:
    taken = select(table).where(table.project_id == owner.project_id, table.name == name)
    if session.scalar(taken) is not None:
        raise NameTakenError(f"Project {owner.name!r} already has {what} named {name!r}; choose another name.")


def channel_of_row(row: AlertChannelRow) -> AlertChannel:
    """Return the record of a row."""
    return AlertChannel(
        row.channel_id, row.project_id, row.name, cast("ChannelKind", row.kind), row.address, row.secret, row.created_at
    )


def rule_of_row(row: AlertRuleRow) -> AlertRule:
    """Return the record of a row."""
    return AlertRule(
        row.rule_id,
        row.project_id,
        row.name,
        cast("RuleKind", row.kind),
        row.channel_id,
        row.threshold,
        row.days,
        row.only,
        row.cooldown_hours,
        row.has_texts,
        row.created_at,
        row.judged_version,
        row.judged_day,
        row.judged_at,
        RuleReading(row.judged_value, row.judged_about, row.judged_note),
        None if row.segment_field is None or row.segment_value is None else (row.segment_field, row.segment_value),
    )
