{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__reached", "key": "session_id"},
            "day": "session_date",
            "rebuild": "By session: those that a new event or a replaced copy may belong to."
        }
    )
}}

with session_users as (
    select * from {{ ref('int_session_users__counted') }}
    {{ only_touched('int_sessions__reached') }}
),

sessions as (
    select
        project_id,
        session_id,
        min(session_source) as session_source,
        min(case when user_id is not null then first_event_index end) as first_named_index,
        count(user_id) as n_users,
        min(first_seen_at) as started_at,
        max(last_seen_at) as ended_at,
        cast(sum(n_events) as bigint) as n_events
    from session_users
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
    sessions.n_users
from sessions
left join session_users as named_users
    on
        sessions.project_id = named_users.project_id
        and sessions.session_id = named_users.session_id
        and sessions.first_named_index = named_users.first_event_index
        and named_users.user_id is not null
