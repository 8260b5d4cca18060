"""One model for each kind of row: the source of the OpenAPI document, the CSV header and the Arrow schema.

Shares are in 0 to 1, times are UTC, durations (`…_s`) are seconds, and a missing value is null. Topics have their label
beside their id. `is_small_cell` marks shares of fewer than 30, which are too few to rely on.
"""

from __future__ import annotations

from datetime import date, datetime  # pydantic reads the annotations
from typing import Any

from pydantic import BaseModel


class ProjectRow(BaseModel):
    """The key's project: the time range of its numbers, and the names that parameters may have."""

    project_id: str
    name: str
    n_events: int
    first_date: date | None
    last_date: date | None
    fresh_until: datetime | None
    text_fields: list[str]
    enum_fields: list[str]
    number_fields: list[str]
    event_names: list[str]
    goals: list[str]


class OverviewRow(BaseModel):
    """Totals for the selected days."""

    n_events: int
    n_users: int
    n_sessions: int
    n_topics: int
    n_messages: int
    n_assigned: int
    n_filler: int
    n_noise: int
    n_pending: int
    first_at: datetime | None
    last_at: datetime | None


class ChangeRow(BaseModel):
    """A topic's share of messages in the selected days, by default the last seven complete ones, and in those before.

    `is_clear` if the change is statistically significant, corrected for the number of topics.
    """

    topic_id: str
    label: str
    n_messages: int
    n_messages_before: int
    share: float
    share_before: float
    change: float
    is_clear: bool
    first_day: date
    last_day: date
    first_day_before: date
    last_day_before: date


class TopicRow(BaseModel):
    """A topic, its state (proposed, or kept by people), and its share of all messages of the field."""

    topic_id: str
    label: str
    is_mixed: bool | None
    state: str | None
    is_detail: bool
    n_messages: int
    message_share: float
    last_seen_at: datetime | None
    area_id: str | None
    area: str | None
    example: str | None


class TopicDayRow(BaseModel):
    """A topic's messages on one day."""

    topic_id: str
    label: str
    message_date: date
    n_messages: int


class TopicDetailRow(BaseModel):
    """One topic; first and last seen cover all its messages, the counts only the selected ones.

    Its state is proposed, or kept if people decided to keep it.
    """

    topic_id: str
    field: str
    label: str
    is_mixed: bool | None
    state: str | None
    description: str | None
    keywords: list[str] | None
    label_source: str | None
    area: str | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    n_messages: int
    n_sessions: int


class DayRow(BaseModel):
    """Messages on one day."""

    message_date: date
    n_messages: int


class NeighbourRow(BaseModel):
    """A topic, or START or END, directly before or after another topic on journeys."""

    topic_id: str
    label: str | None
    n_transitions: int
    share: float


class MessageRow(BaseModel):
    """A message of a topic; the confidence is in 0 to 1."""

    event_id: str
    text: str
    session_id: str
    user_id: str
    is_user_id_given: bool
    occurred_at: datetime
    topic_confidence: float | None


class FoundMessageRow(BaseModel):
    """A message that contains all words of the search; the user is null unless the app named one."""

    event_id: str
    field: str
    text: str
    session_id: str
    user_id: str | None
    topic_id: str | None
    label: str | None
    occurred_at: datetime


class JourneyRow(BaseModel):
    """A path; shares are of all sessions, and the running share adds up this path and those before it."""

    place: int
    variant_id: str
    path: list[str]
    path_label: list[str]
    n_steps: int
    n_sessions: int
    session_share: float
    running_share: float
    median_duration_s: float | None
    n_returns: int
    n_loops: int
    n_feedback: int
    mean_score: float | None
    n_negative: int
    negative_share: float | None


class TransitionRow(BaseModel):
    """A transition from one topic (or START) to the next (or END); the share is of all transitions from the first."""

    from_topic_id: str
    from_label: str
    to_topic_id: str
    to_label: str
    n_transitions: int
    n_sessions: int
    from_share: float
    median_gap_s: float | None


class DropOffRow(BaseModel):
    """A topic of journeys, and how often they ended there, with the 95% confidence interval of the share."""

    topic_id: str
    label: str
    n_visits: int
    n_exits: int
    drop_off_share: float
    drop_off_share_low: float
    drop_off_share_high: float
    is_small_cell: bool


