"""What the projects database gives out: plain frozen values. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from projects.plans import Allowance

Plan = Literal["trial", "pro", "business", "enterprise"]
FieldType = Literal["number", "enum", "text"]
GoalKind = Literal["event", "field", "topic"]


@dataclass(frozen=True)
class Project:
    """One project. `event_limit` replaces the limit of its plan; None leaves the plan's own."""

    project_id: str
    name: str
    plan: Plan
    event_limit: int | None
    created_at: datetime
    journey_field: str | None


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key: everything but the key."""

    key_id: str
    project_id: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def is_revoked(self) -> bool:
        """Whether the key was revoked."""
        return self.revoked_at is not None


@dataclass(frozen=True)
class NewApiKey:
    """A key at the only moment it is known; `secret` is not stored anywhere and stays out of `repr`."""

    key_id: str
    project_id: str
    prefix: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class FieldOverride:
    """The type that people chose for a metadata field, by its dotted name."""

    project_id: str
    field: str
    type: FieldType


@dataclass(frozen=True)
class Grant:
    """The answer to a worker that asked for events to spend.

    Args:
        granted: Events it may now take; 0 where nothing is left.
        left: Events of the allowance that nobody holds; None where there is no limit.
        returnable: Events that other workers held unspent when they last said so, and may give back.
        allowance: What the project may send.
        n_wanted: How often workers have asked others to give back; see `QuotaLedger.wanted`.
    """

    granted: int
    left: int | None
    returnable: int
    allowance: Allowance
    n_wanted: int


@dataclass(frozen=True)
class Usage:
    """What a project has sent of its allowance, as far as its workers have said."""

    project: Project
    allowance: Allowance
    used: int

    @property
    def remaining(self) -> int | None:
        """Events left; None where there is no limit."""
        if self.allowance.limit is None:
            return None
        return 0 if self.allowance.is_over else max(0, self.allowance.limit - self.used)


@dataclass(frozen=True)
class Goal:
    """What a session is hoped to reach: an event of a name, a field's value, or a topic."""

    project_id: str
    name: str
    kind: GoalKind
    field: str | None
    value: str
