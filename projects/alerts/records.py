"""The records of alerts: plain frozen values. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import date, datetime

ChannelKind = Literal["webhook", "slack", "email"]
RuleKind = Literal[
    "new-topic",
    "spike",
    "fall",
    "friction",
    "drop-off",
    "goal-down",
    "feedback-down",
    "silence",
    "run-failed",
    "quota",
    "report",
]
DeliveryState = Literal["pending", "arrived", "failed"]

TREND_KINDS: frozenset[RuleKind] = frozenset({"spike", "fall", "friction", "drop-off", "goal-down", "feedback-down"})
"""Kinds that compare the last days with those before them."""
PUBLISHED_KINDS: frozenset[RuleKind] = TREND_KINDS | {"new-topic"}
"""Kinds that are judged by the published marts."""
CLOCK_KINDS: frozenset[RuleKind] = frozenset({"silence", "run-failed", "quota"})
"""Kinds that are judged by the clock; a report is neither: it is written once a week."""
THRESHOLDS: dict[RuleKind, float] = {
    **dict.fromkeys(sorted(TREND_KINDS), 1.5),
    "goal-down": 1.2,
    "silence": 24.0,
    "quota": 0.8,
}
"""Default thresholds of the kinds that have one: a ratio of two shares, hours, or a share of the limit."""


@dataclass(frozen=True)
class AlertChannel:
    """Where alerts are sent.

    Attributes:
        channel_id: the id.
        project_id: its project.
        name: the name, unique in the project.
        kind: the kind.
        address: the address of a webhook, or comma-separated e-mail addresses. That of Slack is a secret in itself.
        secret: signs the calls of a webhook; empty for other kinds.
        created_at: when it was made.
    """

    channel_id: str
    project_id: str
    name: str
    kind: ChannelKind
    address: str = field(repr=False)
    secret: str = field(repr=False)
    created_at: datetime

    @property
    def shown_address(self) -> str:
        """The address without its secret parts: of a URL only scheme and host."""
        if self.kind == "email":
            return self.address
        parts = urlsplit(self.address)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/…"


@dataclass(frozen=True)
class RuleReading:
    """What a rule saw when it was judged.

    Attributes:
        value: what is nearest to the threshold, in its unit; None where there is no threshold, or nothing to compare.
        about: the name of the topic or the goal with this value; None for the whole project.
        note: what else decides, or why nothing could be judged; None if there is nothing to say.
    """

    value: float | None = None
    about: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class AlertRule:
    """When a project alerts, and through which channel.

    Attributes:
        rule_id: the id.
        project_id: the project.
        name: the name, unique in the project.
        kind: what it judges.
        channel_id: the channel.
        threshold: the least ratio of two shares, hours, or share of the limit; None for kinds without one.
        days: number of days that trends compare with those before.
        only: the topic_id or the name of the goal that is judged; None for all.
        cooldown_hours: hours for which it stays quiet about a subject after a delivery about it arrived.
        has_texts: whether alerts contain example messages.
        created_at: when it was made.
        judged_version: the published version that it judged last.
        judged_day: the last day that its trends judged.
        judged_at: when it was judged last.
        reading: what it saw then.
        segment: an enum field and its value, whose events and sessions alone are judged; None for all.
    """

    rule_id: str
    project_id: str
    name: str
    kind: RuleKind
    channel_id: str
    threshold: float | None
    days: int
    only: str | None
    cooldown_hours: float
    has_texts: bool
    created_at: datetime
    judged_version: str | None = None
    judged_day: date | None = None
    judged_at: datetime | None = None
    reading: RuleReading = field(default_factory=RuleReading)
    segment: tuple[str, str] | None = None


@dataclass(frozen=True)
class Finding:
    """What a rule has found.

    Attributes:
        subject: what it is about, such as a topic_id; the cooldown counts for each subject.
        occasion: names it among all findings of the rule: the same occasion is delivered once.
        facts: what the alert says, as JSON values, with a `sentence` for people.
    """

    subject: str
    occasion: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class AlertDelivery:
    """One alert on its way, or delivered.

    Attributes:
        delivery_id: the id; the same in every attempt.
        project_id: the project.
        rule_id: the rule; None for a test.
        rule_name: the rule's name at that time, or "Test".
        channel_id: the channel.
        channel_name: the channel's name at that time.
        subject: what it is about.
        occasion: names it among all deliveries of the rule.
        body: what is sent, as JSON; the same in every attempt.
        created_at: when it was judged.
        state: `pending`, `arrived`, or `failed` after the last attempt.
        n_attempts: how often it was tried.
        next_attempt_at: when it is tried again, if it is pending.
        settled_at: when it arrived or failed.
        answer: what the receiver answered last, or why there was no answer.
    """

    delivery_id: str
    project_id: str
    rule_id: str | None
    rule_name: str
    channel_id: str
    channel_name: str
    subject: str
    occasion: str
    body: str = field(repr=False)
    created_at: datetime
    state: DeliveryState
    n_attempts: int
    next_attempt_at: datetime
    settled_at: datetime | None
    answer: str
