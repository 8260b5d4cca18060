"""The marts gate: whether the numbers about to be published agree with one another and with what was loaded.

It owns the rules between tables. What holds within a table (keys, nulls, allowed values) is a data test of dbt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.trouble import SHORT_ANSWERS
from expectations.frames import spread_faults, spread_measures
from expectations.library import gxe
from expectations.rule import Batch, Rule, equal, no_fault, warns

if TYPE_CHECKING:
    import pandas as pd

MAX_OVERLONG_SHARE = 0.01
"""Maximum share of a project's sessions: a script or two among a hundred people is usual."""

GATE = "marts"
WARNINGS = {
    "field_types": "Whether a field's type has changed recently.",
    "implausible_times": "Whether events are excluded because their time is far before all others.",
    "single_fields": "Whether many fields occur in one event only, like keys that contain an id.",
    "doubtful_ids": "Whether ids of sessions or users are placeholders, are shared by many, or duplicate one user.",
    "automated_sessions": "Whether there are automated sessions.",
    "short_answers": "Whether a project without texts has a field of short answers that could be texts.",
    "overlong_sessions": "Whether many sessions are too long for journeys.",
}
MAX_SINGLE_FIELDS = 20
SHARE_TOLERANCE = 1e-6
"""Rounding error allowed in sums of shares."""

Sums = tuple[tuple[str, str, str], ...]

PROJECT_SUMS: Sums = (
    ("events", "events_not_deleted", "events were lost or doubled on their way to fct_events"),
    ("feedback", "feedback_not_deleted", "feedback was lost or doubled on its way to fct_feedback"),
    ("events_of_sessions", "counted_events", "the sessions' events do not sum to the events"),
    ("events_of_users", "events_of_named_users", "the users' events do not sum to the events with a user"),
    ("events_of_runs", "raw_events", "the runs' events do not sum to the events"),
    ("messages_of_sessions", "journey_messages", "the sessions' messages do not sum to those of the journey field"),
    ("messages_of_topics", "assigned_messages", "the topics' messages do not sum to those with a topic"),
    ("comments_of_topics", "assigned_comments", "the comments of topics do not sum to those with a topic"),
    ("messages_of_days", "assigned_messages", "the days' messages do not sum to those with a topic"),
    ("messages_on_and_off_the_way", "journey_messages", "a message is neither a step's, nor filler, noise or pending"),
    ("steps", "steps_of_sessions", "the sessions' steps do not sum to the steps"),
    ("steps_of_paths", "steps", "the paths do not hold the steps"),
    ("paths", "sessions", "a session has no path, or two"),
    ("moves", "moves_due", "journeys do not have one move more than steps"),
    ("moves_of_pairs", "walked_moves", "the pairs of topics do not sum to the moves"),
    ("moves_of_days", "walked_moves", "the days do not sum to the moves"),
    ("steps_of_flow", "walked_steps", "the topics' steps do not sum to the steps"),
    ("entries_of_flow", "walked_sessions", "the topics' entries do not sum to the journeys"),
    ("exits_of_flow", "walked_sessions", "the topics' exits do not sum to the journeys"),
    ("sessions_of_variants", "sessions_of_people", "the variants do not sum to the sessions"),
    ("worst_variant_rank", "variants", "the variants' ranks have a gap"),
    ("user_moves", "user_moves_due", "users do not have one move less than sessions with steps"),
    ("newest_types", "fields", "a field has no newest type, or two"),
)
FIELD_SUMS: Sums = (
    ("segmented_sessions", "sessions", "a field's segments do not hold each session once"),
    ("sessions_of_segments", "counted_sessions", "a field's segments do not sum to the sessions"),
    ("moves_of_segments", "walked_moves", "a field's segments do not sum to the moves"),
)
GOAL_SUMS: Sums = (
    ("judged_sessions", "sessions", "a session is not judged by the goal, or twice"),
    ("sessions_of_users", "judged_sessions_of_users", "the users' sessions do not sum to the sessions with a user"),
    ("sessions_of_goals", "counted_sessions", "the goal's sessions are not the project's"),
    ("reached_of_goals", "counted_reached_sessions", "the goal's reached sessions are not those that reach it"),
    ("users_of_goals", "judged_users", "the goal's users are not those with a session"),
    ("reached_users_of_goals", "reached_users", "the goal's reached users are not those who reach it"),
    ("sessions_of_variants", "sessions_of_people", "the variants of a goal do not sum to the sessions"),
    (
        "reached_of_variants",
        "reached_sessions_of_people",
        "the variants' reached sessions do not sum to those that reach it",
    ),
    ("outcomes_of_variants", "sessions_of_people", "reached and not reached do not sum to the sessions"),
    ("dropped_of_topics", "dropped_sessions", "the topics' drop-offs do not sum to the journeys without the goal"),
)
FAULTS = {
    "session_ends_before_it_starts": "a session ends before it starts",
    "session_without_events": "a session has no events",
    "journey_with_other_moves": "a journey does not have one move more than steps",
    "step_with_other_details": "the details of a session's steps are not its messages that continue a step",
    "days_of_a_pair_off_its_sum": "the days of a pair of topics do not sum to the pair's moves",
    "topic_keeps_visitors": "more journeys enter a topic than leave it, or the other way round",
    "topic_keeps_visitors_of_a_day": "more journeys of a day enter a topic than leave it, or the other way round",
    "topic_keeps_visitors_of_a_segment": "more journeys of a segment enter a topic than leave it, or the other way",
    "move_shares_off_one": "the shares of the moves out of a topic do not sum to 1",
    "move_shares_of_a_day_off_one": "the shares of a day's moves out of a topic do not sum to 1",
    "move_shares_of_a_segment_off_one": "the shares of a segment's moves out of a topic do not sum to 1",
    "variant_shares_off_one": "the variants' shares do not sum to 1",
    "segment_shares_off_one": "the segments' shares of a field do not sum to 1",
    "outcome_shares_off_one": "the variants' shares of reached or of unreached sessions do not sum to 1",
    "drop_off_outside_its_interval": "a topic's drop-off does not lie in its interval, or not at its counts",
    "session_with_several_main_topics": "a session has not exactly one main topic and one last topic",
    "friction_outside_its_interval": "a topic's friction does not lie in its interval, or not at its counts",
    "feedback_outside_its_scale": "a score of feedback lies outside its scale",
    "feedback_of_an_unknown_session": "feedback is linked to no session, or waits for one that is known",
    "feedback_counted_twice": "of a person's feedback about one thing, not exactly one is the latest",
    "goal_outside_its_interval": "a goal's share does not lie in its interval, or not at its counts",
    "goal_topic_outside_its_interval": "a share of a goal's topic does not lie in its interval",
    "goal_variant_outside_its_interval": "a share of a goal's variant does not lie in its interval",
    "goal_time_without_goal": "a goal is reached without an event, at no time, or before its session began",
    "user_seen_backwards": "a user was last seen before first, or has more sessions than events",
    "value_of_another_type": "a value of a field is not of the field's type",
    "field_type_jumps": "a field's history of types has a gap",
    "lineage_with_a_loose_end": "a link of topics has an end too many or too few, or a similarity outside 0 to 1",
    "place_of_no_message": "a place on the map is of no message, or is no place",
    "run_that_lost_lines": "lines of a run are neither loaded, nor duplicates, nor rejected",
}
"""The possible faults of rows of marts, by their names in `gate_marts_faults.sql`."""


