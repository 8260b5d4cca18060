"""A deliberate fault for every rule of the gates: SQL that spoils a sound warehouse so that the rule must fail.

The warehouse is that of `warehouse_factory`, with the goals and the clock below.
"""

from __future__ import annotations

from datetime import datetime

from tests.factories.warehouse_factory import PROJECT_ID, segment_of, topic_id_of

GOALS: tuple[tuple[str, str, str, str | None, str], ...] = (
    (PROJECT_ID, "refunded", "topic", None, topic_id_of("topic_refund", "prompt")),
    (PROJECT_ID, "on beta", "field", "client.is_beta", "true"),
    (PROJECT_ID, "never", "event", None, "no such event"),
)
NOW = datetime(2026, 1, 6, 12, 0, 0)  # noqa: DTZ001 - the warehouse holds UTC without a zone
"""The day after the one file of the factory was received."""

A_DAY = f"""
    insert into raw.segments
    select
        'project_id={PROJECT_ID}/date=' || day || '/hour=09/1.ndjson.zst', '{PROJECT_ID}', day, 9,
        {{n}}, {{n}}, 0, 0, 1000, 'run_old', day
    from (select date '2026-01-05' - unnest({{days}})::integer as day);
"""
"""Files of some days before the factory's, with `n` events each; they count nowhere else."""

SOME_DAYS = A_DAY.format(days=[2, 3, 4, 5], n=5_000)
WEEKS = A_DAY.format(days=[7, 14, 21, 28], n=5_000)
PUBLISHED = "insert into ops.stage_runs values ('run_old', 'publish', now()::timestamp, 1, 1, 1);"


def one(table: str, change: str, where: str = "true") -> str:
    """SQL that changes one row of a table."""
    return f"update {table} set {change} where rowid = (select min(rowid) from {table} where {where})"


def lose(table: str, where: str = "true") -> str:
    """SQL that deletes one row of a table."""
    return f"delete from {table} where rowid = (select min(rowid) from {table} where {where})"


def repeat(table: str, where: str = "true") -> str:
    """SQL that doubles one row of a table."""
    return f"insert into {table} select * from {table} where {where} limit 1"


