with session_users as (
    select * from {{ ref('int_session_users__counted') }}
    where user_id is not null
)

select
    project_id,
    user_id,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at,
    count(*) as n_sessions,
    cast(sum(n_events) as bigint) as n_events
from session_users
group by project_id, user_id
