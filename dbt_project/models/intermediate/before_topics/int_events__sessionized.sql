{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__reached", "key": "session_id"},
            "day": "occurred_at",
            "rebuild": "By session: those that a new event or a replaced copy may belong to, across all users that stitching connects."
        }
    )
}}

with events as (
    select
        project_id,
        event_id,
        session_id as landed_session_id,
        is_session_id_given,
        user_id,
        is_user_id_given,
        occurred_at,
        received_at
    from {{ ref('int_events__counted') }}
    {{ only_touched('int_sessions__reached') }}
),

given_sessions as (
    select distinct
        project_id,
        landed_session_id
    from events
    where is_session_id_given
),

-- An app may send back a session_id that the collector generated; the event it was generated for belongs there too.
sourced as (
    select
        events.*,
        case
            when events.is_session_id_given or given_sessions.landed_session_id is not null then 'given'
            when events.is_user_id_given then 'stitched'
            else 'single'
        end as session_source
    from events
    left join given_sessions
        on
            events.project_id = given_sessions.project_id
            and events.landed_session_id = given_sessions.landed_session_id
),

-- Stitching: events of one user that are less than session_gap_minutes apart are one session.
user_events as (
    select
        *,
        lag(occurred_at) over (
            partition by project_id, user_id
            order by occurred_at, received_at, event_id
        ) as previous_at
    from sourced
    where session_source = 'stitched'
),

stretches as (
    select
        *,
        sum(
            case
                when {{ seconds_between('previous_at', 'occurred_at') }} < {{ var('session_gap_minutes') }} * 60 then 0
                else 1
            end
        ) over (
            partition by project_id, user_id
            order by occurred_at, received_at, event_id
            rows between unbounded preceding and current row
        ) as stretch
    from user_events
),

stitched as (
    select
        *,
        first_value(landed_session_id) over (
            partition by project_id, user_id, stretch
            order by occurred_at, received_at, event_id
        ) as session_id
    from stretches
),

sessions as (
    select
        project_id,
        event_id,
        session_id,
        session_source,
        user_id,
        is_user_id_given,
        occurred_at,
        received_at
    from stitched

    union all

    select
        project_id,
        event_id,
        landed_session_id as session_id,
        session_source,
        user_id,
        is_user_id_given,
        occurred_at,
        received_at
    from sourced
    where session_source <> 'stitched'
)

select
    project_id,
    event_id,
    session_id,
    session_source,
    user_id,
    is_user_id_given,
    occurred_at,
    received_at,
    cast(
        row_number() over (
            partition by project_id, session_id
            order by occurred_at, received_at, event_id
        ) as integer
    ) as event_index_in_session
from sessions