@dataclass(frozen=True)
class MartFrames:
    """The counts of the marts, from SQL.

    Args:
        projects: `project_id, measure, n`: numbers that `PROJECT_SUMS` compares.
        fields: `project_id, field, measure, n`: numbers that `FIELD_SUMS` compares.
        goals: `project_id, goal, measure, n`: numbers that `GOAL_SUMS` compares.
        faults: `project_id, fault, n_failing, failing_keys`.
        types: `project_id, field, previous_type, type, changed_on, has_changed` per field.
        sessions: `project_id, n_sessions, n_overlong, overlong_share`; a null share is not judged.
        automated: `project_id, n_sessions, n_automated, session_id` per project.
        single_fields: `project_id, n_fields, n_single, field` per project.
        short_answers: `project_id, field, n_distinct_values` per project; field is null if there is none to name.
        ids: `project_id, kind, id, size, n_ids`: the worst doubtful id of each kind; n_ids is 0 without any.
        times: `project_id, n_set_apart, event_id, first_time, first_day` per project.
    """

    projects: pd.DataFrame
    fields: pd.DataFrame
    goals: pd.DataFrame
    faults: pd.DataFrame
    types: pd.DataFrame
    sessions: pd.DataFrame
    automated: pd.DataFrame
    single_fields: pd.DataFrame
    short_answers: pd.DataFrame
    ids: pd.DataFrame
    times: pd.DataFrame


