"""The tables of alerts."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003  # SQLAlchemy reads the annotations at run time

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from projects.models import Audited, Base


class AlertChannelRow(Base):
    """One row per channel. Its secret signs calls, so it is kept as it is, like the address, and never shown again."""

    __tablename__ = "alert_channels"
    audited = Audited("alert channel", ("channel_id", "name"), ("kind",), {"address": "address", "secret": "secret"})
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    channel_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class AlertRuleRow(Base):
    """One row per rule, with what it judged last."""

    __tablename__ = "alert_rules"
    audited = Audited(
        "alert",
        ("rule_id", "name"),
        (
            *("kind", "channel_id", "threshold", "days", "only", "segment_field", "segment_value"),
            *("cooldown_hours", "has_texts"),
        ),
    )
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    rule_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    channel_id: Mapped[str] = mapped_column(ForeignKey("alert_channels.channel_id"), index=True)
    threshold: Mapped[float | None] = mapped_column(Float)
    days: Mapped[int] = mapped_column(Integer)
    only: Mapped[str | None] = mapped_column(String(1000))
    segment_field: Mapped[str | None] = mapped_column(String(1000))
    segment_value: Mapped[str | None] = mapped_column(String(1000))
    cooldown_hours: Mapped[float] = mapped_column(Float)
    has_texts: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]
    judged_version: Mapped[str | None] = mapped_column(String(100))
    judged_day: Mapped[date | None] = mapped_column(Date)
    judged_at: Mapped[datetime | None]
    judged_value: Mapped[float | None] = mapped_column(Float)
    judged_about: Mapped[str | None] = mapped_column(String(1100))
    judged_note: Mapped[str | None] = mapped_column(String(500))


class AlertDeliveryRow(Base):
    """One row per alert: on its way while `pending`. Rows outlive their rule and channel, so they refer to neither."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        UniqueConstraint("rule_id", "occasion"),
        Index(None, "project_id", "created_at"),
        Index(None, "state", "next_attempt_at"),
    )

    delivery_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.project_id"))
    rule_id: Mapped[str | None] = mapped_column(String(20))
    rule_name: Mapped[str] = mapped_column(String(100))
    channel_id: Mapped[str] = mapped_column(String(20))
    channel_name: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(1100))
    occasion: Mapped[str] = mapped_column(String(1200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    n_attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500))
