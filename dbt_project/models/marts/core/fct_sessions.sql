with events as (
    select * from {{ ref('int_events__sessionized') }}
),

messages as (
    select * from {{ ref('fct_messages') }}
    where is_journey_field
),

steps as (
    select * from {{ ref('fct_session_steps') }}
),

sessions as (
    select
        project_id,
        session_id,
        min(session_source) as session_source,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as n_events
    from events
    group by project_id, session_id
),

named_users as (
    select
        project_id,
        session_id,
        user_id,
        row_number() over (
            partition by project_id, session_id
            order by event_index_in_session
        ) as user_rank
    from events
    where is_user_id_given
),

user_counts as (
    select
        project_id,
        session_id,
        count(distinct user_id) as n_users
    from events
    where is_user_id_given
    group by project_id, session_id
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
    group by project_id, session_id
),

step_counts as (
    select
        project_id,
        session_id,
        count(*) as n_steps,
        count(distinct topic_id) as n_distinct_topics
    from steps
    group by project_id, session_id
)

select
    sessions.project_id,
    sessions.session_id,
    sessions.session_source,
    named_users.user_id,
    sessions.started_at,
    sessions.ended_at,
    cast(sessions.started_at as date) as session_date,
    {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as duration_s,
    sessions.n_events > {{ var('session_max_events') }}
    or {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} > {{ var('session_max_hours') }} * 3600
        as is_overlong,
    sessions.n_events,
    coalesce(user_counts.n_users, 0) as n_users,
    coalesce(message_counts.n_messages, 0) as n_messages,
    coalesce(step_counts.n_steps, 0) as n_steps,
    cast(coalesce(message_counts.n_filler, 0) as bigint) as n_filler,
    cast(coalesce(message_counts.n_noise, 0) as bigint) as n_noise,
    cast(coalesce(message_counts.n_pending, 0) as bigint) as n_pending,
    coalesce(step_counts.n_distinct_topics, 0) as n_distinct_topics,
    entries.topic_id as entry_topic_id,
    exits.topic_id as exit_topic_id
from sessions
left join named_users
    on
        sessions.project_id = named_users.project_id
        and sessions.session_id = named_users.session_id
        and named_users.user_rank = 1
left join user_counts
    on
        sessions.project_id = user_counts.project_id
        and sessions.session_id = user_counts.session_id
left join message_counts
    on
        sessions.project_id = message_counts.project_id
        and sessions.session_id = message_counts.session_id
left join step_counts
    on
        sessions.project_id = step_counts.project_id
        and sessions.session_id = step_counts.session_id
left join steps as entries
    on
        sessions.project_id = entries.project_id
        and sessions.session_id = entries.session_id
        and entries.step = 1
left join steps as exits
    on
        sessions.project_id = exits.project_id
        and sessions.session_id = exits.session_id
        and step_counts.n_steps = exits.step
