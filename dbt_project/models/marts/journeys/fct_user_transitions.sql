{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_users__touched", "key": "user_id"},
            "day": "occurred_at",
            "rebuild": "By user: those who are or were in a touched session."
        }
    )
}}

with sessions as (
    select * from {{ ref('fct_sessions') }}
    {{ only_touched('int_users__touched', 'user_id') }}
),

numbered as (
    select
        *,
        row_number() over user_order as session_number,
        lead(session_id) over user_order as next_session_id,
        lead(entry_topic_id) over user_order as next_entry_topic_id,
        lead(started_at) over user_order as next_started_at
    from sessions
    where user_id is not null and n_steps > 0
    window user_order as (partition by project_id, user_id order by started_at, ended_at, session_id)
)

select
    project_id,
    user_id,
    session_id as from_session_id,
    next_session_id as to_session_id,
    cast(session_number as integer) as session_number,
    exit_topic_id as from_topic_id,
    next_entry_topic_id as to_topic_id,
    {{ seconds_between('ended_at', 'next_started_at') }} as gap_s,
    next_started_at as occurred_at
from numbered
where next_session_id is not null
