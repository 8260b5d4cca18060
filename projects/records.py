"""The records of the projects database: plain frozen values. All times are UTC and aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal

from contracts.masking.masker import MaskingRule
from projects.audit.words import details_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from projects.plans import Allowance

Plan = Literal["trial", "pro", "business", "enterprise"]
FieldType = Literal["number", "enum", "text"]
Outcome = Literal["positive", "negative", "none"]
"""Whether true is a good or a bad outcome, or the field is no outcome."""
GoalKind = Literal["event", "field", "topic", "feedback"]
EditKind = Literal["define", "rename", "merge", "hide", "show", "keep", "retire", "propose", "step", "move", "undo"]
TopicState = Literal["proposed", "kept", "retired"]
"""What people think of a topic that was found: nothing yet, that it stays, or that it is none."""
StepOverride = Literal["always", "never"]
DefinitionScope = Literal["topics", "closest"]
"""Whether a defined topic takes the whole topics that its examples fall into, or only the texts closest to these."""
CandidateOutcome = Literal["promoted", "dropped"]
ErasureKind = Literal["user", "session", "event"]
LaterEvents = Literal["drop", "keep"]
"""Whether events that arrive after an erasure, with the erased id, are erased too or count."""
KeyScope = Literal["ingest", "read", "erase"]
"""What a key may do: send events, read the published data of its project, or erase users. No key does two of them."""


@dataclass(frozen=True)
class Retention:
    """For how long a project keeps its events, or their texts, and what runs removed by it.

    Args:
        days: they are kept for so many whole days; None for ever.
        next_days: a shorter time that has been chosen and is not in force yet; None for none.
        next_at: when it comes into force.
        aging_before: the day before which a run has begun to remove them; None if no run has.
        aged_before: the day before which none is left of what was loaded; None if none was ever removed.
        aged_at: when a run finished that.
        n_aged: number of events, or of events with a text, that it removed.
    """

    days: int | None = None
    next_days: int | None = None
    next_at: datetime | None = None
    aging_before: date | None = None
    aged_before: date | None = None
    aged_at: datetime | None = None
    n_aged: int | None = None

    def days_at(self, moment: datetime) -> int | None:
        """Return the number of days in force at a moment; None for ever."""
        if self.next_days is not None and self.next_at is not None and self.next_at <= moment:
            return self.next_days
        return self.days

    def oldest_day_at(self, moment: datetime) -> date | None:
        """Return the first day (UTC) of which they are kept at a moment; None if all are."""
        days = self.days_at(moment)
        return None if days is None else oldest_day(days, moment)


def oldest_day(days: int, moment: datetime) -> date:
    """Return the first day (UTC) whose events are kept at a moment, if they are kept for so many days."""
    return moment.astimezone(UTC).date() - timedelta(days=days)


@dataclass(frozen=True)
class Project:
    """One project.

    Args:
        project_id: the id.
        name: the name.
        plan: the plan.
        event_limit: replaces the plan's limit; None keeps it.
        created_at: when it was created.
        journey_field: the text field of journeys; None chooses it by rule.
        first_day: events before this day (UTC) are excluded; None detects it by rule.
        are_placeholder_ids_missing: whether ids such as `undefined` count as missing.
        late_after_s: after so many seconds an answer is late; None for the default.
        are_refits_automatic: whether drift of new texts refits topics; if not, only people do.
        masking: what of its texts is masked before anything is written.
        retention: for how long it keeps its events.
        text_retention: for how long it keeps the texts of its events.
    """

    project_id: str
    name: str
    plan: Plan
    event_limit: int | None
    created_at: datetime
    journey_field: str | None
    first_day: date | None = None
    are_placeholder_ids_missing: bool = False
    late_after_s: int | None = None
    are_refits_automatic: bool = True
    masking: MaskingRule = field(default_factory=MaskingRule)
    retention: Retention = field(default_factory=Retention)
    text_retention: Retention = field(default_factory=Retention)


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret."""

    key_id: str
    project_id: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    name: str | None = None
    scope: KeyScope = "ingest"
    expires_at: datetime | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether the key was revoked."""
        return self.revoked_at is not None

    def works(self, now: datetime) -> bool:
        """Whether the key is neither revoked nor expired."""
        return not self.is_revoked and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class NewApiKey:
    """A key at the only moment at which its secret is known; `secret` is not stored and stays out of `repr`."""

    key_id: str
    project_id: str
    prefix: str
    secret: str = field(repr=False)
    scope: KeyScope = "ingest"
    expires_at: datetime | None = None


@dataclass(frozen=True)
class AuditEntry:
    """One entry of the audit log.

    Args:
        entry_id: a number that grows.
        made_at: when.
        actor: who: a person's sign-in name, a user of the machine with `(command)`, `API key <prefix>…`, or Turret.
        action: what was done, such as `API key created`.
        subject: to what; empty if naming it could identify a user of the app.
        project_id: in which project; None for what belongs to none.
        details: values, or pairs of the former and the new one, by the column's name.
    """

    entry_id: int
    made_at: datetime
    actor: str
    action: str
    subject: str
    project_id: str | None
    details: dict[str, Any]

    @property
    def summary(self) -> str:
        """The details in one line, such as `plan trial → pro; automatic refits no → yes`."""
        return details_in_words(self.details)


@dataclass(frozen=True)
class FieldOverride:
    """The overridden type of a metadata field, by its dotted name."""

    project_id: str
    field: str
    type: FieldType


@dataclass(frozen=True)
class FieldOutcome:
    """What a metadata field says about outcomes, by its dotted name, if people chose that."""

    project_id: str
    field: str
    outcome: Outcome


@dataclass(frozen=True)
class DeletedEvent:
    """A deleted event: it counts nowhere, whenever and however often it lands."""

    project_id: str
    event_id: str
    deleted_at: datetime


@dataclass(frozen=True)
class ErasureCounts:
    """What an erasure removes.

    Args:
        n_events: number of events, feedback included.
        n_sessions: number of sessions that they were in.
        n_texts: number of different texts that nobody else has said.
        n_files: number of landed files that had any of it.
    """

    n_events: int = 0
    n_sessions: int = 0
    n_texts: int = 0
    n_files: int = 0


@dataclass(frozen=True)
class Erasure:
    """A request to erase what one user, session or event left behind.

    Args:
        erasure_id: its id.
        project_id: the project.
        kind: what `target` is the id of.
        target: the id; None once it is erased.
        salt: the key of the project's digests, in hexadecimal digits.
        digest: `projects.deletion.erasures.erased_digest` of the id.
        later_events: what happens to events with this id that arrive later.
        requested_by: who requested it.
        requested_at: when.
        begun_at: when a run began it; from then on it cannot be cancelled.
        finished_at: when a run finished it.
        run_id: the run that finished it.
        counts: what was erased; None before a run has begun it.
    """

    erasure_id: str
    project_id: str
    kind: ErasureKind
    target: str | None
    salt: str = field(repr=False)
    digest: str
    later_events: LaterEvents
    requested_by: str
    requested_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    run_id: str | None
    counts: ErasureCounts | None


@dataclass(frozen=True)
class Grant:
    """The answer to a worker that asked for a lease.

    Args:
        granted: number of events that it may accept; 0 if nothing is left.
        left: number of events of the allowance that nobody holds; None if unlimited.
        returnable: number of unspent events that other workers last reported, and may give back.
        allowance: what the project may send.
        n_wanted: how often workers have asked others to give back; see `QuotaLedger.wanted`.
    """

    granted: int
    left: int | None
    returnable: int
    allowance: Allowance
    n_wanted: int


@dataclass(frozen=True)
class Usage:
    """What a project has used of its allowance, as far as its workers have reported."""

    project: Project
    allowance: Allowance
    used: int

    @property
    def remaining(self) -> int | None:
        """The number of events left; None if unlimited."""
        if self.allowance.limit is None:
            return None
        return 0 if self.allowance.is_over else max(0, self.allowance.limit - self.used)


@dataclass(frozen=True)
class Goal:
    """What a session should reach: an event of a name, a field's value, or a topic."""

    project_id: str
    name: str
    kind: GoalKind
    field: str | None
    value: str


