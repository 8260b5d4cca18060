"""The outbox: alerts are committed with the judgement that found them, and sent by their id afterwards.

So a kill between judging and sending loses none, and judges none again. `Projects.outbox` is the entry point.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, func, or_, select

from projects.alerts.models import AlertChannelRow, AlertDeliveryRow, AlertRuleRow
from projects.alerts.records import AlertChannel, AlertDelivery, AlertRule, DeliveryState, Finding, RuleReading
from projects.alerts.rules import channel_of_row
from projects.models import ProjectRow
from projects.transactions import find_project, reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

CLAIM = timedelta(minutes=2)
"""How long one sender alone may try a delivery; if it was killed, another one tries again after this time."""
KEPT = timedelta(days=90)
"""How long deliveries are kept that arrived or failed."""
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
MAX_WAIT = timedelta(hours=6)
MAX_ANSWER = 500
N_SHOWN = 50


class Outbox:
    """Deliveries of all projects. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def commit(  # noqa: PLR0913 - what a judgement consists of
        self,
        rule: AlertRule,
        findings: Sequence[Finding],
        now: datetime,
        *,
        version: str | None = None,
        day: date | None = None,
        reading: RuleReading | None = None,
    ) -> list[str]:
        """Commit a judgement with its alerts; return the ids of the new deliveries.

        Nothing is added if the rule is gone or has judged the version, for an occasion that has a delivery, and for a
        subject with a delivery on its way or in the cooldown since its last delivery that arrived.

        Args:
            rule: the rule that was judged.
            findings: what it found.
            now: the time.
            version: the published version that was judged; None for what the clock judges.
            day: the last day that was judged, if days were.
            reading: what the rule saw; None leaves that of its former judgement.
        """
        with writing(self._engine) as session:
            row = session.get(AlertRuleRow, rule.rule_id, with_for_update=True)
            if row is None or (version is not None and row.judged_version == version):
                return []
            channel = session.get_one(AlertChannelRow, row.channel_id)
            quiet_since = now - timedelta(hours=row.cooldown_hours)
            added = []
            for finding in findings:
                if not _is_silenced(session, row.rule_id, finding, quiet_since):
                    delivery = _delivery(row.project_id, row.rule_id, row.name, channel, finding, now)
                    session.add(delivery)
                    session.flush()  # the next finding may be about the same subject
                    added.append(delivery.delivery_id)
            row.judged_version = version or row.judged_version
            row.judged_day = day or row.judged_day
            if reading is not None:
                _note(row, reading, now)
            old = (AlertDeliveryRow.state != "pending", AlertDeliveryRow.created_at < now - KEPT)
            session.execute(delete(AlertDeliveryRow).where(*old))
            return added

    def note(self, readings: Mapping[str, RuleReading], now: datetime) -> None:
        """Record what rules saw that found nothing, by their ids."""
        with writing(self._engine) as session:
            for row in session.scalars(select(AlertRuleRow).where(AlertRuleRow.rule_id.in_(readings))):
                _note(row, readings[row.rule_id], now)

    def add_test(self, channel: AlertChannel, facts: dict[str, Any], now: datetime) -> str:
        """Add a delivery that tests a channel; return its id."""
        with writing(self._engine) as session:
            row = session.get_one(AlertChannelRow, channel.channel_id)
            test = Finding("test", "test", facts)
            delivery = _delivery(row.project_id, None, "Test", row, test, now)
            session.add(delivery)
            return delivery.delivery_id

    def claim(self, now: datetime, delivery_id: str | None = None) -> tuple[AlertDelivery, AlertChannel | None] | None:
        """Claim the delivery that has been due longest, or the one named, for an attempt; None without any.

        Those of deleted projects are never due.

        Returns:
            The delivery, and its channel; no channel if it was deleted.
        """
        with writing(self._engine) as session:
            due = select(AlertDeliveryRow).where(
                AlertDeliveryRow.state == "pending",
                AlertDeliveryRow.next_attempt_at <= now,
                or_(AlertDeliveryRow.claimed_until.is_(None), AlertDeliveryRow.claimed_until <= now),
                AlertDeliveryRow.project_id.in_(select(ProjectRow.project_id).where(ProjectRow.deleted_at.is_(None))),
            )
            if delivery_id is not None:
                due = due.where(AlertDeliveryRow.delivery_id == delivery_id)
            oldest = due.order_by(AlertDeliveryRow.next_attempt_at, AlertDeliveryRow.delivery_id).limit(1)
            row = session.scalar(oldest.with_for_update(skip_locked=True))
            if row is None:
                return None
            row.claimed_until = now + CLAIM
            row.n_attempts += 1
            channel = session.get(AlertChannelRow, row.channel_id)
            return _record(row), None if channel is None else channel_of_row(channel)

    def settle(self, delivery_id: str, answer: str, now: datetime, *, has_arrived: bool, is_final: bool) -> None:
        """Record the outcome of an attempt; after the last one, or a final one, the delivery has failed.

        Args:
            delivery_id: the claimed delivery.
            answer: what the receiver answered, or why there is no answer.
            now: the time.
            has_arrived: whether the receiver took it.
            is_final: whether another attempt would be in vain.
        """
        with writing(self._engine) as session:
            row = session.get(AlertDeliveryRow, delivery_id, with_for_update=True)
            if row is None or row.state != "pending":  # the rule was deleted meanwhile
                return
            row.claimed_until = None
            row.answer = answer[:MAX_ANSWER]
            if has_arrived or is_final or row.n_attempts >= MAX_ATTEMPTS:
                row.state = "arrived" if has_arrived else "failed"
                row.settled_at = now
            else:
                row.next_attempt_at = now + wait_after(row.n_attempts)

    def list(self, project: str, limit: int = N_SHOWN) -> list[AlertDelivery]:
        """Return the project's last deliveries, the newest first.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            owner = find_project(session, project).project_id
            found = select(AlertDeliveryRow).where(AlertDeliveryRow.project_id == owner)
            order = (AlertDeliveryRow.created_at.desc(), AlertDeliveryRow.delivery_id)
            return [_record(row) for row in session.scalars(found.order_by(*order).limit(limit))]

    def get(self, delivery_id: str) -> AlertDelivery | None:
        """Return a delivery; None if there is none."""
        with reading(self._engine) as session:
            row = session.get(AlertDeliveryRow, delivery_id)
            return None if row is None else _record(row)


def wait_after(n_attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 30 seconds, four times as long after each, at most 6 hours."""
    return min(FIRST_WAIT * float(4 ** (n_attempts - 1)), MAX_WAIT)