def mart_batches(frames: MartFrames) -> list[Batch]:
    """Return the frames with their rules.

    Raises:
        UnknownMeasureError: a measure or fault without a rule.
    """
    projects = sorted(set(frames.projects["project_id"]))
    return [
        _sums("projects", frames.projects, ("project_id",), PROJECT_SUMS),
        _sums("fields", frames.fields, ("project_id", "field"), FIELD_SUMS),
        _sums("goals", frames.goals, ("project_id", "goal"), GOAL_SUMS),
        Batch("rows", spread_faults(frames.faults, projects, FAULTS), _no_faults()),
        Batch("types", frames.types, [_type_changes()], key=["project_id", "field"]),
        Batch("sessions", frames.sessions, [_overlong()]),
        Batch("automated", frames.automated, [_automated()]),
        Batch("single_fields", frames.single_fields, [_single_fields()]),
        Batch("short_answers", frames.short_answers, [_short_answers()]),
        Batch("ids", frames.ids, [_doubtful_ids()], key=["project_id", "kind"]),
        Batch("times", frames.times, [_implausible_times()]),
    ]


def _sums(name: str, long: pd.DataFrame, key: tuple[str, ...], sums: Sums) -> Batch:
    rules = [equal(left, right, because, of=name) for left, right, because in sums]
    return Batch(name, spread_measures(long, key, _measures(sums)), rules, key)


def _measures(sums: Sums) -> set[str]:
    return {measure for left, right, _ in sums for measure in (left, right)}


def _no_faults() -> list[Rule]:
    return [no_fault(fault, because) for fault, because in FAULTS.items()]


def _type_changes() -> Rule:
    return warns(
        "type_changed",
        "a field's type has changed",
        "{project_id}: the field {field!r} was {previous_type} and is {type} by its values up to {changed_on}; "
        "if that is wrong, set its type under Settings, Metadata or with `turret project field set`.",
        "field_types",
        gxe.ExpectColumnValuesToBeInSet,
        column="has_changed",
        value_set=[False],
    )


def _overlong() -> Rule:
    return warns(
        "overlong_share",
        "many sessions are too long to be counted in journeys",
        "{project_id}: {n_overlong:,} of {n_sessions:,} sessions ({overlong_share:.1%}) are overlong and "
        "excluded from journeys. Check whether the app reuses one session_id for ever.",
        "overlong_sessions",
        gxe.ExpectColumnValuesToBeBetween,
        column="overlong_share",
        max_value=MAX_OVERLONG_SHARE,
    )


def _implausible_times() -> Rule:
    return warns(
        "implausible_times",
        "events are excluded because their time is far before all others",
        "{project_id}: events far older than {first_day}, when the others begin, are excluded from all numbers. "
        "Their number is {n_set_apart:,}; one of them is {event_id!r} of {first_time}. "
        "`turret project first-day` changes the day, `turret event delete` deletes events.",
        "implausible_times",
        gxe.ExpectColumnValuesToBeBetween,
        column="n_set_apart",
        max_value=0,
    )


def _doubtful_ids() -> Rule:
    return warns(
        "doubtful_ids",
        "ids of sessions or users are placeholders, are shared by many, or duplicate one user",
        '{project_id}: the {kind} "{id}" {size} ({n_ids:,} such in all). '
        "Send a unique id, or none; `turret project placeholder-ids PROJECT missing` treats ids such as "
        "undefined and null as missing.",
        "doubtful_ids",
        gxe.ExpectColumnValuesToBeBetween,
        column="n_ids",
        max_value=0,
    )


def _automated() -> Rule:
    return warns(
        "automated_sessions",
        "there are automated sessions",
        "{project_id}: {n_automated:,} of {n_sessions:,} sessions were made by a machine, such as a monitor, "
        "and are excluded from goals, shares and headlines; one of them is {session_id!r}.",
        "automated_sessions",
        gxe.ExpectColumnValuesToBeBetween,
        column="n_automated",
        max_value=0,
    )


def _short_answers() -> Rule:
    return warns(
        "short_answers",
        "a project without texts has a field of short answers",
        f"{{project_id}}: {SHORT_ANSWERS}",
        "short_answers",
        gxe.ExpectColumnValuesToBeNull,
        column="field",
    )


def _single_fields() -> Rule:
    return warns(
        "single_fields",
        "many fields occur in one event only",
        "{project_id}: {n_single:,} of {n_fields:,} fields occur in one event only, such as {field!r}, so they "
        "have no topics. Send what changes from event to event, such as an id, as a value, not as part of a key.",
        "single_fields",
        gxe.ExpectColumnValuesToBeBetween,
        column="n_single",
        max_value=MAX_SINGLE_FIELDS,
    )