class FrictionRow(BaseModel):
    """A topic of journeys, and how often people asked again, went in circles or came back to it within a day.

    `n_late` counts sessions with a late answer, of the `n_timed` in which the app said how long answers took;
    `n_missing` those with a missing one, of the `n_told` in which it said anything about answers.
    """

    topic_id: str
    label: str
    n_sessions: int
    n_sessions_with_user: int
    n_rephrased: int
    n_loops: int
    n_returns: int
    n_last: int
    n_friction: int
    friction_share: float
    friction_share_low: float
    friction_share_high: float
    usual_friction_share: float
    excess_sessions: float
    is_small_cell: bool
    n_timed: int
    n_late: int
    n_told: int
    n_missing: int


class _FrictionPartRow(BaseModel):
    topic_id: str
    label: str
    n_sessions: int
    n_rephrased: int
    n_loops: int
    n_returns: int
    n_friction: int
    friction_share: float
    friction_share_low: float
    friction_share_high: float
    is_small_cell: bool
    n_timed: int
    n_late: int
    n_told: int
    n_missing: int


class FrictionDayRow(_FrictionPartRow):
    """Friction of a topic in the sessions that began on one day; those of the newest day may still be followed."""

    session_date: date


class FrictionSegmentRow(_FrictionPartRow):
    """Friction of a topic in the sessions with a value of an enum field."""

    segment: str


class RetentionRow(BaseModel):
    """Users who first spoke of `topic` (of any, without it) in a week, and how many came back in a later week.

    Counts are null for weeks that are not over; `n_again` counts users who spoke of the topic again.
    """

    cohort_week: date
    weeks_later: int
    n_users: int
    is_over: bool
    n_back: int | None
    back_share: float | None
    back_share_low: float | None
    back_share_high: float | None
    n_again: int | None
    is_small_cell: bool


class RetentionTopicRow(BaseModel):
    """A topic of which users spoke in a week after the one in which they first spoke of `topic` (of any, without it).

    The share is of the users who came back in any later week.
    """

    topic_id: str
    label: str
    n_users: int
    n_sessions: int
    n_back: int
    back_share: float
    is_small_cell: bool


class TopicFeedbackRow(BaseModel):
    """A topic with feedback: the mean score, -1 to 1, and the negative share with its 95% confidence interval."""

    topic_id: str
    label: str
    n_feedback: int
    n_outcomes: int
    mean_score: float
    n_negative: int
    negative_share: float
    negative_share_low: float
    negative_share_high: float
    is_small_cell: bool


class SegmentFeedbackRow(BaseModel):
    """A value of an enum field, and the feedback about its sessions, as for topics; NONE stands for no value."""

    kind: str
    segment: str | None
    n_feedback: int
    n_outcomes: int
    n_sessions: int
    mean_score: float
    n_negative: int
    negative_share: float
    negative_share_low: float
    negative_share_high: float
    is_small_cell: bool


class CommentTopicRow(BaseModel):
    """A topic of comments, with the feedback that has them: the mean score, the negative share with its 95% interval.

    `example` is the newest comment whose text is kept; null if there is none.
    """

    topic_id: str
    label: str
    n_comments: int
    mean_score: float
    n_negative: int
    negative_share: float
    negative_share_low: float
    negative_share_high: float
    last_given_at: datetime
    example: str | None
    is_small_cell: bool


class _Comment(BaseModel):
    feedback_id: str
    session_id: str
    user_id: str | None
    score: float
    label: str | None
    comment: str
    given_at: datetime


class CommentOfTopicRow(_Comment):
    """A comment in a topic of comments; `asked_topic_id` is the topic of messages that the feedback is about."""

    asked_topic_id: str | None
    asked_label: str | None


class CommentRow(_Comment):
    """Feedback about a topic that has a comment, and the comment's own topic; the score is in -1 to 1."""

    comment_topic_id: str | None
    comment_label: str | None


class CandidateRow(BaseModel):
    """A refit that people asked for, as a candidate beside today's topics, and how many messages keep their topic.

    `status` is open, outdated, live or expired. Only open and outdated ones are compared; the counts of others are 0.
    """

    candidate_number: int
    status: str
    made_at: datetime
    n_texts: int
    n_messages: int
    n_staying: int
    n_later: int


