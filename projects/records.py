"""What the projects database gives out: plain frozen values. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Plan = Literal["trial", "pro", "business", "enterprise"]
FieldType = Literal["number", "enum", "text"]


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
