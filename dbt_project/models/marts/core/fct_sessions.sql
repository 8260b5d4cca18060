{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "session_date",
            "rebuild": "By session: those whose events, fields or topics have changed."
        }
    )
}}

with sessions as (
    select * from {{ ref('int_sessions__summed') }}
    {{ only_touched('int_journeys__touched') }}
),

messages as (
    select * from {{ ref('int_messages__judged') }}
    {{ only_touched('int_journeys__touched') }}
),

steps as (
    select * from {{ ref('int_session_steps__walked') }}
    {{ only_touched('int_journeys__touched') }}
),

main_topics as (
    select * from {{ ref('fct_session_topics') }}
    {{ only_touched('int_journeys__touched') }}
),

automated as (
    select * from {{ ref('int_sessions__automated') }}
),

message_counts as (
    select
        project_id,
        session_id,
        count(*) as n_messages,
        sum(case when topic_status = 'filler' then 1 else 0 end) as n_filler,
        sum(case when topic_status = 'noise' then 1 else 0 end) as n_noise,
        sum(case when topic_status = 'pending' then 1 else 0 end) as n_pending
    from messages
    where is_journey_field
    group by project_id, session_id
),

step_counts as (
    select
        project_id,
        session_id,
        count(*) as n_steps,
        sum(case when is_return then 0 else 1 end) as n_distinct_topics,
        min(case when step = 1 then topic_id end) as entry_topic_id,
        min(case when is_last then topic_id end) as exit_topic_id
    from steps
    group by project_id, session_id
)

select
    sessions.project_id,
    sessions.session_id,
    sessions.session_source,
    sessions.user_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.session_date,
    sessions.duration_s,
    sessions.is_overlong,
    sessions.n_events,
    sessions.n_users,
    coalesce(message_counts.n_messages, 0) as n_messages,
    coalesce(step_counts.n_steps, 0) as n_steps,
    cast(coalesce(message_counts.n_filler, 0) as bigint) as n_filler,
    cast(coalesce(message_counts.n_noise, 0) as bigint) as n_noise,
    cast(coalesce(message_counts.n_pending, 0) as bigint) as n_pending,
    cast(coalesce(step_counts.n_distinct_topics, 0) as bigint) as n_distinct_topics,
    step_counts.entry_topic_id,
    step_counts.exit_topic_id,
    main_topics.topic_id as main_topic_id,
    automated.session_id is not null as is_automated
from sessions
left join message_counts
    on
        sessions.project_id = message_counts.project_id
        and sessions.session_id = message_counts.session_id
left join step_counts
    on
        sessions.project_id = step_counts.project_id
        and sessions.session_id = step_counts.session_id
left join main_topics
    on
        sessions.project_id = main_topics.project_id
        and sessions.session_id = main_topics.session_id
        and main_topics.is_main
left join automated
    on
        sessions.project_id = automated.project_id
        and sessions.session_id = automated.session_id