RAW = {
    "project_id_missing": one("raw.events", "project_id = null"),
    "event_id_missing": one("raw.events", "event_id = ''"),
    "name_missing": one("raw.events", "name = null"),
    "session_id_missing": one("raw.events", "session_id = ''"),
    "user_id_missing": one("raw.events", "user_id = null"),
    "event_id_too_long": one("raw.events", "event_id = repeat('x', 256)"),
    "name_too_long": one("raw.events", "name = repeat('x', 256)"),
    "session_id_too_long": one("raw.events", "session_id = repeat('x', 256)"),
    "user_id_too_long": one("raw.events", "user_id = repeat('x', 256)"),
    "time_missing": one("raw.events", "received_at = null"),
    "time_ahead": one("raw.events", "occurred_at = received_at + interval 25 hours"),
    "metadata_no_object": one("raw.events", "metadata = '[1]'"),
    "project_unknown": one("raw.events", "project_id = '../../etc'"),
    "feedback_without_score": one("raw.events", "metadata = '{\"score\": 4}'", "name = 'turret.feedback'"),
    "event_twice": repeat("raw.events"),
    "segment_once": repeat("raw.segments"),
    "n_lines_equal_n_accounted": one("raw.segments", "n_loaded = n_loaded - 1"),
}
RAW_WARNINGS = {
    "rejected_share": one(
        "raw.segments", "n_rejected = 200, n_lines = n_lines + 200", f"segment = '{segment_of(PROJECT_ID)}'"
    ),
    "project_known": "delete from raw.projects",
    "drop_share": SOME_DAYS + PUBLISHED,
    "silent_hours": SOME_DAYS + PUBLISHED + "update raw.segments set received_date = received_date - 3",
}
TOPICS = {
    "vectors_of_one_size": "insert into ml.embeddings values ('m', 'a', [1.0, 0.0]), ('m', 'b', [1.0])",
    "least_length_of_one": "insert into ml.embeddings values ('m', 'a', [0.2, 0.0])",
    "greatest_length_of_one": "insert into ml.embeddings values ('m', 'a', [1.4, 0.0])",
    "status_unknown": one("ml.text_topics", "topic_status = 'lost'"),
    "confidence_out_of_range": one("ml.text_topics", "topic_confidence = 1.5"),
    "text_without_its_topic": one("ml.text_topics", "topic_id = 'gone'", "topic_id is not null"),
    "label_length": one("ml.topics", "label = repeat('x', 81)"),
    "label_once": "update ml.topics set label = 'Billing'",
    "topic_once": repeat("ml.topics"),
    "label_source_known": one("ml.topics", "label_source = 'guess'"),
}
TOPIC_WARNINGS = {
    "long_share": "insert into ml.boilerplate (project_id, field, long_share)"
    " select distinct project_id, field, 0.6 from ml.text_topics",
    "noise_share": "update ml.text_topics set topic_status = 'noise', topic_id = null",
    "filler_share": "update ml.text_topics set topic_status = 'filler', topic_id = null",
}
MARTS = {
    "projects_events_equal_events_not_deleted": lose("marts.fct_events"),
    "projects_feedback_equal_feedback_not_deleted": lose("marts.fct_feedback", "source = 'people'"),
    "projects_events_of_sessions_equal_counted_events": one("marts.fct_sessions", "n_events = n_events + 1"),
    "projects_events_of_users_equal_events_of_named_users": lose("marts.dim_users"),
    "projects_events_of_runs_equal_raw_events": one("marts.agg_pipeline_runs", "n_rows_out = n_rows_out + 1"),
    "projects_messages_of_sessions_equal_journey_messages": lose("marts.fct_messages", "is_journey_field"),
    "projects_messages_of_topics_equal_assigned_messages": one("marts.dim_topics", "n_messages = 0", "level = 0"),
    "projects_comments_of_topics_equal_assigned_comments": lose(
        "marts.fct_feedback", "comment_topic_status = 'assigned'"
    ),
    "projects_messages_of_days_equal_assigned_messages": lose("marts.agg_topic_daily"),
    "projects_messages_on_and_off_the_way_equal_journey_messages": one("marts.fct_sessions", "n_noise = n_noise + 1"),
    "projects_steps_equal_steps_of_sessions": lose("marts.fct_session_steps"),
    "projects_steps_of_paths_equal_steps": one("marts.fct_session_paths", "path = []", "n_steps > 0"),
    "projects_paths_equal_sessions": lose("marts.fct_session_paths"),
    "projects_moves_equal_moves_due": lose("marts.fct_transitions"),
    "projects_moves_of_pairs_equal_walked_moves": lose("marts.agg_transitions"),
    "projects_moves_of_days_equal_walked_moves": lose("marts.agg_transitions_daily"),
    "projects_steps_of_flow_equal_walked_steps": one("marts.agg_topic_flow", "n_steps = n_steps + 1"),
    "projects_entries_of_flow_equal_walked_sessions": one("marts.agg_topic_flow", "n_entries = n_entries + 1"),
    "projects_exits_of_flow_equal_walked_sessions": one("marts.agg_topic_flow", "n_exits = n_exits + 1"),
    "projects_sessions_of_variants_equal_sessions_of_people": one(
        "marts.agg_journey_variants", "n_sessions = n_sessions + 1"
    ),
    "projects_worst_variant_rank_equal_variants": "update marts.agg_journey_variants set variant_rank = 9999",
    "projects_user_moves_equal_user_moves_due": lose("marts.fct_user_transitions"),
    "projects_newest_types_equal_fields": lose("marts.dim_fields"),
    "fields_segmented_sessions_equal_sessions": lose("marts.fct_session_segments"),
    "fields_sessions_of_segments_equal_counted_sessions": lose("marts.agg_segments"),
    "fields_moves_of_segments_equal_walked_moves": lose("marts.agg_transitions_by_segment"),
    "goals_judged_sessions_equal_sessions": lose("marts.fct_goal_sessions"),
    "goals_sessions_of_users_equal_judged_sessions_of_users": lose("marts.fct_goal_users"),
    "goals_sessions_of_goals_equal_counted_sessions": one("marts.agg_goals", "n_sessions = n_sessions + 1"),
    "goals_reached_of_goals_equal_counted_reached_sessions": one("marts.agg_goals", "n_reached = n_reached + 1"),
    "goals_users_of_goals_equal_judged_users": one("marts.agg_goals", "n_users = n_users + 1"),
    "goals_reached_users_of_goals_equal_reached_users": one("marts.agg_goals", "n_users_reached = 99"),
    "goals_sessions_of_variants_equal_sessions_of_people": one(
        "marts.agg_goal_variants", "n_sessions = n_sessions + 1"
    ),
    "goals_reached_of_variants_equal_reached_sessions_of_people": one(
        "marts.agg_goal_variants", "n_reached = n_reached + 1"
    ),
    "goals_outcomes_of_variants_equal_sessions_of_people": one(
        "marts.agg_goal_variants", "n_unreached = n_unreached + 1"
    ),
    "goals_dropped_of_topics_equal_dropped_sessions": one("marts.agg_goal_topics", "n_dropped = n_dropped + 1"),
    "session_ends_before_it_starts": one("marts.fct_sessions", "duration_s = -1"),
    "session_without_events": one("marts.fct_sessions", "n_events = 0"),
    "journey_with_other_moves": lose("marts.fct_transitions"),
    "step_with_other_details": one("marts.fct_session_steps", "n_details = n_details + 1"),
    "days_of_a_pair_off_its_sum": one("marts.agg_transitions", "n_transitions = n_transitions + 1"),
    "topic_keeps_visitors": one("marts.agg_transitions", "n_transitions = n_transitions + 1"),
    "topic_keeps_visitors_of_a_day": one("marts.agg_transitions_daily", "n_transitions = n_transitions + 1"),
    "topic_keeps_visitors_of_a_segment": one("marts.agg_transitions_by_segment", "n_transitions = n_transitions + 1"),
    "move_shares_off_one": one("marts.agg_transitions", "from_share = from_share + 0.01"),
    "move_shares_of_a_day_off_one": one("marts.agg_transitions_daily", "from_share = null"),
    "move_shares_of_a_segment_off_one": one("marts.agg_transitions_by_segment", "from_share = from_share - 0.01"),
    "variant_shares_off_one": one("marts.agg_journey_variants", "session_share = session_share + 0.01"),
    "segment_shares_off_one": "update marts.agg_segments set running_share = running_share * 0.9",
    "outcome_shares_off_one": one("marts.agg_goal_variants", "share_of_unreached = share_of_unreached + 0.01"),
    "drop_off_outside_its_interval": one("marts.agg_topic_flow", "drop_off_low = drop_off_share + 0.1"),
    "session_with_several_main_topics": one("marts.fct_session_topics", "is_main = not is_main"),
    "friction_outside_its_interval": one("marts.agg_topic_friction", "n_returns = n_sessions + 1"),
    "feedback_outside_its_scale": one("marts.fct_feedback", "score = 4"),
    "feedback_of_an_unknown_session": one("marts.fct_feedback", "session_id = 'no session'", "is_linked"),
    "feedback_counted_twice": one("marts.fct_feedback", "is_latest = not is_latest"),
    "goal_outside_its_interval": one("marts.agg_goals", "user_reached_high = user_reached_share - 0.1"),
    "goal_topic_outside_its_interval": one("marts.agg_goal_topics", "drop_off_high = 1.1"),
    "goal_variant_outside_its_interval": one("marts.agg_goal_variants", "reached_low = -0.1"),
    "goal_time_without_goal": one("marts.fct_goal_sessions", "reached_event_id = null", "is_reached"),
    "user_seen_backwards": one("marts.dim_users", "first_seen_at = last_seen_at + interval 1 second"),
    "value_of_another_type": one("marts.fct_event_values", "enum_value = 'x'", "value_type = 'number'"),
    "field_type_jumps": one("marts.dim_field_history", "version = 3"),
    "place_of_no_message": one("marts.fct_message_places", "x = 'nan'::double"),
    "lineage_with_a_loose_end": one("marts.fct_topic_lineage", "from_topic_id = 'another'"),
    "run_that_lost_lines": one("marts.agg_pipeline_runs", "n_rejected = n_rejected + 1"),
}
MART_WARNINGS = {
    "type_changed": one("marts.dim_field_history", "version = 2, previous_type = 'number'"),
    "implausible_times": one("marts.fct_events", "set_apart_reason = 'implausible_time'"),
    "doubtful_ids": "update marts.fct_sessions set session_id = 'undefined', session_source = 'given'",
    "single_fields": "insert into marts.dim_fields by name select project_id, 'f' || i as field, 1 as n_values"
    " from (select min(project_id) as project_id from marts.dim_fields), range(200) as t (i)",
    "short_answers": "update marts.dim_fields set effective_type = 'enum';"
    "update intermediate.int_field_values__first_seen set value = 'far too slow ' || rowid",
    "automated_sessions": "update marts.fct_sessions set is_automated = true where rowid < 1",
    "overlong_share": "update marts.fct_sessions set is_overlong = true",
}