def _note(row: AlertRuleRow, reading: RuleReading, now: datetime) -> None:
    row.judged_at = now
    row.judged_value, row.judged_about, row.judged_note = reading.value, reading.about, reading.note


def _is_silenced(session: Session, rule_id: str, finding: Finding, quiet_since: datetime) -> bool:
    of_rule = select(func.count()).select_from(AlertDeliveryRow).where(AlertDeliveryRow.rule_id == rule_id)
    is_same = AlertDeliveryRow.occasion == finding.occasion
    is_subject = AlertDeliveryRow.subject == finding.subject
    has_just_arrived = (AlertDeliveryRow.state == "arrived") & (AlertDeliveryRow.settled_at > quiet_since)
    is_quiet = is_subject & ((AlertDeliveryRow.state == "pending") | has_just_arrived)
    return bool(session.scalar(of_rule.where(is_same | is_quiet)))


def _delivery(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    project_id: str, rule_id: str | None, rule_name: str, channel: AlertChannelRow, finding: Finding, now: datetime
) -> AlertDeliveryRow:
    delivery_id = f"dlv_{secrets.token_hex(8)}"
    body = {"id": delivery_id, "type": "turret.alert", "created_at": now.isoformat(timespec="seconds"), **finding.facts}
    return AlertDeliveryRow(
        delivery_id=delivery_id,
        project_id=project_id,
        rule_id=rule_id,
        rule_name=rule_name,
        channel_id=channel.channel_id,
        channel_name=channel.name,
        subject=finding.subject,
        occasion=finding.occasion,
        body=json.dumps(body, ensure_ascii=False),
        created_at=now,
        state="pending",
        n_attempts=0,
        next_attempt_at=now,
        answer="",
    )


def _record(row: AlertDeliveryRow) -> AlertDelivery:
    return AlertDelivery(
        row.delivery_id,
        row.project_id,
        row.rule_id,
        row.rule_name,
        row.channel_id,
        row.channel_name,
        row.subject,
        row.occasion,
        row.body,
        row.created_at,
        cast("DeliveryState", row.state),
        row.n_attempts,
        row.next_attempt_at,
        row.settled_at,
        row.answer,
    )
