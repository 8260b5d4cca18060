{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_days__touched", "key": "event_date", "column": "message_date"},
            "day": "message_date",
            "rebuild": "By day: those with a touched message."
        }
    )
}}

with messages as (
    select
        *,
        cast(occurred_at as date) as message_date
    from {{ ref('int_messages__judged') }}
    {{ only_touched('int_days__touched', 'event_date', 'cast(occurred_at as date)') }}
)

select
    project_id,
    topic_id,
    message_date,
    count(*) as n_messages,
    count(distinct session_id) as n_sessions,
    count(distinct case when is_user_id_given then user_id end) as n_users
from messages
where topic_status = 'assigned'
group by project_id, topic_id, message_date