@dataclass(frozen=True)
class PublishedTopic:
    """A published topic, against which edits are checked.

    Args:
        topic_id: the topic.
        field: the text field in which it was found.
        label: the labeller's name, regardless of edits.
        is_area: whether it is an area over topics.
    """

    topic_id: str
    field: str
    label: str
    is_area: bool = False


@dataclass(frozen=True)
class TopicDefinition:
    """What a person says a topic is, before or after the topic model has found it.

    Args:
        name: the topic's name.
        examples: texts that belong to it, at least one.
        scope: how much of the topics that the examples fall into belongs to it.
    """

    name: str
    examples: tuple[str, ...]
    scope: DefinitionScope

    def outvoted(
        self, example_topic_ids: Sequence[str | None] | None, topic_id: str | None
    ) -> list[tuple[str, str | None]]:
        """Return the examples like which messages count for another topic or for none, each with that topic.

        Args:
            example_topic_ids: the topic of each example, from `dim_topic_edits`; None if no run has placed them.
            topic_id: the topic for which messages of the defined topic count; None if they count for none.
        """
        if topic_id is None or example_topic_ids is None or len(example_topic_ids) != len(self.examples):
            return []
        placed = zip(self.examples, example_topic_ids, strict=True)
        return [(example, other) for example, other in placed if other != topic_id]


