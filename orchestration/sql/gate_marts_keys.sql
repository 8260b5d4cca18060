-- One row per mart: its rows, and the different keys that its grain promises.
select
    'fct_events' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, event_id)) as n_keys
from marts.fct_events

union all

select
    'fct_messages' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, event_id, field)) as n_keys
from marts.fct_messages

union all

select
    'fct_event_values' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, event_id, field, value_index)) as n_keys
from marts.fct_event_values

union all

select
    'fct_sessions' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_id)) as n_keys
from marts.fct_sessions

union all

select
    'dim_users' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, user_id)) as n_keys
from marts.dim_users

union all

select
    'dim_fields' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, field)) as n_keys
from marts.dim_fields

union all

select
    'dim_field_history' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, field, version)) as n_keys
from marts.dim_field_history

union all

select
    'dim_topics' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, topic_id)) as n_keys
from marts.dim_topics

union all

select
    'fct_topic_lineage' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, field, run_id, from_topic_id, to_topic_id)) as n_keys
from marts.fct_topic_lineage

union all

select
    'fct_session_steps' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_id, step)) as n_keys
from marts.fct_session_steps

union all

select
    'fct_session_paths' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_id)) as n_keys
from marts.fct_session_paths

union all

select
    'fct_transitions' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_id, step)) as n_keys
from marts.fct_transitions

union all

select
    'fct_user_transitions' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, user_id, session_number)) as n_keys
from marts.fct_user_transitions

union all

select
    'agg_topic_daily' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, topic_id, message_date)) as n_keys
from marts.agg_topic_daily

union all

select
    'fct_session_segments' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_id, field)) as n_keys
from marts.fct_session_segments

union all

select
    'agg_segments' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, field, segment_kind, segment)) as n_keys
from marts.agg_segments

union all

select
    'agg_transitions' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, from_topic_id, to_topic_id)) as n_keys
from marts.agg_transitions

union all

select
    'agg_transitions_daily' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, session_date, from_topic_id, to_topic_id)) as n_keys
from marts.agg_transitions_daily

union all

select
    'agg_transitions_by_segment' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, field, segment_kind, segment, from_topic_id, to_topic_id)) as n_keys
from marts.agg_transitions_by_segment

union all

select
    'agg_topic_flow' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, topic_id)) as n_keys
from marts.agg_topic_flow

union all

select
    'agg_journey_variants' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, variant_id)) as n_keys
from marts.agg_journey_variants

union all

select
    'fct_goal_sessions' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, goal, session_id)) as n_keys
from marts.fct_goal_sessions

union all

select
    'fct_goal_users' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, goal, user_id)) as n_keys
from marts.fct_goal_users

union all

select
    'agg_goals' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, goal)) as n_keys
from marts.agg_goals

union all

select
    'agg_goal_topics' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, goal, topic_id)) as n_keys
from marts.agg_goal_topics

union all

select
    'agg_goal_variants' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, goal, variant_id)) as n_keys
from marts.agg_goal_variants

union all

select
    'agg_pipeline_runs' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, run_id)) as n_keys
from marts.agg_pipeline_runs

union all

select
    'dim_topic_edits' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, topic_id)) as n_keys
from marts.dim_topic_edits

union all

select
    'fct_message_places' as mart,
    count(*) as n_rows,
    count(distinct hash(project_id, event_id, field)) as n_keys
from marts.fct_message_places
