"""What the projects database gives out: plain frozen values. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

    from projects.plans import Allowance

Plan = Literal["trial", "pro", "business", "enterprise"]
FieldType = Literal["number", "enum", "text"]
GoalKind = Literal["event", "field", "topic"]
EditKind = Literal["rename", "merge", "hide", "show", "pin", "unpin", "step", "move", "undo"]
StepOverride = Literal["always", "never"]
KeyScope = Literal["ingest", "read"]
"""What a key may do: send events, or read what is published of its project. None may do both."""


@dataclass(frozen=True)
class Project:
    """One project.

    Args:
        project_id: Its id.
        name: Its name.
        plan: Its plan.
        event_limit: Replaces the limit of the plan; None leaves the plan's own.
        created_at: When it was made.
        journey_field: Text field that journeys are made of; None finds it by rule.
        first_day: Events before this day (UTC) are set apart; None finds it by rule.
        are_placeholder_ids_missing: Whether ids such as `undefined` count as not given.
    """

    project_id: str
    name: str
    plan: Plan
    event_limit: int | None
    created_at: datetime
    journey_field: str | None
    first_day: date | None = None
    are_placeholder_ids_missing: bool = False


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key: everything but the key."""

    key_id: str
    project_id: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    name: str | None = None
    scope: KeyScope = "ingest"

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
    scope: KeyScope = "ingest"


@dataclass(frozen=True)
class FieldOverride:
    """The type that people chose for a metadata field, by its dotted name."""

    project_id: str
    field: str
    type: FieldType


@dataclass(frozen=True)
class DeletedEvent:
    """An event that people deleted: it counts nowhere, whenever and however often it lands."""

    project_id: str
    event_id: str
    deleted_at: datetime


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


@dataclass(frozen=True)
class PublishedTopic:
    """A topic as readers know it: what an edit is held against.

    Args:
        topic_id: The topic.
        field: Text field it was found in.
        label: What the labeller calls it, whatever people do.
        is_area: Whether it is an area over topics.
    """

    topic_id: str
    field: str
    label: str
    is_area: bool = False


@dataclass(frozen=True)
class TopicEdit:
    """One thing that a person did to a topic, or to the topic of a text. It is never changed afterwards.

    Args:
        project_id: The project.
        number: Place among the project's edits, from 1.
        made_at: When.
        made_by: Who, as they were named.
        kind: What was done. `undo` takes back the edit `undoes`; an undo that is undone puts it in force again.
        field: Text field of the topic or text.
        topic_id: The topic; None for `move`.
        topic_label: What the topic was called then.
        label: The new name of `rename`; None gives the labeller's back.
        target_topic_id: Where `merge` and `move` lead to; None for a `move` back to the topic model's choice.
        target_label: What the target was called then.
        text_hash: The text of `move`.
        undoes: Number of the edit that an `undo` takes back.
        undone_by: Number of the undo that is in force against this edit, if any.
    """

    project_id: str
    number: int
    made_at: datetime
    made_by: str
    kind: EditKind
    field: str
    topic_id: str | None = None
    topic_label: str | None = None
    label: str | None = None
    target_topic_id: str | None = None
    target_label: str | None = None
    text_hash: str | None = None
    undoes: int | None = None
    undone_by: int | None = None


@dataclass(frozen=True)
class TopicOverride:
    """What all edits in force come to for one topic.

    Args:
        project_id: The project.
        field: Text field of the topic.
        topic_id: The topic.
        label: Name that people gave; None leaves it to the labeller.
        merged_into: Topic its messages count for, which may itself be merged into another; None for itself.
        is_hidden: Whether it is no topic to look at.
        is_pinned: Whether no refit may end it.
        step: Whether it makes a step of a journey; None leaves it to how it is used.
    """

    project_id: str
    field: str
    topic_id: str
    label: str | None = None
    merged_into: str | None = None
    is_hidden: bool = False
    is_pinned: bool = False
    step: StepOverride | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the topic is as if nobody had ever edited it."""
        return self == TopicOverride(self.project_id, self.field, self.topic_id)


@dataclass(frozen=True)
class TextOverride:
    """The topic that people gave to all messages of one text, by the text's hash."""

    project_id: str
    field: str
    text_hash: str
    topic_id: str