class CandidateTopicRow(BaseModel):
    """A topic of today or of the newest candidate, its messages in both, and what becomes of it.

    `change` is null if only its size changes; a null topic stands for messages without one.
    """

    candidate_number: int
    topic_id: str | None
    label: str
    n_messages_before: int
    n_messages_after: int
    change: str | None


class CandidateMoveRow(BaseModel):
    """Messages of a topic of today that the newest candidate puts into a topic; a null topic stands for none.

    `change` is stays, moves, split or merged.
    """

    candidate_number: int
    from_topic_id: str | None
    from_label: str | None
    to_topic_id: str | None
    to_label: str | None
    change: str
    n_texts: int
    n_messages: int
    example: str | None


class SegmentRow(BaseModel):
    """A value of an enum field; NONE stands for events without the field."""

    kind: str
    segment: str | None
    n_events: int
    n_sessions: int
    n_users: int
    share: float


class SegmentTopicRow(BaseModel):
    """A topic's share of the messages with a value of an enum field; a null topic stands for messages without one."""

    kind: str
    segment: str | None
    topic_id: str | None
    label: str | None
    n_messages: int
    share: float


class NumberRow(BaseModel):
    """A number field."""

    field: str
    n_values: int
    total: float | None
    mean: float | None
    median: float | None
    p95: float | None
    least: float | None
    greatest: float | None


class NumberDayRow(BaseModel):
    """A number field on one day."""

    value_date: date
    n_values: int
    total: float | None
    mean: float | None
    median: float | None
    p95: float | None


class NumberTopicRow(BaseModel):
    """A number field of the events of one topic; `n_above` counts values above the median of all."""

    topic_id: str | None
    label: str | None
    n_values: int
    n_above: int
    total: float | None
    mean: float | None
    median: float | None
    p95: float | None


class NumberSegmentRow(BaseModel):
    """A number field of the events with one value of an enum field, for the 50 most frequent values."""

    segment: str | None
    n_values: int
    n_above: int
    total: float | None
    mean: float | None
    median: float | None
    p95: float | None


class GoalRow(BaseModel):
    """A goal, and the sessions that reach it, with the 95% confidence interval of their share."""

    goal: str
    kind: str
    field: str | None
    value: str
    n_sessions: int
    n_reached: int
    reached_share: float
    reached_low: float
    reached_high: float
    is_small_cell: bool
    median_time_to_goal_s: float | None
    median_steps_to_goal: float | None


class GoalTopicRow(BaseModel):
    """A topic, and how many of the sessions that visited it reach a goal."""

    topic_id: str
    label: str
    n_sessions: int
    n_reached: int
    n_reached_after: int
    reached_share: float
    reached_share_low: float
    reached_share_high: float
    is_small_cell: bool


class GoalJourneyRow(BaseModel):
    """A path, and how many of its sessions reach a goal."""

    variant_id: str
    path: list[str]
    path_label: list[str]
    n_sessions: int
    n_reached: int
    reached_share: float
    reached_share_low: float
    reached_share_high: float
    is_small_cell: bool
    median_time_to_goal_s: float | None


class SessionRow(BaseModel):
    """A session and its path; the path is null where the session has no step."""

    session_id: str
    user_id: str | None
    started_at: datetime
    duration_s: float
    n_events: int
    n_messages: int
    is_overlong: bool
    path: list[str] | None
    path_label: list[str] | None


class SessionDetailRow(BaseModel):
    """One session."""

    session_id: str
    session_source: str
    user_id: str | None
    started_at: datetime
    ended_at: datetime
    duration_s: float
    is_overlong: bool
    n_events: int
    n_messages: int
    n_steps: int
    n_distinct_topics: int
    path: list[str] | None
    path_label: list[str] | None
    variant_id: str | None


class SessionEventRow(BaseModel):
    """An event of a session, with the text that the user wrote; the metadata is a JSON object."""

    event_id: str
    name: str
    occurred_at: datetime
    user_id: str
    metadata: dict[str, Any] | None
    text: str | None
    topic_id: str | None
    label: str | None
    topic_status: str | None
    message_role: str | None


class TableRow(BaseModel):
    """A column of a table that SQL may read."""

    table: str
    grain: str
    column: str
    type: str
    description: str
