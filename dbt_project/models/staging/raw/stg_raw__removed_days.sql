with source as (
    select * from {{ source('raw', 'removed_days') }}
)

select
    project_id,
    day,
    topic_id,
    to_topic_id,
    n_events,
    n_messages,
    n_sessions,
    n_users,
    n_transitions
from source