@dataclass(frozen=True)
class TopicEdit:
    """One edit of a topic, or of a text's topic. It never changes.

    Args:
        project_id: the project.
        number: position among the project's edits, from 1.
        made_at: when it was made.
        made_by: who made it, by name.
        kind: the kind of edit. `undo` undoes the edit `undoes`; undoing an undo restores the edit.
        field: the text field of the topic or text.
        topic_id: the topic; None for `move`.
        topic_label: the topic's name at that time.
        label: the new name of `rename`; None restores the labeller's.
        target_topic_id: the target of `merge` and `move`; None for a `move` back to the topic model's choice.
        target_label: the target's name at that time.
        text_hash: the text of `move`.
        definition: the topic of `define`.
        undoes: number of the edit that an `undo` undoes.
        undone_by: number of the undo that is in force against this edit, if any.
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
    definition: TopicDefinition | None = None
    undoes: int | None = None
    undone_by: int | None = None


@dataclass(frozen=True)
class TopicOverride:
    """The result of all edits in force for one topic.

    Args:
        project_id: the project.
        field: the text field of the topic.
        topic_id: the topic.
        label: the name that people chose; None keeps the labeller's.
        merged_into: the topic for which its messages count, which may itself be merged into another; None for itself.
        is_hidden: whether it is hidden.
        state: what people think of it; every topic is proposed until somebody keeps or retires it.
        step: whether it is a step of journeys; None decides by its use.
        definition: what people said it is; None if the topic model found it.
    """

    project_id: str
    field: str
    topic_id: str
    label: str | None = None
    merged_into: str | None = None
    is_hidden: bool = False
    state: TopicState = "proposed"
    step: StepOverride | None = None
    definition: TopicDefinition | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the topic has no edit in force."""
        return self == TopicOverride(self.project_id, self.field, self.topic_id)


@dataclass(frozen=True)
class TextOverride:
    """The topic that people chose for all messages of one text, by the text's hash."""

    project_id: str
    field: str
    text_hash: str
    topic_id: str


@dataclass(frozen=True)
class TopicCandidate:
    """A refit that a person asked for.

    Args:
        project_id: the project.
        number: position among the project's candidates, from 1.
        field: the text field.
        requested_at: when it was asked for.
        requested_by: who asked for it, by name.
        outcome: what a person decided about it; None while it is open.
        decided_at: when that was decided.
        decided_by: who decided it, by name.
    """

    project_id: str
    number: int
    field: str
    requested_at: datetime
    requested_by: str
    outcome: CandidateOutcome | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
