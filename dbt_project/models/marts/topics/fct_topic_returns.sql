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

with visits as (
    select * from {{ ref('fct_session_topics') }}
    {{ only_touched('int_users__touched', 'user_id') }}
),

followed as (
    select
        *,
        lead(session_id) over user_order as next_session_id,
        lead(first_at) over user_order as next_first_at
    from visits
    where user_id is not null
    window user_order as (partition by project_id, user_id, topic_id order by first_at, session_id)
),

timed as (
    select
        *,
        {{ seconds_between('last_at', 'next_first_at') }} as gap_s
    from followed
    where next_session_id is not null
)

select
    project_id,
    user_id,
    topic_id,
    session_id as from_session_id,
    next_session_id as to_session_id,
    gap_s,
    next_first_at as occurred_at
from timed
where gap_s between 0 and {{ var('return_hours') }} * 3600
