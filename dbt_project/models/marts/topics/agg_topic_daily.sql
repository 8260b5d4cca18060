with messages as (
    select * from {{ ref('fct_messages') }}
    where topic_status = 'assigned'
),

events as (
    select * from {{ ref('int_events__sessionized') }}
)

select
    messages.project_id,
    messages.topic_id,
    cast(messages.occurred_at as date) as message_date,
    count(*) as n_messages,
    count(distinct messages.session_id) as n_sessions,
    count(distinct case when events.is_user_id_given then messages.user_id end) as n_users
from messages
inner join events
    on
        messages.project_id = events.project_id
        and messages.event_id = events.event_id
group by messages.project_id, messages.topic_id, cast(messages.occurred_at as date)
