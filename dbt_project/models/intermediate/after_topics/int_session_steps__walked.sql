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

with messages as (
    select * from {{ ref('int_messages__judged') }}
    {{ only_touched('int_journeys__touched') }}
),

sessions as (
    select * from {{ ref('int_sessions__summed') }}
    {{ only_touched('int_journeys__touched') }}
),

-- A message that continues a step counts for the step's topic.
told as (
    select
        project_id,
        session_id,
        event_id,
        event_index_in_session,
        coalesce(continues_topic_id, topic_id) as topic_id,
        case when message_role = 'continues' then 1 else 0 end as n_details,
        occurred_at
    from messages
    where message_role in ('opens', 'continues')
),

-- A step begins with its first message and ends with the last one before the next step, so no grouping is needed.
topic_messages as (
    select
        project_id,
        session_id,
        event_id,
        topic_id,
        occurred_at,
        row_number() over session_order as place,
        lag(topic_id) over session_order as previous_topic_id,
        lag(occurred_at) over session_order as previous_at,
        count(*) over whole_session as n_topic_messages,
        sum(n_details) over session_order as n_details_so_far,
        sum(n_details) over whole_session as n_session_details,
        last_value(occurred_at) over whole_session as last_at
    from told
    window
        session_order as (partition by project_id, session_id order by event_index_in_session),
        whole_session as (
            partition by project_id, session_id
            order by event_index_in_session
            rows between unbounded preceding and unbounded following
        )
),

first_messages as (
    select * from topic_messages
    where previous_topic_id is distinct from topic_id
),

steps as (
    select
        *,
        row_number() over session_order as step,
        lag(topic_id, 2) over session_order as topic_id_before_last,
        lead(place) over session_order as next_place,
        lead(previous_at) over session_order as ended_at,
        lead(n_details_so_far) over session_order as next_n_details
    from first_messages
    window session_order as (partition by project_id, session_id order by place)
),

visited as (
    select
        *,
        row_number() over (
            partition by project_id, session_id, topic_id
            order by step
        ) as visit
    from steps
)

select
    visited.project_id,
    visited.session_id,
    cast(visited.step as integer) as step,
    visited.topic_id,
    visited.previous_topic_id,
    coalesce(visited.next_place, visited.n_topic_messages + 1) - visited.place as n_messages,
    visited.event_id as first_event_id,
    visited.occurred_at as started_at,
    coalesce(visited.ended_at, visited.last_at) as ended_at,
    {{ seconds_between('visited.previous_at', 'visited.occurred_at') }} as gap_s,
    visited.visit > 1 as is_return,
    coalesce(visited.topic_id = visited.topic_id_before_last, false) as is_loop,
    visited.next_place is null as is_last,
    cast(
        coalesce(visited.next_n_details, visited.n_session_details) - visited.n_details_so_far as bigint
    ) as n_details,
    sessions.session_date,
    sessions.is_overlong
from visited
inner join sessions
    on
        visited.project_id = sessions.project_id
        and visited.session_id = sessions.session_id
